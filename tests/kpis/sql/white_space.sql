-- by: segment
-- as_of: 2026-04
-- common: 0.3
with here as (
    select client_id, segment from clients where since <= date '2026-04-30' and coalesce(until, date '2999-01-01') >= date '2026-04-30'
), bought as (
    select distinct p.client_id, t.department from tasks as t join projects as p using (project_id)
    where t.handed_on <= date '2026-04-30'
), usual as (
    select segment, department from here join bought using (client_id)
    join (select segment as of, count(*) as size from here group by segment) on segment is not distinct from of
    group by segment, department having count(*) >= 0.3 * any_value(size)
), missing as (
    select client_id, (
        select count(*) from usual as u where u.segment is not distinct from here.segment
        and not exists (from bought as b where b.client_id = here.client_id and b.department = u.department)
    ) as gaps, segment
    from here
)
select segment, avg(gaps) as value, count(*) as n, sum(gaps) as gaps, count(*) filter (gaps > 0) as with_gaps
from missing group by segment order by segment nulls last
