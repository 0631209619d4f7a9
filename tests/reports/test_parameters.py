"""What a parameters cell may declare, and which texts are values of a type."""

from __future__ import annotations

import re

import pytest

from amlib.reports.parameters import Parameter, Type, declared


def test_annotated_literals_are_parameters_with_their_comment_as_help():
    source = (
        'month: str = "2026-10"  # month of the report, "YYYY-MM"\n'
        "limit: float | None = None\n"
        'levels: list[str] = [  # not this one\n    "manager",\n]  # which levels\n'
        "# a line of its own is no help\n"
        'note: str = "a = b # c"\n'
        "least: int = -1\n"
    )
    assert declared(source) == (
        Parameter("month", Type("str"), "2026-10", 'month of the report, "YYYY-MM"'),
        Parameter("limit", Type("float", optional=True), None),
        Parameter("levels", Type("str", listed=True), ["manager"], "which levels"),
        Parameter("note", Type("str"), "a = b # c"),
        Parameter("least", Type("int"), -1),
    )


def test_a_parameter_prints_as_its_line():
    (parameter,) = declared("levels: list[int] | None = None  # which")
    assert str(parameter) == "levels: list[int] | None = None  # which"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("limit = 3", "line 1: `limit = 3`: expected a line such as `name: str"),
        ("limit: int", "line 1: `limit: int`: expected a line such as"),
        ("import os", "line 1: `import os`: expected"),
        ("day: date = 3", "expected the type str, int, float, bool"),
        ("both: int | str = 3", "expected the type str, int, float, bool"),
        ("deep: list[list[int]] = []", "expected the type str, int, float, bool"),
        ("limit: int = max(1, 2)", "expected a literal"),
        ("limit: int = '3'", "the default is not of the type int"),
        ("limit: int = True", "the default is not of the type int"),
        ("share: float = 1e999", "the default is not of the type float"),
        ("limit: int = 1\nlimit: int = 2", "line 2: limit stands twice"),
        ("%time limit = 3", "it is not Python"),
    ],
)
def test_any_other_line_is_refused(source: str, says: str):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the text is what is tested)
        declared(source)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        ("str", " as it is ", " as it is "),
        ("str", "none", "none"),
        ("str | None", "none", None),
        ("int", "12", 12),
        ("float", "12", 12.0),
        ("float", "-1e3", -1000.0),
        ("float | None", "None", None),
        ("bool", "true", True),
        ("bool", "False", False),
        ("list[int]", "1, 2,3", [1, 2, 3]),
        ("list[str]", "", []),
        ("list[float]", "[]", []),
        ("list[float]", " [ 0.005, 0.01 ]", [0.005, 0.01]),
        ("list[str]", "Hà Nội, Huế", ["Hà Nội", "Huế"]),
        ("list[float] | None", "none", None),
    ],
)
def test_a_text_becomes_a_value_of_the_declared_type(annotation: str, text: str, value: object):
    read = parameter_of(annotation).read(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        ("int", "12.5"),
        ("int", "true"),
        ("int", ""),
        ("int", "none"),
        ("float", "nan"),
        ("float", "inf"),
        ("float", "1,5"),
        ("bool", "1"),
        ("bool", "yes"),
        ("list[int]", "1,,2"),
        ("list[int]", "[1,]"),
        ("list[int]", "[1"),
    ],
)
def test_a_text_of_another_type_is_refused_by_name(annotation: str, text: str):
    parameter = parameter_of(annotation)
    with pytest.raises(ValueError, match=f"^limit is {re.escape(repr(text))}; expected ") as error:
        parameter.read(text)
    assert str(error.value).endswith(str(parameter.type))


def parameter_of(annotation: str) -> Parameter:
    """A parameter `limit` of this type."""
    default = "None" if "None" in annotation else {"s": "''", "i": "0", "f": "0", "b": "True", "l": "[]"}[annotation[0]]
    (parameter,) = declared(f"limit: {annotation} = {default}")
    return parameter
