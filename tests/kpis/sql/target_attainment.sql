-- by: month
-- month: ["2026-01", "2026-04", "2026-05"]
select m.month, sum(i.amount - coalesce(i.pass_through, 0)) / max(aim) as value, count(i.amount) as n,
    coalesce(sum(i.amount - coalesce(i.pass_through, 0)), 0) as revenue, max(aim) as target
from (
    select month, (
        select arg_max(target, from_month) from targets
        where kpi = 'revenue' and scope = 'book' and from_month <= month
    ) as aim
    from (values (date '2026-01-01'), (date '2026-04-01'), (date '2026-05-01')) as asked(month)
) as m left join invoices as i on date_trunc('month', i.issued_on) = m.month
group by m.month order by m.month
