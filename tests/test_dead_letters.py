"""What the service gives up on: no message takes others with it, none is lost, and `cli dead-letters` shows them."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from serving.errors import StoreUnavailable
from serving.message import Message
from serving.ports import DeadLetter
from tests.making import Loop, loop_of, make_loop, write_project
from tests.running import cli
from worker.dead_letters import DeadLetterHandler
from worker.main import Worker

SCHEMA = "x: float = Field(examples=[1])"


def doubling() -> Any:
    frame = pd.DataFrame({"x": [0.0, 1, 2, 3]})
    return make_pipeline(LinearRegression()).fit(frame, frame["x"] * 2)


@pytest.fixture
def loop(tmp_path: Path) -> Any:
    made = make_loop(tmp_path, SCHEMA, doubling())
    yield made
    made.close()


def put(loop: Loop, body: str) -> None:
    """A message that none of ours would write."""
    with loop.backend.database.writing(StoreUnavailable) as connection:
        connection.execute("INSERT INTO messages (body, size, sent_at, expires_at) VALUES (?, 1, 0, 9e9)", (body,))


def altered(message: Message, **changes: Any) -> str:
    """The message with another first line."""
    line, _, payload = message.to_text().partition("\n")
    return json.dumps(json.loads(line) | changes) + "\n" + payload


@pytest.fixture
def message(loop: Loop) -> Message:
    now = int(time.time() * 1000)
    return Message(
        prediction_id="a-prediction",
        accepted_at=now,
        expires_at=now + 60_000,
        schema_hash=loop.project.schema_hash,
        many=False,
        payload=b'{"x":1}',
    )


@pytest.mark.parametrize("sent", [{"x": 4}, [{"x": 4}, {"x": 5}]], ids=["one", "an array"])
def test_what_was_tried_too_often_is_kept_failed_and_can_be_redriven(tmp_path: Path, sent: Any) -> None:
    loop = make_loop(tmp_path, "x: float = Field(examples=[1])", doubling(), max_receives=2)
    prediction_id = loop.send(sent)
    for _ in range(2):
        loop.backend.queue.receive(owner="the dead", lease=60, most=10, most_bytes=1000)
        loop.backend.queue.release("the dead")
    loop.drain()
    assert loop.answer(prediction_id)["error"]["code"] == "dead_letter"
    assert "after 2 tries" in loop.answer(prediction_id)["error"]["message"]
    where = ("--state-dir", str(tmp_path / "state"))
    assert prediction_id in cli("dead-letters", "list", *where).stdout
    assert json.loads(cli("dead-letters", "list", "--json", *where).stdout)[0]["id"] == prediction_id
    shown = json.loads(cli("dead-letters", "show", prediction_id, *where).stdout)
    assert shown["records"] == (sent if isinstance(sent, list) else [sent])
    assert "1 dead letters are queued again" in cli("dead-letters", "redrive", prediction_id, *where).stdout
    loop.drain()
    result = loop.answer(prediction_id)["result"]
    assert (result[0] if isinstance(result, list) else result)["prediction"] == pytest.approx(8)
    assert cli("dead-letters", "list", *where).stdout.strip() == "No dead letters."
    missing = cli("dead-letters", "show", prediction_id, *where, check=False)
    assert (missing.returncode, "There is no dead letter" in missing.stderr) == (1, True)
    loop.close()


@pytest.mark.parametrize("changes", [{"expires_at": "tomorrow"}, {"prediction_id": 7}, {"expires_at": 10**30}], ids=str)
def test_a_foreign_message_that_looks_like_ours_takes_nobody_with_it(
    loop: Loop, message: Message, changes: dict[str, Any]
) -> None:
    good = [loop.send({"x": 1})]
    put(loop, altered(message, **changes))
    good.append(loop.send({"x": 2}))
    assert loop.call() == {"batchItemFailures": []}
    assert [loop.answer(id_)["status"] for id_ in good] == ["succeeded", "succeeded"]
    (key,) = loop.backend.dead_letters.keys()
    letter = loop.backend.dead_letters.find(key.id)
    assert letter is not None
    assert letter.body == altered(message, **changes)


@pytest.mark.parametrize("by", ["worker", "dead letters"])
@pytest.mark.parametrize("changes", [{"version": 2}, {"many": "perhaps"}, {"more": 1}], ids=str)
def test_a_message_that_can_not_be_read_fails_the_prediction_that_it_names(
    loop: Loop, message: Message, changes: dict[str, Any], by: str
) -> None:
    put(loop, altered(message, **changes))
    handler = loop.worker if by == "worker" else DeadLetterHandler(loop.backend, tries=20)
    assert replace(loop, worker=handler).call() == {"batchItemFailures": []}
    answer = loop.answer(message.prediction_id)
    assert (answer["status"], answer["error"]["code"]) == ("failed", "dead_letter")
    letter = loop.backend.dead_letters.find(message.prediction_id)
    assert letter is not None
    assert (letter.body, letter.expires_at) == (altered(message, **changes), message.expires_at)
    refused = cli("dead-letters", "redrive", "--all", "--state-dir", str(loop.settings.state_dir)).stdout
    assert "a-prediction can't be tried again" in refused
    assert "0 dead letters are queued again" in refused
    assert loop.backend.dead_letters.find(message.prediction_id) == letter, "it is still kept"


@pytest.mark.parametrize("error", ["KeyError('price')", "TypeError('no price')", "AttributeError()", "MemoryError()"])
def test_validators_that_raise_anything_fail_their_own_prediction_alone(tmp_path: Path, error: str) -> None:
    loop = make_loop(tmp_path, SCHEMA, doubling())
    sent = [loop.send({"x": 1}), loop.send({"x": -1}), loop.send([{"x": 2}, {"x": 3}])]
    loop.close()
    source = f"""
    from pydantic import BaseModel, Field, field_validator

    class PredictionData(BaseModel):
        x: float = Field(examples=[1])
        note: str = "new"

        @field_validator("x")
        @classmethod
        def positive(cls, x: float) -> float:
            if x < 0:
                raise {error}
            return x
    """
    write_project(tmp_path / "project", source)
    changed = loop_of(loop.settings)
    assert changed.call() == {"batchItemFailures": []}
    assert [changed.answer(id_)["status"] for id_ in sent] == ["succeeded", "failed", "succeeded"]
    failure = changed.answer(sent[1])["error"]
    assert failure["code"] == "schema_changed"
    assert failure["message"].startswith("The schema has changed since this was accepted: " + error.partition("(")[0])
    assert changed.backend.dead_letters.find(sent[1]) is not None
    changed.close()


class Faulty:
    """An adapter with an error that nobody foresaw, for one message."""

    def __init__(self, port: Any, method: str, trigger: str) -> None:
        self._port = port
        self._method = method
        self._trigger = trigger

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)

        def call(*args: Any, **options: Any) -> Any:
            if self._trigger in repr(args):
                raise ZeroDivisionError("nobody foresaw this")
            return found(*args, **options)

        return call if name == self._method else found


def test_an_error_that_nobody_foresaw_costs_the_others_nothing(loop: Loop) -> None:
    bad, good = loop.send({"x": 13.5}), loop.send({"x": 1})
    loop.worker = Worker.build(loop.settings, replace(loop.backend, queue=Faulty(loop.backend.queue, "open", "13.5")))
    assert loop.call() == {"batchItemFailures": []}
    assert loop.answer(good)["status"] == "succeeded"
    assert loop.answer(bad)["error"]["code"] == "dead_letter"
    where = ("--state-dir", str(loop.settings.state_dir))
    assert "1 dead letters are queued again" in cli("dead-letters", "redrive", "--all", *where).stdout
    loop.worker = Worker.build(loop.settings, loop.backend)
    loop.call()
    assert loop.answer(bad)["result"]["prediction"] == pytest.approx(27)


def test_what_can_not_even_be_kept_comes_back_alone(loop: Loop) -> None:
    handler = DeadLetterHandler(
        replace(loop.backend, dead_letters=Faulty(loop.backend.dead_letters, "keep", "13.5")), tries=20
    )
    bad, good = loop.send({"x": 13.5}), loop.send({"x": 1})
    assert len(replace(loop, worker=handler).call()["batchItemFailures"]) == 1
    assert loop.answer(good)["error"]["code"] == "dead_letter"
    assert loop.backend.predictions.get([bad]) == [None]


def test_many_dead_letters_are_counted_whole_read_in_part_and_redriven_at_once(loop: Loop, message: Message) -> None:
    where = ("--state-dir", str(loop.settings.state_dir))
    for number in range(120):
        body = message._replace(prediction_id=f"p{number}").to_text()
        loop.backend.dead_letters.keep(
            DeadLetter(id=f"p{number}", body=body, reason="[odd] why", died_at=number, expires_at=message.expires_at)
        )
    shown = cli("dead-letters", "list", *where).stdout
    assert (shown.count("[odd] why"), "… and 20 more" in shown) == (100, True)
    listed = json.loads(cli("dead-letters", "list", "--json", *where).stdout)
    assert [entry["id"] for entry in listed] == [f"p{number}" for number in range(120)]
    assert [entry["reason"] for entry in listed] == ["[odd] why"] * 100 + [None] * 20
    wrong = cli("dead-letters", "redrive", "p1", "nobody", *where, check=False)
    assert (wrong.returncode, "There is no dead letter nobody" in wrong.stderr) == (1, True)
    assert "120 dead letters are queued again" in cli("dead-letters", "redrive", "--all", *where).stdout
    assert json.loads(cli("status", "--json", *where).stdout)["dead_letters"] == 0
    assert loop.backend.queue.depth().waiting == 120


def test_dead_letters_are_given_up_for_good_when_it_is_confirmed(loop: Loop, message: Message) -> None:
    where = ("--state-dir", str(loop.settings.state_dir))
    for number in range(3):
        body = message._replace(prediction_id=f"p{number}").to_text()
        loop.backend.dead_letters.keep(
            DeadLetter(id=f"p{number}", body=body, reason="why", died_at=number, expires_at=message.expires_at)
        )
    unnamed = cli("dead-letters", "delete", *where, check=False)
    assert (unnamed.returncode, "Name the dead letters to delete" in unnamed.stderr) == (1, True)
    asked = cli("dead-letters", "delete", "p1", *where, check=False)
    assert (asked.returncode, "add --yes" in asked.stderr) == (1, True)
    assert cli("dead-letters", "delete", "p1", "nobody", "--yes", *where, check=False).returncode == 1
    assert len(loop.backend.dead_letters.keys()) == 3
    assert "1 dead letters are deleted." in cli("dead-letters", "delete", "p1", "--yes", *where).stdout
    left = loop.backend.dead_letters.keys()
    assert [key.id for key in left] == ["p0", "p2"]
    assert "2 dead letters are deleted." in cli("dead-letters", "delete", "--all", "--yes", *where).stdout
    assert loop.backend.dead_letters.keys() == []
    assert loop.backend.queue.depth().waiting == 0
