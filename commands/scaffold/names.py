"""Names of columns as Python, a reader and a service know them."""

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection, Sequence

from pydantic import BaseModel

LONGEST = 40
LONGEST_TITLE = 60
TYPES = {"int", "float", "str", "bool", "list", "date", "datetime", "Literal", "Field", "BaseModel", "PredictionData"}
RESERVED = {*TYPES, *dir(BaseModel), *keyword.kwlist, "l", "O", "I"}
"""What a field can't be called: its annotation would mean another thing, or pydantic or a linter objects."""
_UNITS = re.compile(r"^(?P<name>.*\S)\s*[(\[](?P<units>[^()\[\]]{1,20})[)\]]$", re.DOTALL)
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def field_names(columns: Sequence[str]) -> list[str]:
    """A Python name for each column: the column's own where it can be one, and no name twice."""
    own = {column for column in columns if _usable(column)}
    taken = set(own)
    names = []
    for place, column in enumerate(columns):
        name = column if column in own else unique(_cleaned(column, place), taken)
        taken.add(name)
        names.append(name)
    return names


def type_name(name: str, taken: Collection[str]) -> str:
    """What the choices of a field are called: NativeCountry of native_country."""
    words = [word for word in name.split("_") if word]
    camel = "".join(word[0].upper() + word[1:] for word in words)
    camel = camel if re.match(r"[A-Z]", camel) and len(camel) > 1 else f"{camel}Choice"
    return unique(camel, {*taken, *TYPES, *dir(builtins)}, "Choice")


def title_of(column: str, place: int) -> tuple[str, str | None]:
    """For people, and the units when the name ends with them: "sepal length (cm)" is Sepal length, cm."""
    found = _UNITS.match(column)
    name, units = (found["name"], found["units"].strip()) if found else (column, None)
    text = name if name.isupper() else " ".join(_HUMPS.sub(" ", name).split())
    words = [word for word in re.split(r"[\s_.\-]+", text) if word]
    words = [word if _abbreviation(word) else word.lower() for word in words]
    title = "".join(char for char in " ".join(words) if char.isprintable()).strip()
    if not title:
        return f"Column {place + 1}", units
    shown = title[0].upper() + title[1:]
    return (shown if len(shown) <= LONGEST_TITLE else f"{shown[: LONGEST_TITLE - 1].rstrip()}…"), units or None


def nameless(columns: Sequence[str]) -> str | None:
    """Which of them has no name, as one says it."""
    place = next((place for place, column in enumerate(columns, 1) if not column.strip()), None)
    return None if place is None else f"a column without a name, the {ordinal(place)}"


def ordinal(place: int) -> str:
    """1st, 2nd, 3rd, 4th … 11th, 12th, 13th … 21st."""
    ending = "th" if place // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def service_name(folder: str) -> str:
    """A folder's name as a service may be called."""
    name = re.sub(r"[^a-z0-9]+", "-", _ascii(folder).lower()).strip("-")
    name = name if re.match(r"[a-z]", name) else f"model-{name}".strip("-")
    return name[:LONGEST].rstrip("-")


def unique(name: str, taken: Collection[str], more: str = "") -> str:
    """The name, or the first of name_2, name_3 … that is not taken."""
    if name not in taken:
        return name
    if more and f"{name}{more}" not in taken:
        return f"{name}{more}"
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _usable(column: str) -> bool:
    mixed = column[:1].islower() and "_" not in column and column != column.lower()
    return (
        re.fullmatch(r"[A-Za-z]\w*", column, re.ASCII) is not None
        and len(column) <= LONGEST
        and column not in RESERVED
        and not column.startswith("model_")
        and not mixed
    )


def _cleaned(column: str, place: int) -> str:
    found = _UNITS.match(column)
    column = found["name"] if found else column
    ascii_only = _ascii(_HUMPS.sub("_", column) if re.fullmatch(r"[a-z]\w*", column) else column)
    name = re.sub(r"[^A-Za-z0-9]+", "_", ascii_only).strip("_")[:LONGEST].rstrip("_")
    name = name if name.isupper() and name in ascii_only else name.lower()
    if not name:
        return f"column_{place + 1}"
    if name[0].isdigit() or name.startswith("model_"):
        return f"column_{name}"
    return f"{name}_" if name in RESERVED else name


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(char if char.isascii() else "" if unicodedata.combining(char) else " " for char in plain)


def _abbreviation(word: str) -> bool:
    return len(word) > 1 and word.isupper()
