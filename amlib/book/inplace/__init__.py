"""Large tables that stay in their files: of what nobody has to change, only what is asked for is read."""

from amlib.book.inplace.files import Standing, engine, standing
from amlib.book.inplace.table import InPlace

__all__ = ["InPlace", "Standing", "engine", "standing"]
