-- by: month, department
-- as_of: 2026-06-17
-- The Wilson interval is the pair of roots of (p - value)² = z² p (1 - p) / n.
with counted as (
    select date_trunc('month', due_on)::date as month, department, count(*) as n,
        sum((done_on is not null and done_on <= due_on)::int) as on_time, n - on_time as late,
        sum((done_on is null or done_on > greatest(due_on, date '2026-06-17'))::int) as open_overdue,
        on_time / n as value, 1 + 1.959963984540054 ** 2 / n as a, 2 * value + 1.959963984540054 ** 2 / n as b
    from tasks as t where due_on < date '2026-06-18' and not exists (
        from projects as p join clients as k on k.client_id = p.client_id
        where p.project_id = t.project_id and k.until < t.due_on
            and coalesce(t.done_on, date '9999-12-31') > date '2026-06-17')
    group by all
)
select month, department, value, n, (b - sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as low,
    (b + sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as high, on_time, late, open_overdue
from counted order by month, department
