-- by: month
-- since: 2026-01
-- as_of: 2026-06
with dues as (
    select invoice_id, due_on, amount from invoices
    where amount > 0 and due_on >= date '2026-01-01' and due_on < date '2026-07-01'
), received as (
    select d.invoice_id,
        sum(p.amount) as in_all,
        sum(case when p.paid_on <= d.due_on then p.amount else 0 end) as in_time
    from dues as d join payments as p on p.invoice_id = d.invoice_id and p.paid_on < date '2026-07-01'
    group by d.invoice_id
)
select date_trunc('month', due_on)::date as month,
    collected / due as value, n, due, collected, on_time, on_time / due as on_time_rate
from (
    select date_trunc('month', due_on)::date as due_on, count(*) as n, sum(amount) as due,
        sum(least(amount, coalesce(in_all, 0))) as collected, sum(least(amount, coalesce(in_time, 0))) as on_time
    from dues left join received using (invoice_id) group by all
) order by month
