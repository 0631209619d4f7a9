"""What somebody set by hand in the sample: bands of health that no figure would give."""

from __future__ import annotations

import numpy as np
import pandas as pd

from amlib.sample.agency import Agency

ONE_IN = 20
"""One client in so many has an override, past or in force."""

# band, reason, days from its first day to the end of the book, days it holds
KINDS = (
    ("red", "Giám đốc marketing mới sẽ mời thầu lại trong quý tới, số liệu chưa phản ánh", 16, 75),
    ("green", "Ban giám đốc bên khách hàng đã duyệt kế hoạch năm sau, đang chờ ký", 9, 45),
    ("amber", "Khách hàng tái cơ cấu, tạm dừng duyệt ngân sách", 150, 60),
)


def health_overrides(agency: Agency) -> pd.DataFrame:
    """The table `health_overrides`: of clients who are still there, each set by the account manager who keeps them."""
    rng, days = agency.dice("overrides"), agency.days
    first = days.workday(days.closing - np.array([ago for *_, ago, _ in KINDS]))
    here = np.flatnonzero(np.isnat(agency.until) & (agency.since < first.min()))
    client = rng.permutation(here)[: agency.size // ONE_IN]
    kind = np.arange(len(client)) % len(KINDS)
    bands, reasons, _, holds = (np.array(column) for column in zip(*KINDS, strict=True))
    return pd.DataFrame(
        {
            "client_id": agency.client_id[client],
            "band": bands[kind],
            "reason": reasons[kind],
            "author": agency.am_name[agency.keeper[client]],
            "from_on": first[kind],
            "until_on": first[kind] + holds[kind],
        }
    )
