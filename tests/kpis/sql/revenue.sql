-- by: month, client_id
select date_trunc('month', issued_on)::date as month, client_id, sum(amount) - sum(coalesce(pass_through, 0)) as value,
    count(*) as n, sum(amount) as invoiced, sum(coalesce(pass_through, 0)) as pass_through
from invoices group by all order by month, client_id
