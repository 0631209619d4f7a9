-- by: client_id
-- as_of: 2026-06
-- A pitch that was lost or is open has no budget to overrun. Each project looks up its own costs.
select client_id, sum(unplanned) / nullif(sum(budget_cost), 0) as value, count(*) as n,
    sum(unplanned) as unplanned, sum(budget_cost) as budget, sum(unknown) as unknown
from (
    select client_id, budget_cost,
        coalesce((select sum(amount) from costs as c where c.project_id = p.project_id
                  and c.spent_on <= date '2026-06-30' and not c.planned), 0) as unplanned,
        coalesce((select sum(amount) from costs as c where c.project_id = p.project_id
                  and c.spent_on <= date '2026-06-30' and c.planned is null), 0) as unknown
    from projects as p where budget_cost > 0 and won is true
) group by client_id order by client_id
