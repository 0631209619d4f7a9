"""A text that was looked at is not looked at again, and one that was changed is."""

import gc

import pandas as pd
import pyarrow.compute as pc
import pytest

from amlib import kpis
from amlib.kpis import checks, known
from amlib.kpis.known import lasting, once

pytestmark = pytest.mark.pandas_only


def costs(rows=9):
    return pd.DataFrame(
        {
            "cost_id": pd.Series([f"CP{i}" for i in range(rows)], dtype="str"),
            "department": pd.Series(["media", "creative", None] * (rows // 3), dtype="str"),
            "currency": pd.Series(["VND"] * rows, dtype="str"),
            "amount": 2.0,
            "planned": pd.Series([False] * rows, dtype="boolean"),
            "approved_by": pd.Series([None] * rows, dtype="str"),
        }
    )


@pytest.fixture
def looked(monkeypatch):
    """What was looked at, in turn."""
    seen = []
    for where, name in ((checks, "_grows"), (pc, "unique")):
        real = getattr(where, name)
        monkeypatch.setattr(where, name, lambda *args, name=name, real=real: seen.append(name) or real(*args))
    return seen


def test_a_frame_is_looked_at_once_for_all_kpis(looked):
    frame = costs()
    assert kpis.unapproved_cost(frame, by="department")["value"].tolist() == [1, 1, 1]
    assert sorted(looked) == ["_grows", "unique", "unique"]  # of cost_id, currency and department
    assert kpis.unapproved_cost(frame, by="department")["n"].tolist() == [3, 3, 3]
    assert kpis.unapproved_cost(frame)["n"].item() == 9
    assert sorted(looked) == ["_grows", "unique", "unique"]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("cost_id", "CP2", "costs.cost_id is 'CP2' .*expected: each cost_id once"),
        ("department", "press", "costs.department is 'press' where cost_id is 'CP7'"),
        ("currency", "USD", r"costs has amounts in several currencies \(USD, VND\)"),
    ],
)
def test_what_is_written_into_a_frame_is_looked_at(column, value, said):
    frame = costs()
    kpis.unapproved_cost(frame, by="department")
    frame.loc[7, column] = value
    with pytest.raises(ValueError, match=said):
        kpis.unapproved_cost(frame, by="department")
    frame[column] = costs()[column]
    assert kpis.unapproved_cost(frame)["n"].item() == 9


def test_a_wrong_text_is_told_each_time():
    frame = costs().assign(department="press")
    for _ in range(2):
        with pytest.raises(ValueError, match=r"costs\.department is 'press'"):
            kpis.unapproved_cost(frame, by="department")


def test_rows_of_a_frame_are_looked_at_for_themselves():
    frame = costs()
    frame.loc[8, "cost_id"] = "CP0"
    few = frame.head(3)  # in the same memory
    assert kpis.unapproved_cost(few)["n"].item() == 3
    with pytest.raises(ValueError, match="each cost_id once"):
        kpis.unapproved_cost(frame)
    assert kpis.unapproved_cost(frame.iloc[1:])["n"].item() == 8


def test_nothing_is_known_of_a_frame_that_is_gone():
    gc.collect()
    before = len(known._FOUND)
    frames = [costs(), costs()]
    for frame in frames:
        kpis.unapproved_cost(frame, by="department")
    assert len(known._FOUND) > before
    again = frames[0].copy()  # in the same memory
    kpis.unapproved_cost(again, by="department")
    del frames, frame
    gc.collect()
    kpis.unapproved_cost(again, by="department")
    del again
    gc.collect()
    assert len(known._FOUND) == before


def test_memory_that_is_used_again_is_another_column():
    for i in range(200):
        texts = pd.Series([f"{i} {row}" for row in range(50)], dtype="str")
        assert once(lasting(texts), "first", lambda texts=texts: texts[0]) == f"{i} 0"
        assert once(lasting(texts), "first", lambda: "asked again") == f"{i} 0"
