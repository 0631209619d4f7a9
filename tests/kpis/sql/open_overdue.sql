-- by: department
-- as_of: 2026-03
-- The Wilson interval is the pair of roots of (p - value)² = z² p (1 - p) / n.
with opened as (
    select department, due_on, date_diff('day', due_on, date '2026-03-31') as past from tasks
    where project_id not in (select project_id from projects
                             where client_id in (select client_id from clients where until < date '2026-03-31'))
        and handed_on <= date '2026-03-31' and (done_on is null or done_on > date '2026-03-31')
), counted as (
    select department, count(*) as n, count(*) filter (past >= 1) as overdue,
        count(*) filter (due_on is null) as no_due_date, max(past) filter (past >= 1) as oldest,
        overdue / n as value, 1 + 1.959963984540054 ** 2 / n as a, 2 * value + 1.959963984540054 ** 2 / n as b
    from opened group by department
)
select department, value, n, (b - sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as low,
    (b + sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as high, overdue, no_due_date, oldest
from counted order by department
