-- by: department
-- The task ahead is looked up: the last one of the project that was handed on before, or that day with a lower id.
with waits as (
    select t.department, greatest(0, t.handed_on - ahead.done_on) as days
    from tasks as t join tasks as ahead on ahead.task_id = (
        select arg_max(b.task_id, (b.handed_on, b.task_id)) from tasks as b
        where b.project_id = t.project_id and (b.handed_on, b.task_id) < (t.handed_on, t.task_id)
    )
    where ahead.done_on is not null
)
select department, avg(days) as value, count(*) as n,
    case when count(*) > 1 then greatest(0, avg(days) - 1.959963984540054 * sqrt(var_samp(days) / count(*))) end as low,
    avg(days) + 1.959963984540054 * sqrt(var_samp(days) / count(*)) as high,
    count(*) filter (days > 0) as waited, max(days) as longest
from waits group by department order by department
