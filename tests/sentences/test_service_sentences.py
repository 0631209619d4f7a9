"""What the service to a client says, by hand: answers, replies, projects, extra cost, services not bought."""

from __future__ import annotations

import pandas as pd
import pytest
from frames import frame

from amlib import kpis, sentences, words
from amlib.book import Settings

VI, EN = words.of("vi"), words.of("en")
OCTOBER = pd.Period("2026-10", "M")
SETTINGS = Settings("Agency A", "VND")

SURVEYS = frame(
    "survey_id sent_on answered_on score",
    ("S1", "2026-01-05", "2026-01-07", 9),
    ("S2", "2026-04-05", None, None),
    ("S3", "2026-07-05", None, 4),  # answered, nobody wrote down when
    ("S4", "2026-10-05", "2026-10-20", 7),
).astype({"score": "Int64"})


def test_the_latest_answer_comes_first():
    assert sentences.answered(SURVEYS).survey_id.tolist() == ["S4", "S3", "S1"]
    assert sentences.answers(EN, SURVEYS, "internal") == [
        "The latest answer, of 20/10/2026, is 7 out of 10; the one before was 4 out of 10.",
        "3 of 4 surveys were answered.",
    ]
    assert sentences.answers(VI, SURVEYS, "client") == [
        "Lần gần nhất, ngày 20/10/2026, Quý khách đánh giá 7/10; lần trước đó 4/10.",
        "Quý khách đã trả lời 3/4 khảo sát.",
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([0, 1], ["Your answer of 07/01/2026 was 9 out of 10.", "You answered 1 of 2 surveys."]),
        ([1], ["You have not answered a survey yet (1 sent)."]),
        ([], ["No survey was sent yet."]),
    ],
)
def test_one_answer_none_and_no_survey(rows, said):
    assert sentences.answers(EN, SURVEYS.iloc[rows], "client") == said


def waited(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["received", "share_within", "unanswered"])


def test_replies_are_weighed_by_messages():
    # 9 of 10 and 1 of 2 in time: 10 of 12 are 83 %.
    found = waited((10, 0.9, 1), (2, 0.5, 0))
    assert sentences.replies(EN, found, 12, SETTINGS, "internal") == (
        "In 12 months the client sent 12 messages; answered within 4 business hours: 83% (aim: 90%). "
        "1 of them got no answer."
    )
    assert sentences.replies(VI, found, 12, SETTINGS, "client") == (
        "12 tháng qua Quý khách gửi 12 tin nhắn; 83% được chúng tôi phản hồi trong vòng 4 giờ làm việc "
        "(mục tiêu 90%). 1 tin nhắn không được phản hồi."
    )
    assert sentences.replies(EN, waited((1, 1.0, 0)), 12, SETTINGS, "client") == (
        "In 12 months you sent us 1 message; answered within 4 business hours: 100% (our aim: 90%)."
    )
    assert sentences.replies(EN, waited(), 12, SETTINGS, "client") == "No message came in 12 months."


PROJECTS = frame(
    "project_id due_on delivered_on",
    ("P1", "2026-06-01", "2026-06-01"),
    ("P2", "2026-09-01", "2026-09-04"),
    ("P3", "2026-10-21", None),  # 10 days ago
    ("P4", "2026-11-05", None),
    ("P7", "2026-01-31", None),  # long ago, and still not delivered: 273 days
    ("P8", None, None),
    ("P9", "2026-01-31", "2026-02-20"),
)


def due(projects: pd.DataFrame) -> pd.DataFrame:
    """The KPI over the projects due from May on."""
    recent = projects[projects.due_on >= "2026-05-01"]
    return kpis.on_time_delivery(
        recent.assign(client_id="A"), frame("client_id until", ("A", None)), "2026-10", by=["project_id"]
    )


def test_projects_overdue_first_then_the_last_due():
    shown = sentences.projects(EN, PROJECTS, due(PROJECTS), OCTOBER)
    assert shown[["project_id", "status"]].to_numpy().tolist() == [
        ["P3", "10 days overdue"],
        ["P7", "273 days overdue"],
        ["P4", "runs, 5 days left"],
        ["P2", "3 days late"],
        ["P1", "on time"],
        ["P8", "runs, without a due date"],
    ]
    assert shown.late.tolist() == [True, True, pd.NA, True, False, pd.NA]


