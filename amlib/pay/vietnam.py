"""Gross and net pay in Vietnam, exact to the đồng, by the law of the day.

The law stands in `vietnam.toml`, each rule with its first day and its source; see `law`. What is reckoned holds for a
resident on a labour contract of three months or more, whose wage is the only income: no allowances free of tax, no
gifts, no voluntary insurance, no dues of a union member.

A payslip is rounded once: what is taken from the gross is exact until its sum is rounded to the đồng (half up), and the
parts are whole đồng that add up to that sum. So a đồng more gross never gives less net, each net is reached by some
gross, and `gross_to_net(net_to_gross(x).gross).net == x`. A payroll that rounds each part may differ by a đồng or two.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any

from amlib.kpis.period import Day
from amlib.pay.law import REGIONS, Regime, regime

Money = int | float | Decimal
"""Whole đồng, in whatever type they come; a fraction of a đồng is an error."""


@dataclass(frozen=True)
class Terms:
    """What a payslip depends on beside the pay and the day, as `gross_to_net` takes it.

    `insured` is the pay that insurance is reckoned on, null for the full gross. Raises `ValueError` for a negative
    number of dependants, an unknown region, and an insured pay that is none.
    """

    dependants: int = 0
    region: str = "I"
    insured: Money | None = None

    def __post_init__(self) -> None:
        _household(self.dependants, self.region)
        if self.insured is not None:
            _dong(self.insured, "insured pay")


@dataclass(frozen=True)
class Payslip:
    """One month of pay, or one year of it, in whole đồng.

    `gross` less `social`, `health`, `unemployment` and `tax` is `net`; `gross` and what the employer pays on top of it
    (`employer_social`, `employer_health`, `employer_unemployment`, `union_fee`) is `employer_cost`. `bonus` is the
    part of `gross` that no insurance is paid on.
    """

    gross: int
    bonus: int
    social: int
    health: int
    unemployment: int
    tax: int
    net: int
    employer_social: int
    employer_health: int
    employer_unemployment: int
    union_fee: int
    employer_cost: int

    @property
    def insurance(self) -> int:
        """What the employee pays for insurance."""
        return self.social + self.health + self.unemployment


def gross_to_net(
    gross: Money, on: Day, *, dependants: int = 0, region: str = "I", insured: Money | None = None
) -> Payslip:
    """A month of `gross` pay under the law of `on` (a day or month, see `regime`).

    `insured` is the pay that insurance is reckoned on where it is not the full gross; 0 for none. It is capped by law.

    Raises:
        ValueError: for pay that is negative or has fractions of a đồng, `insured` above `gross`, a negative number of
            dependants, an unknown region, and a day before the law is told.
    """
    gross = _dong(gross, "gross pay")
    return _payslip([regime(on)], gross, 0, _insured(insured, gross), *_household(dependants, region))


def net_to_gross(
    net: Money, on: Day, *, dependants: int = 0, region: str = "I", insured: Money | None = None
) -> Payslip:
    """The month whose net pay is `net` to the đồng: of all gross that give it the smallest. As `gross_to_net`.

    Raises:
        ValueError: as `gross_to_net`; also where a gross of `insured` leaves more than `net` already.
    """
    net, least = _dong(net, "net pay"), 0 if insured is None else _dong(insured, "insured pay")

    def slip(gross: int) -> Payslip:
        return gross_to_net(gross, on, dependants=dependants, region=region, insured=insured)

    if slip(least).net > net:
        raise ValueError(f"The net pay is {net:,}; with {least:,} insured expected {slip(least).net:,} or more")
    return slip(_smallest(lambda gross: slip(gross).net, net, least))


def year_of_pay(
    gross: Money,
    year: int,
    *,
    bonus_months: int | float | Decimal = 0,
    bonus: Money = 0,
    dependants: int = 0,
    region: str = "I",
    insured: Money | None = None,
) -> Payslip:
    """Twelve months of `gross` a month, `bonus_months` more (1 for a thirteenth month) and `bonus`, other money of the
    year such as a commission, as the year is settled.

    Insurance is paid month by month under each month's law, and not on bonuses. Tax is what the settlement of the
    year comes to: brackets and deductions of twelve months on the pay of all of them. More is withheld in the month of
    the bonus, and comes back.

    Raises:
        ValueError: as `gross_to_net`, also for a negative number of bonus months.
    """
    gross = _dong(gross, "gross pay")
    if not bonus_months >= 0:
        raise ValueError(f"bonus_months is {bonus_months}; expected 0 or more, such as 1 for a thirteenth month")
    laws = [regime(date(year, month, 1)) for month in range(1, 13)]
    bonus = _dong(bonus, "bonus") + _rounded(gross * Fraction(str(bonus_months)))
    insured = _insured(insured, gross)
    return _payslip(laws, gross * 12 + bonus, bonus, insured, *_household(dependants, region))


def year_from_net(
    net: Money, year: int, *, bonus_months: int | float | Decimal = 0, dependants: int = 0, region: str = "I"
) -> tuple[int, Payslip]:
    """The smallest gross a month that leaves at least `net` over the year, and its `year_of_pay`.

    `net` is the year's, bonus months included. Twelve months move together, so the year's net may be a few đồng more.
    """
    net = _dong(net, "net pay")

    def slip(gross: int) -> Payslip:
        return year_of_pay(gross, year, bonus_months=bonus_months, dependants=dependants, region=region)

    gross = _smallest(lambda gross: slip(gross).net, net, 0)
    return gross, slip(gross)


def _payslip(laws: Sequence[Regime], gross: int, bonus: int, insured: int, dependants: int, region: str) -> Payslip:
    """`gross` in all over as many months as `laws`, `insured` in each; tax by the last month's brackets."""
    theirs, ours, fee, free = [Fraction(0)] * 3, [Fraction(0)] * 3, Fraction(0), 0
    for law in laws:
        base, base_unemployment = min(insured, law.cap), min(insured, law.unemployment_cap[region])
        bases = (base, base, base_unemployment)
        for sums, rates in ((theirs, law.employee), (ours, law.employer)):
            for at, rate in enumerate((rates.social, rates.health, rates.unemployment)):
                sums[at] += bases[at] * rate
        fee += base * law.union_fee
        free += law.own + dependants * law.dependant
    taxable = max(Fraction(0), gross - sum(theirs) - free)
    social, health, unemployment, tax = _whole([*theirs, laws[-1].tax(taxable, len(laws))])
    on_top = _whole([*ours, fee])
    net = gross - social - health - unemployment - tax
    return Payslip(gross, bonus, social, health, unemployment, tax, net, *on_top, employer_cost=gross + sum(on_top))


