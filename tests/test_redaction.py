"""What clients and logs are not told: paths of the service, and what a record says."""

import io
import logging
import sqlite3
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from awslambdaric.lambda_runtime_log_utils import JsonFormatter
from pydantic import BaseModel, TypeAdapter, ValidationError
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from serving.errors import StoreUnavailable
from serving.logs import OURS, log_as
from serving.redaction import WITHHELD, discreet, told, trace, without_paths
from tests.making import Loop, function_of, make_loop, write_project

MARK = "marker-of-a-record"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no such file: /srv/models/private/words.txt", "no such file: [path]"),
        ("'/srv/models' is no file", "'[path]' is no file"),
        ("file:///srv/models/words.txt and ~/models/words.txt", "[path] and [path]"),
        (r"C:\Users\anna\words.txt is missing", "[path] is missing"),
        ("error:/srv/a/b:12", "error:[path]:12"),
        ("take https://host/path/to, 1/2/2026, km/h, and/or/but, n/a", None),
        ("a / b, /, //, /single and 5 //6", None),
        ("unknown category 'red'", None),
    ],
)
def test_a_path_is_hidden_and_what_only_looks_like_one_is_not(text: str, shown: str | None) -> None:
    assert without_paths(text) == (text if shown is None else shown)


def raised(problem: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise problem from cause
    except type(problem) as error:
        return error


class Flower(BaseModel):
    """Something with a field."""

    petals: int


def invalid() -> Exception:
    try:
        TypeAdapter(Flower).validate_python({"petals": MARK})
    except ValidationError as error:
        return error
    raise AssertionError


def test_an_error_is_told_by_its_type_unless_its_text_is_ours_or_the_systems() -> None:
    assert told(KeyError(MARK)) == "KeyError"
    assert told(StoreUnavailable("the table is throttled")) == "StoreUnavailable: the table is throttled"
    assert "No space left" in told(OSError(28, "No space left on device"))
    assert told(sqlite3.OperationalError("database is locked")) == "OperationalError: database is locked"
    assert MARK in str(invalid()), "pydantic quotes what it was given"
    assert told(invalid()) == "ValidationError"


def test_a_trace_is_one_line_of_types_and_places() -> None:
    found = trace(raised(ValueError(MARK), raised(KeyError(MARK))))
    assert found.count("\n") == 0
    assert found.startswith("ValueError at ")
    assert "; because of KeyError at " in found
    assert f"{__file__}:" in found
    assert " in raised" in found
    assert MARK not in found


@pytest.fixture
def own_handlers() -> Iterator[list[logging.Handler]]:
    """The root logger's, to be filled; as they and the levels were afterwards."""
    root, before = logging.getLogger(), logging.getLogger().handlers
    levels = {name: logging.getLogger(name).level for name in ("", *OURS)}
    root.handlers = []
    yield root.handlers
    root.handlers = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("formatter", [logging.Formatter(), JsonFormatter()], ids=["on one machine", "on Lambda"])
def test_the_log_of_an_unforeseen_error_quotes_no_record_unless_it_is_asked_to(
    own_handlers: list[logging.Handler], formatter: logging.Formatter
) -> None:
    error = raised(ValueError(MARK), raised(StoreUnavailable("the table is throttled"), raised(KeyError(MARK))))
    for records in (True, False):
        handler = logging.StreamHandler(io.StringIO())
        handler.setFormatter(formatter)
        own_handlers[:] = [handler]
        log_as("DEBUG", records=records)
        logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=error)
        text = handler.stream.getvalue()
        assert "ValueError" in text
        assert "in raised" in text
        if not isinstance(formatter, JsonFormatter):  # which knows no causes
            assert "KeyError: " in text
            assert "the table is throttled" in text
        assert (MARK in text) is records
        assert (WITHHELD in text) is not records


