-- by: month
with earned as (
    select date_trunc('month', issued_on)::date as month, client_id, sum(amount - coalesce(pass_through, 0)) as money
    from invoices group by all
), shares as (
    select month, money, money / sum(money) over (partition by month) as share from earned where money > 0
)
select month, max(share) as value, count(*) as n, max(money) as largest, sum(money) as revenue,
    sum(share * share) as herfindahl, 1 / sum(share * share) as equal_clients
from shares group by month order by month
