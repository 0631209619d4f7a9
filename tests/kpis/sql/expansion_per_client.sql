-- month: 2026-05
-- over: 4
with edges as (
    select client_id,
        sum(monthly_fee) filter (starts_on <= date '2026-01-31' and coalesce(ends_on, date '2999-01-01') >= date '2026-01-31') as s,
        sum(monthly_fee) filter (starts_on <= date '2026-05-31' and coalesce(ends_on, date '2999-01-01') >= date '2026-05-31') as e,
        min(starts_on) <= date '2026-01-31' as known
    from contracts where kind = 'retainer' and monthly_fee > 0 group by client_id
)
select avg(greatest(coalesce(e, 0) - s, 0)) as value, count(*) as n, sum(greatest(coalesce(e, 0) - s, 0)) as expansion,
    count(*) filter (e > s) as expanded
from edges where s is not null
