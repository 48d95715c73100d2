"""The schema decides each column's dtype."""

from pathlib import Path

import pytest

from serving.project import Project
from tests.making import write_project
from worker.columns import column_kinds


@pytest.mark.parametrize(
    ("schema", "dtype"),
    [
        ("x: int", "int64"),
        ("x: int | None", "float64"),
        ("x: float", "float64"),
        ("x: bool", "bool"),
        ("x: bool | None", "object"),
        ("x: str", "object"),
        ("x: Literal[1, 2]", "int64"),
        ("x: Literal['a', 'b'] | None", "object"),
        ("x: int | float", "float64"),
        ("x: int | str", "object"),
        ("x: list[float]", "object"),
        ("x: dict[str, int]", "object"),
        ("x: date", "datetime64"),
        ("x: datetime | None", "datetime64"),
        ("x: Decimal", "float64"),
        ("x: Decimal | None", "float64"),
        ("x: int = None", "float64"),
        ("x: bool = None", "object"),
        ("x: Annotated[Decimal, Field(ge=0)] | None", "float64"),
        ("x: list[Decimal]", "object"),
        ("x: Decimal | str", "object"),
        ("x: timedelta", "timedelta64"),
    ],
)
def test_the_schema_decides_the_dtype(tmp_path: Path, schema: str, dtype: str) -> None:
    assert column_kinds(Project.load(write_project(tmp_path, schema))) == {"x": dtype}
