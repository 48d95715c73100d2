"""A CSV body without a header: its first row shows whether it has the client's own columns, or the features as well."""

from collections.abc import Callable
from typing import Any

import pytest

from app.csv_body import parse_csv
from serving.errors import InvalidRequest
from serving.project import Project
from tests.shopping import write_shopping

OWN = {"user_id": 7, "shop": "north", "amount": 2.5}
FEATURES = {"orders": 3, "money spent": 12.5, "vip": True, "visits": 2, "tags": ["new"]}
Parse = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def parse(tmp_path_factory: pytest.TempPathFactory) -> Parse:
    project = Project.load(write_shopping(tmp_path_factory.mktemp("shopping")))
    return lambda text: parse_csv(text.encode(), project, header=False, most=10)


@pytest.mark.parametrize("before", ["", "\n\r\n", "\ufeff"])
def test_as_many_cells_as_the_schema_has_are_fields_and_features(parse: Parse, before: str) -> None:
    whole, empty = '7,north,2.5,3,12.5,true,2,"[""new""]"\n', "7,north,2.5,,,,,\n"
    assert parse(before + whole + empty) == [OWN | FEATURES, OWN | dict.fromkeys(FEATURES)]


@pytest.mark.parametrize("before", ["", "\n\r\n", "\ufeff"])
def test_as_many_cells_as_the_client_must_send_are_its_own_columns(parse: Parse, before: str) -> None:
    assert parse(f"{before}7,north,2.5\n\n7,north,2.5\n") == [OWN, OWN]


@pytest.mark.parametrize(
    ("text", "row", "message"),
    [
        ("7,north\n", 0, "The row has 2 cells and there are 3 columns"),
        ("7,north,2.5,3\n", 0, "The row has 4 cells and there are 3 columns"),
        ("7,north,2.5,3,12.5,true,2,[],1\n", 0, "The row has 9 cells and there are 3 columns"),
        ("7,north,2.5,3,12.5,true,2,[]\n7,north,2.5\n", 1, "The row has 3 cells and there are 8 columns"),
        ("7,north,2.5\n7,north,2.5,3,12.5,true,2,[]\n", 1, "The row has 8 cells and there are 3 columns"),
    ],
)
def test_any_other_number_of_cells_is_an_error_of_its_row(parse: Parse, text: str, row: int, message: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse(text)
    assert refused.value.errors == [{"loc": ["body", row], "msg": message, "type": "csv_row_length"}]
