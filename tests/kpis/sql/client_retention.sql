-- month: 2026-05
-- over: 3
-- The Wilson interval is the pair of roots of (p - value)² = z² p (1 - p) / n.
with terms as (
    select k.*, least(coalesce(ends_on, date '2999-01-01'), coalesce(until, date '2999-01-01')) as last
    from contracts as k left join clients as c on k.client_id = c.client_id
), edges as (
    select client_id,
        sum(monthly_fee) filter (starts_on <= date '2026-02-28' and last >= date '2026-02-28') as s,
        sum(monthly_fee) filter (starts_on <= date '2026-05-31' and last >= date '2026-05-31') as e,
        min(starts_on) <= date '2026-02-28' as known
    from terms where kind = 'retainer' and monthly_fee > 0 group by client_id
), counted as (
    select count(s) as n, count(*) filter (s is not null and e is not null) as retained,
        count(*) filter (s is not null and e is null) as lost,
        count(*) filter (s is null and e is not null and not known) as new,
        count(*) filter (s is null and e is not null and known) as returned, retained / n as value,
        1 + 1.959963984540054 ** 2 / n as a, 2 * value + 1.959963984540054 ** 2 / n as b
    from edges
)
select value, n, (b - sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as low,
    (b + sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as high,
    retained, lost, new, returned
from counted
