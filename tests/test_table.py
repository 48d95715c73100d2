"""The rows of many messages as columns, in any mixture of layouts, bad rows among them."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from serving.layout import Columns
from serving.prediction import Code
from worker.outcome import RowError
from worker.question import Group, Question
from worker.table import Table

NAMES = ["a", "b"]
BAD = RowError(Code.FEATURES_MISSING, "none")
values = st.integers() | st.none() | st.text(max_size=2)
record = st.fixed_dictionaries({"a": values, "b": values}, optional={"more": values})
row = record | st.just(BAD) | st.fixed_dictionaries({"a": values})
pairs = st.lists(st.tuples(values, values), min_size=1, max_size=3)
columns = pairs.map(lambda found: Columns({"a": [a for a, _ in found], "b": [b for _, b in found]}, len(found)))
groups = st.lists(st.lists(row, min_size=1, max_size=3) | columns, min_size=1, max_size=5)


def plain(found: list[Group]) -> list[Any]:
    """What each row should be: its two values, or a code."""
    rows = [own for group in found for own in (group.records() if isinstance(group, Columns) else group)]
    return [
        own.code if isinstance(own, RowError) else (own["a"], own["b"]) if "b" in own else Code.ROW_REJECTED
        for own in rows
    ]


def shown(table: Table) -> list[Any]:
    pairs = zip(table.columns["a"], table.columns["b"], strict=True)
    return [table.errors[place].code if place in table.errors else pair for place, pair in enumerate(pairs)]


@settings(deadline=None)
@given(groups, st.integers(0, 16), st.integers(0, 16))
def test_a_table_has_the_rows_of_its_groups_and_so_has_each_part_of_it(found: Any, one: int, other: int) -> None:
    table, expected = Table.of(found, NAMES), plain(found)
    assert (table.count, shown(table)) == (len(expected), expected)
    start, end = min(one, other, table.count), max(one, other)
    part = table.part(start, end)
    assert (part.count, shown(part)) == (len(expected[start:end]), expected[start:end])
    given_rows = [own for own in expected[start:end] if not isinstance(own, Code)]
    assert (part.given().count, shown(part.given())) == (len(given_rows), given_rows)


@settings(deadline=None)
@given(groups)
def test_a_question_is_the_same_after_its_way_to_a_child_process(found: Any) -> None:
    for group in found:
        asked = Question(prediction_id="p", rows=group, many=True)
        assert Question.from_plain(asked.to_plain()) == asked


def test_a_record_without_a_column_of_the_model_is_told_which() -> None:
    error = Table.of([[{"a": 1, "b": 2}, {"a": 1}]], NAMES).errors[1]
    assert (error.code, error.message, error.trace) == (Code.ROW_REJECTED, "KeyError: 'b'", "a record without b")
