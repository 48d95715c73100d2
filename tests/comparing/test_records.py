"""The rows of a file as the API would take them, and the labels and numbers that are compared one by one."""

from pathlib import Path
from typing import Any

import pytest
from pydantic_core import from_json

from commands.batch.records import read_source
from commands.comparing.labels import Labels, adjusted_rand, label_key
from commands.comparing.numbers import Numbers
from commands.comparing.records import CHUNK, InputRefused, Records, write_records
from serving.project import Project
from tests.making import write_project

SCHEMA = """
    count: int = Field(alias="the count", ge=0)
    note: str | None = None
    odd: list[float] = []
"""
STRANGE = """
from pydantic import BaseModel, field_validator


class PredictionData(BaseModel):
    a: float

    @field_validator("a")
    @classmethod
    def _strange(cls, value):
        return value + {3.0: "text"}.get(value, 0)
"""


def records(folder: Path, name: str, text: str, schema: str = SCHEMA, limit: int | None = None) -> tuple[Records, Any]:
    """What was written, and its rows."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    project = Project.load(write_project(folder / "project", schema))
    written = write_records(read_source(str(file)), project, folder / "records", limit=limit, advance=lambda n: None)
    return written, [row for line in written.path.read_bytes().splitlines() for row in from_json(line)]


def test_csv_cells_become_what_the_api_makes_of_them(tmp_path: Path) -> None:
    text = 'id,the count,note,odd\nx,1,,"[1, 2.5]"\ny,-1,a,[]\nz,2,b\nw,3,"007",[]\n'
    written, rows = records(tmp_path, "rows.csv", text)
    assert rows == [
        {"the count": 1, "note": None, "odd": [1.0, 2.5]},
        {"the count": 3, "note": "007", "odd": []},
    ]
    assert list(written.numbers) == [1, 4]
    assert written.left_out == ["id"]
    assert written.refused.examples == [
        (2, "the count: Input should be greater than or equal to 0"),
        (3, "The row has 3 cells and there are 4 columns"),
    ]


def test_the_python_name_stands_for_its_alias(tmp_path: Path) -> None:
    written, rows = records(tmp_path, "rows.jsonl", '{"count": 1}\n{"count": 2, "more": 1}\n[]\n')
    assert rows == [{"the count": 1, "note": None, "odd": []}, {"the count": 2, "note": None, "odd": []}]
    assert written.left_out == ["more"]
    assert written.refused.examples == [(3, "The row is not a JSON object")]


def test_many_rows_are_chunks_and_only_five_refusals_are_told(tmp_path: Path) -> None:
    text = "the count\n" + "".join(f"{-1 if place % 10 == 0 else place}\n" for place in range(3 * CHUNK))
    written, rows = records(tmp_path, "rows.csv", text, limit=2 * CHUNK + 5)
    assert written.read == 2 * CHUNK + 5
    assert written.refused.count == 201
    assert [row for row, _ in written.refused.examples] == [1, 11, 21, 31, 41]
    assert [row["the count"] + 1 for row in rows] == list(written.numbers)
    assert max(len(from_json(line)) for line in written.path.read_bytes().splitlines()) <= CHUNK


def test_a_validator_that_raises_something_strange_costs_only_its_row(tmp_path: Path) -> None:
    text = "a\n" + "".join(f"{place}\n" for place in range(7))
    written, rows = records(tmp_path, "rows.csv", text, STRANGE)
    assert [row["a"] for row in rows] == [0, 1, 2, 4, 5, 6]
    assert written.refused.count == 1
    row, message = written.refused.examples[0]
    assert row == 4
    assert message.startswith("TypeError: ")


def test_columns_or_rows_that_the_schema_lacks_are_told_with_both_lists(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"rows.csv lacks the count.\n  input:  note, x\n  schema: the count, note"):
        records(tmp_path, "rows.csv", "note,x\na,1\n")
    with pytest.raises(InputRefused, match=r"has no column that the schema takes"):
        records(tmp_path, "rows.json", '[{"x": 1}]', "a: float = 1.0")
    with pytest.raises(InputRefused, match=r"No row of .* passes validation.py. Row 1: the count: Input should be"):
        records(tmp_path, "rows.json", '[{"the count": "many"}]')


def test_labels_are_equal_where_json_has_one_value() -> None:
    gathered = Labels(clusters=False)
    pairs = [("1", 1), (1, 1.0), (True, 1), (None, None), ("a", "a")]
    assert [gathered.add(*pair, None, None) for pair in pairs] == [False, True, False, True, True]
    assert label_key("1") != label_key(1)


def test_a_class_that_one_model_lacks_has_no_probability_there() -> None:
    gathered = Labels(clusters=False)
    gathered.add("a", "b", {"a": 1.0}, {"a": 0.25, "b": 0.5, "c": 0.25})
    found = gathered.compared([8])
    assert found.probabilities == (0.5, 0.75)
    (shown,) = found.largest
    assert (shown.row, shown.sure_before, shown.sure_after, shown.difference) == (8, 1.0, 0.5, 0.75)


def test_rows_that_keep_their_label_are_shown_after_those_that_change() -> None:
    gathered = Labels(clusters=False)
    gathered.add("a", "a", {"a": 0.9, "b": 0.1}, {"a": 0.6, "b": 0.4})
    gathered.add("a", "b", {"a": 0.51, "b": 0.49}, {"a": 0.49, "b": 0.51})
    gathered.add("a", "a", {"a": 0.9, "b": 0.1}, {"a": 0.9 + 1e-15, "b": 0.1})
    assert [shown.row for shown in gathered.compared([1, 2, 3]).largest] == [2, 1]


def test_a_number_that_only_one_model_gives_differs_most() -> None:
    gathered = Numbers()
    pairs = [(1.0, 5.0), (None, None), (None, 2.0), (1e12, 1e12 + 1), (0.0, 1e-300)]
    assert [gathered.add(*pair) for pair in pairs] == [False, True, False, True, False]
    found = gathered.compared([1, 2, 3, 4, 5])
    assert (found.equal, found.nulls) == (2, 2)
    assert [shown.row for shown in found.largest][:2] == [3, 1]
    assert found.largest[0].difference is None
    assert found.mean_absolute == pytest.approx(5 / 3)
    assert found.largest_absolute == 4


def test_clusterings_of_one_row_or_one_cluster_agree() -> None:
    assert adjusted_rand({(0, 0): 1}) == 1
    assert adjusted_rand({(0, 1): 7}) == 1
