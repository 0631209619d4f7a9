"""What reports are made of, as hashes: so that what has not changed is not made again, nor even opened."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import amlib

# Nothing heavy is imported here: to see that nothing has changed must take no time.

MANIFEST = "manifest.json"

PACKAGE = Path(amlib.__file__).parent
TEMPLATES = PACKAGE.parent / "templates"
CHECKS = "check"
"""The folder in a book's own where its checks are kept; nothing of the book."""

BENCHMARKS = PACKAGE.parent / "data" / "benchmarks"
_SHOWN = ("pandas", "duckdb", "matplotlib", "papermill", "nbconvert")
_OTHERS = ("babel", "holidays", "ibis-framework", "jinja2", "numpy", "scipy", "seaborn")


@cache
def versions() -> Mapping[str, str]:
    """With what reports are made, as their pages say."""
    own = {"amlib": amlib.__version__, "python": platform.python_version()}
    return own | {name: version(name) for name in _SHOWN}


def of_tools(templates: Path) -> str:
    """A hash of what all reports have in common: amlib, the templates, published figures, the packages that compute."""
    sources = (path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".po", ".json", ".toml"))
    published = _hashed(BENCHMARKS, BENCHMARKS.glob("*.csv"))
    return digest(
        [dict(versions()), {name: version(name) for name in _OTHERS}, _hashed(PACKAGE, sources), published]
    ) + digest(_hashed(templates, templates.rglob("*")))


def of_book(book: Path) -> str | None:
    """A hash of all files that a book is read from, without opening it; None where they cannot be told."""
    file = book if book.suffix == ".toml" else book / "book.toml"
    try:
        content = tomllib.loads(file.read_text("utf-8"))
        if "databases" in content:
            return None  # whose rows change without any file
        data = file.parent / content.get("data", ".")
        places = {file.parent, *(folder / place for folder in (file.parent, data) for place in _places(content))}
        files = {path for place in places for path in (place.rglob("*") if place.is_dir() else [place])}
        return digest([file.name, _hashed(file.parent, (path for path in files if CHECKS not in path.parts))])
    except (OSError, ValueError):
        return None


def of_run(book: Path, notebooks: Path, templates: Path, options: Mapping[str, Any]) -> str | None:
    """A hash of everything that decides what a run gives; None where that cannot be told before the book is opened."""
    try:
        of_notebooks = _hashed(notebooks, notebooks.glob("*.ipynb"))
    except OSError:
        return None
    read = of_book(book)
    return read and digest([read, of_notebooks, of_tools(templates), dict(options)])


def unchanged(out: Path, made_of: str) -> Path | None:
    """The month's folder of `out` that a run of just this has made, if all its reports stand there; else None."""
    for file in sorted(out.glob(f"????-??*/{MANIFEST}")):
        try:
            manifest = json.loads(file.read_text("utf-8"))
            reports = manifest["reports"] if manifest["made_of"] == made_of else []
            if reports and all(r["status"] != "failed" and (file.parent / r["html"]).is_file() for r in reports):
                return file.parent
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def digest(content: Any) -> str:
    """A hash of what JSON can say."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _hashed(folder: Path, files: Iterable[Path]) -> list[tuple[str, str]]:
    """Each file's place as seen from `folder`, and the hash of its content."""
    found = []
    for path in sorted(files):
        if path.is_file():
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            found.append((os.path.relpath(path, folder), content))
    return found


def _places(content: Any) -> Iterator[str]:
    """The files and folders that a `book.toml` names."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key in ("data", "file", "logo") and isinstance(value, str):
                yield value
            else:
                yield from _places(value)
