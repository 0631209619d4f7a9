-- by: client_id
-- as_of: 2026-06
-- Both ledgers stand under each other, one of them negative, and cancel out where they agree.
with days as (
    select client_id, max(as_of) as day from statements where as_of <= date '2026-06-30' group by client_id
), lines as (
    select client_id, invoice_id, 0 as here, amount as there
    from statements join days using (client_id) where as_of = day
    union all
    select client_id, invoice_id, amount, 0 from invoices join days using (client_id) where issued_on <= day
    union all
    select i.client_id, i.invoice_id, -p.amount, 0
    from payments as p join invoices as i using (invoice_id) join days using (client_id)
    where issued_on <= day and paid_on <= day
), compared as (
    select client_id, invoice_id, round(sum(here), 2) as here, round(sum(there), 2) as there
    from lines group by all having here <> 0 or there <> 0
), judged as (
    select *, if(abs(here - there) < 0.0099999, 0, abs(here - there)) as apart from compared
)
select client_id,
    case when count(here) > 0 then sum(apart) end as value,
    count(here) as n,
    count(*) filter (here <> 0 and there <> 0 and apart = 0) as matched,
    count(*) filter (here <> 0 and there <> 0 and apart > 0) as differs,
    count(*) filter (here <> 0 and there = 0) as missing_there,
    count(*) filter (here = 0 and there <> 0) as missing_here,
    coalesce(sum(here) filter (there = 0), 0) as missing_there_amount,
    coalesce(sum(there) filter (here = 0), 0) as missing_here_amount,
    coalesce(sum(here), 0) as ours, coalesce(sum(there), 0) as theirs
from days left join judged using (client_id) group by client_id order by client_id
