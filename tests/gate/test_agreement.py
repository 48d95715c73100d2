"""Schema and model are held side by side, field by field."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from commands.gate.gate import Gate
from tests.gate.conftest import FRAME, SCHEMA, fitted, only_failure, warnings_of
from tests.making import function_of, write_project

Run = Callable[..., Gate]


def test_a_model_that_fits_passes_every_check_without_a_warning(gate: Run) -> None:
    found = gate(fitted())
    assert [finding.level for finding in found.findings.found] == ["passed"] * len(found.findings.found)
    assert [finding.check for finding in found.findings.found] == [
        *("project", "imports", "file", "scan", "pipeline", "requirements"),
        *("versions", "example", "fields", "memory", "bundle"),
    ]


def test_a_renamed_column_is_named_with_the_field_that_may_be_meant(gate: Run) -> None:
    failure = only_failure(gate(fitted(), SCHEMA.replace("rooms", "room_count")))
    assert not failure.forceable
    assert "rooms" in failure.message
    assert "room_count" in failure.message


def test_a_missing_column_is_named(gate: Run) -> None:
    failure = only_failure(gate(fitted(), SCHEMA.replace("area: float = Field(ge=10, le=500)", "")))
    assert not failure.forceable
    assert "area" in failure.message


def test_reordered_columns_are_shown_as_a_diff(fields: Run) -> None:
    lines = SCHEMA.strip().splitlines()
    failure = only_failure(fields(fitted(), "\n".join([lines[1], lines[0], lines[2]])))
    assert failure.forceable, "the service finds columns by name; a CSV without a header does not"
    assert failure.message.startswith("The fields of PredictionData stand in another order than the model's columns")
    assert "-city" in failure.lines
    assert "+city" in failure.lines


def test_a_field_that_the_model_does_not_know_is_a_warning(fields: Run) -> None:
    found = fields(fitted(), SCHEMA + "garden: bool\n")
    assert not found.findings.failures
    assert warnings_of(found) == ["PredictionData has garden, which the model does not know: it is asked for in vain."]


def test_a_category_that_the_schema_lacks_is_named_with_the_line_that_has_all(fields: Run) -> None:
    failure = only_failure(fields(fitted(), SCHEMA.replace(', "Paris"', "")))
    assert failure.forceable
    assert failure.message == 'city lacks "Paris", which the model was fitted with: nobody could ask for it.'
    assert failure.lines == 'city: Literal["Lyon", "Nice", "Paris"]'


def test_a_choice_that_the_model_does_not_take_is_tried_and_named(fields: Run) -> None:
    failure = only_failure(fields(fitted(), SCHEMA.replace('"Paris"', '"Paris", "Lille"')))
    assert failure.forceable
    assert failure.message.startswith('city accepts "Lille", and the model does not: ')


def test_the_same_choice_is_fine_where_the_encoder_ignores_what_it_does_not_know(fields: Run) -> None:
    found = fields(fitted(handle_unknown="ignore"), SCHEMA.replace('"Paris"', '"Paris", "Lille"'))
    assert not found.findings.failures


def test_a_null_that_the_model_does_not_take_is_tried_and_named(fields: Run) -> None:
    failure = only_failure(fields(fitted(), SCHEMA.replace("area: float =", "area: float | None =")))
    assert failure.message.startswith("area accepts null, and the model does not: ")


def test_a_text_where_the_model_has_a_number_is_named(fields: Run) -> None:
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(FRAME[["rooms", "area"]], FRAME["area"])
    failure = only_failure(fields(model, 'rooms: int\narea: str = Field(examples=["12"])'))
    assert failure.message == "area is string in PredictionData, and the model was fitted on numbers: change its type."


def test_any_text_where_the_model_knows_a_few_is_a_warning(fields: Run) -> None:
    found = fields(fitted(), SCHEMA.replace('Literal["Lyon", "Nice", "Paris"]', 'str = Field(examples=["Nice"])'))
    assert not found.findings.failures
    assert warnings_of(found)[0].startswith('city takes any text, and the model knows only "Lyon", "Nice", "Paris"')


@pytest.mark.parametrize("change", ["rooms: float", "rooms: int"])
def test_whole_numbers_and_others_go_for_each_other(fields: Run, change: str) -> None:
    assert not fields(fitted(), SCHEMA.replace("rooms: int", change)).findings.failures


def test_without_names_the_width_decides(gate: Run) -> None:
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(FRAME[["rooms", "area"]].to_numpy(), FRAME["area"])
    assert not gate(model, "rooms: int\narea: float").findings.failures
    failure = only_failure(gate(model, SCHEMA))
    assert "fitted on 2 columns without names, and PredictionData has 3 fields" in failure.message


def test_a_choice_that_kills_the_model_is_named_and_so_is_how_it_died(gate: Run, tmp_path: Path) -> None:
    deeds = (
        'import os\n\n\ndef act(frame):\n    if "Nice" in set(frame["city"]):\n        os.abort()\n    return frame\n'
    )
    project = write_project(tmp_path / "project", SCHEMA, {"deeds.py": deeds})
    model = fitted()
    model.steps.insert(0, ("act", FunctionTransformer(function_of(project, "deeds", "act"))))
    failure = only_failure(gate(model))
    assert failure.forceable
    assert failure.message.startswith('city accepts "Nice", and the model does not: ')
    assert "SIGABRT" in failure.message
