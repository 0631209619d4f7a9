-- as_of: 2026-03-10
select count(*) filter (days_left <= 90 and open_ended) as value, count(*) as n,
    count(*) filter (days_left <= 30 and open_ended) as within_30, count(*) filter (days_left <= 60 and open_ended) as within_60,
    count(*) filter (days_left <= 90 and open_ended) as within_90,
    coalesce(sum(monthly_fee) filter (days_left <= 90 and open_ended), 0) as fees
from (
    select *, datediff('day', date '2026-03-10', ends_on) as days_left, contract_id not in (
        select renews from contracts where renews is not null and signed_on <= date '2026-03-10'
    ) as open_ended
    from contracts where kind = 'retainer' and starts_on <= date '2026-03-10'
        and client_id not in (select client_id from clients where until < date '2026-03-10')
) where coalesce(days_left, 0) >= 0
