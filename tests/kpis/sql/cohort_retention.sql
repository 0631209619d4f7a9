-- by: cohort, age
-- as_of: 2026-05-20
-- ages: [0, 1, 3, 7]
-- May is not over on the 20th, so the last age reached is that of April.
-- The Wilson interval is the pair of roots of (p - value)² = z² p (1 - p) / n.
with months as (
    select distinct client_id, date_trunc('month', issued_on)::date as month from invoices
    where amount > 0 and issued_on <= date '2026-05-20'
), cohorts as (
    select client_id, min(month) as cohort from months group by client_id
), counted as (
    select cohort, age, count(*) as n, count(m.month) as active, active / n as value,
        1 + 1.959963984540054 ** 2 / n as a, 2 * value + 1.959963984540054 ** 2 / n as b
    from cohorts as c cross join (values (0), (1), (3), (7)) as a(age)
    left join months as m on m.client_id = c.client_id and m.month = cohort + to_months(age)
    where cohort + to_months(age) < date '2026-05-01' group by cohort, age
)
select cohort, age, value, n, (b - sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as low,
    (b + sqrt(greatest(0, b * b - 4 * a * value * value))) / (2 * a) as high, active
from counted order by cohort, age
