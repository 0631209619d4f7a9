-- month: 2026-05
-- over: 3
with terms as (
    select k.*, least(coalesce(ends_on, date '2999-01-01'), coalesce(until, date '2999-01-01')) as last
    from contracts as k left join clients as c on k.client_id = c.client_id
), edges as (
    select client_id,
        sum(monthly_fee) filter (starts_on <= date '2026-02-28' and last >= date '2026-02-28') as s,
        sum(monthly_fee) filter (starts_on <= date '2026-05-31' and last >= date '2026-05-31') as e,
        min(starts_on) <= date '2026-02-28' as known
    from terms where kind = 'retainer' and monthly_fee > 0 group by client_id
)
select sum(coalesce(e, 0)) / sum(s) as value, count(s) as n, sum(s) as start, sum(if(e is null, s, 0)) as churn,
    sum(greatest(s - e, 0)) as contraction, sum(greatest(e - s, 0)) as expansion, sum(coalesce(e, 0)) as "end"
from edges where s is not null
