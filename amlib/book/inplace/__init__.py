"""Large tables that stay where they are: of what nobody has to change, only what is asked for is read."""

from amlib.book.inplace.parquet import engine
from amlib.book.inplace.standing import Standing, in_database, in_files, kept, may_be_kept
from amlib.book.inplace.table import InPlace

__all__ = ["InPlace", "Standing", "engine", "in_database", "in_files", "kept", "may_be_kept"]
