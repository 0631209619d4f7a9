"""What receivables say is what the frames say, and nothing where they say nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from amlib import words
from amlib.sentences import receivables as said

VI, EN = words.of("vi"), words.of("en")


def of_book(**figures: float) -> pd.Series:
    return pd.Series(figures)


def owing(money: float, overdue: float, undated: float = 0) -> pd.Series:
    share = overdue / money if money > undated else None
    return of_book(value=share, open=money, overdue=overdue, no_due_date=undated)


def test_what_is_open_and_overdue_and_how_that_changed():
    now, before = owing(400e6, 100e6), owing(300e6, 80e6)
    assert said.owed(EN, now, before, "VND") == [
        "Clients owe VND 400 million; VND 100 million of it (25%) is past its due date.",
        "Overdue debt: up 25.0% on the month before.",
    ]
    assert said.owed(VI, now, before, "VND") == [
        "Khách hàng còn nợ 400 triệu đồng, trong đó 100 triệu đồng (25%) đã quá hạn.",
        "Nợ quá hạn tăng 25,0% so với tháng trước.",
    ]


def test_no_change_is_claimed_on_a_month_without_overdue_debt():
    now = owing(400e6, 100e6)
    assert len(said.owed(EN, now, owing(0, 0), "VND")) == 1
    assert said.owed(EN, owing(0, 0), now, "VND") == ["Nothing is open: every invoice has been paid."]


def test_nothing_is_called_on_time_that_has_no_due_date():
    before = owing(300e6, 80e6)
    assert said.owed(EN, owing(400e6, 0, undated=100e6), before, "VND") == [
        "Clients owe VND 400 million; none of it is past its due date.",
        "VND 100 million has no due date.",
    ]
    assert said.owed(EN, owing(400e6, 0, undated=400e6), before, "VND") == [
        "Clients owe VND 400 million; no invoice says when it is due, so none can be called overdue."
    ]
    coming = of_book(n=3, value=None, if_slow=None, at_most=None, late=0, no_due_date=400e6)
    assert said.expected(VI, coming, "VND") == [
        "Các hóa đơn còn nợ đều không ghi hạn thanh toán nên chưa dự kiến được khi nào thu."
    ]


def test_what_is_expected_and_what_cannot_be_dated():
    coming = of_book(n=3, value=5e9, if_slow=4e9, at_most=7e9, late=1.5e9, no_due_date=2e6)
    assert said.expected(EN, coming, "VND") == [
        "About VND 5 billion is expected within eight weeks; VND 4 billion if all clients pay late, "
        "at most VND 7 billion.",
        "VND 1.5 billion is later than its clients usually pay, so no day can be told for it.",
        "VND 2 million has no due date.",
    ]
    assert len(said.expected(VI, coming.replace({1.5e9: 0, 2e6: 0}), "VND")) == 1
    assert said.expected(EN, of_book(n=0), "VND") == ["Nothing is open: every invoice has been paid."]


def test_weeks_in_which_nobody_pays():
    first = pd.to_datetime(["2026-02-08", "2026-02-15"])
    weeks = pd.DataFrame({"first": first, "last": first + pd.Timedelta(days=6), "working_days": [5, 0]})
    assert said.quiet_weeks(VI, weeks) == [
        "Tuần 15/02/2026–21/02/2026 rơi vào dịp nghỉ lễ, gần như không ai thanh toán; nên tính là tiền về tuần sau đó."
    ]
    assert said.quiet_weeks(EN, weeks.head(1)) == []


def test_how_many_ledgers_differ():
    lines = pd.DataFrame({"gap": [-3e6, 2e6], "kind": ["missing_here", "differs"]})
    assert said.differences(EN, lines, 4, "VND") == [
        "The ledgers of 4 clients were compared: 2 invoices differ, VND 5 million in all."
    ]
    assert said.differences(EN, lines.iloc[:0], 1, "VND") == [
        "The ledgers of 1 client agree with the book on every open invoice."
    ]
    assert said.differences(VI, lines.iloc[:0], 0, "VND") == ["Chưa khách hàng nào gửi sổ công nợ để đối chiếu."]
    assert said.kinds(VI, lines).tolist() == ["chỉ có trong sổ của khách hàng", "lệch số tiền"]


@pytest.mark.parametrize(
    ("usual", "disputed", "why"),
    [
        (12, 0, "VND 90 million overdue on 2 invoices, the oldest by 45 days; usually pays 12 days late"),
        (-3, 0, "VND 90 million overdue on 2 invoices, the oldest by 45 days; usually pays on time"),
        (None, 0, "VND 90 million overdue on 2 invoices, the oldest by 45 days"),
        (
            None,
            5e6,
            "VND 90 million overdue on 2 invoices, the oldest by 45 days; VND 5 million of it is disputed",
        ),
    ],
)
def test_why_a_client_is_called(usual, disputed, why):
    row = {"overdue": 90e6, "invoices": 2, "oldest": 45, "usual": usual, "disputed": disputed}
    (found,) = pd.DataFrame([row]).astype({"usual": float}).itertuples()
    assert said.call(EN, found, "VND") == why


def test_calls_name_the_client_the_step_and_the_owner():
    rows = {
        "name": ["Phở {Hòa}", "Bún"],
        "am_id": ["lan", "ghost"],
        "overdue": [90e6, 1e6],
        "invoices": [1, 1],
        "oldest": [45, 1],
        "usual": [None, 0.0],
        "disputed": [0.0, 0.0],
        "step": ["remind", "call"],
        "due_on": pd.to_datetime(["2026-11-02", "2026-11-01"]),
    }
    managers = pd.DataFrame({"am_id": ["lan"], "name": ["Trần Lan"]})
    found = said.calls(VI, pd.DataFrame(rows), managers, "VND")
    assert found.action[0] == "Phở {Hòa}: gửi công văn nhắc nợ kèm biên bản đối chiếu công nợ để khách hàng ký"
    assert found.why[1] == "1 triệu đồng quá hạn trên 1 hóa đơn, trễ 1 ngày; thường trả đúng hạn"
    assert found.owner.tolist() == ["Trần Lan", "ghost"]
    assert said.calls(VI, pd.DataFrame(rows).iloc[:0], managers, "VND").empty


def ages(**rows: tuple[float, ...]) -> pd.DataFrame:
    columns = ["client_id", *said.AGES, "credit"]
    found = pd.DataFrame([(client, *amounts) for client, amounts in rows.items()], columns=columns)
    return found.assign(value=found[[*said.AGES]].sum(axis=1))


def test_an_age_that_nobody_owes_is_no_column_and_named():
    clients = pd.DataFrame({"client_id": ["A"], "name": ["Anh"]})
    some = said.ageing(EN, ages(A=(9, 0, 2, 0, 0, 0, 0), B=(0, 0, 0, 0, 0, 1, 0)), clients, most=1)
    assert said.in_use(some) == ["not_due", "days_31_60", "no_due_date"]
    (left_out,) = said.not_in_use(EN, some)
    assert left_out == (
        "Columns without any money are left out: "
        "1–30 days overdue, 61–90 days overdue, over 90 days overdue and credit."
    )
    assert said.not_in_use(VI, some)[0].endswith("quá hạn trên 90 ngày và dư có.")
    every = said.ageing(EN, ages(A=(9, 1, 2, 1, 1, 1, 1)), clients, most=1)
    assert said.not_in_use(EN, every) == said.not_in_use(EN, every.iloc[:0]) == []


def test_ageing_shows_the_most_overdue_and_sums_the_rest():
    found = ages(
        A=(9, 0, 0, 0, 0, 0, 0),  # much, none of it overdue
        B=(0, 1, 2, 0, 0, 0, 5),
        C=(0, 0, 0, 3, 4, 0, 0),
        D=(1, 1, 0, 0, 0, 8, 0),
    )
    clients = pd.DataFrame({"client_id": ["A", "B", "C"], "name": ["Anh", "Bình", "Chi"]})
    shown = said.ageing(EN, found, clients, most=2)
    assert shown.name.tolist() == ["Chi", "Bình", "2 other clients"]
    assert shown.value.tolist() == [7, 3, 19]
    assert shown.overdue.tolist() == [7, 3, 1]
    assert shown.not_due.tolist() == [0, 0, 10]
    assert (shown.no_due_date.sum(), shown.credit.sum()) == (8, 5)
    assert said.ageing(EN, found, clients, most=4).name.tolist() == ["Chi", "Bình", "D", "Anh"]
