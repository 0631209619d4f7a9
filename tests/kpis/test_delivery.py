import pandas as pd
import pytest
from frames import frame

from amlib import kpis

STAYS = frame("client_id until", ("A", None))
JOBS = frame("project_id client_id", ("J1", "A"), ("J2", "A"))


def gone(until: str) -> pd.DataFrame:
    """Client A, who has left."""
    return frame("client_id until", ("A", until))


@pytest.fixture
def one_still_open():
    return pd.DataFrame(
        {
            "client_id": "A",
            "due_on": pd.to_datetime(["2026-09-10", "2026-09-20", "2026-10-05", "2026-10-31", "2026-11-05", None]),
            "delivered_on": pd.to_datetime(
                ["2026-09-10", "2026-09-25", None, "2026-11-02", "2026-11-01", "2026-10-01"]
            ),
        }
    )


def test_on_time_is_on_the_day_or_before(one_still_open):
    (row,) = kpis.on_time_delivery(one_still_open, STAYS, "2026-10").to_dict("records")
    # Due by 31 October are four: on the day, five days late, never, and after as_of
    assert row["value"] == 0.25
    assert {name: row[name] for name in ("n", "on_time", "late", "open_overdue")} == {
        "n": 4,
        "on_time": 1,
        "late": 3,
        "open_overdue": 2,
    }
    # Wilson at 1 of 4, z² = 3.841459: middle (.25 + .480182)/1.960365 = .372473,
    # reach 1.959964/1.960365 × sqrt(.046875 + .060023) = .326886
    assert (row["low"], row["high"]) == pytest.approx((0.045587, 0.699358), abs=1e-5)


def test_by_month_of_the_due_date(one_still_open):
    found = kpis.on_time_delivery(one_still_open, STAYS, "2026-10", by="month")
    assert found["month"].astype(str).tolist() == ["2026-09", "2026-10"]
    assert found["value"].tolist() == [0.5, 0.0]


def test_what_the_client_has_not_said_yes_to_was_never_due(one_still_open):
    # Of the four due by 31 October, the late one is still being pitched, and two were turned down
    won = pd.array([True, None, False, False, True, True], dtype="boolean")
    found = kpis.on_time_delivery(one_still_open.assign(won=won), STAYS, "2026-10")
    assert found[["n", "on_time"]].to_numpy().tolist() == [[1, 1]]


def test_where_nobody_says_what_was_won_all_of_it_was_due(one_still_open):
    unsaid = one_still_open.assign(won=pd.array([None] * 6, dtype="boolean"))
    assert kpis.on_time_delivery(unsaid, STAYS, "2026-10")["n"].item() == 4
    assert kpis.days_late(unsaid, STAYS, "2026-10")["n"].item() == 2  # the one due on the 31st is not late that day


def test_what_came_late_is_open_until_the_day_before(one_still_open):
    # The one due on 20 September came on the 25th
    assert kpis.on_time_delivery(one_still_open, STAYS, "2026-09-24")["open_overdue"].item() == 1
    assert kpis.on_time_delivery(one_still_open, STAYS, "2026-09-25")["open_overdue"].item() == 0


def test_nothing_due_is_null(one_still_open):
    found = kpis.on_time_delivery(one_still_open, STAYS, "2026-08")
    assert found["n"].item() == 0
    assert found[["value", "low", "high"]].isna().all(axis=None)


def test_on_time_delivery_equals_sql(agency, sql, same):
    same(
        kpis.on_time_delivery(agency["projects"], agency["clients"], "2026-09-15", by="month"),
        sql("""
            select date_trunc('month', due_on) as month,
                   avg((coalesce(delivered_on, '2999-01-01') <= due_on)::int) as value,
                   count(*) as n, sum((coalesce(delivered_on, '2999-01-01') > due_on)::int) as late,
                   sum((coalesce(delivered_on, '2999-01-01') > '2026-09-15')::int) as open_overdue
            from projects where due_on <= '2026-09-15' and won and not exists (
                from clients where clients.client_id = projects.client_id and until < due_on
                    and coalesce(delivered_on, '2999-01-01') > '2026-09-15'
            ) group by all order by month
        """),
    )


