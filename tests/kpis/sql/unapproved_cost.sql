-- by: month
select month, if(unplanned > 0, unapproved / unplanned, null) as value, n, unplanned, unapproved
from (
    select date_trunc('month', spent_on)::date as month,
        sum(amount * coalesce(not planned, false)::int) as unplanned,
        sum((coalesce(not planned, false))::int) as n,
        sum(amount * (coalesce(not planned, false) and approved_by is null)::int) as unapproved
    from costs group by all
) order by month
