"""Values as Python that the linter and the formatter leave as it is."""

import ast
import unicodedata
from collections.abc import Sequence
from typing import Any

from commands.scaffold.bounds import whole

LINE = 120


def literal(value: Any) -> str:
    """A string, number, boolean, None or a list of them."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, float):
        value = whole(value)
    if isinstance(value, int):
        return f"{value:_}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    return repr(value).replace("e+", "e")  # as the formatter writes floats


def width(text: str) -> int:
    """Columns on a screen, as linters count them."""
    return sum(_cells(char) for char in text)


def wrapped(head: str, values: Sequence[str], tail: str) -> list[str]:
    """`head` and `tail` around the values: on a line, on an indented line, else on as many as are needed."""
    joined = ", ".join(values)
    if width(f"{head}{joined}{tail}") <= LINE:
        return [f"{head}{joined}{tail}"]
    if width(joined) <= LINE - 4:
        return [head, f"    {joined}", tail]
    lines: list[str] = []
    line = ""
    for value in values:
        if line and width(line) + width(value) + 6 > LINE:
            lines.append(f"    {line}")
            line = ""
        if width(value) + 5 > LINE:
            first, *others = pieces(value, LINE - 7)
            lines += [f"    ({first}", *(f"     {part}" for part in others)]
            lines[-1] += ")," if others else ","
        else:
            line += f" {value}," if line else f"{value},"
    return [head, *lines, *([f"    {line}"] if line else []), f"{tail}  # fmt: skip"]


def pieces(value: str, room: int) -> list[str]:
    """A string that is too long for a line, as several that Python puts together."""
    if value[0] not in "\"'":
        return [value]
    found, piece = [], ""
    for char in ast.literal_eval(value):
        if width(literal(piece + char)) > room:
            found.append(literal(piece))
            piece = ""
        piece += char
    return [*found, literal(piece)]


def _text(value: str) -> str:
    plain = "".join(char if char.isprintable() and char != "\\" else repr(char)[1:-1] for char in value)
    if value.count('"') > value.count("'"):
        return "'" + plain.replace("'", "\\'") + "'"
    return '"' + plain.replace('"', '\\"') + '"'


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
