-- join: clients.segment
-- by: segment
-- as_of: 2026-06-17
-- The months are walked back one by one, by recursion, with what is left to take off.
with recursive owed as (
    select c.segment, i.issued_on, i.amount,
        greatest(0, round(i.amount - coalesce((
            select sum(p.amount) from payments as p where p.invoice_id = i.invoice_id and p.paid_on <= date '2026-06-17'
        ), 0), 2)) as owing
    from invoices as i left join clients as c using (client_id) where issued_on <= date '2026-06-17'
), totals as (
    select segment, sum(owing) as open, sum((owing > 0)::int) as n,
        coalesce(sum(amount) filter (amount > 0 and issued_on > date '2026-06-17' - 90), 0) as billed
    from owed group by segment
), billing as (
    select segment, date_trunc('month', issued_on)::date as month, sum(amount) as billed
    from owed where amount > 0 group by all
), back as (
    select segment, date '2026-06-01' as month, open as remaining, 0.0::double as days, 17 as in_month
    from totals where open > 0
    union all
    select back.segment, (back.month - interval 1 month)::date, back.remaining - coalesce(billing.billed, 0),
        back.days + back.in_month * least(1, back.remaining / coalesce(billing.billed, 1e-99)),
        day(back.month - interval 1 day)
    from back left join billing on billing.month = back.month and billing.segment is not distinct from back.segment
    where back.remaining > 1e-6
)
select segment, max(days) as value, any_value(n) as n, any_value(open) as open, any_value(billed) as billed,
    if(max(open) > 0, any_value(open) / nullif(any_value(billed), 0) * 90, null) as simple
from totals left join back using (segment) where segment is not null group by segment
union all
select null, (select max(days) from back where segment is null), n, open, billed, open / nullif(billed, 0) * 90
from totals where segment is null
order by segment nulls last
