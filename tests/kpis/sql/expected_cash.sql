-- by: client_id
-- as_of: 2026-06-17
-- Each open invoice is put on its day, of which the sums are taken; habits as in payment_delay, by DuckDB's quantiles.
with left_over as (
    select invoice_id, client_id, issued_on, due_on, amount, round(amount - coalesce((
        select sum(p.amount) from payments as p where p.invoice_id = i.invoice_id and p.paid_on <= date '2026-06-17'
    ), 0), 2) as owing
    from invoices as i where issued_on <= date '2026-06-17'
), settled as (
    select i.client_id, i.due_on, (
        select min(p.paid_on) from payments as p where p.invoice_id = i.invoice_id and p.paid_on <= date '2026-06-17'
            and round(i.amount - (select sum(q.amount) from payments as q
                where q.invoice_id = i.invoice_id and q.paid_on <= p.paid_on), 2) <= 0
    ) as done_on
    from invoices as i where amount > 0 and due_on is not null
), recent as (
    select client_id, done_on - due_on as late from settled where done_on between date '2026-06-17' - 364 and date '2026-06-17'
), overall as (
    select if(count(*) >= 5, quantile_cont(late, [0.5, 0.25, 0.75]), [0, 0, 0]) as habit from recent
), own as (
    select client_id, quantile_cont(late, [0.5, 0.25, 0.75]) as habit from recent group by client_id having count(*) >= 5
), dated as (
    select l.client_id, l.owing, l.due_on is null as never,
        [l.due_on - date '2026-06-17' + ceil(h)::int for h in coalesce(own.habit, overall.habit)] as days
    from left_over as l left join own using (client_id), overall where owing > 0
)
select client_id,
    if(bool_and(never), null, coalesce(sum(owing) filter (days[1] between 1 and 56), 0)) as value,
    count(*) as n,
    if(bool_and(never), null, coalesce(sum(owing) filter (days[1] between 1 and 56 and days[3] <= 56), 0)) as if_slow,
    if(bool_and(never), null, coalesce(sum(owing) filter (days[2] <= 56), 0)) as at_most,
    coalesce(sum(owing) filter (days[1] <= 0), 0) as late,
    coalesce(sum(owing) filter (days[1] > 56), 0) as later,
    coalesce(sum(owing) filter (never), 0) as no_due_date
from dated group by client_id order by client_id
