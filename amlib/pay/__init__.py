"""Pay: what the market and the agency pay, where an offer stands, and what is left of it."""

from amlib.pay.employer import raise_cost
from amlib.pay.exchange import exchanged
from amlib.pay.law import REGIONS, Regime, regime
from amlib.pay.market import FEW_RECORDS, LADDER, MIN_RECORDS, monthly
from amlib.pay.offer import GROSS, NET, Offer, position
from amlib.pay.own import CUTS, YEARS, ladder, own_bands
from amlib.pay.parsing import UnreadablePay, WrittenPay, parse_pay, parse_pay_column
from amlib.pay.percentiles import SHARES, pay_percentiles, percentiles
from amlib.pay.progression import LogPay, TooFewRecords, by_experience
from amlib.pay.schemes import Commission, total_pay
from amlib.pay.vietnam import (
    Payslip,
    gross_to_net,
    net_to_gross,
    year_from_net,
    year_of_pay,
)

__all__ = [
    "CUTS",
    "FEW_RECORDS",
    "GROSS",
    "LADDER",
    "MIN_RECORDS",
    "NET",
    "REGIONS",
    "SHARES",
    "YEARS",
    "Commission",
    "LogPay",
    "Offer",
    "Payslip",
    "Regime",
    "TooFewRecords",
    "UnreadablePay",
    "WrittenPay",
    "by_experience",
    "exchanged",
    "gross_to_net",
    "ladder",
    "monthly",
    "net_to_gross",
    "own_bands",
    "parse_pay",
    "parse_pay_column",
    "pay_percentiles",
    "percentiles",
    "position",
    "raise_cost",
    "regime",
    "total_pay",
    "year_from_net",
    "year_of_pay",
]
