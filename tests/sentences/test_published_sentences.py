"""What is published, as it stands in its source and beside the agency's own."""

from __future__ import annotations

import pandas as pd

from amlib import pay, words
from amlib.book import kpi_benchmarks, salary_benchmarks
from amlib.sentences import pay as bands_of
from amlib.sentences import published as said

VI, EN = words.of("vi"), words.of("en")
OCTOBER = pd.Period("2026-10", "M")


def test_pay_abroad_is_null_in_our_money_without_a_rate():
    none = pay.own_bands(pd.DataFrame(columns=["mid", "period", "years_experience", "currency", "gross"]), "VND", [])
    fx = pd.DataFrame({"month": pd.PeriodIndex(["2026-10"], freq="M"), "currency": ["USD"], "rate": [26_350.0]})
    bands = bands_of.side_by_side(EN, salary_benchmarks(), none, OCTOBER, fx=fx)
    found = said.abroad(bands, "VND").set_index("label")
    assert len(found) == 7
    agents = found.loc["Advertising sales agents · agency · US · 2025"]
    assert agents.mid == 72_900 / 12 * 26_350
    assert agents.as_published == "49,000 – 72,900 – 101,000 USD a year"
    zealand = found.loc["Account Director · agency · NZ · 2016, old figure"]
    assert zealand[["low", "mid", "high"]].isna().all()
    assert zealand.as_published == "90,000 – 110,000 NZD a year"


def test_a_published_ladder_pays_step_by_step():
    # Middles of New Zealand's ranges: 40, 62.5, 80, 100.
    assert said.ladders(EN, salary_benchmarks(), OCTOBER) == [
        "Published (NZ · 2016, old figure): from executive to director pay rises 2.5 times, step by step by 56%, 28% "
        "and 25%, by the middles of the ranges."
    ]
    two = salary_benchmarks().query("id in ['topcv-ae', 'topcv-am']")
    assert said.ladders(EN, two, OCTOBER) == []


def test_published_kpi_figures_beside_the_books_own():
    ours = {"client_retention": pd.DataFrame({"value": [0.86]}), "project_margin": pd.DataFrame({"value": [None]})}
    found = said.beside_published(EN, ours, kpi_benchmarks(), OCTOBER)
    assert {*found.indicator} == {"Client retention", "Project margin"}
    retention = found[found.indicator == "Client retention"].iloc[0]
    assert retention[["this_agency", "published", "year"]].tolist() == ["86%", "75%–84%", "2025"]
    assert retention.weakness == "n not stated; a seller of business plans, method not stated"
    assert retention.source == "dojobusiness.com"
    assert {*found[found.indicator == "Project margin"].this_agency} == {"–"}
    vietnamese = said.beside_published(VI, ours, kpi_benchmarks(), OCTOBER).iloc[0]
    assert vietnamese.holds_for == "Annual client retention · agency marketing nói chung"


def test_kpi_figures_over_three_years_old_are_marked():
    ours = {"client_retention": pd.DataFrame({"value": [0.86]})}
    years = [
        said.beside_published(EN, ours, kpi_benchmarks(), pd.Period(month)).year.iloc[0]
        for month in ("2028-12", "2029-01")
    ]
    assert years == ["2025", "2025, old figure"]


def test_figures_stand_as_they_were_published():
    found = said.figures(VI, salary_benchmarks(), OCTOBER).set_index("id").loc["us-sales"]
    assert found[["p10", "p90", "unit"]].tolist() == [36_100, 138_400, "USD/năm"]
    assert found.label == "Advertising sales agents · agency · US · 2025"


def test_sources_stand_once_with_their_years_and_weaknesses():
    found = said.sources(VI, OCTOBER, salary_benchmarks(), kpi_benchmarks())
    assert len(found) == 9
    article, topcv = found.iloc[0], found.iloc[1]
    assert (article.gives, article.year) == ("Account", "≤\u00a02026")
    assert "không rõ năm" in article.weakness
    assert topcv.gives.startswith("Account Executive; Account Manager; Key Account")
    assert topcv.weakness.count("dưới 20 mẫu") == 1
    assert found.source.str.startswith("practiq.dev: https://practiq.dev/blog/").sum() == 1
