"""How large a body would become: its depth, strings and values, told from its bytes before they are parsed."""

import re

from serving.errors import InvalidRequest, TooLarge
from serving.json_schema import types
from serving.project import Project
from serving.settings import Settings

_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_STRING_OR_BRACKET = re.compile(_STRING.pattern + rb"|[\[\]{}]", re.DOTALL)
_QUOTED = re.compile(rb'"[^"]*+(?:""[^"]*+)*+"?')
_CELL = re.compile(_QUOTED.pattern + rb'|[^,\r\n"]++')
IN_ONE_RECORD = 1_000
"""Values and names of a single record up to which all that is wrong with it is told."""
_SCALARS = {"string", "number", "integer", "boolean", "null"}


def most_values(project: Project, settings: Settings) -> int:
    """How many values and names a body may have: MAX_VALUES, or less where no field of the schema holds a list.

    Each takes up to 300 bytes while it is validated: 4 MiB of `1,1,1,` would become 300 MiB.
    """
    if not _flat(project):
        return settings.max_values
    return min(settings.max_values, (settings.max_records + 1) * _in_a_record(project))


def _flat(project: Project) -> bool:
    definitions = project.json_schema.get("$defs", {})
    fields = project.json_schema["properties"].values()
    scalars = all(types(field, definitions) <= _SCALARS for field in fields)
    return scalars and project.schema.model_config.get("extra") == "forbid"


def _in_a_record(project: Project) -> int:
    return 2 * len(project.columns) + 2


class SizeCheck:
    """Refuses what is small as it is sent and large in memory. What no body of its length can be costs nothing."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self._max_values = most_values(project, settings)
        one = max(IN_ONE_RECORD, _in_a_record(project)) if _flat(project) else self._max_values
        self._max_values_of_one = min(self._max_values, one)
        self._max_records = settings.max_records
        self._max_depth = settings.max_depth
        self._max_string = settings.max_string

    def json(self, body: bytes, *, many: bool) -> None:
        """Raises InvalidRequest, TooLarge."""
        self._check_values(body, b",:", _STRING, self._max_values if many else self._max_values_of_one)
        if len(body) > self._max_string and (b'\\"' in body or max(map(len, body.split(b'"'))) > self._max_string):
            self._check_lengths(body, _STRING)
        if _may_be_deeper(body, self._max_depth) and _is_deeper(body, self._max_depth):
            raise InvalidRequest.at(["body"], f"Nested deeper than {self._max_depth} levels", "too_deep")

    def csv(self, body: bytes) -> None:
        """Raises InvalidRequest, TooLarge."""
        self._check_values(body, b",", _QUOTED, self._max_values)
        if len(body) > self._max_string:
            self._check_lengths(body, _CELL)

    def _check_values(self, body: bytes, separators: bytes, text: re.Pattern[bytes], most: int) -> None:
        if len(body) <= most or count(body, separators) <= most:
            return
        found = start = 0
        for match in text.finditer(body):  # a separator in a text is none
            found += count(body, separators, start, match.start())
            start = match.end()
            if found > most:
                break
        if found + count(body, separators, start) > most:
            limits = f"{most} values and names, and {self._max_records} records"
            raise TooLarge(f"There are too many values: send fewer records at once, {limits} at most.")

    def _check_lengths(self, body: bytes, text: re.Pattern[bytes]) -> None:
        for match in text.finditer(body):
            if match.end() - match.start() - 2 > self._max_string:
                place: list[str | int] = ["body", "line", body.count(b"\n", 0, match.start()) + 1]
                raise InvalidRequest.at(place, f"A text is longer than {self._max_string} bytes", "string_too_long")


def count(body: bytes, separators: bytes, *within: int) -> int:
    """How often any of the characters is there."""
    found = 0
    for separator in separators:
        found += body.count(separator, *within)
    return found


def _may_be_deeper(body: bytes, limit: int) -> bool:
    """Whether innermost pairs of brackets can be taken away `limit` times; those in strings are not told apart."""
    if count(body, b"[{") <= limit:
        return False
    brackets = body.translate(_ONE_KIND, _ALL_BUT_BRACKETS)  # of two kinds, one turn could take two levels away
    for _ in range(limit):
        inner = len(brackets)
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return False
        if len(brackets) == inner:
            return True
    return True


def _is_deeper(body: bytes, limit: int) -> bool:
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(body):
        first = body[found.start()]
        if first in b"[{":
            depth += 1
            if depth > limit:
                return True
        elif first in b"]}":
            depth -= 1
    return False