def _whole(parts: Sequence[Fraction]) -> list[int]:
    """Whole đồng, each within one of its part, that add up to the rounded sum of all."""
    return [after - before for before, after in pairwise([0, *map(_rounded, accumulate(parts))])]


def _rounded(amount: Fraction) -> int:
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def _smallest(net_of: Callable[[int], int], net: int, least: int) -> int:
    """The smallest gross from `least` on that leaves at least `net`; `net_of` never falls."""
    most = max(least, net, 1)
    while net_of(most) < net:
        most *= 2
    return least + bisect_left(range(least, most + 1), net, key=net_of)


# -- What is asked -----------------------------------------------------------------------------------------------


def _dong(amount: Any, what: str) -> int:
    whole = None if isinstance(amount, bool) else _as_int(amount)
    if whole is None or whole < 0:
        raise ValueError(f"The {what} is {amount!r}; expected whole đồng, 0 or more")
    return whole


def _as_int(amount: Any) -> int | None:
    try:
        whole = int(amount)
    except (TypeError, ValueError, OverflowError):
        return None
    return whole if not isinstance(amount, str) and whole == amount else None


def _insured(insured: Money | None, gross: int) -> int:
    if insured is None:
        return gross
    base = _dong(insured, "insured pay")
    if base > gross:
        raise ValueError(f"The insured pay is {base:,}, above the gross pay of {gross:,}; expected at most that")
    return base


def _household(dependants: int, region: str) -> tuple[int, str]:
    count = _as_int(dependants)
    if count is None or count < 0:
        raise ValueError(f"dependants is {dependants!r}; expected a whole number, 0 or more")
    if region not in REGIONS:
        raise ValueError(f"The region is {region!r}; expected one of {', '.join(REGIONS)}")
    return count, region
