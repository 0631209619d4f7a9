"""Probability models of how long clients stay, how often they order and how much: what lifetime value is fitted with.

Maximum likelihood by SciPy. Parameters are positive, so their logarithms are searched; many clients look alike,
so each distinct one is weighed with how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

FEWEST = 30
"""Below so many clients a model says more of its own shape than of them."""

EDGE = 8.0
"""Logarithms of parameters are searched from −EDGE to EDGE: beyond, no book of clients could tell one from the next."""


class NotFitted(ValueError):
    """The likelihood has no maximum that could be found: the data do not tell the parameters."""


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """How long contracts last when each client has its own chance of leaving, the same at every renewal.

    The chances are spread over clients as Beta(alpha, beta). Time is counted in periods: a client can leave at the
    end of the 1st, 2nd, … Source: Fader & Hardie, How to Project Customer Retention (2007).
    """

    alpha: float
    beta: float

    @classmethod
    def fit(
        cls, lost: np.ndarray, active: np.ndarray, entered: np.ndarray | Sequence[int] = ()
    ) -> ShiftedBetaGeometric:
        """From counts: lost[t − 1] clients left at the end of period t, active[t − 1] have renewed t times.

        entered[t − 1] of all these had renewed t times already when they came in sight; those who left before they
        could are not known, so the likelihood is that of what came after, given that they had stayed so long.
        The arrays may have any length. Raises `ValueError` for negative counts and for fewer than 30 clients,
        `NotFitted` where nobody left or everybody did at once.
        """
        from scipy.special import betaln

        lost, active, entered = counts = [np.asarray(counts, dtype=float) for counts in (lost, active, entered)]
        _require(all((numbers >= 0).all() for numbers in counts), "numbers of clients must not be negative")
        _require_enough(int(lost.sum() + active.sum()))
        if not lost.sum() or not lost[1:].sum() + active.sum():
            raise NotFitted(
                f"{lost.sum():.0f} of {lost.sum() + active.sum():.0f} clients left, so no curve can be seen"
            )
        left_at, there_at, came_at = (np.arange(1, len(numbers) + 1) for numbers in counts)

        def cost(logs: np.ndarray) -> float:
            alpha, beta = np.exp(logs)
            gone = betaln(alpha + 1, beta + left_at - 1) - betaln(alpha, beta)
            there, before = (betaln(alpha, beta + at) - betaln(alpha, beta) for at in (there_at, came_at))
            return -float(lost @ gone + active @ there - entered @ before)

        return cls(*_minimum(cost, [[0, 0], [-1, 1], [2, 3]]))

    def survival(self, t: np.ndarray | float) -> np.ndarray | float:
        """The share of clients that renew at least t times; 1 at 0."""
        from scipy.special import betaln

        return np.exp(betaln(self.alpha, self.beta + np.asarray(t)) - betaln(self.alpha, self.beta))

    def residual(self, discount: float, renewals: int = 0) -> float:
        """Discounted expected payments still to come from a client that has renewed so many times.

        The next payment, due at its next renewal, is the first one counted; it is not discounted, and is made
        if the client renews. `discount` is per period. Source: Fader & Hardie, Customer-Base Valuation in a
        Contractual Setting (2010), with n = renewals + 1.
        """
        from scipy.special import hyp2f1

        first = (self.beta + renewals) / (self.alpha + self.beta + renewals)
        shape = self.alpha + self.beta + renewals + 1
        return float(first * hyp2f1(1, self.beta + renewals + 1, shape, 1 / (1 + discount)))


@dataclass(frozen=True)
class BetaGeometricNBD:
    """How often clients order, and whether they still do.

    While there, a client orders at a rate of its own, spread as Gamma(r, alpha); after each order it may be gone for
    good, with a chance spread as Beta(a, b). Source: Fader, Hardie & Lee, "Counting Your Customers" the Easy Way
    (2005).
    """

    r: float
    alpha: float
    a: float
    b: float

    @classmethod
    def fit(cls, frequency: np.ndarray, recency: np.ndarray, age: np.ndarray) -> BetaGeometricNBD:
        """From each client's repeat orders, the time of the last one and the time seen, both since the first order.

        Raises `ValueError` for arrays of different lengths, negative values, a last order after `age`, and fewer
        than 30 clients; `NotFitted` where nobody ordered again.
        """
        x, t_x, age = (np.asarray(values, dtype=float) for values in (frequency, recency, age))
        _require(len(x) == len(t_x) == len(age), f"{len(x)} frequencies, {len(t_x)} recencies, {len(age)} ages")
        _require(bool((x >= 0).all() and (t_x >= 0).all()), "frequency and recency must not be negative")
        _require(bool((t_x <= age).all()), "a client's last order cannot come after its age")
        _require_enough(len(x))
        if not x.any():
            raise NotFitted("no client ordered a second time, so nothing is known of how often they do")
        # A unit of time of its own, so that the parameters searched are of the size of 1.
        scale = age.max() / 10
        alike, weight = np.unique(np.column_stack([x, t_x / scale, age / scale]), axis=0, return_counts=True)

        def cost(logs: np.ndarray) -> float:
            return -float(weight @ _bg_nbd_log_likelihood(*np.exp(logs), *alike.T))

        r, alpha, a, b = _minimum(cost, [[-1, 0, 0, 1], [0, 0, 0, 0], [-1, 1, -2, 1]])
        return cls(r, alpha * scale, a, b)

    def alive(self, frequency: np.ndarray, recency: np.ndarray, age: np.ndarray) -> np.ndarray:
        """The probability that a client still orders; 1 for one that never came back, of whom nothing tells."""
        x, t_x, age = (np.asarray(values, dtype=float) for values in (frequency, recency, age))
        return 1 / (1 + np.where(x > 0, self._gone(x, t_x, age), 0))

    def expected_orders(self, t: float, frequency: np.ndarray, recency: np.ndarray, age: np.ndarray) -> np.ndarray:
        """How many orders each client is expected to place in the next `t`, in the unit of the times fitted on."""
        from scipy.special import hyp2f1

        x, t_x, age = (np.asarray(values, dtype=float) for values in (frequency, recency, age))
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        ratio = (alpha + age) / (alpha + age + t)
        curve = hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + age + t))
        if_alive = (a + b + x - 1) / (a - 1) * (1 - ratio ** (r + x) * curve)
        return if_alive * self.alive(x, t_x, age)

    def _gone(self, x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> np.ndarray:
        odds = self.a / (self.b + np.maximum(x, 1) - 1)
        return odds * np.exp((self.r + x) * (np.log(self.alpha + age) - np.log(self.alpha + t_x)))


@dataclass(frozen=True)
class GammaGamma:
    """How much clients spend per order: each has a mean of its own, independent of how often it orders.

    Orders of a client are spread as Gamma(p, ν), its ν over clients as Gamma(q, v). Source: Fader & Hardie, The
    Gamma-Gamma Model of Monetary Value (2013).
    """

    p: float
    q: float
    v: float

    @classmethod
    def fit(cls, frequency: np.ndarray, mean_spend: np.ndarray) -> GammaGamma:
        """From the number of each client's repeat orders and their mean value, both above 0.

        Raises `ValueError` for arrays of different lengths, values that are not above 0, and fewer than 30
        clients; `NotFitted` where all spend the same.
        """
        from scipy.special import gammaln

        x, spend = (np.asarray(values, dtype=float) for values in (frequency, mean_spend))
        _require(len(x) == len(spend), f"{len(x)} frequencies, {len(spend)} mean spends")
        _require_enough(len(x))
        _require(bool((x > 0).all() and (spend > 0).all()), "Gamma-Gamma rests on repeat orders with a value above 0")
        scale = float(np.median(spend))
        if np.ptp(spend) < 1e-9 * scale:
            raise NotFitted("all clients spend the same per order, so there is no spread to fit")
        alike, weight = np.unique(np.column_stack([x, spend / scale]), axis=0, return_counts=True)
        x, spend = alike.T

        def cost(logs: np.ndarray) -> float:
            p, q, v = np.exp(logs)
            terms = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
            terms += (p * x - 1) * np.log(spend) + p * x * np.log(x) - (p * x + q) * np.log(x * spend + v)
            return -float(weight @ terms)

        p, q, v = _minimum(cost, [[1, 1, 0], [0, 0, 0], [2, 2, 2]])
        return cls(p, q, v * scale)

    def expected_spend(self, frequency: np.ndarray, mean_spend: np.ndarray) -> np.ndarray:
        """The mean value of a client's next orders: between its own so far and everybody's, which it is at 0."""
        x, spend = (np.asarray(values, dtype=float) for values in (frequency, mean_spend))
        return self.p * (self.v + x * spend) / (self.p * x + self.q - 1)


def _bg_nbd_log_likelihood(
    r: float, alpha: float, a: float, b: float, x: np.ndarray, t_x: np.ndarray, age: np.ndarray
) -> np.ndarray:
    from scipy.special import betaln, gammaln

    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    still = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + age)
    left = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + t_x)
    return common + np.where(x > 0, np.logaddexp(still, left), still)


def _minimum(cost: Callable[[np.ndarray], float], starts: list[list[float]]) -> np.ndarray:
    """The parameters, all positive, at which `cost` of their logarithms is least, tried from several starts.

    Where clients are all alike the likelihood only flattens out towards it; the edge then stands for the limit.
    """
    from scipy.optimize import minimize

    def within(logs: np.ndarray) -> float:
        return cost(np.clip(logs, -EDGE, EDGE))

    found = []
    for start in starts:
        rough = minimize(within, np.array(start, dtype=float), method="Nelder-Mead", options={"maxiter": 4000})
        found.append(minimize(within, rough.x, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10}))
    best = min(found, key=lambda one: one.fun)
    if not best.success or not np.isfinite(best.fun):
        raise NotFitted(f"no maximum of the likelihood was found ({best.message})")
    return np.exp(np.clip(best.x, -EDGE, EDGE))


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _require_enough(clients: int) -> None:
    _require(
        clients >= FEWEST,
        f"{clients} clients are too few to fit a model to, at least {FEWEST} are needed: use method='simple'",
    )
