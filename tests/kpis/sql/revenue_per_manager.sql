-- by: month
with earned as (
    select date_trunc('month', issued_on)::date as month, amount - coalesce(pass_through, 0) as money,
        (select am_id from clients as c where c.client_id = i.client_id) as am_id
    from invoices as i
)
select month, sum(money) filter (am_id is not null) / nullif(count(distinct am_id), 0) as value, count(distinct am_id) as n,
    sum(money) filter (am_id is not null) as revenue, coalesce(sum(money) filter (am_id is null), 0) as unassigned
from earned group by month order by month
