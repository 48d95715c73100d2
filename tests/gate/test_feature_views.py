"""A project with feature views is held against its model: entity keys do not count, each feature does."""

from collections.abc import Callable

from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from commands.gate.gate import Gate
from tests.gate.conftest import FRAME, fitted, only_failure, warnings_of

Run = Callable[..., Gate]

SCHEMA = """
from typing import Literal
from pydantic import BaseModel, Field


class PredictionData(BaseModel):
    house_id: int = Field(ge=1, examples=[7])
    area: float = Field(ge=10, le=500)


class Houses(BaseModel):
    city: Literal["Lyon", "Nice", "Paris"]
    rooms: int = Field(ge=1, le=9)


FEATURE_VIEWS = {"houses": {"entities": ["house_id"], "features": Houses}}
"""
CITY = '    city: Literal["Lyon", "Nice", "Paris"]\n'
ROOMS = "    rooms: int = Field(ge=1, le=9)\n"
NUMBERS = SCHEMA.replace(CITY, "")


def on_numbers(*names: str) -> Pipeline:
    """Fitted on an array, without names."""
    return make_pipeline(StandardScaler(), LinearRegression()).fit(FRAME[[*names]].to_numpy(), FRAME["area"])


def test_fields_and_features_are_what_a_model_with_names_is_given(gate: Run) -> None:
    found = gate(fitted(), SCHEMA)
    assert not found.findings.failures
    assert not warnings_of(found)


def test_without_names_the_width_is_that_of_fields_and_features_less_the_entities(gate: Run) -> None:
    found = gate(on_numbers("area", "rooms"), NUMBERS)
    assert not found.findings.failures
    assert not warnings_of(found)
    failure = only_failure(gate(on_numbers("area", "rooms", "area"), NUMBERS))
    assert "on 3 columns without names, and validation.py has 2 fields and features besides its ent" in failure.message


def test_without_names_columns_are_paired_by_their_place_less_the_entities(fields: Run) -> None:
    failure = only_failure(
        fields(on_numbers("area", "rooms"), NUMBERS.replace(ROOMS, "    rooms: Literal['1', '2']\n"))
    )
    assert failure.message == "rooms is string in validation.py, and the model was fitted on numbers: change its type."


def test_a_feature_that_the_model_does_not_know_is_a_warning(fields: Run) -> None:
    found = fields(fitted(), SCHEMA.replace(ROOMS, ROOMS + "    garden: bool\n"))
    assert not found.findings.failures
    assert warnings_of(found) == ["validation.py has garden, which the model does not know: it is asked for in vain."]


def test_a_column_that_no_view_has_is_named(gate: Run) -> None:
    failure = only_failure(gate(fitted(), SCHEMA.replace(ROOMS, "    room_count: int = Field(ge=1, le=9)\n")))
    assert not failure.forceable
    assert "fitted with the column rooms, which validation.py lacks; validation.py has room_count" in failure.message


def test_a_category_that_a_feature_lacks_is_named(fields: Run) -> None:
    failure = only_failure(fields(fitted(), SCHEMA.replace(', "Paris"', "")))
    assert failure.message == 'city lacks "Paris", which the model was fitted with: nobody could ask for it.'


def test_a_value_of_a_feature_that_the_model_does_not_take_is_tried_and_named(fields: Run) -> None:
    failure = only_failure(fields(fitted(), SCHEMA.replace('"Paris"', '"Paris", "Lille"')))
    assert failure.message.startswith('city accepts "Lille", and the model does not: ')
