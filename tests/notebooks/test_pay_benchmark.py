"""The page of pay."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest
from pages import (
    FOLDER,
    LANGUAGES,
    given,
    rows,
    run,
    texts,
)

from amlib import sample, words
from amlib.book import open_book
from amlib.reports.plan import plan


def test_an_offer_is_placed_among_the_bands(sample_book):
    path = FOLDER / "pay_benchmark.ipynb"
    shown = run(path, sample_book, **given(path, sample_book, "en"), level="manager", offer=45e6)
    said = " ".join(texts(shown))
    assert "The offer is VND 45 million gross a month for manager" in said
    # TopCV's account managers: 20 to 30 million, middle 22.5 million.
    (row,) = (row for row in rows(shown) if row[0] == "Account Manager · 2025" and len(row) == 9)
    assert row[5:8] == ["200%", "–", "15 million"]
    assert "The offer: VND 45 million" in said


@LANGUAGES
@pytest.mark.parametrize("asked", [{"offer": 25e6, "gross_or_net": "net", "dependants": 2}, {"city": "Huế"}])
@pytest.mark.parametrize("level", ["executive", "director"])
def test_pay_is_told_for_every_offer_and_level(sample_book, lang, asked, level):
    path = FOLDER / "pay_benchmark.ipynb"
    said = " ".join(texts(run(path, sample_book, **given(path, sample_book, lang), level=level, **asked)))
    assert "nan" not in said.split()
    of_offer = "25 triệu đồng net" if lang == "vi" else "VND 25 million net"
    assert ("Huế" if "city" in asked else of_offer) in said


def test_the_published_percentiles_stand_as_they_were_published(report):
    """US BLS, OEWS May 2025: 36.1/49.0/72.9/101.0/138.4 thousand dollars a year, and the others beside them."""
    told = {row[0]: row[1:7] for row in rows(report("pay_benchmark", "en")) if len(row) == 9 and row[6] == "USD a year"}
    assert told == {
        "Advertising sales agents · agency · US · 2025": [
            *["36,100", "49,000", "72,900", "101,000", "138,400", "USD a year"]
        ],
        "Public relations specialists · agency · US · 2025": [
            *["47,900", "60,900", "77,500", "104,600", "175,500", "USD a year"]
        ],
        "Advertising and promotion managers · agency · US · 2025": [
            *["48,900", "93,500", "133,600", "192,500", "286,600", "USD a year"]
        ],
    }


def test_each_figure_shows_its_year_and_old_ones_carry_a_mark(report):
    """2026 less three years is 2023: of the published figures only New Zealand's of 2016 are older."""
    published = [row[0] for row in rows(report("pay_benchmark", "en")) if len(row) == 9 and row[6].endswith("a year")]
    assert len(published) == 7
    assert {label.rpartition(" · ")[2] for label in published if " · US · " in label} == {"2025"}
    assert {label.rpartition(" · ")[2] for label in published if " · NZ · " in label} == {"2016, old figure"}


def test_pay_abroad_is_told_at_the_rate_of_the_book_or_said_to_have_none(report, sample_book):
    """The sample has a rate of the dollar for October 2026, and none of New Zealand's."""
    fx = sample_book.tables["fx"]
    (rate,) = fx.rate[(fx.currency == "USD") & (fx.month == "2026-10")]
    told = {row[0]: row[1:6] for row in rows(report("pay_benchmark", "en")) if len(row) == 7}
    agents = told["Advertising sales agents · agency · US · 2025"]
    assert agents[0] == "49,000 – 72,900 – 101,000 USD a year"
    assert agents[1:4] == [f"{amount / 12 * rate / 1e6:.1f} million" for amount in (49_000, 72_900, 101_000)]
    assert agents[4] == f"1 USD = {rate:,.0f} VND (October 2026)"
    assert told["Account Manager · agency · NZ · 2016, old figure"][1:] == ["–"] * 3 + ["no rate for NZD in the book"]


def test_a_year_is_told_with_bonus_and_commission(sample_book):
    path = FOLDER / "pay_benchmark.ipynb"
    scheme = {"commission_rates": [0.01, 0.02], "commission_from": [0.0, 1e9], "commission_cap": 25e6}
    shown = run(path, sample_book, **given(path, sample_book, "en"), offer=20e6, revenue=1.25e9, **scheme)
    told = {row[0]: row[1:] for row in rows(shown) if len(row) == 4}
    # 1 % of a billion and 2 % of the quarter above it: 15 million, below the cap; with 20 of bonus 275 in all.
    assert told["Commission"] == ["15 million", "1.2 million", "5%"]
    assert told["Gross in all"] == ["275 million", "22.9 million", "100%"]
    # Insurance 12 × 2.1; tax 5 % of 275 − 25.2 − 186 = 3.19.
    assert told["Left, net"][0] == "246.6 million"
    said = " ".join(texts(shown))
    assert "a revenue of VND 1.25 billion a year: 1% of revenue, 2% of what is above VND 1 billion" in said


