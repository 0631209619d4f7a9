-- by: segment
-- as_of: 2026-06
-- The Kaplan-Meier curve is a product over the days on which clients left; its mean is the sum of its height by day.
with begin as (
    select date_trunc('month', min(issued_on))::date as first from invoices where issued_on <= date '2026-06-30'
), listed as (
    select segment, client_id, greatest(first - since, 0) as entry,
        if(until <= date '2026-06-30', until, date '2026-06-30') - since + 1 as days,
        coalesce(until <= date '2026-06-30', false) as has_left
    from clients, begin where since <= date '2026-06-30'
), stays as (
    select * from listed where days > entry
), left_on as (
    select a.segment, a.days, count(*) as gone,
        (select count(*) from stays as s where s.segment is not distinct from a.segment
         and s.days >= a.days and s.entry < a.days) as there
    from stays as a where has_left group by a.segment, a.days
), heights as (
    select l.segment, day,
        coalesce((select product((there - least(gone, there - 1)) / there) from left_on as o
                  where o.segment is not distinct from l.segment and o.days <= day), 1) as height
    from (select segment, unnest(range(max(days))) as day from stays group by segment) as l
), curves as (
    select segment, sum(height) / 365.25 as years_retained from heights group by segment
), orders as (
    select s.segment, avg(amount - coalesce(pass_through, 0)) as average_order_value, count(*) as orders
    from invoices join stays as s using (client_id)
    where amount > 0 and issued_on <= date '2026-06-30' group by s.segment
), years as (
    select segment, count(*) filter (days > entry) as n, sum(days - entry) filter (days > entry) / 365.25 as years,
        avg(days) filter (days > entry) / 365.25 as years_retained_naive, count(*) filter (days <= entry) as left_before
    from listed group by segment
)
select y.segment, average_order_value * (orders / years) * years_retained as value, n, average_order_value,
    coalesce(orders, 0) / years as orders_per_year, years_retained, years_retained_naive, left_before
from years as y left join curves as c on y.segment is not distinct from c.segment
left join orders as o on y.segment is not distinct from o.segment order by y.segment nulls last
