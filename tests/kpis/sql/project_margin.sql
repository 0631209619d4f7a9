-- by: client_id
with ordered as (
    select * from projects where won is true
), money as (
    select project_id, client_id, fee, 0 as passed, 0 as cost from ordered where fee is not null
    union all
    select p.project_id, p.client_id, 0, coalesce(i.pass_through, 0), 0
    from ordered as p join invoices as i using (project_id) where fee is not null
    union all
    select p.project_id, p.client_id, 0, 0, c.amount from ordered as p join costs as c using (project_id)
    where fee is not null
)
select client_id,
    case when sum(fee - passed) > 0 then sum(fee - passed - cost) / sum(fee - passed) end as value,
    count(distinct project_id) as n,
    sum(fee) as fee, sum(passed) as pass_through, sum(cost) as cost, sum(fee - passed - cost) as margin
from money group by client_id order by client_id
