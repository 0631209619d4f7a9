"""Cells into typed values, as people write them and exports spell them.

Our own formats are strict: dates `2026-10-31`, instants `2026-10-31 14:05` (with an offset they are converted to the
book's zone), months `2026-10`, numbers `1234.5`, flags true/false. What others write is read where the cells of the
whole column leave one reading; where they leave two, nothing is guessed, because a guess about money or dates is a lie
in a report. Blank cells are null. Cells that a file already holds as numbers, dates or flags are taken as such.
"""

from amlib.book.cells.column import example, fits, typed
from amlib.book.cells.found import Typed, Undecided

__all__ = ["Typed", "Undecided", "example", "fits", "typed"]
