"""What may happen to a queue, a store and dead letters, step by step: each step is checked against the reference."""

import random
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, initialize, multiple, rule

from serving.errors import PayloadLost
from serving.message import Message
from serving.ports import DeadLetter, LetterKey
from serving.prediction import Code, Failure, Prediction, Status
from tests.contract.places import LEASE, AwsPlace, LocalPlace, Place
from tests.contract.reference import LONGEST, Delivery, ReferenceLetters, ReferenceQueue, ReferenceStore

STARTED = 1_800_000_000
LIVES = {"a": 601, "a-1700000000000": 3601}
"""Seconds that each prediction can be read. One id is the beginning of another, as those of keys in a bucket may be."""
PREDICTIONS = {id_: Prediction(id_, STARTED * 1000, (STARTED + life) * 1000) for id_, life in LIVES.items()}
NOISE = random.Random(8).randbytes(310_000).hex().encode()
PAYLOADS = {  # by where they are on AWS
    "plain": b"{}",
    "encoded": b'["na\xc3\xafve \\n \x00 \xef\xbf\xbe"]',
    "gzipped": b'"' + b"zip" * 40_000 + b'"',
    "in the bucket": b'"' + NOISE + b'"',
}
OUTCOMES: dict[str, bytes | Code] = {
    "plain": b"1",
    "gzipped": b'"' + b"zip" * 1000 + b'"',
    "in the bucket": b'"' + NOISE[:40_000] + b'"',
    **{code: code for code in (Code.ROW_REJECTED, Code.DEAD_LETTER)},
}
DOCUMENTS = (b"1", b"[" + b" " * 3000 + b"]")
WORKERS = ("worker-1", "worker-2")

ids = st.sampled_from(sorted(LIVES))
payloads, outcomes = st.sampled_from(list(PAYLOADS)), st.sampled_from([*OUTCOMES, Code.DEAD_LETTER])


