"""The sample book: it keeps the contract, it is the same for the same seed, and it tells the story it promises."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path

import holidays
import numpy as np
import pandas as pd
import pytest

from amlib import sample
from amlib.schema import TABLES, dtype

ZONE = "Asia/Ho_Chi_Minh"
FORMATS = {"date": "%Y-%m-%d", "instant": "%Y-%m-%d %H:%M"}


def read(folder: Path) -> dict[str, pd.DataFrame]:
    """The CSV files of a book, converted strictly: any cell not as the schema writes it raises."""
    return {
        name: _typed(pd.read_csv(folder / f"{name}.csv", dtype="str", keep_default_na=False), name) for name in TABLES
    }


def _typed(cells: pd.DataFrame, name: str) -> pd.DataFrame:
    assert list(cells.columns) == list(TABLES[name].columns), name
    typed = {}
    for column, of in TABLES[name].columns.items():
        values = cells[column].where(cells[column] != "")
        if of.kind in FORMATS:
            values = pd.to_datetime(values, format=FORMATS[of.kind])
            values = values.dt.tz_localize(ZONE) if of.kind == "instant" else values
        elif of.kind == "month":
            values = pd.Series(pd.PeriodIndex(values, freq="M"))
        elif of.kind == "flag":
            assert set(values.dropna()) <= {"true", "false"}, (name, column)
            values = values.map({"true": True, "false": False})
        elif of.kind in ("number", "integer"):
            values = pd.to_numeric(values).astype("float64")
        typed[column] = values.astype(dtype(of, ZONE))
    return pd.DataFrame(typed)


def check(book: dict[str, pd.DataFrame], first: str, until: str) -> None:
    """The contract of the schema, links between tables, rates for USD, and nothing after `until`."""
    end = pd.Period(until, "M").end_time.tz_localize(None)
    for name, table in TABLES.items():
        frame = table.contract.validate(book[name], lazy=True)
        for column, link in table.links.items():
            to, key = link.split(".")
            strays = frame[column].dropna()
            strays = strays[~strays.isin(book[to][key])]
            assert strays.empty, f"{name}.{column}: {strays.head().tolist()} not in {link}"
        for column, of in table.columns.items():
            # What is agreed for later may lie ahead: ends of terms, starts of terms signed early, due days, overrides.
            if of.kind in ("date", "instant") and column not in ("ends_on", "starts_on", "due_on", "until_on"):
                assert not (frame[column].dt.tz_localize(None) > end).any(), f"{name}.{column} after {until}"
    rated = set(book["fx"]["month"].astype("str"))
    for name, table in TABLES.items():
        if table.money_on:
            frame = book[name]
            months = frame.loc[frame["currency"] == "USD", table.money_on].dt.strftime("%Y-%m")
            assert set(months) <= rated, name
    months = pd.period_range(first, until, freq="M").astype("str")
    assert set(months) <= rated
    billed = book["invoices"]["issued_on"].dt.strftime("%Y-%m")
    assert set(billed) <= set(months)
    assert set(book["messages"]["received_at"].dt.strftime("%Y-%m")) <= set(months)


@pytest.fixture(scope="module")
def default(tmp_path_factory) -> tuple[Path, dict[str, pd.DataFrame]]:
    folder = sample.write(tmp_path_factory.mktemp("books") / "default")
    return folder, read(folder)


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> dict[str, pd.DataFrame]:
    """Enough clients that what is meant to be likely is all but certain."""
    return read(sample.write(tmp_path_factory.mktemp("books") / "large", clients=500, seed=7))


def test_default_book_keeps_the_contract(default):
    _, book = default
    check(book, "2023-11", "2026-10")
    assert len(book["clients"]) == 60
    assert book["invoices"]["issued_on"].dt.to_period("M").nunique() == 36
    assert all(len(book[name]) for name in TABLES)


def test_default_book_is_small_enough_to_commit(default):
    assert sum(path.stat().st_size for path in default[0].iterdir()) < 4_000_000


@pytest.mark.parametrize(
    ("clients", "months", "until", "first"),
    [
        (1, 1, "2026-10", "2026-10"),
        (1, 3, "2026-02", "2025-12"),
        (1, 36, "2026-10", "2023-11"),
        (2, 2, "2024-01", "2023-12"),
        (7, 13, "2026-10", "2025-10"),
        (40, 4, "2026-03", "2025-12"),
        (3, 3, "2000-03", "2000-01"),
        (12, 60, "2090-12", "2086-01"),
    ],
)
def test_any_size_keeps_the_contract(tmp_path, clients, months, until, first):
    book = read(sample.write(tmp_path / "book", clients=clients, months=months, seed=3, until=until))
    check(book, first, until)
    assert len(book["clients"]) == clients
    assert not book["messages"].empty
    assert (book["clients"]["since"] <= pd.Period(until, "M").end_time).all()


def test_large_book_keeps_the_contract(large):
    check(large, "2023-11", "2026-10")


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path, default):
    one = sample.write(tmp_path / "one")
    other = sample.write(tmp_path / "other", seed=2)
    for name in [*(f"{table}.csv" for table in TABLES), "book.toml", "README.md"]:
        assert (one / name).read_bytes() == (default[0] / name).read_bytes(), name
    assert (one / "messages.csv").read_bytes() != (other / "messages.csv").read_bytes()
    assert (one / "clients.csv").read_bytes() != (other / "clients.csv").read_bytes()


def test_committed_sample_is_what_the_defaults_write(default):
    committed = Path(__file__).parents[1] / "data" / "sample"
    assert {path.name for path in committed.iterdir()} == {path.name for path in default[0].iterdir()}
    for path in committed.iterdir():
        # Line by line: a checkout may have changed the line ends.
        assert path.read_text(encoding="utf-8") == (default[0] / path.name).read_text(encoding="utf-8"), path.name


def test_files_are_utf8_with_unix_line_ends_and_no_local_path(default):
    for path in default[0].iterdir():
        content = path.read_bytes()
        assert b"\r" not in content
        assert not content.startswith(b"\xef\xbb\xbf")
        assert str(default[0].parent) not in content.decode("utf-8")


def test_settings(default):
    book = tomllib.loads((default[0] / "book.toml").read_text(encoding="utf-8"))
    assert (book["currency"], book["language"], book["country"], book["time_zone"]) == ("VND", "vi", "VN", ZONE)
    assert book["working_hours"]["hours"] == ["08:30-12:00", "13:30-17:30"]
    assert book["service_level"] == {"response_hours": 4, "share": 0.9}
    weights = book["health"]["weights"]
    assert set(weights) == {"default", "project"}
    assert all(sum(measures.values()) == 100 for measures in weights.values())
    assert weights["project"]["renewal"] == 0
    assert set(weights["project"]) == set(weights["default"])


def test_readme_counts_the_rows_and_says_that_nothing_is_real(default):
    folder, book = default
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "Nobody and nothing in it is real" in readme
    for name, table in book.items():
        assert f"| {name}.csv | {len(table):,} |" in readme


def test_losses_and_currencies(default, large):
    clients = default[1]["clients"]
    assert 12 <= clients["until"].notna().sum() <= 18
    dollars = default[1]["invoices"].loc[lambda table: table["currency"] == "USD", "client_id"].nunique()
    assert 6 <= dollars <= 8
    lost = large["clients"]["until"].notna().sum()
    years = large["clients"]["until"].fillna(pd.Timestamp("2026-10-31")) - large["clients"]["since"].clip(
        lower="2023-11-01"
    )
    assert 0.10 < lost / (years.dt.days.sum() / 365.25) < 0.18


def test_money_is_rounded(default):
    invoices, costs, fx = (default[1][name] for name in ("invoices", "costs", "fx"))
    dong, dollars = invoices[invoices["currency"] == "VND"], invoices[invoices["currency"] == "USD"]
    assert (dong["amount"] % 100_000 == 0).all()
    assert (dong["pass_through"] % 100_000 == 0).all()
    assert (dollars["amount"] % 1 == 0).all()
    assert dollars["amount"].max() < 100_000  # dollars, not đồng
    assert (costs["amount"] % 10_000 == 0).all()
    assert fx["rate"].between(25_000, 26_500).all()
    assert (fx["rate"].pct_change().abs().dropna() < 0.01).all()


def test_invoices_have_media_and_credit_notes(large):
    invoices = large["invoices"]
    assert (invoices["amount"] < 0).mean() > 0.005
    assert ((invoices["pass_through"] > 0) & (invoices["amount"] > invoices["pass_through"])).sum() > 100
    term = (invoices["due_on"] - invoices["issued_on"]).dt.days.dropna()
    assert set(term) == {15, 30, 45}


def test_nobody_is_served_after_leaving(large):
    until = large["clients"].set_index("client_id")["until"]
    for name, column in (("invoices", "issued_on"), ("messages", "received_at"), ("surveys", "sent_on")):
        table = large[name]
        left = table["client_id"].map(until)
        day = table[column].dt.tz_localize(None).dt.normalize()
        assert not (day > left).any(), name
        assert not (day < table["client_id"].map(large["clients"].set_index("client_id")["since"])).any(), name


def test_retainers_are_renewed_without_gap(large):
    contracts = large["contracts"].set_index("contract_id")
    renewals = contracts[contracts["renews"].notna()]
    before = contracts.loc[renewals["renews"]]
    assert len(renewals) > 500
    assert (renewals["client_id"].to_numpy() == before["client_id"].to_numpy()).all()
    assert (before["ends_on"].to_numpy() + pd.Timedelta(days=1) == renewals["starts_on"].to_numpy()).all()
    assert renewals["renews"].is_unique
    assert (before["kind"] == "retainer").all()
    change = renewals["monthly_fee"].to_numpy() / before["monthly_fee"].to_numpy()
    assert (change > 1.05).mean() > 0.1  # upsold
    assert (change < 0.97).mean() > 0.05  # reduced


def test_every_client_in_the_book_has_a_contract_or_only_buys_projects(default):
    book = default[1]
    retainer = book["contracts"].loc[lambda table: table["kind"] == "retainer", "client_id"].unique()
    others = book["clients"][~book["clients"]["client_id"].isin(retainer)]
    assert set(others["segment"]) == {"project"}
    assert not book["clients"].loc[book["clients"]["client_id"].isin(retainer), "segment"].eq("project").any()


def test_payments_never_exceed_the_bill_and_some_are_open_or_in_parts(large):
    invoices = large["invoices"].set_index("invoice_id")
    paid = large["payments"].groupby("invoice_id")["amount"].agg(["sum", "size"])
    amount = invoices["amount"].reindex(paid.index)
    assert (paid["sum"].abs() <= amount.abs()).all()
    assert (np.sign(paid["sum"]) == np.sign(amount)).all()
    assert 0.03 < (paid["size"] == 2).mean() < 0.15
    assert paid["size"].max() == 2
    unpaid = invoices[~invoices.index.isin(paid.index)]
    assert (unpaid["due_on"] < "2026-06-30").any()
    on = large["payments"]["paid_on"] >= large["payments"]["invoice_id"].map(invoices["issued_on"])
    assert on.all()


def test_statements_mostly_agree_and_sometimes_do_not(large):
    """Against what was open on the day, worked out here one statement day at a time."""
    invoices, payments = large["invoices"].set_index("invoice_id"), large["payments"]
    agree = differ = unknown = missing = 0
    for day, lines in large["statements"].groupby("as_of"):
        paid = payments[payments["paid_on"] <= day].groupby("invoice_id")["amount"].sum()
        issued = invoices[(invoices["issued_on"] <= day) & invoices["client_id"].isin(lines["client_id"])]
        open_ = issued["amount"].sub(paid.reindex(issued.index, fill_value=0))
        open_ = open_[open_ != 0]
        ours = lines["invoice_id"].map(open_)
        unknown += ours.isna().sum()
        agree += (ours == lines["amount"]).sum()
        differ += (ours.notna() & (ours != lines["amount"])).sum()
        missing += (~open_.index.isin(lines["invoice_id"])).sum()
        assert day.is_quarter_end
    total = agree + differ + missing
    assert 0.88 < agree / total < 0.97
    assert min(differ, unknown, missing) > 10


def test_briefs_are_won_lost_and_open(large):
    projects = large["projects"]
    assert 0.55 < projects["won"].mean() < 0.66
    assert projects["won"].isna().any()
    assert projects.loc[projects["won"].isna(), ["decided_on", "delivered_on", "contract_id"]].isna().all(axis=None)
    assert projects.loc[projects["won"].eq(True), "contract_id"].notna().all()
    assert not (projects["proposed_on"] > projects["decided_on"]).any()
    late = (projects["delivered_on"] > projects["due_on"])[projects["delivered_on"].notna()].mean()
    assert 0.15 < late < 0.35


def _days_off() -> tuple[set[date], set[date]]:
    """Public holidays, and the Tết weeks: a week before to twelve days after the first lunar day, from the almanac."""
    off = set(holidays.country_holidays("VN", years=range(2023, 2027)))
    tet = [date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17)]
    return off, {first + timedelta(days=step) for first in tet for step in range(-7, 13)}


def test_tet_is_quiet_and_its_replies_are_late(large):
    off, weeks = _days_off()
    messages = large["messages"]
    day = messages["received_at"].dt.date
    workdays = [d.date() for d in pd.bdate_range("2023-11-01", "2026-10-31") if d.date() not in off]
    clients = large["clients"]
    kept = pd.Series({d: ((clients["since"] <= str(d)) & ~(clients["until"] < str(d))).sum() for d in workdays})
    rate = day.value_counts().reindex(workdays, fill_value=0) / kept
    quiet = rate.index.isin(list(weeks))
    assert rate[quiet].mean() < 0.6 * rate[~quiet].mean()
    wait = (messages["replied_at"] - messages["received_at"]).dt.total_seconds()
    assert wait[day.isin(weeks)].median() > 1.5 * wait[~day.isin(weeks)].median()


def test_most_is_said_in_working_hours_and_some_is_not(large):
    off, _ = _days_off()
    for column, least, most in (("received_at", 0.75, 0.92), ("replied_at", 0.85, 0.99)):
        moment = large["messages"][column].dropna()
        minute = moment.dt.hour * 60 + moment.dt.minute
        inside = minute.between(510, 719) | minute.between(810, 1049)
        working = (moment.dt.day_of_week < 5) & ~moment.dt.date.isin(off)
        assert least < (inside & working).mean() < most, column


def test_briefs_come_before_tet(large):
    """December and January against April and May, per month, in the years that have both."""
    month = large["projects"]["briefed_on"].dt.month
    assert month.isin([12, 1]).sum() > 1.2 * month.isin([4, 5]).sum()


@pytest.fixture(scope="module")
def last_three_months(large) -> pd.Series:
    """For each client lost: the first day of its last three months; for the others, null."""
    until = large["clients"].set_index("client_id")["until"]
    return until - pd.DateOffset(months=3)


@pytest.mark.parametrize("sign", ["score", "answers", "wait", "unanswered", "late_payment", "late_delivery"])
def test_discontent_shows_before_the_loss(large, last_three_months, sign):
    """The lost in their last three months do worse than the stayers ever on average."""

    def compare(table: pd.DataFrame, day: pd.Series, value: pd.Series) -> tuple[float, float]:
        start = table["client_id"].map(last_three_months)
        return value[day >= start].mean(), value[start.isna()].mean()

    surveys, messages, projects = large["surveys"], large["messages"], large["projects"]
    bills = large["invoices"].merge(large["payments"].groupby("invoice_id")["paid_on"].max(), on="invoice_id")
    received = messages["received_at"].dt.tz_localize(None)
    wait = (messages["replied_at"] - messages["received_at"]).dt.total_seconds() / 3600
    lost, stayed = {
        "score": lambda: compare(surveys, surveys["sent_on"], -surveys["score"].astype("float64")),
        "answers": lambda: compare(surveys, surveys["sent_on"], -surveys["score"].notna().astype("float64")),
        "wait": lambda: compare(messages, received, wait),
        "unanswered": lambda: compare(messages, received, messages["replied_at"].isna().astype("float64")),
        "late_payment": lambda: compare(bills, bills["due_on"], (bills["paid_on"] - bills["due_on"]).dt.days),
        "late_delivery": lambda: compare(
            projects, projects["due_on"], (projects["delivered_on"] - projects["due_on"]).dt.days
        ),
    }[sign]()
    worse = {"score": 1.0, "answers": 0.1, "wait": 1.0, "unanswered": 0.02, "late_payment": 4.0, "late_delivery": 2.0}
    assert lost > stayed + worse[sign]


def test_discontent_is_no_oracle(large, last_three_months):
    """Some leave without warning, and some discontent clients stay."""
    surveys = large["surveys"].dropna(subset=["score"])
    start = surveys["client_id"].map(last_three_months)
    assert (surveys.loc[surveys["sent_on"] >= start, "score"] >= 9).sum() >= 5
    assert (surveys.loc[start.isna(), "score"] <= 6).sum() > 50


def test_account_managers_keep_clients_only_once_hired(large):
    managers = large["account_managers"].set_index("am_id")
    hired = large["clients"]["am_id"].map(managers["hired_on"])
    assert (hired <= large["clients"]["since"].clip(lower="2023-11-01")).all()
    assert (hired > "2023-11-01").any()
    assert managers["name"].is_unique
    assert large["clients"]["name"].is_unique


def test_pay_rises_with_the_level(default):
    salaries = default[1]["salaries"]
    mid = salaries.groupby("level")["mid"].median()[
        ["executive", "senior_executive", "manager", "senior_manager", "director"]
    ]
    assert mid.is_monotonic_increasing
    assert len(salaries) == 120
    assert set(salaries["year"]) == {2024, 2025, 2026}
    assert salaries["gross"].isna().any()
    assert ((salaries["low"] < salaries["mid"]) & (salaries["mid"] < salaries["high"]))[salaries["low"].notna()].all()


def test_writing_again_replaces_an_earlier_sample(tmp_path):
    folder = sample.write(tmp_path / "book", clients=3, months=2)
    (folder / "clients.csv").write_text("damaged", encoding="utf-8")
    sample.write(folder, clients=4, months=2)
    assert len(read(folder)["clients"]) == 4


def test_somebodys_data_is_not_overwritten(tmp_path):
    (tmp_path / "clients.csv").write_text("mine", encoding="utf-8")
    (tmp_path / "book.toml").write_text('name = "my agency"\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"not an earlier sample \(book.toml, clients.csv\)"):
        sample.write(tmp_path, clients=1, months=1)
    assert (tmp_path / "clients.csv").read_text(encoding="utf-8") == "mine"
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(ValueError, match="is a file"):
        sample.write(tmp_path / "clients.csv", clients=1, months=1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"clients": 0}, "clients is 0; expected a whole number of at least 1"),
        ({"clients": 2.5}, "clients is 2.5"),
        ({"months": 0}, "months is 0"),
        ({"months": True}, "months is True"),
        ({"seed": -1}, "seed is -1; expected a whole number of at least 0"),
        ({"until": "2026-13"}, "until is '2026-13'; expected a month such as '2026-10'"),
        ({"until": "10/2026"}, "until is '10/2026'"),
        ({"until": "1999-12"}, "from 2000-01 to 2090-12"),
        ({"until": "2000-02", "months": 3}, "begin before 2000-01"),
    ],
)
def test_wrong_arguments_are_named_and_nothing_is_written(tmp_path, wrong, message):
    with pytest.raises(ValueError, match=message):
        sample.write(tmp_path / "book", **wrong)
    assert not (tmp_path / "book").exists()
