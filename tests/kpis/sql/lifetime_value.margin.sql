-- by: segment
-- as_of: 2026-06
-- method: margin
-- margin: 0.4
-- discount: 0.12
-- A share r of clients stays for a year; m comes at the end of each: m r / (1 + d) + m r^2 / (1 + d)^2 + … is summed
-- here term by term, over two thousand years.
with begin as (
    select date_trunc('month', min(issued_on))::date as first from invoices where issued_on <= date '2026-06-30'
), sight as (
    select segment, client_id, greatest(first, since) as comes, least(coalesce(until, date '2026-06-30'),
        date '2026-06-30') as goes, coalesce(until <= date '2026-06-30', false) as has_left
    from clients, begin where since <= date '2026-06-30'
), earned as (
    select client_id, sum(amount) - coalesce(sum(pass_through), 0) as earned
    from invoices where issued_on <= date '2026-06-30' group by client_id
), groups as (
    select segment, count(*) filter (goes >= comes) as n, count(*) filter (goes < comes) as left_before,
        count(*) filter (goes >= comes and has_left) as gone, bool_or(goes >= comes and earned <> 0) as ordered,
        sum(goes - comes + 1) filter (goes >= comes) / 365.25 as years, sum(earned) filter (goes >= comes) as earned
    from sight left join earned using (client_id) group by segment
), rates as (
    select *, coalesce(earned, 0) * 0.4 / years as margin_per_year, exp(-gone / years) as retention from groups
)
select segment, n, left_before, margin_per_year, retention,
    if(ordered, margin_per_year * (select sum((retention / 1.12) ** year) from range(1, 2001) as t(year)), null) as value
from rates order by segment nulls last
