"""Who is in the sample: account managers, clients, and how content each client is, month by month."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from amlib.sample.days import HISTORY, RUN_UP, Days, nulled
from amlib.sample.names import TRADES, companies, people

# segment -> share of the book, lowest and highest monthly fee (million VND; 0 = no retainer), weight of one client
SEGMENTS = {
    "mid": (0.25, 50, 120, 1.2),
    "small": (0.40, 15, 50, 0.8),
    "key": (0.10, 120, 250, 2.0),
    "project": (0.25, 0, 0, 0.8),
}
# level -> full years at the agency when the book begins, skill, share of their time for clients, hours a month
LADDER = {
    "executive": (0.6, -0.2, 0.9, 140),
    "senior_executive": (2.2, 0.0, 1.0, 140),
    "manager": (4.0, 0.1, 1.05, 130),
    "senior_manager": (6.0, 0.2, 0.9, 110),
    "director": (8.0, 0.2, 0.5, 60),
}
# Of eight; a larger agency has several such teams, a smaller one the first of one.
TEAM = (
    "manager",
    "senior_executive",
    "executive",
    "senior_manager",
    "senior_executive",
    "executive",
    "manager",
    "director",
)
CITIES = ["TP. Hồ Chí Minh", "Hà Nội", "Đà Nẵng"]
CLIENTS_PER_MANAGER = 7.5  # ever kept; fewer at any one time
USD_SHARE = 0.12


@dataclass(frozen=True)
class Agency:
    """`clients` clients over `days`; every part draws from its own stream, so that one part may change alone.

    Per-client arrays have one entry per client in the order of `since`. Months are counted from the
    book's first (see `Days`).
    """

    days: Days
    size: int
    seed: int

    def dice(self, part: str) -> np.random.Generator:
        """The random stream of `part`, the same for the same seed."""
        return np.random.default_rng([self.seed, *part.encode()])

    @cached_property
    def begins(self) -> np.ndarray:
        """Number of each client's first month of service: 55 % before the book, the others during it."""
        rng, months = self.dice("begins"), self.days.months
        newest = months - 3  # a client of two months at least, or none
        old = max(1, round(0.55 * self.size)) if newest >= 1 else self.size
        before = -np.rint(1 + (HISTORY - RUN_UP) * rng.random(old) ** 1.5).astype(int)
        return np.sort(np.concatenate([before, rng.integers(1, max(newest, 1) + 1, self.size - old)]))

    @cached_property
    def since(self) -> np.ndarray:
        """Day of the first signature, some days before service begins."""
        first = self.days.month(self.begins)
        signed = self.days.workday(first - self.dice("since").integers(4, 26, self.size))
        # The signatures of one month all lie before those of the next, so sorting keeps each with its own.
        return np.sort(np.minimum(signed, first))

    @cached_property
    def segment(self) -> np.ndarray:
        """Segment of each client, in fixed shares."""
        shares = np.cumsum([share for share, *_ in SEGMENTS.values()])
        rank = (np.arange(self.size) + 0.5) / self.size
        return self.dice("segment").permutation(np.array(list(SEGMENTS))[np.searchsorted(shares, rank)])

    def _of_segment(self, item: int) -> np.ndarray:
        return pd.Series(self.segment).map({name: row[item] for name, row in SEGMENTS.items()}).to_numpy()

    @cached_property
    def retainer(self) -> np.ndarray:
        """Whether the client pays a monthly fee; the others buy projects only."""
        return self.segment != "project"

    @cached_property
    def abroad(self) -> np.ndarray:
        """Whether the client is billed in USD."""
        dice = self.dice("abroad")
        chosen = np.zeros(self.size, dtype=bool)
        chosen[dice.permutation(self.size)[: round(USD_SHARE * self.size)]] = True
        return chosen

    @cached_property
    def first_fee(self) -> np.ndarray:
        """Monthly fee of the first contract in VND, 0 for clients without a retainer."""
        low, high = self._of_segment(1), self._of_segment(2)
        return (low + (high - low) * self.dice("fee").random(self.size) ** 1.4) * 1e6

    @cached_property
    def levels(self) -> np.ndarray:
        """Level of each account manager."""
        return np.array(TEAM)[np.arange(max(1, round(self.size / CLIENTS_PER_MANAGER))) % len(TEAM)]

    def _of_level(self, item: int) -> np.ndarray:
        return pd.Series(self.levels).map({name: row[item] for name, row in LADDER.items()}).to_numpy()

    @cached_property
    def hired_on(self) -> np.ndarray:
        """First day of each account manager; two juniors of a team of eight join while the book runs."""
        rng, n = self.dice("hired"), len(self.levels)
        before = self.days.opening - np.rint(365 * (self._of_level(0) + 0.8 * rng.random(n))).astype(int)
        during = self.days.opening + np.rint(30.4 * self.days.months * (0.08 + 0.5 * rng.random(n))).astype(int)
        joins = np.isin(np.arange(n) % len(TEAM), (4, 5))
        return self.days.workday(np.where(joins, during, before))

    @cached_property
    def skill(self) -> np.ndarray:
        """Skill of each account manager, about -0.7 … 0.7."""
        return self._of_level(1) + 0.25 * self.dice("skill").standard_normal(len(self.levels))

    @cached_property
    def keeper(self) -> np.ndarray:
        """Position of each client's account manager: the least busy one hired by then; key clients go to seniors."""
        share, weight = self._of_level(2), self._of_segment(3)
        here = np.maximum(self.since, self.days.opening)[:, None] >= self.hired_on
        junior = 2.0 * (self.levels == "executive")
        tie, load = 1e-3 * self.dice("keeper").random((self.size, len(share))), np.zeros(len(share))
        keeper = np.empty(self.size, dtype=int)
        for client in range(self.size):
            cost = (load + weight[client]) / share + junior * (self.segment[client] == "key") + tie[client]
            chosen = np.where(here[client], cost, np.inf).argmin()
            keeper[client] = chosen
            load[chosen] += weight[client]
        return keeper

    @cached_property
    def _life(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mood and load (clients × months from -RUN_UP on), and the last month served (far off = stays).

        Mood is 0 where a client is neither content nor not. It wanders about the client's own level, which
        its manager's skill raises and load lowers; now and then a trouble of some months pulls it down.
        Leaving is a throw of the dice each month: likelier the lower the mood and before a retainer ends,
        never certain, never impossible. Who gave notice serves on to the end of the term, if it is near,
        else to the end of the next month.
        """
        rng, n, months = self.dice("mood"), self.size, RUN_UP + self.days.months
        own = 0.45 + 0.35 * rng.standard_normal(n)
        noise, trouble, length, notice = rng.random((4, months, n))
        wander, troubled = np.zeros(n), np.zeros(n, dtype=int)
        last = np.full(n, 10**6)
        mood, load = np.zeros((n, months)), np.zeros((n, months))
        skill, share, weight = self.skill[self.keeper], self._of_level(2), self._of_segment(3)
        for step in range(months):
            month = step - RUN_UP
            served = (self.begins <= month) & (month <= last)
            work = np.bincount(self.keeper, weight * served, minlength=len(share)) / share
            busy = (work / 5.5)[self.keeper]
            likely = 0.030 * np.exp(-0.6 * skill + 0.5 * (busy - 1))
            starts = served & (troubled == 0) & (trouble[step] < likely)
            troubled = np.where(starts, 3 + (4 * length[step]).astype(int), np.maximum(troubled - 1, 0))
            wander = 0.85 * wander + np.sqrt(12) * 0.27 * (noise[step] - 0.5) - 0.55 * (troubled > 0)
            mood[:, step] = own + 0.4 * skill - 0.25 * (busy - 1) + wander
            load[:, step] = busy
            to_end = np.where(self.retainer, (self.begins - month - 1) % 12, -1)  # months of the term still to come
            hazard = 0.002 + 0.30 / (1 + np.exp((mood[:, step] + 1.75) / 0.3))
            hazard *= np.where(to_end < 0, 1.0, np.where((to_end >= 1) & (to_end <= 3), 1.6, 0.8))
            leaves = (month >= 0) & (self.begins <= month - 2) & (last == 10**6) & (notice[step] < hazard)
            last = np.where(leaves, month + np.where((to_end >= 1) & (to_end <= 3), to_end, 1), last)
            troubled = np.where(leaves & (mood[:, step] < -0.5), 9, troubled)
        return mood, load, last

    @property
    def last_month(self) -> np.ndarray:
        """Number of each client's last month of service; beyond the book for those who stay."""
        return self._life[2]

    def served(self, number: np.ndarray) -> np.ndarray:
        """Clients × months `number`: whether the client is served in that month."""
        return (self.begins[:, None] <= number) & (number <= self.last_month[:, None])

    def mood(self, client: np.ndarray, number: np.ndarray) -> np.ndarray:
        """How content `client` (positions) is in months `number`; the nearest month known, beyond those simulated."""
        mood = self._life[0]
        return mood[client, np.clip(np.asarray(number) + RUN_UP, 0, mood.shape[1] - 1)]

    def load(self, client: np.ndarray, number: np.ndarray) -> np.ndarray:
        """How busy the account manager of `client` is in months `number`, 1 = as planned."""
        load = self._life[1]
        return load[client, np.clip(np.asarray(number) + RUN_UP, 0, load.shape[1] - 1)]

    @cached_property
    def until(self) -> np.ndarray:
        """Last day as a client, null for those still there at the end of the book."""
        stays = self.last_month >= self.days.months
        return nulled(self.days.month(np.where(stays, 0, self.last_month) + 1) - 1, stays)

    @cached_property
    def limit(self) -> np.ndarray:
        """The last day anything of a client may happen on: its own last, or the book's."""
        return np.where(np.isnat(self.until), self.days.closing, self.until)

    @cached_property
    def client_id(self) -> np.ndarray:
        """KH001, KH002, … in the order of `since`."""
        return _ids("KH", self.size, 3)

    @cached_property
    def am_id(self) -> np.ndarray:
        """AM01, AM02, …"""
        return _ids("AM", len(self.levels), 2)

    @cached_property
    def am_name(self) -> np.ndarray:
        """Full name of each account manager."""
        return people(len(self.levels), self.dice("people"))

    @cached_property
    def rate(self) -> pd.Series:
        """VND for one USD by month number, from the first month that money can be of; smooth, 25,000 to 26,500."""
        number = np.arange(min(int(self.days.number(self.since).min()), -RUN_UP - 1), self.days.months)
        steps = np.cumsum(self.dice("rate").standard_normal(len(number)))
        drift = steps - np.linspace(0, steps[-1], len(number))
        way = 25_100 + 1_250 * np.linspace(0, 1, len(number)) + 25 * drift
        return pd.Series(np.rint(np.clip(way, 25_000, 26_500)), index=number)

    def money(self, vnd: np.ndarray, client: np.ndarray, number: np.ndarray, step: int = 100_000) -> np.ndarray:
        """`vnd` in the currency of `client` at the rate of months `number`: whole dollars, or rounded to `step` VND."""
        dollars = np.rint(vnd / self.rate.reindex(number, method="ffill").to_numpy())
        return np.where(self.abroad[client], dollars, np.rint(vnd / step) * step)

    def currency(self, client: np.ndarray) -> np.ndarray:
        """Currency of the bills of `client`."""
        return np.where(self.abroad[client], "USD", "VND")


def _ids(prefix: str, n: int, digits: int) -> np.ndarray:
    return prefix + pd.RangeIndex(1, n + 1).astype(str).str.zfill(max(digits, len(str(n)))).to_numpy()


def account_managers(agency: Agency) -> pd.DataFrame:
    """The table `account_managers`."""
    rng, n = agency.dice("offices"), len(agency.levels)
    return pd.DataFrame(
        {
            "am_id": agency.am_id,
            "name": agency.am_name,
            "level": agency.levels,
            "city": rng.choice(CITIES, n, p=[0.5, 0.35, 0.15]),
            "hired_on": agency.hired_on,
            "capacity_hours": agency._of_level(3),
        }
    )


def clients(agency: Agency) -> pd.DataFrame:
    """The table `clients`."""
    rng = agency.dice("clients")
    industry = rng.choice(list(TRADES), agency.size)
    return pd.DataFrame(
        {
            "client_id": agency.client_id,
            "name": companies(industry, agency.abroad, rng),
            "industry": industry,
            "segment": agency.segment,
            "am_id": agency.am_id[agency.keeper],
            "since": agency.since,
            "until": agency.until,
        }
    )
