-- by: client_id
-- as_of: 2025-12-10
with briefed as (
    select *, date '2025-12-10' - briefed_on as age,
        (decided_on is null or decided_on > date '2025-12-10')
            and client_id not in (select client_id from clients where until < date '2025-12-10') as waits,
        proposed_on is null or proposed_on > date '2025-12-10' as unproposed
    from projects where briefed_on <= date '2025-12-10'
)
select client_id, count(*) filter (waits) as value, count(*) as n, count(*) filter (waits and unproposed) as without_proposal,
    avg(age) filter (waits) as mean_age, max(age) filter (waits) as oldest, coalesce(sum(fee) filter (waits), 0) as fees
from briefed group by client_id order by client_id
