"""Pay records in words: what a book makes of them, and what it says of those it cannot read."""

from __future__ import annotations

import pandas as pd

from amlib.book import open_book, save_book

SALARIES = """
    record_id,year,title,pay,gross,source
    R1,2026,AM,15tr net,,own
    R2,2026,AM,17 - 25 triệu,true,own
    R3,2026,AM,Thoả thuận,,own

    R4,2026,AM,20tr + thưởng,,own
    R5,2026,AM,thương lượng,,own
"""


def test_pay_is_figures_once_the_book_is_open(write, tmp_path):
    book = open_book(write(salaries=SALARIES))
    assert book.salaries.mid.fillna(0).tolist() == [15e6, 21e6, 0, 0, 0]
    assert book.salaries.gross.fillna(True).tolist() == [False, True, True, True, True]
    assert book.salaries.period.dropna().tolist() == ["month", "month"]
    save_book(book, tmp_path / "saved")
    pd.testing.assert_frame_equal(open_book(tmp_path / "saved").salaries, book.salaries)


def test_what_cannot_be_read_is_noted_by_row_and_not_repeated(write):
    book = open_book(write(salaries=SALARIES))
    assert book.notes == (
        "salaries.csv: in no figure of pay, to be agreed: rows 4, 7",
        "salaries.csv: in no figure of pay, a word that is not understood: row 6",
    )


def test_figures_and_words_may_stand_in_one_book_but_not_in_one_record(write, problems):
    mixed = "record_id,year,title,mid,pay,period,source\nR1,2026,AM,20,,month,own\nR2,2026,AM,,15tr,,own\n"
    assert open_book(write(salaries=mixed)).salaries.mid.tolist() == [20, 15e6]
    twice = mixed + "R3,2026,AM,15,15tr,month,own\nR4,2026,AM,,,month,own\nR5,2026,AM,15,,,own\n"
    assert problems(salaries=twice) == [
        "salaries.csv row 4, column pay: found pay in words, expected an empty cell beside low, mid or high",
        "salaries.csv row 5, column mid: found an empty cell, expected a number of at least 0, or else the pay in "
        "words in the column pay",
        "salaries.csv row 6, column period: found an empty cell, expected one of hour, day, week, month, year, or else "
        "the pay in words in the column pay",
    ]
    bare = "record_id,year,title,period,source\nR1,2026,AM,month,own\nR2,2026,AM,month,own\n"
    assert problems(salaries=bare) == [
        "salaries.csv: found neither mid nor pay, expected mid with a number, or pay as people write it"
    ]


def test_a_wrong_period_beside_words_is_named_as_any_wrong_cell(problems):
    wrong = "record_id,year,title,pay,period,source\nR1,2026,AM,15tr,fortnight,own\n"
    assert problems(salaries=wrong) == [
        "salaries.csv row 2, column period: found 'fortnight', expected one of hour, day, week, month, year"
    ]


def test_a_record_that_is_set_aside_is_listed_without_its_cells(write):
    """The list of rows set aside is published beside the pages: of pay it says where, not what."""
    toml = """
        [sources.sheet]
        file = "luong.csv"
        [[sources.sheet.set_aside]]
        where = "\\"Mã\\" = 'R2'"
        because = "no contract"
        [tables.salaries]
        sql = "select \\"Mã\\" record_id, 2026 as year, 'AM' as title, \\"Lương\\" pay, 'own' as source from Sheet"
        [[tables.salaries.set_aside]]
        where = "record_id = 'R3'"
        because = "left"
        [[tables.clients.set_aside]]
        where = "client_id = 'C2'"
        because = "test"
    """
    book = open_book(write(toml, luong="Mã,Lương\nR1,15tr\nR2,16tr\nR3,17tr\n"))
    assert book.salaries.mid.tolist() == [15e6]
    told = book.set_aside.set_index("table")
    assert told["reason"].to_dict() == {"sheet": "no contract", "clients": "test", "salaries": "left"}
    assert told["values"].to_dict() == {
        "sheet": "",
        "salaries": "",
        "clients": "client_id=C2, name=Trà Đá, since=2025-06-15",
    }
    assert told.loc["sheet", ["file", "row"]].tolist() == ["luong.csv", 3]
