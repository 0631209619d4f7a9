"""What contracts and fees say, by hand: the end of a term, what is renewed, what was billed."""

from __future__ import annotations

import pandas as pd
import pytest
from frames import frame

from amlib import sentences, words

VI, EN = words.of("vi"), words.of("en")
OCTOBER = pd.Period("2026-10", "M")


def signed(*rows: tuple) -> pd.DataFrame:
    """Contracts of a client; their kinds are retainer for those with a monthly fee, else project."""
    found = frame("contract_id starts_on ends_on monthly_fee value renews", *rows)
    kinds = ["project" if pd.isna(fee) else "retainer" for fee in found.monthly_fee]
    numbers = {"monthly_fee": "float64", "value": "float64", "renews": "str"}
    return found.assign(kind=pd.Series(kinds, dtype="str")).astype(numbers)


OLD = ("R1", "2025-11-01", "2026-10-31", 20e6, None, None)
NEW = ("R2", "2026-11-01", "2027-10-31", 25e6, None, "R1")
PROJECT = ("P1", "2026-10-14", "2026-12-28", None, 49.9e6, None)
DONE = ("P0", "2026-07-15", "2026-10-05", None, 48.4e6, None)
LAPSED = ("R0", "2025-10-01", "2026-09-30", 20e6, None, None)
LONG_AGO = ("R00", "2024-10-01", "2026-08-01", 20e6, None, None)
OPEN = ("R3", "2026-01-01", None, 30e6, None, None)


def test_the_clock_of_each_contract():
    # 31 October is the day looked from: 58 days to 28 December, 31 since 30 September, 91 since 1 August.
    found = sentences.contracts(EN, signed(NEW, PROJECT, OPEN, DONE, LAPSED, LONG_AGO, OLD), OCTOBER, "VND")
    assert found[["contract_id", "fee", "status"]].to_numpy().tolist() == [
        ["R0", "VND 20 million a month", "ended 31 days ago, not renewed"],
        ["R1", "VND 20 million a month", "ends that day, renewed by R2"],
        ["P1", "VND 49.9 million", "58 days left"],
        ["R2", "VND 25 million a month", "begins on 01/11/2026"],
        ["R3", "VND 30 million a month", "open-ended"],
    ]
    said = sentences.contracts(VI, signed(OLD, NEW), OCTOBER, "VND")
    assert said.fee.tolist() == ["20 triệu đồng/tháng", "25 triệu đồng/tháng"]
    assert said.status.tolist() == ["hết hạn trong ngày, đã tái ký bằng R2", "bắt đầu từ 01/11/2026"]


def test_a_retainer_that_nobody_renewed_and_one_without_a_fee():
    found = sentences.contracts(EN, signed(OLD, ("R4", "2026-01-01", "2027-01-29", None, None, None)), OCTOBER, "VND")
    assert found.status.tolist() == ["ends that day, not renewed yet", "90 days left"]
    unpriced = signed(OLD).assign(monthly_fee=float("nan"))
    assert sentences.contracts(EN, unpriced, OCTOBER, "VND").fee.tolist() == ["–"]


def test_no_contract_is_no_row():
    assert sentences.contracts(EN, signed(OLD).iloc[:0], OCTOBER, "VND").empty


@pytest.mark.parametrize(
    ("rows", "about", "to"),
    [
        (
            [OLD],
            "The retainer runs until 31/10/2026: 0 days left, and the renewal is not signed.",
            "The retainer runs until 31/10/2026: 0 days left. We would be glad to talk about its renewal.",
        ),
        (
            [("R", "2026-01-01", "2027-01-29", 1e6, None, None)],  # 90 days
            "The retainer runs until 29/01/2027: 90 days left, and the renewal is not signed.",
            "The retainer runs until 29/01/2027: 90 days left. We would be glad to talk about its renewal.",
        ),
        # 91 days, and the renewal that is signed counts.
        (
            [("R", "2026-01-01", "2027-01-30", 1e6, None, None)],
            "The retainer runs until 30/01/2027: 91 days left.",
            None,
        ),
        ([OLD, NEW], "The retainer runs until 31/10/2027: 365 days left.", None),
        ([LAPSED], "The last retainer ended on 30/09/2026, 31 days ago.", None),
        ([LAPSED, OPEN], "The retainer is open-ended.", None),
        (
            [PROJECT],
            "There is no retainer: the client works by the project.",
            "There is no retainer between us: we work by the project.",
        ),
    ],
)
def test_until_when_the_retainer_runs(rows, about, to):
    assert sentences.renewal(EN, signed(*rows), OCTOBER, "internal") == about
    assert sentences.renewal(EN, signed(*rows), OCTOBER, "client") == (to or about)


def test_a_client_is_addressed_in_vietnamese():
    said = sentences.renewal(VI, signed(OLD), OCTOBER, "client")
    assert said == (
        "Hợp đồng duy trì có hiệu lực đến 31/10/2026, còn 0 ngày. "
        "Chúng tôi mong được trao đổi với Quý khách về việc tái ký."
    )


def billed(**months: float) -> pd.DataFrame:
    """Revenue by month: y2026_10=5.0 is October."""
    return pd.DataFrame(
        {
            "month": pd.PeriodIndex([name[1:].replace("_", "-") for name in months], freq="M"),
            "value": [*months.values()],
        }
    )


def test_fees_of_twelve_months_against_the_twelve_before():
    # 30 + 36 = 66 million from November 2025 on, 60 million before: 10 % more.
    found = billed(y2025_10=60e6, y2025_11=30e6, y2026_09=36e6)
    assert sentences.fees(EN, found, OCTOBER, "VND", "internal") == (
        "Fees billed in the twelve months to October 2026: VND 66 million, up 10.0% on the twelve months before. "
        "Nothing was billed since September 2026."
    )
    assert sentences.fees(VI, found, OCTOBER, "VND", "client") == (
        "Phí dịch vụ trong mười hai tháng tính đến tháng 10/2026: 66 triệu đồng, "
        "tăng 10,0% so với mười hai tháng trước đó."
    )


def test_one_invoice_has_nothing_to_be_held_against():
    assert sentences.fees(EN, billed(y2026_10=5e6), OCTOBER, "VND", "client") == (
        "Our fees in the twelve months to October 2026: VND 5 million."
    )


def test_nothing_billed_for_a_year():
    assert sentences.fees(EN, billed(y2025_10=5e6), OCTOBER, "VND", "internal") == (
        "No fee was billed in the twelve months to October 2026."
    )


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (None, "You have worked with Agency A since June 2019. Thank you for your trust."),
        ("2026-09-30", "You worked with Agency A from June 2019 to September 2026. Thank you for your trust."),
    ],
)
def test_since_when_we_work_together(until, said):
    clients = frame("client_id since until", ("A", "2019-06-27", until))
    assert sentences.together(EN, clients, "Agency A") == said
