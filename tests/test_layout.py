"""Records as columns are the same records: value for value what the rows hold."""

import asyncio
import hashlib
import string
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    TypeAdapter,
    computed_field,
    field_serializer,
    model_serializer,
    model_validator,
)
from pydantic_core import from_json

from app.body import BodyReader
from serving.column_writer import ColumnWriter
from serving.layout import Columns
from serving.project import Project
from serving.settings import Settings
from tests.making import write_project


class Colour(Enum):
    RED = "red"
    BLUE = 2


class Inner(BaseModel):
    model_config = ConfigDict(ser_json_timedelta="float")
    took: timedelta = Field(alias="took-s")
    n: int = 1

    @computed_field
    def twice(self) -> int:
        return 2 * self.n


class Wide(BaseModel):
    model_config = ConfigDict(ser_json_bytes="base64", ser_json_timedelta="float", populate_by_name=True)
    n: int
    x: float
    flag: bool | None
    word: str = Field(alias='a word, "quoted"')
    day: date
    at: datetime | None = None
    took: timedelta
    price: Decimal
    kind: Literal["a", 2, None]
    many: list[float | None]
    by_name: dict[str, int]
    inner: Inner | None
    either: int | str
    colour: Colour
    id: UUID
    raw: bytes
    hundred: Annotated[float, PlainSerializer(lambda value: f"{value:.1f}%")]
    old: int = Field(default=3, deprecated=True)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
floats = st.floats()
naive = st.datetimes(min_value=datetime(1, 1, 1))
spans = st.timedeltas(timedelta(0), timedelta(days=9000))
wide = st.builds(
    dict,
    n=st.integers(),
    x=floats,
    flag=st.none() | st.booleans(),
    word=words,
    day=st.dates(),
    at=st.none() | naive,
    took=spans,
    price=st.decimals(allow_nan=False, allow_infinity=False),
    kind=st.sampled_from(["a", 2, None]),
    many=st.lists(floats | st.none(), max_size=3),
    by_name=st.dictionaries(words, st.integers(), max_size=2),
    inner=st.none() | st.builds(lambda took, n: {"took-s": took, "n": n}, spans, st.integers()),
    either=st.integers() | words,
    colour=st.sampled_from(Colour),
    id=st.uuids(),
    raw=st.binary(max_size=5),
    hundred=st.floats(0, 100),
)


def in_both(schema: type[BaseModel], records: list[BaseModel]) -> tuple[Columns | None, list[dict[str, Any]]]:
    """What is read from the columns, and from the rows."""
    rows = TypeAdapter(list[schema]).dump_json(records, by_alias=True, exclude_computed_fields=True)  # type: ignore[valid-type]
    written = ColumnWriter(schema).write(records)
    return None if written is None else Columns.of(from_json(written), len(records)), from_json(rows)


@settings(deadline=None)
@given(st.lists(wide, min_size=1, max_size=4))
def test_columns_hold_what_rows_hold(plain: list[dict[str, Any]]) -> None:
    columns, rows = in_both(Wide, [Wide.model_validate(values) for values in plain])
    assert columns is not None
    assert repr(columns.records()) == repr(rows)  # repr tells 1 from 1.0 and takes NaN for NaN


class Plain(BaseModel):
    x: int = 1


class Open(Plain):
    model_config = ConfigDict(extra="allow")


class Hidden(Plain):
    y: int = Field(default=2, exclude=True)


class Sometimes(Plain):
    y: int | None = Field(default=None, exclude_if=lambda value: value is None)


class ByField(Plain):
    @field_serializer("x")
    def text(self, x: int) -> str:
        return f"{x} of {self.__class__.__name__}"


class ByRecord(Plain):
    @model_serializer
    def pair(self) -> dict[str, Any]:
        return {"a": self.x, "b": self.x}


class Replaced(Plain):
    @model_validator(mode="after")
    def other(self) -> Any:
        return Inner.model_validate({"took-s": 1})


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings", "ignore:A custom validator is returning a value")
@pytest.mark.parametrize("schema", [Open, Hidden, Sometimes, ByField, ByRecord, Replaced])
def test_where_a_record_is_more_than_its_fields_it_stays_a_row(schema: type[BaseModel]) -> None:
    columns, rows = in_both(schema, [schema.model_validate({"x": x}) for x in (1, 2)])
    assert (columns, len(rows)) == (None, 2)


@pytest.mark.parametrize(
    "decoded", [None, [], {}, 3, {"x": [1]}, {"x": [1, 2], "y": [1]}, {"x": "ab"}, {"x": {"0": 1}}]
)
def test_what_is_no_table_of_so_many_rows_is_a_value_error(decoded: Any) -> None:
    with pytest.raises(ValueError, match="not records of this service"):
        Columns.of(decoded, 2)


def reader(folder: Path, schema: str) -> tuple[Project, Callable[..., Any]]:
    project = Project.load(write_project(folder, schema))
    read = BodyReader(project, Settings()).records
    return project, lambda body, kind="application/json": asyncio.run(read(body, kind, digest=True))


def test_the_digest_of_a_body_is_that_of_its_rows_as_it_was_in_earlier_releases(tmp_path: Path) -> None:
    _, read = reader(tmp_path, "x: float\nn: int = 5")
    rows = hashlib.sha256(b'[{"x":1.0,"n":5},{"x":2.0,"n":6}]').hexdigest()
    found = read(b'[{"n": 5, "x": 1}, {"x": 2.0, "n": 6}]')
    assert (found.columns, found.payload, found.digest) == (2, b'{"x":[1.0,2.0],"n":[5,6]}', rows)
    assert read(b"x,n\n1,5\n2,6\n", "text/csv").digest == rows
    one = read(b'{"x": 1}')
    assert (one.columns, one.digest) == (0, hashlib.sha256(one.payload).hexdigest())


def test_columns_of_text_are_less_than_half_as_long_as_rows(tmp_path: Path) -> None:
    project, _ = reader(tmp_path, "\n".join(f"the_column_{letter}: int" for letter in string.ascii_lowercase))
    records = project.many.validate_python([dict.fromkeys(project.columns, n) for n in range(100)])
    assert len(project.pack(records)[0]) * 2 < len(project.dump(records))
