-- by: client_id
-- as_of: 2026-06-17
-- Elapsed days are counted one by one on a calendar.
with running as (
    select project_id, client_id, budget_cost, coalesce(decided_on, briefed_on) as began, due_on,
        coalesce((select sum(amount) from costs as c
                  where c.project_id = p.project_id and c.spent_on <= date '2026-06-17'), 0) as cost
    from projects as p
    where budget_cost > 0 and due_on is not null and won
        and coalesce(decided_on, briefed_on) <= date '2026-06-17'
        and coalesce(delivered_on, date '9999-12-31') > date '2026-06-17'
        and not exists (from clients as k where k.client_id = p.client_id and k.until < date '2026-06-17')
), calendar as (
    select unnest(generate_series(date '2019-01-01', date '2030-12-31', interval 1 day))::date as day
), elapsed as (
    select project_id, sum((day <= date '2026-06-17')::int) / count(*) as share
    from running join calendar on day between began and due_on group by project_id
)
select client_id, sum(cost) / sum(budget_cost * coalesce(share, 1)) as value, count(*) as n,
    sum(cost) as cost, sum(budget_cost) as budget, sum(budget_cost * coalesce(share, 1)) as expected,
    sum(cost) / sum(budget_cost) as spent_share, sum((cost > budget_cost)::int) as over_budget
from running left join elapsed using (project_id) group by client_id order by client_id
