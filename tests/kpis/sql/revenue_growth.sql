-- join: clients.segment
-- by: segment
-- month: 2026-05
-- over: 3
with earned as (
    select c.segment, i.amount - coalesce(i.pass_through, 0) as money,
        case strftime(i.issued_on, '%Y-%m') when '2026-05' then 'now' when '2026-02' then 'before' end as period
    from invoices as i left join clients as c using (client_id)
), pivoted as (
    select segment, count(period) as n, coalesce(sum(money) filter (period = 'now'), 0) as revenue,
        coalesce(sum(money) filter (period = 'before'), 0) as before
    from earned group by segment
)
select segment, case when before > 0 then revenue / before - 1 end as value, n, revenue, before
from pivoted order by segment nulls last
