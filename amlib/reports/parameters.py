"""What a notebook's parameters cell declares, and whether a value fits it.

Papermill only warns of a parameter that a notebook does not have and lets wrong types pass, so they are
read and checked here, from the source of the cell.
"""

from __future__ import annotations

import ast
import io
import math
import tokenize
from dataclasses import dataclass
from typing import Any

_BASES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
_LINE = 'name: str = "value"  # help'


@dataclass(frozen=True)
class Type:
    """A declared type: str, int, float or bool; `list[X]` of one of them; each also as `… | None`."""

    base: str
    listed: bool = False
    optional: bool = False

    def __str__(self) -> str:
        return (f"list[{self.base}]" if self.listed else self.base) + (" | None" if self.optional else "")

    def fits(self, value: Any) -> bool:
        """Whether `value` is of this type. A whole number fits float, true and false do not fit int."""
        if value is None:
            return self.optional
        if self.listed:
            return isinstance(value, list) and all(Type(self.base).fits(item) for item in value)
        if isinstance(value, bool):
            return self.base == "bool"
        if self.base == "float":
            # json and the index know no infinity.
            return isinstance(value, int | float) and math.isfinite(value)
        return isinstance(value, _BASES[self.base])

    def read(self, text: str) -> Any:
        """The value that `text` stands for: true or false, `none` where null is allowed, list items between commas.

        A list may stand in brackets, as Python and the README write it: `[]` is the empty one.

        Raises:
            ValueError: the text is not of this type.
        """
        if self.optional and text.strip().casefold() == "none":
            return None
        if self.listed:
            items = _in_brackets(text.strip())
            return [Type(self.base).read(item.strip()) for item in items.split(",")] if items else []
        if self.base == "bool":
            known = {"true": True, "false": False}
            if text.strip().casefold() not in known:
                raise ValueError(text)
            return known[text.strip().casefold()]
        value = _BASES[self.base](text)
        if not self.fits(value):
            raise ValueError(text)
        return value


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: `name: type = default  # help`."""

    name: str
    type: Type
    default: Any
    help: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.type} = {self.default!r}" + (f"  # {self.help}" if self.help else "")

    def read(self, text: str) -> Any:
        """The value that `text` stands for.

        Raises:
            ValueError: naming the parameter, the text and the type expected.
        """
        try:
            return self.type.read(text)
        except ValueError:
            raise ValueError(f"{self.name} is {text!r}; expected {self.type}") from None


def _in_brackets(text: str) -> str:
    return text[1:-1].strip() if text.startswith("[") and text.endswith("]") else text


def declared(source: str) -> tuple[Parameter, ...]:
    """The parameters that the source of a parameters cell declares, in its order.

    Raises:
        ValueError: a line is not an annotated literal, its default is not of its type, or a name stands twice.
    """
    try:
        lines = ast.parse(source).body
        comments = _comments(source)
    except (SyntaxError, tokenize.TokenError) as error:
        raise ValueError(f"it is not Python ({error.args[0]}); expected lines such as `{_LINE}`") from None
    found: dict[str, Parameter] = {}
    for line in lines:
        parameter = _parameter(line, comments)
        if parameter.name in found:
            raise ValueError(f"line {line.lineno}: {parameter.name} stands twice")
        found[parameter.name] = parameter
    return tuple(found.values())


def _parameter(line: ast.stmt, comments: dict[int, str]) -> Parameter:
    where = f"line {line.lineno}: `{ast.unparse(line)}`"
    if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name) or line.value is None:
        raise ValueError(f"{where}: expected a line such as `{_LINE}`")
    kind = _type(line.annotation)
    if kind is None:
        raise ValueError(f"{where}: expected the type str, int, float, bool, list[…] of one of them, or … | None")
    try:
        default = ast.literal_eval(line.value)
    except ValueError:
        raise ValueError(f"{where}: expected a literal as default, such as 3 or 'text'") from None
    if not kind.fits(default):
        raise ValueError(f"{where}: the default is not of the type {kind}")
    return Parameter(line.target.id, kind, default, comments.get(line.end_lineno or line.lineno, ""))


def _type(annotation: ast.expr) -> Type | None:
    match annotation:
        case ast.Name(id=base) if base in _BASES:
            return Type(base)
        case ast.Subscript(value=ast.Name(id="list"), slice=ast.Name(id=base)) if base in _BASES:
            return Type(base, listed=True)
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            inner = _type(left)
            return inner and Type(inner.base, inner.listed, optional=True)
    return None


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ").rstrip() for t in tokens if t.type == tokenize.COMMENT}
