"""Pay: what the market and the agency pay, where an offer stands, and what is left of it."""

from amlib.pay.employer import raise_cost
from amlib.pay.exchange import exchanged, in_own_currency, offer_in
from amlib.pay.law import GENERAL, REGIONS, REPORTED, Regime, Source, is_told, regime
from amlib.pay.market import FEW_RECORDS, LADDER, MIN_RECORDS, monthly
from amlib.pay.offer import GROSS, NET, Offer, position
from amlib.pay.own import CUTS, YEARS, ladder, own_bands
from amlib.pay.parsing import UnreadablePay, WrittenPay, parse_pay, parse_pay_column
from amlib.pay.percentiles import SHARES, pay_percentiles, percentiles
from amlib.pay.progression import LogPay, TooFewRecords, by_experience
from amlib.pay.schemes import Commission, total_pay
from amlib.pay.vietnam import (
    Payslip,
    Terms,
    gross_to_net,
    net_to_gross,
    year_from_net,
    year_of_pay,
)
from amlib.pay.written import as_written, left_out

__all__ = [
    "CUTS",
    "FEW_RECORDS",
    "GENERAL",
    "GROSS",
    "LADDER",
    "MIN_RECORDS",
    "NET",
    "REGIONS",
    "REPORTED",
    "SHARES",
    "YEARS",
    "Commission",
    "LogPay",
    "Offer",
    "Payslip",
    "Regime",
    "Source",
    "Terms",
    "TooFewRecords",
    "UnreadablePay",
    "WrittenPay",
    "as_written",
    "by_experience",
    "exchanged",
    "gross_to_net",
    "in_own_currency",
    "is_told",
    "ladder",
    "left_out",
    "monthly",
    "net_to_gross",
    "offer_in",
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