class Histories(RuleBasedStateMachine):
    """Two workers, two predictions, a document of the service; any step at any time, as often as one likes."""

    deliveries: Bundle[Delivery] = Bundle("deliveries")
    answers: Bundle[list[Prediction]] = Bundle("answers")
    letters: Bundle[LetterKey] = Bundle("letters")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.now = place.clock
        self.queue = ReferenceQueue(self.now, lease=LEASE, slack=place.slack)
        self.store = ReferenceStore(self.now)
        self.dead = ReferenceLetters(self.now)
        self.count = 0

    @initialize(wanted=st.lists(st.tuples(ids, payloads, st.booleans()), min_size=1, max_size=3))
    def begin(self, wanted: list[tuple[str, str, bool]]) -> None:
        self.send(wanted)

    @rule(wanted=st.lists(st.tuples(ids, payloads, st.booleans()), min_size=1, max_size=3))
    def send(self, wanted: list[tuple[str, str, bool]]) -> None:
        sent = [self._message(*one) for one in wanted]
        if not self.place.queue.send_at_once(sent):
            self.place.queue.send(sent)
        self.queue.send(sent)
        self.queue_agrees()

    @rule(
        target=deliveries,
        worker=st.sampled_from(WORKERS),
        most=st.sampled_from([10, 1, 2]),
        after=st.sampled_from([0, 1, 60, LEASE, LONGEST]),
    )
    def receive(self, worker: str, most: int, after: float) -> MultipleResults[Delivery]:
        self.now.passes(after)
        return multiple(*self._receive(worker, most))

    @rule(one=deliveries, other=deliveries)
    def delete(self, one: Delivery, other: Delivery) -> None:
        self.place.delete(sorted({one.handle, other.handle}))
        self.queue.delete(one)
        self.queue.delete(other)
        self.queue_agrees()

    @rule(
        target=deliveries,
        delivery=deliveries,
        seconds=st.sampled_from([0, 4.2, 60, LONGEST]),
        after=st.sampled_from([0, 240]),
    )
    def postpone(self, delivery: Delivery, seconds: float, after: float) -> MultipleResults[Delivery]:
        self.place.queue.postpone(delivery.handle, seconds)
        self.queue.postpone(delivery, seconds)
        self.queue_agrees()
        self.now.passes(after)
        return multiple(*self._receive(WORKERS[1], 10))

    @rule(
        seconds=st.sampled_from([0, 1, 60, 600, 3000]),
        service=st.sampled_from(["goes on", "goes on", "was stopped", "was killed"]),
    )
    def time_passes(self, seconds: float, service: str) -> None:
        self.now.passes(seconds)
        if service != "goes on":
            self.place.start_again(killed=service == "was killed")
        self.all_agree()

    @rule(target=deliveries)
    def everything_is_delivered_in_the_end(self) -> MultipleResults[Delivery]:
        self.now.passes(LONGEST)
        return multiple(*(one for more in iter(lambda: self._receive(WORKERS[0], 10), []) for one in more))

    @rule(target=answers, wanted=st.lists(st.tuples(ids, outcomes), min_size=1, max_size=4), redriven=st.booleans())
    def finish(self, wanted: list[tuple[str, str]], redriven: bool) -> list[Prediction]:
        made = [_answer(*one) for one in wanted]
        self.answer_again(made, redriven)
        return made

    @rule(given=answers, redriven=st.booleans())
    def answer_again(self, given: list[Prediction], redriven: bool) -> None:
        """Of what has not expired, as workers do: they drop the rest."""
        made = [answer for answer in given if answer.expires_at > self.now.ms]
        written = self.place.predictions.finish(made, redriven=redriven)
        found = self.place.predictions.get([answer.prediction_id for answer in made])
        self.store.finished(made, redriven, written, found)
        self.store_agrees()

    @rule(id_=ids)
    def erase(self, id_: str) -> None:
        self.place.predictions.erase(PREDICTIONS[id_])
        self.store.erase(PREDICTIONS[id_])
        self.queue.erase_input(id_)
        self.dead.erase(id_)
        self.all_agree()

    @rule(
        expected=st.sampled_from([None, *DOCUMENTS]),
        document=st.sampled_from(DOCUMENTS),
        life=st.sampled_from([60, None]),
        after=st.sampled_from([0, 60]),
    )
    def swap(self, expected: bytes | None, document: bytes, life: int | None, after: float) -> None:
        self.now.passes(after)
        expires_at = None if life is None else self.now.ms + life * 1000
        written = self.place.predictions.swap("claim", document, expected=expected, expires_at=expires_at)
        assert written == self.store.swap("claim", document, expected=expected, expires_at=expires_at)
        self.store_agrees()

    @rule(target=letters, id_=ids, body=st.sampled_from(["plain", "encoded"]), ago=st.sampled_from([0, 1]))
    def keep(self, id_: str, body: str, ago: int) -> LetterKey:
        self.count += 1
        letter = DeadLetter(
            id=id_,
            body=PAYLOADS[body].decode(),
            reason=f"the {self.count}th reason",
            died_at=self.now.ms - ago,
            expires_at=PREDICTIONS[id_].expires_at,
        )
        self.place.dead_letters.keep(letter)
        self.place.dead_letters.keep(replace(letter, reason="kept again: changes nothing"))
        self.dead.keep(letter)
        self.letters_agree(id_)
        return LetterKey(id=letter.id, died_at=letter.died_at)

    @rule(letter=letters)
    def remove(self, letter: LetterKey) -> None:
        self.place.dead_letters.remove(letter)
        self.dead.remove(letter)
        self.letters_agree(letter.id)

    def all_agree(self) -> None:
        self.queue_agrees()
        self.store_agrees()
        self.letters_agree(*LIVES)

    def queue_agrees(self) -> None:
        self.queue.check(self.place.queue.depth())

    def store_agrees(self) -> None:
        keys = ["claim", *LIVES, "unknown", "a"]
        assert self.place.predictions.get(keys) == [self.store.get(key) for key in keys]

    def letters_agree(self, *ids: str) -> None:
        assert self.place.dead_letters.keys() == self.dead.keys()
        assert [self.place.dead_letters.find(id_) for id_ in ids] == [self.dead.find(id_) for id_ in ids]

    def _receive(self, worker: str, most: int) -> list[Delivery]:
        received = self.place.receive(worker, most)
        found = [(one.handle, self._opened(one.body), one.receives) for one in received]
        return self.queue.received(found, most=most, worker=worker)

    def _message(self, id_: str, payload: str, redriven: bool) -> Message:
        self.count += 1
        return Message(
            prediction_id=id_,
            accepted_at=PREDICTIONS[id_].accepted_at,
            expires_at=PREDICTIONS[id_].expires_at,
            schema_hash=f"{self.count:016x}",  # tells apart what is sent twice
            many=bool(self.count % 2),
            payload=PAYLOADS[payload],
            redriven=redriven,
        )

    def _opened(self, body: str) -> Message:
        try:
            return self.place.queue.open(body)
        except PayloadLost as error:
            return error.head


class LocalHistories(Histories):
    """With what the event source does besides: SQS does it by itself, or not at all."""

    place: LocalPlace

    @rule(worker=st.sampled_from(WORKERS))
    def a_worker_starts_again(self, worker: str) -> None:
        """It releases what it had leased when it died, and sweeps."""
        self.place.queue.release(worker)
        self.queue.release(worker)
        for swept in (self.place.queue, self.place.predictions, self.place.dead_letters):
            swept.sweep()
        for reference in (self.queue, self.store, self.dead):
            reference.sweep()
        self.all_agree()

    @rule(seconds=st.sampled_from([1, 600, 86_400]))
    def the_clock_jumps_back(self, seconds: int) -> None:
        self.now.passes(-seconds)
        self.store_agrees()


class AwsHistories(Histories):
    """The emulated SQS, DynamoDB and S3."""

    place: AwsPlace

    def store_agrees(self) -> None:
        super().store_agrees()
        if erased := {key for key, kept in self.store.rows.items() if kept.row.document is None}:
            kept = {name.removeprefix("results/").rpartition("-")[0] for name in self.place.results()}
            assert not erased & kept, "of what was erased the bucket keeps no answer"


def _answer(id_: str, outcome: str) -> Prediction:
    finished, answer = PREDICTIONS[id_]._replace(finished_at=STARTED * 1000), OUTCOMES[outcome]
    if isinstance(answer, Code):
        return finished._replace(status=Status.FAILED, error=Failure(code=answer, message="why"))
    return finished._replace(status=Status.SUCCEEDED, result=answer)
