-- by: month, channel
-- within: 4.0
-- Half-days of work laid over the waiting: 8:30-12:00 and 13:30-17:30, with holidays and make-up Saturdays written out.
with days as (
    select unnest(generate_series(date '2023-10-01', date '2027-12-31', interval 1 day))::date as day
), halves as (
    select day + half.begins as begins, day + half.ends as ends
    from days, (values (time '08:30', time '12:00'), (time '13:30', time '17:30')) as half (begins, ends)
    where day in (date '2024-05-04', date '2025-04-26', date '2026-08-22') or isodow(day) < 6 and day not in (
        '2024-01-01', '2024-02-08', '2024-02-09', '2024-02-12', '2024-02-13', '2024-02-14', '2024-04-18',
        '2024-04-29', '2024-04-30', '2024-05-01', '2024-09-02', '2024-09-03',
        '2025-01-01', '2025-01-27', '2025-01-28', '2025-01-29', '2025-01-30', '2025-01-31', '2025-04-07',
        '2025-04-30', '2025-05-01', '2025-05-02', '2025-09-01', '2025-09-02',
        '2026-01-01', '2026-02-16', '2026-02-17', '2026-02-18', '2026-02-19', '2026-02-20', '2026-04-27',
        '2026-04-30', '2026-05-01', '2026-08-31', '2026-09-01', '2026-09-02', '2026-11-24', '2027-01-01'
    )
), received as (
    select row_number() over () as id, * from messages
), worked as (
    select id, sum(epoch(least(ends, replied_at)) - epoch(greatest(begins, received_at))) / 3600 as hours
    from received join halves on begins < replied_at and ends > received_at group by id
), waited as (
    select date_trunc('month', received_at)::date as month, channel,
        case when replied_at is not null then coalesce(hours, 0) end as hours
    from received left join worked using (id)
)
select month, channel, avg(hours) as value, count(hours) as n,
    case when count(hours) > 1
        then greatest(0, avg(hours) - 1.959963984540054 * stddev_samp(hours) / sqrt(count(hours))) end as low,
    avg(hours) + 1.959963984540054 * stddev_samp(hours) / sqrt(count(hours)) as high,
    quantile_cont(hours, 0.5) as median, quantile_cont(hours, 0.9) as p90,
    count(*) filter (round(hours, 9) <= 4) / count(*) as share_within, count(*) as received,
    count(*) - count(hours) as unanswered, 1 - count(hours) / count(*) as unanswered_share
from waited group by all order by month, channel nulls last