def asked(sample_book, **texts) -> dict:
    """The parameters of the page as `am report -p name=text` reads them."""
    (job,) = plan(sample_book, FOLDER, month="2026-10", lang="en", only=["pay_benchmark"], values=texts).jobs
    return dict(job.params)


def test_an_offer_in_dollars_is_put_into_dong_and_says_at_which_rate(sample_book):
    path, fx = FOLDER / "pay_benchmark.ipynb", sample_book.fx
    (rate,) = fx.rate[(fx.currency == "USD") & (fx.month == "2026-10")]
    told = asked(sample_book, offer="1000", offer_currency="USD")
    shown = run(path, sample_book, **given(path, sample_book, "en") | told)
    said = " ".join(texts(shown))
    assert f"The offer of 1,000 USD is put into VND: 1 USD = {rate:,.0f} VND (October 2026). The offer is VND" in said
    (offer,) = (row for row in rows(shown) if row[0] == "The offer")
    assert offer[1] == f"₫{1000 * rate:,.0f}"


@pytest.mark.parametrize(
    ("without", "told"), [(0, "The book has no pay records of the agency itself"), (4, "No group")]
)
def test_a_page_without_own_bands_says_why(sample_book, book_of, without, told):
    path = FOLDER / "pay_benchmark.ipynb"
    book = book_of(clients=sample_book.clients, salaries=sample_book.tables["salaries"].head(without))
    assert told in " ".join(texts(run(path, book, **given(path, book, "en"))))


def test_region_and_insured_pay_are_asked_of_the_run(sample_book):
    path = FOLDER / "pay_benchmark.ipynb"
    texts_ = {"offer": "120000000", "region": "IV", "insured": "90000000"}
    shown = run(path, sample_book, **given(path, sample_book, "en") | asked(sample_book, **texts_))
    # Social and health on the cap of 50.6, unemployment on 20 x 3.7 = 74: 4.807 + .74; taxable 98.953;
    # tax 8.5 + 30 % of 38.953.
    (offer,) = (row for row in rows(shown) if row[0] == "The offer")
    assert offer[1:5] == ["₫120,000,000", "₫5,547,000", "₫20,185,900", "₫94,267,100"]
    said = " ".join(texts(shown))
    assert "in minimum wage region IV, with insurance on ₫90,000,000 a month" in said


@pytest.mark.parametrize(
    ("texts_", "told"),
    [
        ({"region": "5"}, "The region is '5'; expected one of I, II, III, IV"),
        ({"insured": "30000000", "offer": "20000000"}, "The insured pay is 30,000,000, above the gross pay of 20,000,"),
        ({"gross_or_net": "brutto"}, "gross_or_net is 'brutto'; expected 'gross' or 'net'"),
        ({"level": "boss"}, "There is no level 'boss'; there are: executive, senior_executive, manager"),
    ],
)
def test_what_the_page_cannot_be_asked_is_said_with_the_choices(sample_book, texts_, told):
    path = FOLDER / "pay_benchmark.ipynb"
    with pytest.raises(ValueError, match=told):
        run(path, sample_book, **given(path, sample_book, "en") | asked(sample_book, **texts_))


@pytest.mark.parametrize("text", ["[]", ""])
def test_an_empty_list_of_rates_is_no_commission(sample_book, text):
    path = FOLDER / "pay_benchmark.ipynb"
    told = asked(sample_book, commission_rates=text)
    assert told["commission_rates"] == []
    said = " ".join(texts(run(path, sample_book, **given(path, sample_book, "en") | told)))
    assert "No commission is counted: the report was given no scheme." in said


def test_the_whole_ladder_is_on_the_page(report):
    (chart,) = (text for text in texts(report("pay_benchmark", "en")) if "executive (n = 17): " in text)
    levels = ["executive", "senior executive", "manager", "senior manager", "director"]
    at = [chart.index(f"{level} (n = ") for level in levels]
    assert at == sorted(at)


def test_the_page_names_the_law_it_reckons_by_and_what_nobody_looked_up(report):
    said = " ".join(texts(report("pay_benchmark", "vi")))
    assert "biểu thuế lũy tiến (Luật Thuế thu nhập cá nhân 109/2025/QH15, từ 01/01/2026)" in said
    assert "Theo hiểu biết chung, chưa tra cứu văn bản: tỷ lệ đóng bảo hiểm" in said


def plant(salaries: pd.DataFrame) -> pd.DataFrame:
    """Each record is given pay that nobody else has and that prints in full: 20,100,100 or 41,300,300."""
    marked = salaries.assign(mid=[20_000_000 + 100_000 * i + 100 * i for i in range(1, len(salaries) + 1)])
    return marked.assign(low=None, high=None).astype(salaries.dtypes.to_dict())


