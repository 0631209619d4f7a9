"""Pay: what the market and the agency pay, and where an offer stands."""

from amlib.pay.market import FEW_RECORDS, LADDER, MIN_RECORDS, labelled, monthly, own_bands, position

__all__ = ["FEW_RECORDS", "LADDER", "MIN_RECORDS", "labelled", "monthly", "own_bands", "position"]
