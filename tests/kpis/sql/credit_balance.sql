-- join: clients.segment
-- by: segment
-- as_of: 2026-06
with movements as (
    select invoice_id, amount from invoices where issued_on <= date '2026-06-30'
    union all
    select invoice_id, -amount from payments where paid_on <= date '2026-06-30'
), credits as (
    select invoice_id, -round(sum(amount), 2) as credit from movements group by invoice_id having credit > 0
)
select c.segment,
    sum(credit) as value,
    count(credit) as n,
    coalesce(sum(credit) filter (i.amount < 0), 0) as credit_notes,
    coalesce(sum(credit) filter (i.amount >= 0), 0) as overpaid
from invoices as i left join credits using (invoice_id) left join clients as c using (client_id)
where issued_on <= date '2026-06-30'
group by c.segment order by c.segment nulls last
