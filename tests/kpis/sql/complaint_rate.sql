-- by: month
-- The Wilson interval is the pair of roots of (p - value)² = z² p (1 - p) / n.
with counted as (
    select date_trunc('month', received_at)::date as month, count(complaint) as n,
        coalesce(sum(complaint::int), 0) as complaints, count(distinct if(complaint, client_id, null)) as clients,
        count(*) - count(complaint) as unmarked, complaints / nullif(n, 0) as value,
        1 + 1.959963984540054 ** 2 / n as a, 2 * value + 1.959963984540054 ** 2 / n as b
    from messages group by all
)
select month, value, n, (b - sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as low,
    (b + sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as high, complaints, clients, unmarked
from counted order by month
