-- by: client_id
-- as_of: 2026-06-17
with owed as (
    select
        client_id,
        date '2026-06-17' - due_on as late,
        round(amount - coalesce((
            select sum(p.amount) from payments as p where p.invoice_id = i.invoice_id and p.paid_on <= date '2026-06-17'
        ), 0), 2) as balance
    from invoices as i where issued_on <= date '2026-06-17'
), aged as (
    select client_id, greatest(balance, 0) as owing, greatest(-balance, 0) as credit,
        case
            when late is null then 'undated'
            when late <= 0 then 'not yet'
            else 'after ' || least((late - 1) // 30, 3)
        end as age
    from owed
)
select client_id,
    nullif(sum(owing), 0) as value,
    sum((owing > 0)::int) as n,
    sum((age = 'not yet')::int * owing) as not_due,
    sum((age = 'after 0')::int * owing) as days_1_30,
    sum((age = 'after 1')::int * owing) as days_31_60,
    sum((age = 'after 2')::int * owing) as days_61_90,
    sum((age = 'after 3')::int * owing) as over_90,
    sum((age = 'undated')::int * owing) as no_due_date,
    sum(credit) as credit
from aged group by client_id order by client_id
