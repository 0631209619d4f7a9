-- by: month
-- The first day without a client is the day after until: it left in that day's month.
-- month: ["2025-12", "2026-04"]
select date_trunc('month', last)::date as month, nullif(n, 0) as value, n, joined, "left" from (
    select last, count(*) filter (since <= last and (until is null or until >= last)) as n,
        count(*) filter (date_trunc('month', since) = date_trunc('month', last)) as joined,
        count(*) filter (date_trunc('month', until + 1) = date_trunc('month', last)) as "left"
    from clients, (values (date '2025-12-31'), (date '2026-04-30')) as asked(last) group by last
) order by month
