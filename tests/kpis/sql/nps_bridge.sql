-- join: clients.segment
-- by: segment
-- quarter: 2026Q1
-- Every answer of the quarter stands from the start: by its client's mean before, and by how far that was from start.
with answers as (
    select c.segment, client_id, year(sent_on) * 4 + quarter(sent_on) - (2026 * 4 + 1) as period,
        (score >= 9)::int - (score <= 6)::int as point
    from surveys left join clients as c using (client_id)
    where score is not null and sent_on between date '2025-10-01' and date '2026-03-31'
), known as (
    select segment, client_id, avg(point) as earlier from answers where period = -1 group by all
), groups as (
    select segment, avg(point) filter (period = -1) as start, avg(point) filter (period = 0) as ending,
        count(*) filter (period = 0) as n, count(*) filter (period = -1) as n_before
    from answers group by segment
), moved as (
    select g.segment, g.start, a.client_id, a.point, k.earlier
    from answers as a join groups as g on a.segment is not distinct from g.segment
    left join known as k on k.client_id = a.client_id and k.segment is not distinct from a.segment
    where a.period = 0
), changes as (
    select segment, client_id, count(*) as answers, sum(point) as points, any_value(earlier) as earlier,
        any_value(start) as start
    from moved group by all
), parts as (
    select segment,
        sum(if(points > answers * earlier, points - answers * earlier, 0)) as improved,
        sum(if(points < answers * earlier, answers * earlier - points, 0)) as worsened,
        sum(if(earlier is null, points - answers * start, 0)) as joined,
        sum(if(earlier is null, 0, answers * (earlier - start))) as turnout
    from changes group by segment
)
select g.segment, ending - start as value, n, start,
    if(n_before > 0, improved / n, null) as improved, if(n_before > 0, worsened / n, null) as worsened,
    joined / n as joined, if(n_before > 0, turnout / n, null) as turnout,
    ending as "end", n_before
from groups as g left join parts as p on g.segment is not distinct from p.segment order by g.segment nulls last
