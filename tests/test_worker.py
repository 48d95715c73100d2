"""The worker: whose fault a failure is, and what becomes of a message."""

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from serving.errors import ModelRefused, StoreUnavailable
from serving.local.predictions import LocalPredictions
from tests.making import Loop, loop_of, make_loop, pickled, upload, write_project
from tests.running import run
from worker.child import model_source
from worker.main import Worker
from worker.model import unpickle
from worker.quarantine import Quarantine
from worker.tally import Tally


def doubling(factor: float = 2) -> Any:
    frame = pd.DataFrame({"x": [0.0, 1, 2, 3]})
    return make_pipeline(LinearRegression()).fit(frame, frame["x"] * factor)


@pytest.fixture
def loop(tmp_path: Path) -> Any:
    made = make_loop(tmp_path, "x: float = Field(examples=[1])", doubling())
    yield made
    made.close()


def test_a_batch_of_many_messages_is_one_call_with_every_answer(loop: Loop) -> None:
    single, array = loop.send({"x": 1}), loop.send([{"x": 2}, {"x": 3}])
    assert loop.call() == {"batchItemFailures": []}
    assert loop.answer(single)["result"]["prediction"] == pytest.approx(2)
    assert [row["prediction"] for row in loop.answer(array)["result"]] == pytest.approx([4, 6])


def test_arrays_that_earlier_releases_queued_as_rows_are_answered_beside_those_in_columns(loop: Loop) -> None:
    rows = loop.send([{"x": 2}, {"x": 3}], payload=b'[{"x":2},{"x":3}]', columns=0)
    columns, single = loop.send([{"x": 4}, {"x": 5}]), loop.send({"x": 6})
    received = loop.backend.queue.receive(owner="another", lease=0, most=3, most_bytes=1000)
    assert ['"version":2' in message.body for message in received] == [False, True, False]
    loop.backend.queue.release("another")
    loop.drain()
    answers = [loop.answer(id_)["result"] for id_ in (rows, columns)]
    assert [row["prediction"] for row in (*answers[0], *answers[1])] == pytest.approx([4, 6, 8, 10])
    assert loop.answer(single)["result"]["prediction"] == pytest.approx(12)


def test_the_log_counts_in_words_that_fit(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "worker.tally"):
        Tally().add(1, 1, 0.25, "v1")
        Tally().add(2, 3, 0.25, "v1")
    assert [record.message for record in caplog.records] == [
        "1 row of 1 prediction in 1 batch, 250 ms, model v1",
        "2 rows of 3 predictions in 1 batch, 250 ms, model v1",
    ]


def test_what_has_expired_is_dropped_unpredicted(loop: Loop) -> None:
    prediction_id = loop.send({"x": 1}, expires_at=int(time.time() * 1000) - 1)
    assert loop.call() == {"batchItemFailures": []}
    assert loop.backend.predictions.get([prediction_id]) == [None]


def test_what_this_service_did_not_write_is_kept_as_a_dead_letter(loop: Loop) -> None:
    good = loop.send({"x": 1})
    with loop.backend.database.writing(StoreUnavailable) as connection:
        connection.execute("INSERT INTO messages (body, size, sent_at, expires_at) VALUES ('odd', 3, 0, 9e9)")
    loop.drain()
    assert loop.answer(good)["status"] == "succeeded"
    (key,) = loop.backend.dead_letters.keys()
    letter = loop.backend.dead_letters.find(key.id)
    assert letter is not None
    assert letter.body == "odd"


