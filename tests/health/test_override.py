"""Bands set by hand: when they hold, and what the page can show beside it."""

from __future__ import annotations

from frames import FIVE_CLIENTS, frame

from amlib import health

OVERRIDES = frame(
    "client_id band reason author from_on until_on",
    ("A", "red", "a tender is coming", "Lan", "2026-09-10", "2026-10-31"),  # to the last day of October
    ("B", "green", "paid by hand", "Minh", "2026-09-01", "2026-10-30"),  # gone on the last day of October
    ("C", "red", "first thought", "Lan", "2026-09-01", "2026-10-14"),
    ("C", "green", "second thought", "Minh", "2026-10-15", "2026-11-15"),
    ("D", "amber", "next month", "Lan", "2026-11-01", "2026-11-30"),
)
SURVEYS = frame(
    "survey_id client_id sent_on answered_on score",
    *((f"S{month}{id}", id, f"2026-{month}-01", f"2026-{month}-02", 9) for month in ("09", "11") for id in "ABCD"),
)


def a_book(book_of):
    return book_of(
        clients=FIVE_CLIENTS, surveys=SURVEYS, health_overrides=OVERRIDES, health_weights={"default": {"nps": 1}}
    )


def in_force(book, month: str) -> dict[str, str]:
    found = health.overrides(book, month)
    assert list(found.columns) == ["client_id", "band", "reason", "author", "from_on", "until_on"]
    return dict(zip(found.client_id, found.reason, strict=True))


def test_an_override_holds_on_the_last_day_of_a_month_or_not_at_all(book_of):
    book = a_book(book_of)
    assert in_force(book, "2026-08") == {}
    assert in_force(book, "2026-09") == {"A": "a tender is coming", "B": "paid by hand", "C": "first thought"}
    assert in_force(book, "2026-10") == {"A": "a tender is coming", "C": "second thought"}
    assert in_force(book, "2026-11") == {"D": "next month"}
    assert in_force(book, "2027-01") == {}


def test_the_override_wins_and_the_computed_bands_stand_beside_it(book_of):
    found = health.scores(a_book(book_of), ["2026-10"]).set_index("client_id")
    assert found.band.to_dict() == {"A": "red", "B": "green", "C": "green", "D": "green", "E": "grey"}
    assert found.overridden.to_dict() == {"A": True, "B": False, "C": True, "D": False, "E": False}
    assert found.steady_band.to_dict() == dict.fromkeys("ABCD", "green") | {"E": "grey"}
    assert found.own_band.to_dict() == found.steady_band.to_dict()


def test_after_its_end_the_computed_band_goes_on_as_if_it_had_not_been(book_of):
    book = a_book(book_of)
    bands = health.history(book, "2026-11", back=3).query("client_id == 'A'")
    assert bands.band.tolist() == ["red", "red", "green"]
    assert bands.overridden.tolist() == [True, True, False]
    assert bands.steady_band.tolist() == ["green"] * 3


def test_it_wins_over_too_little_data_too(book_of):
    grey = book_of(clients=FIVE_CLIENTS, health_overrides=OVERRIDES)
    found = health.scores(grey, ["2026-10"]).set_index("client_id")
    assert found.band.to_dict() == {"A": "red", "B": "grey", "C": "green", "D": "grey", "E": "grey"}
    assert found.score.isna().all()


def test_the_book_of_one_client_has_its_own(book_of):
    mine = a_book(book_of).of_client("C")
    assert in_force(mine, "2026-10") == {"C": "second thought"}
    assert health.scores(mine, ["2026-10"]).band.tolist() == ["green"]


def test_a_book_without_overrides_has_none(book_of):
    assert health.overrides(book_of(clients=FIVE_CLIENTS), "2026-10").empty


def test_an_override_that_begins_on_the_last_day_of_a_month_holds_in_it(book_of):
    last = frame(
        "client_id band reason author from_on until_on",
        ("A", "red", "on the last day", "Lan", "2026-10-31", "2026-10-31"),
        ("B", "red", "a day later", "Lan", "2026-11-01", "2026-11-30"),
    )
    book = book_of(clients=FIVE_CLIENTS, health_overrides=last)
    assert in_force(book, "2026-10") == {"A": "on the last day"}
    assert in_force(book, "2026-11") == {"B": "a day later"}
