-- by: month
-- as_of: 2026-04-15
-- since: 2025-10
-- grace: 45
-- The Wilson interval is the pair of roots of (p - value)² = z² p (1 - p) / n.
with decided as (
    select date_trunc('month', ends_on)::date as month, monthly_fee, case
        when exists (from contracts as s where s.renews = c.contract_id and s.signed_on <= date '2026-04-15') then 'renewed'
        when exists (from clients as k where k.client_id = c.client_id and k.until < c.ends_on) then 'ended early'
        when exists (from clients as k where k.client_id = c.client_id and k.until <= date '2026-04-15') then 'lost'
        when datediff('day', ends_on, date '2026-04-15') > 45 then 'lost' else 'undecided' end as fate
    from contracts as c
    where kind = 'retainer' and ends_on between date '2025-10-01' and date '2026-04-15'
), counted as (
    select month, count(*) filter (fate in ('renewed', 'lost')) as n, count(*) filter (fate = 'renewed') as renewed,
        count(*) filter (fate = 'lost') as lost, count(*) filter (fate = 'undecided') as undecided,
        count(*) filter (fate = 'ended early') as ended_early,
        coalesce(sum(monthly_fee) filter (fate in ('renewed', 'lost')), 0) as fees,
        coalesce(sum(monthly_fee) filter (fate = 'renewed'), 0) / nullif(fees, 0) as by_value,
        renewed / nullif(n, 0) as value, 1 + 1.959963984540054 ** 2 / nullif(n, 0) as a,
        2 * value + 1.959963984540054 ** 2 / nullif(n, 0) as b
    from decided group by month
)
select month, value, n, case when n > 0 then (b - sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) end as low,
    case when n > 0 then (b + sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) end as high, renewed, lost, undecided,
    ended_early, by_value, fees
from counted order by month
