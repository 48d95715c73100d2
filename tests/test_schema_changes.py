"""Messages that wait while the schema changes: what each of them becomes."""

from pathlib import Path

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from tests.making import Loop, loop_of, make_loop, write_project
from tests.running import cli

FIRST = "x: float"
OPTIONAL = "x: float\ny: float | None = 2.0"
REQUIRED = "x: float\ny: float | None = 2.0\nz: float"


def fitted(*columns: str) -> object:
    frame = pd.DataFrame({name: [0.0, 1, 5, 7] for name in columns})
    return make_pipeline(LinearRegression()).fit(frame, frame["x"] * 2)


def again(loop: Loop, schema: str) -> Loop:
    """The same state under another schema: as after a deployment."""
    loop.close()
    write_project(loop.settings.project_dir, schema)
    return loop_of(loop.settings)


def test_a_new_optional_field_takes_its_default_and_a_new_required_one_keeps_the_message_for_redrive(
    tmp_path: Path,
) -> None:
    loop = make_loop(tmp_path, FIRST, fitted("x"))
    sent = [loop.send({"x": float(value)}) for value in range(99)]
    sent.append(loop.send([{"x": 1.0}, {"x": 2.0}]))

    loop = again(loop, OPTIONAL)
    loop.call(most=50)
    for value, prediction_id in enumerate(sent[:50]):
        assert loop.answer(prediction_id)["result"]["prediction"] == pytest.approx(2.0 * value)

    loop = again(loop, REQUIRED)
    loop.drain()
    for prediction_id in sent[50:]:
        error = loop.answer(prediction_id)["error"]
        assert error["code"] == "schema_changed"
        assert "z: Field required" in error["message"]
    kept = [key.id for key in loop.backend.dead_letters.keys()]  # noqa: SIM118  # it is no dict
    assert sorted(kept) == sorted(sent[50:])

    loop = again(loop, OPTIONAL)
    cli("dead-letters", "redrive", "--all", *where(loop))
    loop.drain()
    assert [loop.answer(prediction_id)["status"] for prediction_id in sent] == ["succeeded"] * 100
    assert [row["prediction"] for row in loop.answer(sent[-1])["result"]] == pytest.approx([2.0, 4.0])
    loop.close()


def where(loop: Loop) -> list[str]:
    return ["--project", str(loop.settings.project_dir), "--state-dir", str(loop.settings.state_dir)]
