-- by: month
with clients_of_month as (
    select date_trunc('month', issued_on)::date as month, client_id, sum(amount - coalesce(pass_through, 0)) as earned
    from invoices group by all
)
select month, avg(earned) as value, count(*) as n, sum(earned) as revenue from clients_of_month group by month order by month
