"""What Arrow and numpy see of a frame is never more than what is there: else its rows are counted."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlib.kpis.checks import clearly_right, clearly_unique

pytestmark = pytest.mark.pandas_only


def scores(*values):
    return pa.table({"score": pa.array(values, pa.float64())})


def test_what_is_in_range_is_clearly_right():
    assert clearly_right(scores(0, 10, None), "surveys")
    assert clearly_right(scores(None, None), "surveys")
    assert clearly_right(scores(), "surveys")


@pytest.mark.parametrize("wrong", [-1, 11, 8.5, np.nan, np.inf, -np.inf])
def test_one_value_out_of_range_is_seen(wrong):
    assert not clearly_right(scores(3, None, wrong), "surveys")
    apart = pa.chunked_array([pa.array([3.0]), pa.array([wrong, 4.0])])
    assert not clearly_right(pa.table({"score": apart}), "surveys")


def test_a_part_of_a_frame_is_looked_at_alone():
    whole = scores(11, 3, 4, 11)
    assert clearly_right(whole.slice(1, 2), "surveys")
    assert not clearly_right(whole.slice(1, 3), "surveys")


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64(), pa.timestamp("s"), pa.timestamp("us"), pa.timestamp("ns")])
@pytest.mark.parametrize(
    ("day", "right"),
    [(date(1970, 1, 1), True), (date(2100, 12, 31), True), (date(1969, 12, 31), False), (date(2101, 1, 1), False)],
)
def test_days_of_any_type(kind, day, right):
    days = pa.array([pd.Timestamp(day), pd.Timestamp("2026-10-31"), None], pa.timestamp("s")).cast(kind)
    assert clearly_right(pa.table({"sent_on": days[:2]}), "surveys") is right
    assert not clearly_right(pa.table({"sent_on": days}), "surveys"), "an empty day is counted"


@pytest.mark.parametrize("under", [np.iinfo("int64").min, 0])
def test_an_empty_cell_of_a_column_that_may_be_empty(under):
    """Under it lies what pandas calls NaT, or a 0 of Arrow's."""
    moments = np.array([under, pd.Timestamp("2026-10-31").value // 1000])
    replied = pa.Array.from_buffers(pa.timestamp("us"), 2, [pa.py_buffer(b"\x02"), pa.py_buffer(moments)])
    assert replied.to_pylist() == [None, pd.Timestamp("2026-10-31")]
    assert clearly_right(pa.table({"replied_at": replied}), "messages")


def test_the_last_second_of_the_last_day():
    last = pa.array([pd.Timestamp("2100-12-31 23:59:59.999999")], pa.timestamp("us"))
    assert clearly_right(pa.table({"received_at": last}), "messages")


def test_what_lies_under_a_null_makes_a_frame_be_counted_at_most():
    under = pa.Array.from_buffers(pa.float64(), 2, [pa.py_buffer(b"\x01"), pa.py_buffer(np.array([3.0, 99.0]))])
    assert under.to_pylist() == [3.0, None]
    assert not clearly_right(pa.table({"score": under}), "surveys")


def test_a_day_before_1970_is_seen_among_empty_ones():
    early = pd.Timestamp("1969-12-31")
    replied = pd.Series([pd.NaT, early, pd.Timestamp("2026-10-31")]).dt.as_unit("us")
    assert not clearly_right(pa.table({"replied_at": pa.array(replied)}), "messages")
    assert clearly_right(pa.table({"replied_at": pa.array(replied.drop(1))}), "messages")


@pytest.mark.parametrize("wrong", [np.nan, 11])
def test_a_column_that_is_filled_throughout(wrong):
    assert not clearly_right(scores(wrong), "surveys")
    assert not clearly_right(scores(3, wrong), "surveys")
    memory = np.array([np.iinfo("int64").min, 0])
    none = pa.Array.from_buffers(pa.timestamp("us"), 2, [None, pa.py_buffer(memory)])
    assert not clearly_right(pa.table({"received_at": none}), "messages"), "NaT that is not marked as null"


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("beyond", [2**62, -(2**62), 2**63 - 1])
def test_an_instant_that_no_other_unit_can_say(unit, beyond):
    moments = pa.array([0, beyond], pa.int64()).cast(pa.timestamp(unit))
    assert not clearly_right(pa.table({"received_at": moments}), "messages")


def test_one_wrong_row_of_many_is_seen_wherever_it_is():
    rows = 150_000
    for wrong in (0, 65_535, 65_536, rows - 1):
        score = np.full(rows, 7.0)
        score[wrong] = 11
        assert not clearly_right(pa.table({"score": score}), "surveys"), wrong
        sent = np.full(rows, np.datetime64("2026-10-31", "us"))
        sent[1:], sent[wrong] = np.datetime64("NaT"), np.datetime64("2200-01-01")
        assert not clearly_right(pa.table({"replied_at": pa.array(sent, from_pandas=True)}), "messages"), wrong


def unique(*ids: list[str], kind=None) -> bool:
    keys = pa.chunked_array([pa.array(some, kind or pa.string()) for some in ids])
    return clearly_unique(pa.table({"survey_id": keys}), ("survey_id",))


@given(
    st.integers(1, 12).flatmap(lambda n: st.lists(st.text("abé\x00ÿ", min_size=n, max_size=n), min_size=1, max_size=9)),
    st.integers(0, 9),
    st.booleans(),
    st.sampled_from([pa.string(), pa.large_string()]),
)
def test_keys_grow_as_python_says(ids, cut, growing, kind):
    ids = sorted({*ids}) if growing else ids
    grow = all(a < b for a, b in pairwise(ids))
    assert unique(ids, kind=kind) is grow
    assert unique(ids[:cut], [], ids[cut:], kind=kind) is grow
    assert clearly_unique(pa.table({"survey_id": pa.array(["z", *ids], kind)}).slice(1), ("survey_id",)) is grow


def test_a_key_that_is_there_again_is_seen_wherever_it_is():
    ids = [f"KS{i:07}" for i in range(150_000)]
    assert unique(ids)
    for again in (1, 65_536, len(ids) - 1):
        twice = [*ids[:again], ids[again - 1], *ids[again + 1 :]]
        assert not unique(twice), again
        assert not unique(twice[:again], twice[again:]), "on both sides of a seam"
        assert not unique(*([id] for id in twice[again - 1 : again + 1])), "of many small chunks"


def test_a_key_of_what_python_cannot_say_is_looked_at():
    far = pa.chunked_array([[0, 1], [2**60, 2**60 + 1]]).cast(pa.timestamp("us"))
    assert clearly_unique(pa.table({"survey_id": far}), ("survey_id",))


@pytest.mark.parametrize(
    ("ids", "grow"),
    [([1, 2, 10], True), ([1, 10, 2], False), (["a", None, "b"], False), (["", "a"], True), (["", ""], False)],
)
def test_keys_that_are_numbers_or_empty(ids, grow):
    assert clearly_unique(pa.table({"survey_id": ids}), ("survey_id",)) is grow
