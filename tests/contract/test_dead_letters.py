"""What every keeper of dead letters promises: none is lost, and to list them costs no reading."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from serving.message import Message
from serving.ports import DeadLetter, LetterKey
from serving.prediction import Prediction
from tests.contract.conftest import Clock, Ports


def letter(id: str, clock: Clock, body: str = "{}") -> DeadLetter:
    return DeadLetter(id=id, body=body, reason="it was tried", died_at=clock.ms, expires_at=clock.ms + 1000)


def key(letter: DeadLetter) -> LetterKey:
    return LetterKey(id=letter.id, died_at=letter.died_at)


def test_dead_letters_are_kept_once_and_named_oldest_first(ports: Ports, clock: Clock) -> None:
    assert ports.dead_letters.keys() == []
    first = letter("b", clock)
    clock.passes(1)
    second = letter("a", clock)
    for kept in (second, first, replace(first, reason="again")):
        ports.dead_letters.keep(kept)
    assert ports.dead_letters.keys() == [key(first), key(second)]
    assert ports.dead_letters.find("b") == first
    ports.dead_letters.remove(first)
    ports.dead_letters.remove(first)
    assert ports.dead_letters.keys() == [key(second)]
    assert ports.dead_letters.find("b") is None


def test_the_newest_letter_of_an_id_stands_for_it(ports: Ports, clock: Clock) -> None:
    first = letter("a", clock)
    clock.passes(1)
    between = letter("b", clock)
    clock.passes(1)
    second = letter("a", clock, "another")
    for kept in (second, between, first):
        ports.dead_letters.keep(kept)
    assert ports.dead_letters.keys() == [key(between), key(second)]
    assert ports.dead_letters.find("a") == second


@pytest.mark.parametrize("by", [key, lambda letter: letter], ids=["key", "letter"])
def test_what_died_meanwhile_is_not_removed(ports: Ports, clock: Clock, by: Callable[[DeadLetter], LetterKey]) -> None:
    ports.dead_letters.keep(letter("a", clock, "the first"))
    clock.passes(1)
    ports.dead_letters.keep(letter("a", clock, "the second"))
    found = ports.dead_letters.find("a")
    assert found is not None
    clock.passes(1)
    newest = letter("a", clock, "the third")
    ports.dead_letters.keep(newest)
    ports.dead_letters.remove(by(found))
    assert ports.dead_letters.find("a") == newest
    ports.dead_letters.remove(newest)
    assert ports.dead_letters.find("a") is None, "the older ones went with those that were removed"


def test_ids_that_begin_alike_are_told_apart(ports: Ports, clock: Clock) -> None:
    ids = ["a", "a-", "a-b", "a-1700000000000", "ab", "-a"]
    letters = [letter(id_, clock, f"of {id_}") for id_ in ids]
    for kept in letters:
        ports.dead_letters.keep(kept)
    keys = ports.dead_letters.keys()
    assert sorted(found.id for found in keys) == sorted(ids)
    assert [ports.dead_letters.find(id_) for id_ in ids] == letters
    ports.dead_letters.remove(letters[0])
    assert [ports.dead_letters.find(id_) for id_ in ids] == [None, *letters[1:]]


def test_a_dead_letter_is_kept_whole(ports: Ports, message: Message, clock: Clock) -> None:
    large = message._replace(payload=b'"' + "ï\ufffe🌸".encode() * (1024 * 1024 // 3) + b'"')
    kept = letter("large", clock, large.to_text())
    ports.dead_letters.keep(kept)
    found = ports.dead_letters.find("large")
    assert found == kept
    assert found is not None
    assert ports.queue.open(found.body) == large


def test_erasing_a_prediction_erases_its_dead_letters(ports: Ports, pending: Prediction, clock: Clock) -> None:
    ports.dead_letters.keep(letter(pending.prediction_id, clock))
    other = letter(pending.prediction_id + "-2", clock)
    clock.passes(1)
    for kept in (letter(pending.prediction_id, clock), other):
        ports.dead_letters.keep(kept)
    ports.predictions.erase(pending)
    assert ports.dead_letters.find(pending.prediction_id) is None
    assert ports.dead_letters.keys() == [key(other)]