def test_deliveries_in_words_name_what_is_overdue():
    shown, counted = sentences.projects(EN, PROJECTS, due(PROJECTS), OCTOBER), due(PROJECTS)
    assert sentences.deliveries(EN, shown, counted, 6) == (
        "3 projects fell due in 6 months, 1 of them delivered on time. "
        "Not delivered and overdue: P3 and P7. 2 projects are under way."
    )


@pytest.mark.parametrize(
    ("projects", "en", "vi"),
    [
        (["P1", "P0"], "all of them delivered on time.", "tất cả đều bàn giao đúng hạn."),
        (["P2", "P3"], "none of them delivered on time.", "không dự án nào bàn giao đúng hạn."),
    ],
)
def test_all_and_none_on_time_are_said_as_that(projects, en, vi):
    too = PROJECTS[PROJECTS.project_id == "P1"].assign(project_id="P0")
    known = pd.concat([PROJECTS, too])
    known = known[known.project_id.isin(projects)]
    shown = sentences.projects(EN, known, due(known), OCTOBER)
    assert sentences.deliveries(EN, shown, due(known), 6).startswith(f"2 projects fell due in 6 months, {en}")
    assert sentences.deliveries(VI, shown, due(known), 6).startswith(f"6 tháng qua có 2 dự án đến hạn, {vi}")


def test_one_project_and_none():
    one = PROJECTS[PROJECTS.project_id == "P1"]
    shown = sentences.projects(VI, one, due(one), OCTOBER)
    assert sentences.deliveries(VI, shown, due(one), 6) == ("6 tháng qua có một dự án đến hạn và đã bàn giao đúng hạn.")
    late = PROJECTS[PROJECTS.project_id == "P2"]
    shown = sentences.projects(EN, late, due(late), OCTOBER)
    assert sentences.deliveries(EN, shown, due(late), 6) == (
        "The one project that fell due in 6 months was not delivered on time."
    )
    none = PROJECTS.iloc[:0]
    shown = sentences.projects(EN, none, due(none), OCTOBER)
    assert sentences.deliveries(EN, shown, due(none), 6) == "No project fell due in 6 months."


def test_extra_cost_and_who_bears_it():
    costs = pd.DataFrame(
        {
            "amount": [3e6, 2e6, 1e6, 50e6],
            "planned": [False, False, False, True],
            "billable": [True, False, None, True],
            "approved_by": ["Lan", "Lan", None, "Minh"],
        }
    ).astype({"planned": "boolean", "billable": "boolean", "approved_by": "str"})
    found = kpis.billable_share(costs, by=["approved_by"])
    assert sentences.extra_cost(EN, found, 6, "VND") == (
        "Unplanned cost in 6 months: VND 6 million, of which the client pays VND 3 million and the agency bears "
        "VND 3 million. Nobody is on record for VND 1 million of it."
    )
    for billable, said in ((True, "all of it paid by the client."), (False, "all of it borne by the agency.")):
        found = kpis.billable_share(costs.assign(billable=billable, approved_by="Lan"), by=["approved_by"])
        assert sentences.extra_cost(EN, found, 6, "VND") == f"Unplanned cost in 6 months: VND 6 million, {said}"
    planned = kpis.billable_share(costs[costs.planned], by=["approved_by"])
    assert sentences.extra_cost(EN, planned, 6, "VND") == "No unplanned cost in 6 months."
    assert sentences.extra_cost(EN, planned.iloc[:0], 6, "VND") == "No unplanned cost in 6 months."


@pytest.mark.parametrize(
    ("gaps", "segment", "until", "said"),
    [
        (
            [1, 0, 1],
            "mid",
            None,
            "Compared with clients of the segment mid, most of whom buy it, this client has not bought: "
            "creative and media.",
        ),
        ([0, 0, 0], None, None, "Compared with like clients, no service is missing."),
        ([], "mid", None, "Nothing is known of the services that clients buy."),
        (
            [],
            "mid",
            "2026-09-30",
            "Like clients are those of now: this one has left, so there is nothing to compare.",
        ),
    ],
)
def test_white_space(gaps, segment, until, said):
    services = pd.DataFrame({"department": ["creative", "planner", "media"][: len(gaps)], "gaps": gaps})
    clients = frame("client_id segment until", ("A", segment, until)).astype({"segment": "str"})
    assert sentences.white_space(EN, services, clients) == said
