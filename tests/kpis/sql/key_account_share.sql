-- by: month
-- segment: mid
select date_trunc('month', issued_on)::date as month,
    case when sum(earned) > 0 then coalesce(sum(earned) filter (segment = 'mid'), 0) / sum(earned) end as value,
    count(distinct client_id) as n, coalesce(sum(earned) filter (segment = 'mid'), 0) as key, sum(earned) as revenue,
    count(distinct client_id) filter (segment = 'mid') as key_clients
from (
    select i.client_id, i.issued_on, amount - coalesce(pass_through, 0) as earned,
        (select c.segment from clients as c where c.client_id = i.client_id) as segment
    from invoices as i
) group by all order by month
