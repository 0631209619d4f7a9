"""The Vietnamese README names the commands, tables, files and links of the English one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from amlib.schema import TABLES

ROOT = Path(__file__).parents[1]
EN, VI = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.vi.md"))


def blocks(text: str, language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [content for of, content in fenced if of == language]


def commands(text: str) -> list[str]:
    lines = [line.split("#")[0].strip() for block in blocks(text, "sh") for line in block.splitlines()]
    return [line for line in lines if line]


def test_the_same_commands_in_the_same_order():
    # How to run on clusters is told in English alone.
    elsewhere = {"pip", "dask"}
    there = [line for line in commands(EN) if line.split()[0] not in elsewhere and "--executor" not in line]
    assert commands(VI) == there
    assert len(there) > 20
    assert {*re.findall(r"`(make \w+)`", VI)} <= {*re.findall(r"`(make \w+)`", EN)}


def test_the_same_book():
    (en,), (vi,) = blocks(EN, "toml")[:1], blocks(VI, "toml")
    assert tomllib.loads(vi) == tomllib.loads(en)


def test_the_same_files_in_the_tree_and_of_a_run():
    def paths(block: str) -> list[str]:
        return [found[0] for line in block.splitlines() if (found := re.match(r" {0,2}[\w./…]\S*", line))]

    for first in ("amlib/", "out/index.html", "out/2026-10-client/"):
        en, vi = (next(one for one in blocks(text, "") if one.startswith(first)) for text in (EN, VI))
        assert paths(vi) == paths(en)


def test_the_same_pages_resting_on_the_same_tables():
    def rows(text: str) -> dict[str, list[set[str]]]:
        """By page, the tables that it rests on and those by which it tells more."""
        cells = [line.split("|")[1:-1] for line in text.splitlines() if re.match(r"\| `\w+` \|.*\|.*\|.*\|$", line)]
        return {
            page.strip(): [{*re.findall(r"`(\w+)`", told)} & {*TABLES} for told in (needs, more)]
            for page, _, needs, more in cells
        }

    en, vi = rows(EN), rows(VI)
    assert [*vi] == [*en]
    for page, (needs, more) in vi.items():
        assert needs == en[page][0], page
        assert more <= en[page][0] | en[page][1], page
    of_sample = re.search(r"The sample's (\d+) pages", EN), re.search(r"(\d+)\s+trang của agency mẫu", VI)
    assert of_sample[0][1] == of_sample[1][1]


def test_every_link_leads_somewhere_and_every_table_is_named():
    for target in re.findall(r"\]\(([^)]+)\)", VI):
        assert target.startswith("https://") or (ROOT / target).exists(), target
    named = {*re.findall(r"`(\w+)`", VI)}
    assert named & {*TABLES} == {*TABLES}
    pages = {notebook.stem for notebook in (ROOT / "notebooks" / "reports").glob("*.ipynb")}
    assert {*re.findall(r"^\| `(\w+)`", VI, re.MULTILINE)} == pages