@pytest.fixture
def one_department_waits():
    """Planners were on time once and late once; the creatives are not done; two tasks were not due in October."""
    return frame(
        "project_id department due_on done_on",
        ("J1", "planner", "2026-10-05", "2026-10-05"),
        ("J1", "planner", "2026-10-10", "2026-10-12"),
        ("J1", "creative", "2026-10-31", None),
        ("J2", "creative", "2026-11-01", "2026-10-01"),
        ("J2", "creative", None, "2026-10-01"),
    )


def test_tasks_are_on_time_until_the_day_itself(one_department_waits):
    (row,) = kpis.on_time_tasks(one_department_waits, JOBS, STAYS, "2026-10").to_dict("records")
    assert row["value"] == pytest.approx(1 / 3)
    assert {name: row[name] for name in ("n", "on_time", "late", "open_overdue")} == {
        "n": 3,
        "on_time": 1,
        "late": 2,
        "open_overdue": 1,
    }
    # Wilson at 1 of 3, z² = 3.841459: middle (1 + 1.920729)/6.841459 = .426916,
    # reach 1.959964/6.841459 × sqrt(2/3 + .960365) = .365424
    assert (row["low"], row["high"]) == pytest.approx((0.061492, 0.792340), abs=1e-5)


def test_which_department_holds_others_up(one_department_waits):
    found = kpis.on_time_tasks(one_department_waits, JOBS, STAYS, "2026-10", by="department")
    assert found["department"].tolist() == ["creative", "planner"]
    assert found["value"].tolist() == [0.0, 0.5]
    assert kpis.on_time_tasks(one_department_waits, JOBS, STAYS, "2026-11", by="month")["n"].tolist() == [3, 1]


def test_a_late_task_is_open_until_the_day_before_it_is_done(one_department_waits):
    assert kpis.on_time_tasks(one_department_waits, JOBS, STAYS, "2026-10-11")["open_overdue"].item() == 1
    assert kpis.on_time_tasks(one_department_waits, JOBS, STAYS, "2026-10-12")["open_overdue"].item() == 0
    assert kpis.on_time_tasks(one_department_waits, JOBS, STAYS, "2026-10-30")["n"].item() == 2


def test_no_task_due_is_null(one_department_waits):
    found = kpis.on_time_tasks(one_department_waits, JOBS, STAYS, "2026-09")
    assert found["n"].item() == 0
    assert found[["value", "low", "high"]].isna().all(axis=None)


def test_days_late_counts_open_ones_so_far(one_still_open):
    (row,) = kpis.days_late(one_still_open, STAYS, "2026-10-30").to_dict("records")
    # 20 to 25 September, and 5 to 30 October
    assert row == {"value": (5 + 25) / 2, "n": 2, "worst": 25, "open_overdue": 1}


