"""Messages whose records this service did not write, though their first line says so."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from serving.message import Message
from tests.making import Loop, make_loop


@pytest.fixture
def loop(tmp_path: Path) -> Any:
    frame = pd.DataFrame({"x": [0.0, 1, 2, 3]})
    made = make_loop(
        tmp_path, "x: float = Field(examples=[1])", make_pipeline(LinearRegression()).fit(frame, frame["x"])
    )
    yield made
    made.close()


@pytest.mark.parametrize(
    ("many", "columns", "payload"),
    [
        (False, 0, b'{"x":1'),
        (False, 0, b"[1]"),
        (True, 0, b"[]"),
        (True, 0, b'[{"x":1},2]'),
        (True, 2, b'[{"x":1},{"x":2}]'),
        (True, 2, b'{"x":[1,2,3]}'),
        (True, 2, b'{"x":"ab"}'),
        (True, 2, b"{}"),
    ],
    ids=str,
)
@pytest.mark.parametrize("suspect", [False, True])
def test_records_that_can_not_be_read_take_nobody_with_them(
    loop: Loop, many: bool, columns: int, payload: bytes, suspect: bool
) -> None:
    good = [loop.send({"x": 1})]
    broken = loop.send([], many=many, columns=columns, payload=payload, suspect=suspect)
    good.append(loop.send([{"x": 2}, {"x": 3}]))
    assert loop.call() == {"batchItemFailures": []}
    assert [loop.answer(id_)["status"] for id_ in good] == ["succeeded", "succeeded"]
    assert loop.answer(broken)["error"]["code"] == "dead_letter"
    letter = loop.backend.dead_letters.find(broken)
    assert letter is not None
    kept = Message.from_text(letter.body)
    assert (kept.payload, kept.many, kept.columns) == (payload, many, columns)
