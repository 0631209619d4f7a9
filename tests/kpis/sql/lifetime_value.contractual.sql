-- by: segment
-- as_of: 2027-06
-- method: contractual
-- margin: 0.4
-- discount: 0.12
-- fit: ShiftedBetaGeometric
-- The chances to renew are ratios of beta functions, and the payments to come are summed one by one.
create or replace temp table sight as
with begin as (
    select date_trunc('month', min(issued_on))::date as first from invoices where issued_on <= date '2027-06-30'
), known as (
    select segment, client_id, since, greatest(first, since) as comes, least(coalesce(until, date '2027-06-30'),
        date '2027-06-30') as goes, coalesce(until <= date '2027-06-30', false) as has_left
    from clients, begin where since <= date '2027-06-30'
)
select *, goes >= comes as seen,
    (select count(*) from range(1, 200) as t(k) where (year(since) + k, month(since), day(since))
        <= (year(comes), month(comes), day(comes))) as renewed,
    (select count(*) from range(1, 200) as t(k) where (year(since) + k, month(since), day(since))
        <= (year(goes), month(goes), day(goes))) as renewals
from known;
select count(*) filter (has_left and renewals = t - 1) as lost,
    count(*) filter (not has_left and renewals = t) as active, count(*) filter (renewed = t) as entered
from range(1, 100) as periods(t), sight where seen group by t order by t;
with earned as (
    select client_id, sum(amount) - coalesce(sum(pass_through), 0) as earned
    from invoices where issued_on <= date '2027-06-30' group by client_id
), ahead as (
    select renewals, sum(exp(lgamma($beta + renewals + k) - lgamma($beta + renewals)
        + lgamma($alpha + $beta + renewals) - lgamma($alpha + $beta + renewals + k)) / 1.12 ** (k - 1)) as years_ahead
    from (select distinct renewals from sight), range(1, 1001) as payments(k) group by renewals
), here as (
    select segment, coalesce(earned, 0) * 0.4 / ((goes - comes + 1) / 365.25) as margin_per_year, years_ahead
    from sight left join earned using (client_id) join ahead using (renewals) where seen and not has_left
), groups as (
    select segment, count(*) filter (not seen) as left_before from sight group by segment
), means as (
    select segment, count(*) as n, avg(margin_per_year) as margin_per_year, avg(years_ahead) as years_ahead,
        avg(margin_per_year * years_ahead) as value
    from here group by segment
)
select g.segment, value, coalesce(n, 0) as n, margin_per_year, years_ahead, left_before
from groups as g left join means as m on g.segment is not distinct from m.segment order by g.segment nulls last