class Broken:
    """A store that is down for its first calls."""

    def __init__(self, store: LocalPredictions, calls: int) -> None:
        self._store = store
        self._calls = calls

    def finish(self, *args: Any, **options: Any) -> Any:
        if self._calls:
            self._calls -= 1
            raise StoreUnavailable("down")
        return self._store.finish(*args, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_when_the_store_is_down_messages_come_back_later_and_later(loop: Loop) -> None:
    broken = replace(loop.backend, predictions=Broken(loop.backend.predictions, 2))  # type: ignore[arg-type]
    loop.worker = Worker.build(loop.settings, broken)
    prediction_id = loop.send({"x": 1})
    for delay in (1, 2):
        assert len(loop.call()["batchItemFailures"]) == 1
        assert loop.backend.queue.next_visible() == pytest.approx(delay, abs=0.2)
        time.sleep(delay)
    assert loop.call() == {"batchItemFailures": []}
    assert loop.answer(prediction_id)["status"] == "succeeded"


def test_without_a_model_messages_come_back_later(loop: Loop, tmp_path: Path) -> None:
    loop.worker = Worker(  # one that has loaded nothing yet
        backend=loop.backend,
        project=loop.project,
        settings=loop.settings,
        models=model_source(loop.settings, loop.backend, loop.project),
        quarantine=Quarantine(loop.settings),
    )
    (tmp_path / "state" / "models").rename(tmp_path / "away")
    prediction_id = loop.send({"x": 1})
    assert len(loop.call()["batchItemFailures"]) == 1
    (tmp_path / "away").rename(tmp_path / "state" / "models")
    loop.drain()
    assert loop.answer(prediction_id)["status"] == "succeeded"
    loop.worker.close()


def test_under_a_new_schema_defaults_fill_new_fields_and_what_fails_is_kept(tmp_path: Path) -> None:
    loop = make_loop(tmp_path, "x: float = Field(examples=[1])", doubling())
    sent = [loop.send({"x": 1}), loop.send([{"x": 2}, {"x": 3}]), loop.send({"x": -1})]
    loop.close()
    write_project(tmp_path / "project", "x: float = Field(ge=0, examples=[1])\nnote: str = 'none'")
    changed = loop_of(loop.settings)
    changed.drain()
    assert changed.answer(sent[0])["result"]["prediction"] == pytest.approx(2)
    assert [row["prediction"] for row in changed.answer(sent[1])["result"]] == pytest.approx([4, 6])
    error = changed.answer(sent[2])["error"]
    assert error["code"] == "schema_changed"
    assert "x: Input should be greater than or equal to 0" in error["message"]
    (key,) = changed.backend.dead_letters.keys()
    assert key.id == sent[2]
    changed.close()


def test_what_the_time_does_not_suffice_for_is_returned_to_the_queue(loop: Loop) -> None:
    prediction_id = loop.send({"x": 1})
    assert loop.call(seconds=1) == {"batchItemFailures": []}
    assert loop.backend.queue.depth().waiting == 1, "as a new message"
    loop.drain()
    assert loop.answer(prediction_id)["status"] == "succeeded"


def test_workers_follow_the_pointer(tmp_path: Path) -> None:
    loop = make_loop(tmp_path, "x: float = Field(examples=[1])", doubling(), model_refresh=0.01)
    first = loop.send({"x": 1})
    loop.drain()
    upload(loop.settings, pickled(tmp_path / "other.pkl", doubling(3)), "v2")
    time.sleep(0.02)
    second = loop.send({"x": 1})
    loop.drain()
    assert (loop.answer(first)["model"]["tag"], loop.answer(second)["model"]["tag"]) == ("v1", "v2")
    assert loop.answer(second)["result"]["prediction"] == pytest.approx(3)
    loop.close()


def test_each_model_is_told_of_once(tmp_path: Path) -> None:
    loop = make_loop(tmp_path, "x: float = Field(examples=[1])", doubling(), model_refresh=0.01)
    told: list[str] = []
    worker = Worker.build(loop.settings, loop.backend, on_model=lambda: told.append("loaded"))
    for count in (1, 1, 2, 2):
        if count > len(told):
            upload(loop.settings, pickled(tmp_path / "other.pkl", doubling(3)), "v2")
        time.sleep(0.02)
        worker.refresh()
        assert len(told) == count
    loop.close()


def test_what_is_loaded_is_left_out_of_collections_until_something_takes_its_place() -> None:
    run(
        sys.executable,
        "-c",
        """
import gc, weakref
from worker.garbage import keep_loaded

class Model: ...
model = Model()
model.itself, gone = model, weakref.ref(model)
keep_loaded()
assert gc.get_freeze_count() > 1000
del model
gc.collect()
assert gone() is not None
keep_loaded()
assert gone() is None
""",
    )


def test_a_pickle_that_says_it_is_of_another_scikit_learn_is_refused() -> None:
    pipeline = doubling()
    import pickle

    import sklearn

    old = pickle.dumps(pipeline).replace(sklearn.__version__.encode(), b"1.0.9"[: len(sklearn.__version__)])
    with pytest.raises(ModelRefused, match=r"pickled with scikit-learn 1\.0\.9 and this is"):
        unpickle(old)


def test_joblib_files_are_read_too(tmp_path: Path) -> None:
    import joblib

    for name, options in (("plain", {}), ("zlib", {"compress": 3}), ("xz", {"compress": "xz"})):
        joblib.dump(doubling(), tmp_path / name, **options)
        assert unpickle((tmp_path / name).read_bytes()).predict(pd.DataFrame({"x": [5.0]})) == pytest.approx(10)


def test_a_class_of_main_and_a_missing_module_are_explained(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="must move into a module of the project"):
        unpickle(b"c__main__\nCleaner\n.")
    with pytest.raises(ModelRefused, match="needs the module nothing_like_this"):
        unpickle(b"cnothing_like_this\nCleaner\n.")


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"\x80\x05", b"x\x9cdamaged", b"(" * 100])
def test_a_damaged_file_is_said_to_be_damaged(content: bytes) -> None:
    with pytest.raises(ModelRefused, match="is no pickle, or is damaged"):
        unpickle(content)
