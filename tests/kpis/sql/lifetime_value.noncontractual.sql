-- by: segment
-- as_of: 2026-06
-- method: noncontractual
-- margin: 0.4
-- discount: 0.12
-- horizon: 2
-- fit: BetaGeometricNBD, GammaGamma
-- The hypergeometric function is summed as its series, whose every term after the first is divided by a + b + x - 1.
create or replace temp table seen as
with begin as (
    select date_trunc('month', min(issued_on))::date as first from invoices where issued_on <= date '2026-06-30'
), days as (
    select client_id, issued_on as day, sum(amount) - coalesce(sum(pass_through), 0) as spent,
        issued_on > min(issued_on) over (partition by client_id) as again
    from invoices where amount > 0 and issued_on <= date '2026-06-30' group by client_id, issued_on
), each as (
    select client_id, count(*) filter (again) as x, (max(day) - min(day)) / 7 as t_x,
        (date '2026-06-30' - min(day)) / 7 as age, avg(spent) filter (again) as spend
    from days group by client_id
)
select segment, each.*, coalesce(until <= date '2026-06-30', false) as has_left, first > since as older
from clients join each using (client_id), begin where since <= date '2026-06-30';
select x as frequency, t_x as recency, age from seen;
select x as frequency, spend as mean_spend from seen where x > 0 and spend > 0;
with chances as (
    select *, if(x > 0 and spend > 0, $p * ($v + x * spend) / ($p * x + $q - 1), $p * $v / ($q - 1)) as order_value,
        if(x > 0, 1 / (1 + $a / ($b + x - 1) * (($alpha + age) / ($alpha + t_x)) ** ($r + x)), 1) as alive
    from seen where not has_left
), years as (
    select *, year * 365.25 / 7 as t from chances, range(1, 3) as years(year)
), ahead as (
    select client_id, year, ($a + $b + x - 1) / ($a - 1) * alive
        * (1 - (($alpha + age) / ($alpha + age + t)) ** ($r + x) * (1 + sum(exp(lgamma($r + x + j) - lgamma($r + x)
            + lgamma($b + x + j) - lgamma($b + x) + lgamma($a + $b + x) - lgamma($a + $b + x - 1 + j)
            - lgamma(j + 1) + j * ln(t / ($alpha + age + t)))) / ($a + $b + x - 1))) as orders
    from years, range(1, 4000) as series(j) group by client_id, year, t, x, t_x, age, alive
), here as (
    select segment, order_value, alive, two.orders as orders_ahead,
        (one.orders / 1.12 ** 0.5 + (two.orders - one.orders) / 1.12 ** 1.5) * order_value * 0.4 as value
    from chances join ahead as one on chances.client_id = one.client_id and one.year = 1
    join ahead as two on chances.client_id = two.client_id and two.year = 2
), means as (
    select segment, count(*) as n, avg(value) as value, avg(orders_ahead) as orders_ahead, avg(alive) as alive,
        avg(order_value) as order_value
    from here group by segment
), groups as (
    select segment, count(*) filter (older and not has_left) as older from seen group by segment
)
select g.segment, value, coalesce(n, 0) as n, orders_ahead, alive, order_value, older
from groups as g left join means as m on g.segment is not distinct from m.segment order by g.segment nulls last
