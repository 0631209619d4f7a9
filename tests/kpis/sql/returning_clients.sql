-- by: month
-- since: 2026-01
-- as_of: 2026-06-17
-- The Wilson interval is the pair of roots of (p - value)² = z² p (1 - p) / n.
with months as (
    select distinct client_id, date_trunc('month', issued_on)::date as month from invoices
    where amount > 0 and issued_on <= date '2026-06-17'
), counted as (
    select month, count(*) as n, count(*) filter (before) as "returning", count(*) filter (not before) as new,
        "returning" / n as value, 1 + 1.959963984540054 ** 2 / n as a, 2 * value + 1.959963984540054 ** 2 / n as b
    from (
        select *, exists (from months as e where e.client_id = m.client_id and e.month < m.month) as before from months as m
    ) where month >= date '2026-01-01' group by month
)
select month, value, n, (b - sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as low,
    (b + sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as high,
    "returning", new
from counted order by month
