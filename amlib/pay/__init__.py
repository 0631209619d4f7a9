"""Pay: what the market and the agency pay, where an offer stands, and what is left of it."""

from amlib.pay.exchange import exchanged
from amlib.pay.law import REGIONS, Regime, regime
from amlib.pay.market import FEW_RECORDS, LADDER, MIN_RECORDS, labelled, monthly, own_bands, position
from amlib.pay.parsing import UnreadablePay, WrittenPay, parse_pay, parse_pay_column
from amlib.pay.vietnam import (
    Payslip,
    gross_to_net,
    net_to_gross,
    year_from_net,
    year_of_pay,
)

__all__ = [
    "FEW_RECORDS",
    "LADDER",
    "MIN_RECORDS",
    "REGIONS",
    "Payslip",
    "Regime",
    "UnreadablePay",
    "WrittenPay",
    "exchanged",
    "gross_to_net",
    "labelled",
    "monthly",
    "net_to_gross",
    "own_bands",
    "parse_pay",
    "parse_pay_column",
    "position",
    "regime",
    "year_from_net",
    "year_of_pay",
]
