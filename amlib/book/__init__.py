"""A client book: a folder with `book.toml` and tables as CSV, XLSX or Parquet, opened as typed, checked frames.

>>> from amlib.book import open_book
>>> book = open_book("data/sample")
>>> book.invoices
"""

from amlib.book.benchmarks import kpi_benchmarks, salary_benchmarks
from amlib.book.book import Book
from amlib.book.examined import Examined
from amlib.book.opening import examine_book, open_book, remote_tables
from amlib.book.problem import BookError, Problem
from amlib.book.saved import save_book
from amlib.book.settings import Settings

__all__ = [
    "Book",
    "BookError",
    "Examined",
    "Problem",
    "Settings",
    "examine_book",
    "kpi_benchmarks",
    "open_book",
    "remote_tables",
    "salary_benchmarks",
    "save_book",
]
