"""Published pay and KPI figures that come with the toolkit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from amlib.book import BookError, benchmarks, kpi_benchmarks, salary_benchmarks
from amlib.kpis import CATALOGUE


@pytest.fixture(scope="module")
def figures() -> pd.DataFrame:
    return salary_benchmarks()


@pytest.fixture(scope="module")
def kpis() -> pd.DataFrame:
    return kpi_benchmarks()


def test_nothing_is_wrong_with_the_committed_figures():
    assert benchmarks.benchmark_problems() == []


def test_no_figure_without_source_and_year(figures, kpis):
    """Read by pandas alone: what the schema says is held against the files themselves."""
    for name, typed in (("salaries", figures), ("kpis", kpis)):
        plain = pd.read_csv(benchmarks.FOLDER / f"{name}.csv")
        assert list(typed.columns) == list(plain.columns)
        assert len(typed) == len(plain)
        assert plain[["source", "year", "year_is", "title"]].notna().all(axis=None)
        assert plain.year.between(2010, 2026).all()
        assert (plain.source.str.strip().str.len() > 10).all()
        assert plain.note[plain.year_is == "read"].str.contains("may be older").all()


def test_types(figures, kpis):
    for frame in (figures, kpis):
        kinds = frame.dtypes.astype(str)
        numbers = [name for name in ("p10", "low", "mid", "high", "p90") if name in frame]
        assert set(kinds[numbers]) == {"float64"}
        assert set(kinds[["year", "n"]]) == {"Int64"}
        assert set(kinds.drop([*numbers, "year", "n"])) == {"str"}


def test_figures_rise_from_low_to_high(figures, kpis):
    for frame in (figures[["p10", "low", "mid", "high", "p90"]], kpis[["low", "mid", "high"]]):
        for _, row in frame.iterrows():
            assert row.dropna().is_monotonic_increasing
            assert (row.dropna() > 0).all()


def test_kpis_stand_beside_those_of_the_catalogue(kpis):
    assert set(kpis.kpi) == {"clients_per_manager", "client_retention", "project_margin"}
    shares = kpis[[CATALOGUE[kpi].unit == "share" for kpi in kpis.kpi]]
    assert shares.high.le(1).all()
    load = kpis[kpis.id.isin(["load-small", "load-middle", "load-large", "load-largest"])]
    assert load[["low", "high"]].to_records(index=False).tolist() == [(12, 15), (8, 10), (5, 7), (3, 5)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in benchmarks.FOLDER.glob("*.csv"):
        shutil.copy(file, tmp_path)
    return tmp_path


AE = "topcv-ae,Account Executive,executive,,,VN,2025,figures,,10500000,13500000,15500000,,medians,VND,month,unstated,8,"


@pytest.mark.parametrize(
    ("found", "instead", "said"),
    [
        ("VN,2025,fig", "VN,,fig", "column year: found an empty cell, expected a whole number from 2000 to 2100"),
        ("VN,2025,fig", "VN,225,fig", "column year: found 225, expected a whole number from 2000 to 2100"),
        ("VN,2025,fig", "VN,soon,fig", "column year: found 'soon', expected a whole number from 2000 to 2100"),
        ("2025,figures", "2025,guess", "column year_is: found 'guess', expected one of figures, published, read"),
        ("2025,figures", "2025,", "column year_is: found an empty cell, expected one of figures, published, read"),
        (",executive,", ",boss,", "column level: found 'boss', expected one of executive, senior_executive, manager"),
        ("10500000,", "ten million,", "column low: found 'ten million', expected a number"),
        ("10500000,", "14500000,", "column mid: found 13500000, expected not before low (14500000)"),
        ("10500000,", "-1,", "column low: found -1, expected a number of at least 0"),
        ("10500000,", "2000000,", "column high: found 15500000, expected at most 6 times low (2000000)"),
        (
            "10500000,13500000,15500000",
            ",,",
            "column mid: found an empty cell, expected a number in one of low, mid and high",
        ),
        (",VND,", ",VNX,", "column currency: found 'VNX', expected an ISO 4217 code"),
        (",month,", ",hour,", "column period: found 'hour', expected one of month, year"),
        ("unstated,8,", "unstated,0,", "column n: found 0, expected a whole number of at least 1"),
        ("topcv-ae", "topcv-am", "column id: found 'topcv-am' again (first in row 4), expected each only once"),
    ],
)
def test_a_wrong_figure_is_named_with_file_row_and_column(folder, found, instead, said):
    file = folder / "salaries.csv"
    text = file.read_text("utf-8")
    assert found in AE
    assert AE in text
    file.write_text(text.replace(AE, AE.replace(found, instead)), encoding="utf-8")
    problems = [str(problem) for problem in benchmarks.benchmark_problems(folder)]
    # The header is row 1, so the third figure stands in row 4; of two ids the second is at fault.
    row = 5 if "again" in said else 4
    assert any(problem.startswith(f"salaries.csv row {row}, {said}") for problem in problems), problems


def test_a_figure_without_source_is_named(folder):
    file = folder / "kpis.csv"
    lines = file.read_text("utf-8").splitlines()
    cells = lines[1].split("https://")
    lines[1] = cells[0] + "," + cells[1].partition(",")[2]
    file.write_text("\n".join(lines), encoding="utf-8")
    (problem,) = benchmarks.benchmark_problems(folder)
    assert str(problem) == "kpis.csv row 2, column source: found an empty cell, expected text"


def test_an_unknown_kpi_is_named(folder):
    file = folder / "kpis.csv"
    file.write_text(file.read_text("utf-8").replace("load-small,clients_per_manager", "load-small,load"), "utf-8")
    (problem,) = benchmarks.benchmark_problems(folder)
    assert str(problem) == "kpis.csv row 2, column kpi: found 'load', expected a KPI that `am kpi` lists"


def test_a_year_of_reading_wants_a_word_on_it(folder):
    file = folder / "salaries.csv"
    file.write_text(file.read_text("utf-8").replace(AE, AE.replace("figures", "read")), encoding="utf-8")
    assert benchmarks.benchmark_problems(folder) == []
    nz = "NZ,2016,figures,,35000"
    file.write_text(file.read_text("utf-8").replace(nz, nz.replace("figures", "read")), encoding="utf-8")
    (problem,) = benchmarks.benchmark_problems(folder)
    assert str(problem).startswith("salaries.csv row 13, column note: found an empty cell, expected a word on the year")


def test_files_that_cannot_be_typed_are_refused_by_the_loader(folder):
    file = folder / "salaries.csv"
    file.write_text(file.read_text("utf-8").replace("10500000", "ten"), encoding="utf-8")
    with pytest.raises(BookError, match=r"salaries\.csv row 4, column low: found 'ten', expected a number") as error:
        salary_benchmarks(folder)
    assert error.value.problems[0].row == 4
    file.write_text(file.read_text("utf-8").replace("id,title", "id,name"), encoding="utf-8")
    with pytest.raises(BookError, match=r"column title: found no such column"):
        salary_benchmarks(folder)
    file.unlink()
    with pytest.raises(BookError, match="no such file"):
        salary_benchmarks(folder)


@pytest.mark.parametrize(
    ("id", "low", "mid", "high", "n"),
    [
        ("vn-article-general", 8e6, None, 20e6, None),
        ("vn-article-top", 16e6, None, 23e6, None),
        ("topcv-ae", 10.5e6, 13.5e6, 15.5e6, 8),
        ("topcv-am", 20e6, 22.5e6, 30e6, 5),
        ("topcv-key", 17.5e6, 21.25e6, 25e6, 6),
        ("topcv-hcmc", None, 16.5e6, None, 9),
        ("topcv-hanoi", None, 14e6, None, 13),
        ("topcv-marketing", 11e6, 13.5e6, 17.5e6, 356),
        ("us-sales", 49e3, 72.9e3, 101e3, None),
        ("us-pr", 60.9e3, 77.5e3, 104.6e3, None),
        ("us-managers", 93.5e3, 133.6e3, 192.5e3, None),
        ("nz-executive", 35e3, None, 45e3, None),
        ("nz-manager", 50e3, None, 75e3, None),
        ("nz-senior", 70e3, None, 90e3, None),
        ("nz-director", 90e3, None, 110e3, None),
    ],
)
def test_figures_as_published(figures, id, low, mid, high, n):
    row = figures.set_index("id").loc[id]
    assert [None if pd.isna(row[name]) else row[name] for name in ("low", "mid", "high", "n")] == [low, mid, high, n]


def test_the_figures_above_are_all(figures):
    assert len(figures) == 15
    by_id = figures.set_index("id")
    assert by_id.loc["us-sales", ["p10", "p90"]].tolist() == [36.1e3, 138.4e3]
    assert by_id.loc["us-managers", ["p10", "p90"]].tolist() == [48.9e3, 286.6e3]
    assert figures.set_index("id").loc["us-pr", ["p10", "p90"]].tolist() == [47.9e3, 175.5e3]
