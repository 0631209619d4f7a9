"""`am check` says what a book holds and what is wrong with it, and makes no page."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from amlib.__main__ import app


def test_what_a_book_holds_lacks_and_does_not_read(tmp_path: Path):
    (tmp_path / "book.toml").write_text('name = "Phở"\ncurrency = "VND"\n[health.weights.key]\nnps = 1\n', "utf-8")
    (tmp_path / "clients.csv").write_text("client_id,name,since,segment\nC1,A,2025-01-01,small\n")
    (tmp_path / "invoices.csv").write_text(
        "invoice_id,client_id,issued_on,amount\nI1,C1,2026-08-03,1\nI2,C1,2026-09-03,2\n"
    )
    found = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert found.exit_code == 0
    lines = [" ".join(line.split()) for line in found.stdout.splitlines()]
    assert lines[0] == "Phở, in VND, known until 2026-09"
    assert "clients 1 2025-01-01 2025-01-01" in lines
    assert "invoices 2 2026-08-03 2026-09-03" in lines
    assert "Without surveys: no nps, nps_bridge" in lines
    assert not any("revenue_bridge" in line for line in lines)  # for which the invoices are enough
    assert lines[-1] == "Note: book.toml, [health.weights.key]: no client has the segment 'key' (there are: small)"
    assert {path.name for path in tmp_path.iterdir()} == {"book.toml", "clients.csv", "invoices.csv"}


def test_what_is_wrong_with_it(tmp_path: Path):
    (tmp_path / "book.toml").write_text('name = "Bad"\ncurrency = "VND"\n')
    (tmp_path / "clients.csv").write_text("client_id,name,since\nC1,A,soon\n")
    found = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert found.exit_code == 2
    assert "clients.csv row 2, column since: found 'soon'" in found.stderr
    assert found.stdout == ""
