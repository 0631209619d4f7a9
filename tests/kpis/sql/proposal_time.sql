-- by: month
with briefs as (
    select date_trunc('month', briefed_on)::date as month, proposed_on - briefed_on as days from projects
)
select month, sum(days) / count(days) as value, count(days) as n,
    if(count(days) > 1, greatest(0, avg(days) - 1.959963984540054 * stddev_samp(days) / sqrt(count(days))), null) as low,
    if(count(days) > 1, avg(days) + 1.959963984540054 * stddev_samp(days) / sqrt(count(days)), null) as high,
    count(*) - count(days) as waiting, median(days) as median, max(days) as slowest
from briefs group by month order by month