def test_what_came_later_was_late_by_then_only_so_far(one_still_open):
    # On 24 September the second one is four days late; it came on the fifth. In November the last of October is too
    assert kpis.days_late(one_still_open, STAYS, "2026-09-24")["value"].item() == 4.0
    found = kpis.days_late(one_still_open, STAYS, "2026-11-30", by="month")
    assert found["month"].astype(str).tolist() == ["2026-09", "2026-10", "2026-11"]
    # October: 5 October to 30 November, and 31 October to 2 November; what was due in November came in time
    assert found["value"].tolist()[:2] == [5.0, (56 + 2) / 2]
    assert found["n"].tolist() == [1, 2, 0]
    assert found["open_overdue"].tolist() == [0, 1, 0]
    assert found["value"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("answer", [False, None])
def test_what_the_client_has_not_said_yes_to_is_never_late(one_still_open, answer):
    won = pd.array([True, answer, True, True, True, True], dtype="boolean")
    assert kpis.days_late(one_still_open.assign(won=won), STAYS, "2026-10-30")["n"].item() == 1


@pytest.fixture
def one_due_today():
    """On 31 October five tasks are open: a day past due, due that day, without a day, just handed on, 20 days past."""
    return frame(
        "project_id department handed_on due_on done_on",
        ("J1", "media", "2026-10-01", "2026-10-30", None),
        ("J1", "media", "2026-10-05", "2026-10-31", None),
        ("J1", "media", "2026-10-05", None, None),
        ("J1", "planner", "2026-10-31", "2026-11-05", "2026-11-01"),
        ("J2", "planner", "2026-09-01", "2026-10-11", "2026-11-03"),
        ("J2", "planner", "2026-09-01", "2026-10-11", "2026-10-31"),
        ("J2", "planner", "2026-11-01", "2026-11-01", None),
    )


def test_open_work_is_overdue_the_day_after(one_due_today):
    (row,) = kpis.open_overdue(one_due_today, JOBS, STAYS, "2026-10").to_dict("records")
    assert {name: row[name] for name in ("value", "n", "overdue", "no_due_date", "oldest")} == {
        "value": 0.4,
        "n": 5,
        "overdue": 2,
        "no_due_date": 1,
        "oldest": 20,
    }
    # Wilson at 2 of 5: middle (2 + 1.920729)/8.841459 = .443448,
    # reach 1.959964/8.841459 × sqrt(6/5 + .960365) = .325828
    assert (row["low"], row["high"]) == pytest.approx((0.117620, 0.769276), abs=1e-5)


def test_open_work_of_each_department(one_due_today):
    found = kpis.open_overdue(one_due_today, JOBS, STAYS, "2026-10-30", by="department")
    # A day earlier nothing of media is overdue; the planners' open ones are the two of 11 October
    assert found["value"].tolist() == [0.0, 1.0]
    assert found["oldest"].fillna(-1).tolist() == [-1, 19]


def test_no_open_work_is_null(one_due_today):
    found = kpis.open_overdue(one_due_today, JOBS, STAYS, "2026-08")
    assert found["n"].item() == 0
    assert found[["value", "low", "high", "oldest"]].isna().all(axis=None)


@pytest.fixture
def one_handed_on_early():
    """J1 goes from planner to creative to production, then to media before that is done; J2 twice on one day."""
    return frame(
        "task_id project_id department handed_on done_on",
        ("T1", "J1", "planner", "2026-10-01", "2026-10-05"),
        ("T2", "J1", "creative", "2026-10-08", "2026-10-12"),  # 3 days
        ("T3", "J1", "production", "2026-10-10", None),  # before T2 was done: 0
        ("T4", "J1", "media", "2026-10-20", None),  # T3 is not done: no hand-over
        ("T5", "J2", "planner", "2026-10-25", "2026-10-26"),
        ("T7", "J2", "production", "2026-11-02", "2026-11-05"),  # the same day as T6: 0
        ("T6", "J2", "creative", "2026-11-02", "2026-11-02"),  # 7 days
    )


def test_hand_over_waits_from_the_end_of_the_task_before(one_handed_on_early):
    (row,) = kpis.handover_wait(one_handed_on_early).to_dict("records")
    # 3, 0, 7, 0: mean 2.5
    assert {name: row[name] for name in ("value", "n", "waited", "longest")} == {
        "value": 2.5,
        "n": 4,
        "waited": 2,
        "longest": 7,
    }
    # deviation sqrt((.25 + 6.25 + 20.25 + 6.25)/3) = 3.316625, error 1.658312, reach 3.250232; below 0 it stops
    assert (row["low"], row["high"]) == pytest.approx((0.0, 5.750232), abs=1e-5)


def test_the_department_that_was_waiting(one_handed_on_early):
    found = kpis.handover_wait(one_handed_on_early, by="department").set_index("department")
    assert found["n"].to_dict() == {"creative": 2, "media": 0, "planner": 0, "production": 2}
    # creative 3 and 7: deviation sqrt(8), error 2, reach 3.919928
    assert found.loc["creative", ["value", "low", "high"]].tolist() == pytest.approx([5, 1.080072, 8.919928], abs=1e-5)
    assert found.loc["production", ["value", "waited"]].tolist() == [0, 0]
    assert found.loc[["media", "planner"], ["value", "low", "high"]].isna().all(axis=None)


def test_a_hand_over_is_of_the_month_it_came_in(one_handed_on_early):
    found = kpis.handover_wait(one_handed_on_early, by="month")
    assert found["month"].astype(str).tolist() == ["2026-10", "2026-11"]
    assert found["value"].tolist() == [1.5, 3.5]


def test_a_hand_over_since_a_day_waits_for_work_before_it(one_handed_on_early):
    # T3, which T2 of the 8th did not keep waiting; T4 waits for what is not done; T6 and T7
    found = kpis.handover_wait(one_handed_on_early, since="2026-10-10")
    assert found[["value", "n", "longest"]].to_numpy().tolist() == [[pytest.approx(7 / 3), 3, 7]]
    assert kpis.handover_wait(one_handed_on_early, since="2026-11")["value"].item() == 3.5


def test_one_hand_over_has_no_interval(one_handed_on_early):
    (row,) = kpis.handover_wait(one_handed_on_early.head(2)).to_dict("records")
    assert (row["value"], row["n"]) == (3.0, 1)
    assert pd.isna(row["low"])
    assert pd.isna(row["high"])


@pytest.mark.parametrize(
    ("until", "n", "still_open"),
    [
        ("2026-10-31", 4, 2),  # all four fell due while the client was there
        ("2026-10-30", 3, 1),  # the last of October was due a day later, and was delivered in November
        ("2026-10-05", 3, 1),  # due on the last day: it was waited for
        ("2026-10-04", 2, 0),
        ("2026-09-10", 2, 0),  # the second was delivered all the same, five days late
    ],
)
def test_what_fell_due_after_the_client_had_left_ended_with_it(one_still_open, until, n, still_open):
    (row,) = kpis.on_time_delivery(one_still_open, gone(until), "2026-10").to_dict("records")
    assert (row["n"], row["on_time"], row["open_overdue"]) == (n, 1, still_open)


def test_what_was_delivered_in_the_end_was_due(one_still_open):
    # In November the project due on 31 October has been delivered, two days late
    assert kpis.on_time_delivery(one_still_open, gone("2026-10-04"), "2026-11")["n"].item() == 4
    assert kpis.on_time_delivery(one_still_open, gone("2026-10-04"), "2026-11-01")["n"].item() == 2


def test_days_late_end_with_the_client(one_still_open):
    # Of 20 September five days; of 5 October those to the client's last day, and none where that was before it
    assert kpis.days_late(one_still_open, gone("2026-10-15"), "2026-10-30")["value"].item() == (5 + 10) / 2
    assert kpis.days_late(one_still_open, gone("2026-10-30"), "2026-10-20")["worst"].item() == 15
    assert kpis.days_late(one_still_open, gone("2026-10-04"), "2026-10-30")["value"].item() == 5


def test_tasks_that_fell_due_after_the_client_had_left(one_department_waits):
    # The creatives' task was due on 31 October and is not done; J2 is another client's
    jobs = frame("project_id client_id", ("J1", "A"), ("J2", "B"))
    counts = ["n", "on_time", "open_overdue"]
    for until, expected in {"2026-10-31": [3, 1, 1], "2026-10-30": [2, 1, 0], "2026-10-01": [2, 1, 0]}.items():
        found = kpis.on_time_tasks(one_department_waits, jobs, gone(until), "2026-10")
        assert found[counts].to_numpy().tolist() == [expected]
    found = kpis.on_time_tasks(one_department_waits, jobs.tail(1), gone("2026-10-01"), "2026-10")
    assert found["n"].item() == 3, "whose client nobody knows is counted"


def test_open_work_of_a_client_who_has_left_is_none(one_due_today):
    jobs = frame("project_id client_id", ("J1", "A"), ("J2", "B"))
    for until, expected in {"2026-10-31": [5, 2], "2026-10-30": [1, 1]}.items():
        found = kpis.open_overdue(one_due_today, jobs, gone(until), "2026-10")
        assert found[["n", "overdue"]].to_numpy().tolist() == [expected]
    by_department = kpis.open_overdue(one_due_today, jobs, gone("2026-10-30"), "2026-10", by="department")
    assert by_department["department"].tolist() == ["planner"]
