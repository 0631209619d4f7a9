-- join: clients.segment
-- by: segment
-- as_of: 2026-06-17
-- An invoice is paid in full on the first day on which all payments up to that day reach its amount; the quantiles
-- are read off the sorted days, between neighbours where a place falls between two.
with days as (
    select distinct invoice_id, paid_on from payments where paid_on <= date '2026-06-17'
), settled as (
    select c.segment, i.invoice_id, min(d.paid_on) - i.due_on as late
    from invoices as i join days as d using (invoice_id) left join clients as c using (client_id)
    where i.amount > 0 and i.due_on is not null and round(i.amount - (
        select sum(p.amount) from payments as p where p.invoice_id = i.invoice_id and p.paid_on <= d.paid_on
    ), 2) <= 0
    group by c.segment, i.invoice_id, i.due_on
), sorted as (
    select segment, late, row_number() over (partition by segment order by late) - 1 as place,
        count(*) over (partition by segment) as n
    from settled
), wanted as (
    select segment, n, q, (n - 1) * q as at from (select distinct segment, n from sorted), (values (0.25), (0.5), (0.75)) as v(q)
), read as (
    select w.segment, w.n, w.q,
        (select late from sorted as s where s.segment is not distinct from w.segment and s.place = floor(w.at)) * (1 - (w.at - floor(w.at)))
        + coalesce((select late from sorted as s where s.segment is not distinct from w.segment and s.place = floor(w.at) + 1), 0) * (w.at - floor(w.at)) as days
    from wanted as w
)
select g.segment, max(r.days) filter (r.q = 0.5) as value, coalesce(any_value(r.n), 0) as n,
    (select avg(late) from settled as s where s.segment is not distinct from g.segment) as mean,
    max(r.days) filter (r.q = 0.25) as p25, max(r.days) filter (r.q = 0.75) as p75
from (select distinct segment from settled) as g join read as r on r.segment is not distinct from g.segment
group by g.segment order by g.segment nulls last
