"""How large a body would become is told before it is parsed, and no body that is small is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from app.info import limits
from app.size import SizeCheck, most_values
from serving.errors import InvalidRequest, TooLarge
from serving.project import Project
from serving.settings import Settings
from tests.hostile import PROJECT

ECHO = Project.load(PROJECT)
SOME_JSON = some.recursive(
    some.none() | some.integers() | some.text('[]{}"\\,:a', max_size=6),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text('[]"\\:', max_size=3), inner, max_size=3),
)


def check(**settings: Any) -> SizeCheck:
    return SizeCheck(ECHO, Settings(**settings))


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def values(value: Any) -> int:
    """Commas and colons, as JSON writes them."""
    if isinstance(value, dict):
        return max(0, 2 * len(value) - 1) + sum(map(values, value.values()))
    if isinstance(value, list):
        return max(0, len(value) - 1) + sum(map(values, value))
    return 0


@given(SOME_JSON, some.integers(2, 5))
@example([[{}]], 2)
def test_depth_is_counted_as_json_nests_whatever_its_strings_hold(value: Any, most: int) -> None:
    body = json.dumps(value).encode()
    if depth(value) <= most:
        check(max_depth=most).json(body, many=True)
    else:
        with pytest.raises(InvalidRequest, match="1 validation error") as error:
            check(max_depth=most).json(body, many=True)
        assert error.value.errors[0]["type"] == "too_deep"


@given(SOME_JSON, some.integers(1, 8))
def test_values_are_counted_as_json_separates_them_whatever_its_strings_hold(value: Any, most: int) -> None:
    body = json.dumps(value).encode()
    if values(value) <= most:
        check(max_values=most).json(body, many=True)
    else:
        with pytest.raises(TooLarge, match=f"{most} values and names"):
            check(max_values=most).json(body, many=True)


@given(some.text('a"\\[', max_size=12), some.integers(1, 12))
def test_a_string_is_as_long_as_it_is_sent(text: str, most: int) -> None:
    body = json.dumps([text, "b"]).encode()
    if len(json.dumps(text)) - 2 <= most:
        check(max_string=most).json(body, many=True)
    else:
        with pytest.raises(InvalidRequest) as error:
            check(max_string=most).json(body, many=True)
        assert error.value.errors[0]["type"] == "string_too_long"


def test_a_long_text_is_told_with_its_line() -> None:
    with pytest.raises(InvalidRequest) as error:
        check(max_string=10).csv(b'text,number\nshort,1\n"longer, far\nlonger",2\n')
    assert error.value.errors[0]["loc"] == ["body", "line", 3]


def test_commas_in_the_texts_of_a_csv_are_no_cells() -> None:
    check(max_values=4).csv(b'text,number\n"a,b,c,d,e,f,g",1\n')
    with pytest.raises(TooLarge):
        check(max_values=4).csv(b"text,number\n1,2\n1,2\n1,2\n1,2\n")


def test_a_schema_without_lists_needs_no_more_values_than_its_records_have() -> None:
    assert most_values(ECHO, Settings()) == 10_001 * 8
    with_lists = Project.load(Path(__file__).parent.parent / "bench" / "fuzz" / "project")
    assert most_values(with_lists, Settings()) == 1_000_000


def test_info_lists_every_limit_that_the_service_itself_holds() -> None:
    here, there = limits(ECHO, Settings()), limits(ECHO, Settings(backend="aws"))
    held_by_the_gateway = {"max_url", "max_headers", "max_header_count", "max_connections", "max_buffered"}
    assert here.keys() - there.keys() == held_by_the_gateway | {"client_timeout", "client_rate"}
    named = {name for name in Settings.model_fields if name.startswith("max_")} - {"max_receives"}
    assert named <= here.keys()
    assert there["max_records"] == 1_000
