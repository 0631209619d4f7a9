-- by: client_id
-- The Wilson interval is the pair of roots of (p - value)² = z² p (1 - p) / n.
with counted as (
    select client_id, count(won) as n, coalesce(sum(won::int), 0) as won_briefs,
        coalesce(sum(fee) filter (won), 0) as won_fees, coalesce(sum(fee) filter (won is not null), 0) as fees,
        sum((won is null)::int) as open, won_briefs / nullif(n, 0) as value,
        1 + 1.959963984540054 ** 2 / n as a, 2 * value + 1.959963984540054 ** 2 / n as b
    from projects group by client_id
)
select client_id, value, n, (b - sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as low,
    (b + sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as high,
    won_briefs as won, n - won_briefs as lost, open, won_fees / nullif(fees, 0) as by_value, fees
from counted order by client_id
