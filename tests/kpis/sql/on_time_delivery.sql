-- by: client_id
-- as_of: 2026-06-17
-- The Wilson interval is the pair of roots of (p - value)² = z² p (1 - p) / n.
with due as (
    select client_id, ifnull(delivered_on <= due_on, false) as kept,
        delivered_on is null or delivered_on > date '2026-06-17' as still_open
    from projects as p where due_on <= date '2026-06-17' and won and not exists (
        from clients as k where k.client_id = p.client_id and k.until < p.due_on
            and coalesce(p.delivered_on, date '9999-12-31') > date '2026-06-17')
), counted as (
    select client_id, count(*) as n, count(*) filter (kept) as on_time, count(*) filter (not kept) as late,
        count(*) filter (not kept and still_open) as open_overdue, on_time / n as value,
        1 + 1.959963984540054 ** 2 / n as a, 2 * value + 1.959963984540054 ** 2 / n as b
    from due group by client_id
)
select client_id, value, n, (b - sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as low,
    (b + sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as high, on_time, late, open_overdue
from counted order by client_id