def test_a_lambda_that_ends_with_an_unforeseen_error_says_its_type_and_place() -> None:
    def failing(event: Any, context: Any) -> dict[str, Any]:
        raise raised(ValueError(MARK), raised(KeyError(MARK)))

    assert discreet(failing, records=True) is failing
    assert discreet(lambda event, context: {"batchItemFailures": []}, records=False)({}, None) == {
        "batchItemFailures": []
    }
    with pytest.raises(Exception, match=WITHHELD) as found:
        discreet(failing, records=False)({}, None)
    text = "".join(traceback.format_exception(found.value))
    assert "ValueError: " in text
    assert "in failing" in text
    assert MARK not in text


RAISING = f"""
def act(frame):
    if (frame["word"] == "raise").any():
        raise ValueError("{MARK} /srv/models/private/words.txt")
    return frame[["x"]]
"""
SCHEMA = 'x: float = Field(examples=[1])\nword: str = "none"'


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    project = write_project(tmp_path / "project", SCHEMA, {"deeds.py": RAISING})
    frame = pd.DataFrame({"x": [0.0, 1, 2], "word": "none"})
    act: Any = FunctionTransformer(function_of(project, "deeds", "act"))
    model = make_pipeline(act, LinearRegression()).fit(frame, frame["x"])
    made = make_loop(tmp_path, SCHEMA, model, {"deeds.py": RAISING})
    yield made
    made.close()


@pytest.mark.parametrize("suspect", [False, True], ids=["in this process", "in quarantine"])
def test_what_a_model_raises_is_in_the_log_under_the_prediction_id(
    loop: Loop, caplog: pytest.LogCaptureFixture, suspect: bool
) -> None:
    bad = {"x": 1, "word": "raise"}
    one = loop.send(bad, suspect=suspect)
    many = loop.send([{"x": 1}, bad, {"x": 2}, bad], suspect=suspect)
    loop.drain()
    shown = f"ValueError: {MARK} [path]"
    assert loop.answer(one)["error"]["message"] == shown, "a client is told, but for paths"
    assert [row.get("error", {}).get("message") for row in loop.answer(many)["result"]] == [None, shown] * 2
    for prediction_id, rows in {one: "row 0", many: "row 1 and 1 more"}.items():
        (line,) = [text for text in caplog.messages if prediction_id in text and "raised" in text]
        assert line.startswith(f"prediction_id={prediction_id} the model raised on {rows}: ValueError at ")
        assert "deeds.py:4 in act, called from " in line
    assert MARK not in caplog.text


VALIDATING = f"""
from pydantic import BaseModel, Field, field_validator


class PredictionData(BaseModel):
    x: float = Field(examples=[1])

    @field_validator("x")
    @classmethod
    def check(cls, value):
        if value == 13:
            raise KeyError("{MARK}")
        if value == 14:
            raise ValueError("{MARK} is not in /srv/models/private/words.txt")
        return value
"""


def test_what_validators_raise_on_older_records_is_not_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frame = pd.DataFrame({"x": [0.0, 1, 2]})
    loop = make_loop(tmp_path, VALIDATING, make_pipeline(LinearRegression()).fit(frame, frame["x"]))
    said = {13: f"KeyError: '{MARK}'", 14: f"x: Value error, {MARK} is not in [path]"}
    sent = {loop.send({"x": 1}, payload=b'{"x": %d}' % x, schema_hash="an older one"): x for x in said}
    with caplog.at_level(logging.INFO):
        loop.drain()
    for prediction_id, x in sent.items():
        error = loop.answer(prediction_id)["error"]
        assert error["code"] == "schema_changed"
        assert error["message"].endswith(said[x])
        lines = [text for text in caplog.messages if text.startswith(f"prediction_id={prediction_id} ")]
        assert [line.split(" ", 1)[1] for line in lines[1:]] == ["failed: schema_changed"]
        assert " at " in lines[0]
    assert MARK not in caplog.text
    loop.close()
