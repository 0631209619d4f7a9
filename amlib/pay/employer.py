"""What pay costs whoever pays it."""

from __future__ import annotations

import pandas as pd

from amlib.kpis.period import Day
from amlib.pay.vietnam import Money, gross_to_net


def raise_cost(
    now: Money, then: Money, on: Day, *, dependants: int = 0, region: str = "I", insured: Money | None = None
) -> pd.DataFrame:
    """A raise of gross pay from `now` to `then` a month under Vietnamese law: rows now, then, raise.

    Columns: gross, net (what the employee gets), insurance (the employee's), tax, on_top (what the employer pays beyond
    the gross) and employer_cost, in đồng a month. The last row is the difference: what the raise costs, and what of it
    arrives. Keywords and errors are those of `gross_to_net`; `insured` holds before and after.
    """
    slips = [gross_to_net(gross, on, dependants=dependants, region=region, insured=insured) for gross in (now, then)]
    rows = [
        {
            "gross": slip.gross,
            "net": slip.net,
            "insurance": slip.insurance,
            "tax": slip.tax,
            "on_top": slip.employer_cost - slip.gross,
            "employer_cost": slip.employer_cost,
        }
        for slip in slips
    ]
    told = pd.DataFrame(rows, index=["now", "then"])
    return pd.concat([told, told.diff().iloc[1:].astype("int64").set_axis(["raise"])])
