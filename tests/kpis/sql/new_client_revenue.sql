-- by: month
-- since: 2026-01
-- months: 4
select date_trunc('month', issued_on)::date as month,
    case when sum(earned) > 0 then coalesce(sum(earned) filter (fresh), 0) / sum(earned) end as value, count(*) as n,
    coalesce(sum(earned) filter (fresh), 0) as new, sum(earned) - coalesce(sum(earned) filter (fresh), 0) as existing,
    sum(earned) as revenue
from (
    select issued_on, amount - coalesce(pass_through, 0) as earned,
        datediff('month', (select min(f.issued_on) from invoices as f where f.client_id = i.client_id), issued_on) < 4 as fresh
    from invoices as i
)
where issued_on >= date '2026-01-01' group by all order by month
