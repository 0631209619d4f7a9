-- by: month
-- as_of: 2026-06-17
-- A due date that nobody missed leaves its month with a null.
with due as (
    select date_trunc('month', due_on)::date as month, delivered_on is null or delivered_on > date '2026-06-17' as open,
        if(open, least(ifnull(until, date '2026-06-17'), date '2026-06-17'), delivered_on) - due_on as days
    from projects left join (select client_id, until from clients) using (client_id)
    where due_on <= date '2026-06-17' and won and not (due_on > ifnull(until, due_on) and open)
)
select month, avg(days) filter (days > 0) as value, count(*) filter (days > 0) as n,
    max(days) filter (days > 0) as worst, count(*) filter (open and days > 0) as open_overdue
from due group by month order by month
