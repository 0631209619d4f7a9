-- month: 2026-05
-- over: 2
-- Each client once: its money in March, in May, and whether any invoice is older than May.
with known as (
    select client_id, bool_or(issued_on < date '2026-05-01') as old,
        count(*) filter (date_trunc('month', issued_on) = date '2026-03-01') as bills0,
        count(*) filter (date_trunc('month', issued_on) = date '2026-05-01') as bills1,
        coalesce(sum(amount - coalesce(pass_through, 0)) filter (date_trunc('month', issued_on) = date '2026-03-01'), 0) as m0,
        coalesce(sum(amount - coalesce(pass_through, 0)) filter (date_trunc('month', issued_on) = date '2026-05-01'), 0) as m1
    from invoices group by client_id having bills0 + bills1 > 0
), sorted as (
    select m0, m1, case
        when bills0 = 0 and old then 'returned' when bills0 = 0 then 'new' when bills1 = 0 then 'lost'
        when m1 > m0 then 'expansion' when m1 < m0 then 'contraction' else 'same' end as fate
    from known
)
select sum(m1) - sum(m0) as value, count(*) as n, sum(m0) as start,
    sum(if(fate = 'new', m1, 0)) as new, sum(if(fate = 'returned', m1, 0)) as returned,
    sum(if(fate = 'expansion', m1 - m0, 0)) as expansion, sum(if(fate = 'contraction', m0 - m1, 0)) as contraction,
    sum(if(fate = 'lost', m0, 0)) as lost, sum(m1) as "end"
from sorted
