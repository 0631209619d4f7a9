"""What is said in the sample: messages with their replies, surveys with their answers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from amlib.sample.agency import Agency
from amlib.sample.days import nulled
from amlib.sample.names import comments

MESSAGES = {"key": 10.0, "mid": 8.0, "small": 6.5, "project": 6.0}  # a month
CHANNELS = ["email", "zalo", "phone"]


def messages(agency: Agency) -> pd.DataFrame:
    """The table `messages`.

    A client whose mood falls writes more at first, then less. Replies take working minutes, lognormal: longer
    for the discontent, from the busy and the less able, and in the Tết weeks. To what comes out of hours the
    diligent reply at once, the others on the next working day. The discontent complain more often.
    """
    rng, days = agency.dice("messages"), agency.days
    number = np.arange(days.months)
    client, month = (side.ravel() for side in np.meshgrid(np.arange(agency.size), number, indexing="ij"))
    mood, before = agency.mood(client, month), agency.mood(client, month - 2)
    fall, low = np.clip(before - mood, 0, 1.5), np.clip(-0.9 - before, 0, 1.5)
    rate = pd.Series(agency.segment[client]).map(MESSAGES).to_numpy() * days.total(days.bustle, month)
    count = rng.poisson(rate * agency.served(number).ravel() * np.exp(0.30 * fall - 0.45 * low))
    client, month, mood = (np.repeat(side, count) for side in (client, month, mood))
    n = len(client)

    day = days.draw(month, days.bustle, rng)
    received = day.astype("M8[m]") + _minute(days.working[days.at(day)], rng)
    keeper = agency.keeper[client]
    near_tet = days.near_tet[days.at(day)]
    slow = (
        4.15
        - 0.5 * agency.skill[keeper]
        + 0.35 * (agency.load(client, month) - 1)
        + 0.35 * np.clip(0.3 - mood, -0.6, 2.5)
    )
    minutes = np.exp(slow + 0.6 * near_tet + 1.0 * rng.standard_normal(n))
    replied = days.after(received, np.clip(minutes, 1, 60 * 60))
    diligence = (0.05 + 0.4 * agency.dice("diligence").random(len(agency.am_id)))[keeper]
    at_once = ~days.is_open(received) & (rng.random(n) < diligence * np.where(near_tet, 0.4, 1.0))
    replied = np.where(at_once, received + rng.integers(3, 90, n), replied)
    silent = rng.random(n) < np.clip(0.025 + 0.045 * np.clip(0.2 - mood, 0, 2.5), 0, 0.2)
    closing = (days.closing + 1).astype("M8[m]")
    unanswered = silent | (replied >= closing)
    calls = np.clip(0.12 - 0.05 * mood, 0.04, 0.3)
    draw = rng.random(n)
    table = pd.DataFrame(
        {
            "client_id": agency.client_id[client],
            "am_id": agency.am_id[keeper],
            "channel": np.array(CHANNELS)[np.where(draw < calls, 2, np.where(draw < calls + 0.45, 0, 1))],
            "received_at": received,
            "replied_at": nulled(replied, unanswered),
            "closed_unanswered": silent & (rng.random(n) < 0.4),
            "complaint": agency.dice("complaints").random(n) < np.clip(0.012 - 0.03 * mood, 0.004, 0.12),
        }
    ).sort_values(["received_at", "client_id"], kind="stable", ignore_index=True)
    return table.assign(message_id="TN" + (table.index + 1).astype(str).str.zfill(max(6, len(str(n)))))


def _minute(working: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Minute of the day at which a client writes: mostly in working hours on `working` days, some in the evening."""
    n = len(working)
    kind = rng.random(n)
    morning, afternoon = 510 + 210 * rng.beta(1.5, 1.3, n), 810 + 240 * rng.beta(1.2, 1.4, n)
    noon, evening, anytime = 720 + 90 * rng.random(n), 1050 + 300 * rng.beta(1, 1.6, n), 480 + 840 * rng.random(n)
    on_workday = np.select([kind < 0.46, kind < 0.88, kind < 0.91], [morning, afternoon, noon], evening)
    return np.where(working, on_workday, anytime).astype(int)


def surveys(agency: Agency) -> pd.DataFrame:
    """The table `surveys`: each client once a quarter, a third of the book each month; about two in three answer.

    The discontent answer less often and with lower scores; about half of the answers carry a comment.
    """
    rng, days = agency.dice("surveys"), agency.days
    number = np.arange(days.months)
    turn = (number + np.arange(agency.size)[:, None]) % 3 == 0
    client, month = np.nonzero(turn & agency.served(number))
    mood, n = agency.mood(client, month), len(client)
    sent = days.workday(days.month(month) + rng.integers(7, 16, n))
    answered = days.workday(sent + rng.geometric(0.25, n))
    answers = rng.random(n) < np.clip(0.66 + 0.10 * mood, 0.3, 0.88)
    limit = np.minimum(agency.limit[client], days.closing)
    answers &= answered <= limit
    liking = 8.0 + 1.35 * mood + 0.8 * np.minimum(0, mood + 0.8)
    score = np.clip(np.rint(liking + 0.9 * rng.standard_normal(n)), 0, 10)
    score = np.where(answers, score, np.nan)
    table = pd.DataFrame(
        {
            "client_id": agency.client_id[client],
            "sent_on": sent,
            "answered_on": nulled(answered, ~answers),
            "score": score,
            "comment": comments(score, rng),
        }
    )[sent <= limit].sort_values(["sent_on", "client_id"], ignore_index=True)
    return table.assign(survey_id="KS" + (table.index + 1).astype(str).str.zfill(max(4, len(str(n)))))
