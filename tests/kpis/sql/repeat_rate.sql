-- join: clients.segment
-- by: segment
-- The Wilson interval is the pair of roots of (p - value)² = z² p (1 - p) / n.
with orders as (
    select c.segment, client_id, count(*) as orders from invoices as i join clients as c using (client_id)
    where amount > 0 group by all
), counted as (
    select segment, count(*) as n, count(*) filter (orders > 1) as repeat, count(*) filter (orders = 1) as once,
        repeat / n as value, 1 + 1.959963984540054 ** 2 / n as a, 2 * value + 1.959963984540054 ** 2 / n as b
    from orders group by segment
)
select segment, value, n, (b - sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as low,
    (b + sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as high, repeat, once
from counted order by segment nulls last
