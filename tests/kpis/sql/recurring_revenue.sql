-- by: month
-- month: ["2026-01", "2026-02", "2026-05"]
select date_trunc('month', last)::date as month, sum(monthly_fee) as value, count(contract_id) as n,
    count(distinct client_id) as clients
from (values (date '2026-01-31'), (date '2026-02-28'), (date '2026-05-31')) as asked(last)
left join (
    select k.*, case when until < ends_on or ends_on is null then until else ends_on end as closed_on
    from contracts as k left join clients as c on k.client_id = c.client_id
) on kind = 'retainer' and last between starts_on and coalesce(closed_on, ends_on, date '2999-12-31')
group by last order by last
