-- month: 2026-04
with worked as (
    select c.am_id, sum(hours) as hours from tasks join projects using (project_id) join clients as c using (client_id)
    where done_on between date '2026-04-01' and date '2026-04-30' group by c.am_id
)
select sum(worked.hours) filter (capacity_hours > 0) / sum(capacity_hours) as value,
    count(*) filter (capacity_hours > 0) as n, coalesce(sum(worked.hours) filter (capacity_hours > 0), 0) as hours,
    sum(capacity_hours) filter (capacity_hours > 0) as capacity,
    count(*) filter (coalesce(capacity_hours, 0) = 0) as no_capacity
from account_managers left join worked using (am_id) where hired_on is null or hired_on <= date '2026-04-30'
