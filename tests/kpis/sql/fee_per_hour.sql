-- by: month
select date_trunc('month', delivered_on)::date as month, sum(fee) / nullif(sum(worked), 0) as value,
    count(*) as n, sum(fee) as fee, sum(worked) as hours
from projects join (
    select distinct project_id, sum(hours) over (partition by project_id) as worked from tasks where hours is not null
) using (project_id)
where fee is not null and won is true group by month order by month nulls last
