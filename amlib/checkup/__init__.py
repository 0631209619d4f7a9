"""What a book holds, what is wrong with it or may be, and what can be measured with it: `am check`."""

from amlib.checkup.checkup import Checkup, check_book
from amlib.checkup.doubts import Doubt, doubts_about
from amlib.checkup.page import html, kept_before
from amlib.checkup.record import FOLDER, as_record, earlier, keep
from amlib.checkup.saying import fresh

__all__ = [
    "FOLDER",
    "Checkup",
    "Doubt",
    "as_record",
    "check_book",
    "doubts_about",
    "earlier",
    "fresh",
    "html",
    "keep",
    "kept_before",
]