def single_pay(text: str, salaries: pd.DataFrame) -> list[float]:
    """The records whose pay stands in a text, to the đồng or as thousands."""
    digits = re.sub(r"(?<=\d)[.,\s\xa0](?=\d)", "", text)
    return [pay for pay in salaries.mid if re.search(rf"(?<!\d){pay:.0f}", digits)]


def test_no_page_tells_a_single_persons_pay(sample_book, book_of):
    """Nothing of it is printed, drawn or told in words."""
    path = FOLDER / "pay_benchmark.ipynb"
    marked = plant(sample_book.tables["salaries"])
    book = book_of(clients=sample_book.clients, salaries=marked)
    for lang in words.LANGUAGES:
        printed = " ".join(map(str, run(path, book, **given(path, book, lang), offer=25e6)))
        assert len(printed) > 10_000
        assert single_pay(printed, marked) == []


def in_words(salaries: pd.DataFrame) -> pd.DataFrame:
    """The planted pay as people write it: read in two ways, to be read in none, or open at one end."""
    forms = ("{:,.0f} đ", "{:.0f} net", "{:.0f} + thưởng", "Trên {:.0f}")
    written = [forms[i % 4].format(pay) for i, pay in enumerate(salaries.mid)]
    return salaries.assign(pay=written, mid=None, low=None, high=None, currency=None, period=None, gross=None)


def test_no_page_tells_pay_that_was_written_in_words(sample_folder, tmp_path):
    path, folder = FOLDER / "pay_benchmark.ipynb", tmp_path / "book"
    shutil.copytree(sample_folder, folder)
    marked = plant(pd.read_csv(folder / "salaries.csv", dtype={"pay": "str"}))
    in_words(marked).to_csv(folder / "salaries.csv", index=False)
    book = open_book(folder)
    assert book.salaries.mid.notna().sum() == 60  # of 120; a quarter cannot be read, a quarter names one end
    for lang in words.LANGUAGES:
        shown = run(path, book, **given(path, book, lang), offer=25e6)
        assert single_pay(" ".join(map(str, shown)), marked) == []
    said = " ".join(texts(shown))
    assert (
        "60 own records are in no figure: a word that is not understood (30) and only one end of a range (30)." in said
    )
    assert single_pay(" ".join(book.notes), marked) == []


def test_a_round_salary_is_no_figure_of_a_page(sample_book, book_of):
    """Five managers are paid round sums, which rounding does not hide: no cell of a table says one of them."""
    path = FOLDER / "pay_benchmark.ipynb"
    five = sample_book.tables["salaries"].head(5)
    pay = [20_100_000, 20_300_000, 20_900_000, 22_100_000, 24_700_000]
    same = {"level": "manager", "city": "Huế", "employer": "b2b", "gross": True, "low": None, "high": None}
    five = five.assign(**same, mid=pay, years_experience=5).astype(five.dtypes.to_dict())
    book = book_of(clients=sample_book.clients, salaries=five)
    cells = [cell for row in rows(run(path, book, **given(path, book, "en"))) for cell in row]
    assert "21.1 million" in cells  # (20.3 + 20.9 + 22.1) / 3
    assert not {f"{one / 1e6:g} million" for one in pay} & {*cells}


@pytest.mark.slow
def test_no_single_pay_in_anything_that_a_run_writes(tmp_path):
    """A whole run on a book whose pay is planted: pages, executed notebooks, manifest, and whatever else is there."""
    folder = sample.write(tmp_path / "book", clients=8, months=6, seed=3)
    file = folder / "salaries.csv"
    marked = plant(pd.read_csv(file, dtype={"pay": "str"}))
    written = in_words(marked)
    # Half in words, half in figures; one row of each is set aside, which a file beside the pages lists.
    pd.concat([written.head(60), marked.tail(60)]).to_csv(file, index=False)
    rule = "where = \"record_id in ('LG007', 'LG107')\"\nbecause = \"test\"\n"
    with (folder / "book.toml").open("a", encoding="utf-8") as toml:
        toml.write(f"\n[[tables.salaries.set_aside]]\n{rule}")
    out = tmp_path / "out"
    command = [sys.executable, "-m", "amlib", "report", str(folder), "--out", str(out), "-p", "offer=25000000"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "in no figure of pay, a word that is not understood: row" in done.stdout
    assert single_pay(done.stdout + done.stderr, marked) == []  # which may go to a log
    made = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert {"book.html", "book.ipynb", "manifest.json", "set_aside.csv"} <= {path.name for path in made}
    assert [path for path in made if path.suffix in (".parquet", ".csv", ".duckdb") and "salar" in path.name] == []
    for path, content in made.items():
        text = content.decode("utf-8")
        drawn = [
            base64.b64decode(image).decode() for image in re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", text)
        ]
        assert single_pay("\n".join([text, *drawn]), marked) == [], path
        assert not [id for id in marked.record_id if re.search(rf"\b{id}\b", text)], path
    # The search finds what there is to find.
    assert len(single_pay(file.read_text("utf-8"), marked)) == len(marked)
