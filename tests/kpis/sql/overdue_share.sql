-- join: clients.segment
-- by: segment
-- as_of: 2026-06
-- What was paid is a running balance: an invoice is a movement up, a payment a movement down.
with movements as (
    select invoice_id, amount from invoices where issued_on <= date '2026-06-30'
    union all
    select invoice_id, -amount from payments where paid_on <= date '2026-06-30'
), balances as (
    select invoice_id, round(sum(amount), 2) as balance from movements group by invoice_id
), owed as (
    select c.segment, i.due_on, greatest(balance, 0) as owing, greatest(-balance, 0) as owed_back
    from invoices as i join balances using (invoice_id) left join clients as c using (client_id)
    where i.issued_on <= date '2026-06-30'
)
select
    segment,
    if(bool_or(owing > 0 and due_on is not null),
        sum(if(due_on < date '2026-06-30', owing, 0)) / sum(owing), null) as value,
    count(*) filter (owing > 0) as n,
    sum(owing) as open,
    sum(if(due_on < date '2026-06-30', owing, 0)) as overdue,
    sum(if(due_on is null, owing, 0)) as no_due_date,
    sum(owed_back) as credit
from owed group by segment order by segment nulls last
