-- by: month, department
with extras as (
    select date_trunc('month', spent_on)::date as month, department, planned is false as extra,
        if(planned is false, amount, 0) as money, billable is true as paid_on_top
    from costs
)
select month, department,
    case when sum(money) > 0 then sum(if(paid_on_top, money, 0)) / sum(money) end as value,
    sum(extra::int) as n,
    sum(money) as unplanned,
    sum(if(paid_on_top, money, 0)) as billable,
    sum(if(paid_on_top, 0, money)) as absorbed
from extras group by all order by month, department nulls last
