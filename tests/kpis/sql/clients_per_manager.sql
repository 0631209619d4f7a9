-- by: segment
-- month: 2026-03
select segment, count(client_id) filter (am_id is not null) / nullif(count(distinct am_id), 0) as value,
    count(distinct am_id) as n, count(client_id) filter (am_id is not null) as clients,
    count(client_id) filter (am_id is null) as unassigned
from (
    select segment, if(here, client_id, null) as client_id, if(here, am_id, null) as am_id
    from (select *, since <= date '2026-03-31' and coalesce(until, date '2026-03-31') >= date '2026-03-01' as here from clients)
) group by segment order by segment nulls last
