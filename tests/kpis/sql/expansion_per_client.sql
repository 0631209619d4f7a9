-- month: 2026-05
-- over: 4
with terms as (
    select k.*, least(coalesce(ends_on, date '2999-01-01'), coalesce(until, date '2999-01-01')) as last
    from contracts as k left join clients as c on k.client_id = c.client_id
), edges as (
    select client_id,
        sum(monthly_fee) filter (starts_on <= date '2026-01-31' and last >= date '2026-01-31') as s,
        sum(monthly_fee) filter (starts_on <= date '2026-05-31' and last >= date '2026-05-31') as e,
        min(starts_on) <= date '2026-01-31' as known
    from terms where kind = 'retainer' and monthly_fee > 0 group by client_id
)
select avg(greatest(coalesce(e, 0) - s, 0)) as value, count(*) as n, sum(greatest(coalesce(e, 0) - s, 0)) as expansion,
    count(*) filter (e > s) as expanded
from edges where s is not null
