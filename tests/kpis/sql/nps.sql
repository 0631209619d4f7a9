-- by: client_id
-- Scores become points, and the interval is that of the mean of the points with 3 more: ¾ of 1, ¾ of −1, 1½ of 0.
-- Where all few answers are alike it would miss the value, and is stretched to it.
with points as (
    select client_id, case when score > 8 then 1 when score < 7 then -1 when score is not null then 0 end as point
    from surveys
), sums as (
    select client_id, count(point) as n, coalesce(sum(point), 0) as total, coalesce(sum(point * point), 0) as squares,
        count(*) as sent, count(*) filter (point = 1) as promoters, count(*) filter (point = 0) as passives,
        count(*) filter (point = -1) as detractors
    from points group by client_id
), spread as (
    select *, total / (n + 3) as middle,
        1.959963984540054 * sqrt(((squares + 1.5) / (n + 3) - (total / (n + 3)) ** 2) / (n + 3)) as reach
    from sums
)
select client_id, total / nullif(n, 0) as value, n,
    case when n > 0 then greatest(-1, least(middle - reach, total / n)) end as low,
    case when n > 0 then least(1, greatest(middle + reach, total / n)) end as high,
    promoters, passives, detractors, sent, n / sent as response_rate
from spread order by client_id
