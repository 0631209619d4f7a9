"""The sample's pay records: what account managers of invented agencies earn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from amlib.sample.agency import Agency

# level -> share of the records, title, gross pay a month (million VND), years of experience at least and at most
PAY = {
    "executive": (0.30, "Account Executive", 11.5, 0, 2),
    "senior_executive": (0.25, "Senior Account Executive", 16.5, 2, 4),
    "manager": (0.24, "Account Manager", 24.0, 4, 8),
    "senior_manager": (0.13, "Senior Account Manager", 35.0, 6, 11),
    "director": (0.08, "Account Director", 55.0, 9, 16),
}
CITIES = {"TP. Hồ Chí Minh": (0.5, 1.08), "Hà Nội": (0.35, 1.0), "Đà Nẵng": (0.15, 0.82)}
EMPLOYERS = {"agency": (0.5, 1.0), "top_agency": (0.28, 1.2), "b2b": (0.22, 1.05)}
RECORDS = 120


def salaries(agency: Agency) -> pd.DataFrame:
    """The table `salaries`: 120 records of the book's last three years, VND a month.

    Pay rises with the level, with experience within it, by 6 % a year, and differs by city and employer.
    Own records are one figure; offers seen are a range. A net record states the lower, net figure.
    """
    rng, n = agency.dice("salaries"), RECORDS
    shares = [row[0] for row in PAY.values()]
    level = rng.choice(list(PAY), n, p=shares)
    _, title, base, least, most = (pd.Series(level).map({k: v[i] for k, v in PAY.items()}).to_numpy() for i in range(5))
    experience = np.rint(2 * (least + (most - least) * rng.random(n))) / 2
    city = rng.choice(list(CITIES), n, p=[share for share, _ in CITIES.values()])
    employer = rng.choice(list(EMPLOYERS), n, p=[share for share, _ in EMPLOYERS.values()])
    last = int(agency.days.last.astype("M8[Y]").astype(int)) + 1970
    year = np.sort(rng.integers(last - 2, last + 1, n))
    factor = pd.Series(city).map({k: v[1] for k, v in CITIES.items()}).to_numpy()
    factor = factor * pd.Series(employer).map({k: v[1] for k, v in EMPLOYERS.items()}).to_numpy()
    pay = base * factor * 1.06 ** (year - last + 1)
    pay = pay * (1 + 0.06 * (experience - (least + most) / 2)) * np.exp(0.09 * rng.standard_normal(n))
    stated = rng.choice(3, n, p=[0.65, 0.22, 0.13])  # gross, net, unstated
    pay = pay * np.where(stated == 1, 0.88, 1.0)
    offer = rng.random(n) < 0.45
    spread = 0.06 + 0.14 * rng.random(n)

    def rounded(million: np.ndarray) -> np.ndarray:
        return np.rint(million * 10) * 100_000

    return pd.DataFrame(
        {
            "record_id": "LG" + pd.RangeIndex(1, n + 1).astype(str).str.zfill(3),
            "year": year,
            "title": title,
            "level": level,
            "city": city,
            "employer": employer,
            "years_experience": experience,
            "low": np.where(offer, rounded(pay * (1 - spread)), np.nan),
            "mid": rounded(pay),
            "high": np.where(offer, rounded(pay * (1 + spread)), np.nan),
            "pay": None,
            "currency": "VND",
            "period": "month",
            "gross": pd.array(stated == 0, dtype="boolean"),
            "source": np.where(offer, "offer seen", "own record"),
        }
    ).assign(gross=lambda table: table["gross"].where(stated != 2))
