"""What commands print: to the output, to the errors, or as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import pandas as pd

out = Console(highlight=False, markup=False, soft_wrap=True)
err = Console(highlight=False, markup=False, soft_wrap=True, stderr=True)


def print_table(frame: pd.DataFrame) -> None:
    """Print a frame of texts; columns of figures stand to the right."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in frame:
        table.add_column(name, justify="right" if frame[name].str.match(r"[-−\d]").all() else "left", no_wrap=True)
    for row in frame.itertuples(index=False):
        table.add_row(*row)
    # Never cut: what does not fit the terminal is for its own scrolling, or for a file.
    needed = Console(width=10_000).measure(table).maximum
    Console(highlight=False, markup=False, width=max(out.width, needed)).print(table)
