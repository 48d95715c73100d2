"""What a queue, a store and its dead letters promise, in as little code as says it: each backend is held against it.

It knows no SQL and no AWS. Where a backend may do one thing or another, both are allowed: times are two bounds.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from math import ceil, inf

from serving.message import Message
from serving.ports import DeadLetter, Depth, LetterKey, Row
from serving.prediction import Prediction, Status

Now = Callable[[], float]  # seconds since 1970
LONGEST = 900
"""Seconds that a message is postponed at most; a lease is shorter."""


@dataclass(eq=False)
class Sent:
    """A message that was sent."""

    message: Message
    sent_at: float
    receives: int = 0
    worker: str | None = None  # who has leased it
    hidden_until: float = -inf  # nobody is given it before
    visible_from: float = -inf  # whoever asks is given it
    perhaps_deleted: bool = False  # by somebody who was not the last to receive it
    input_erased: bool = False  # the part of it that is kept outside the queue


@dataclass(frozen=True)
class Delivery:
    """A message in the hands of a worker; it stays the last one until the message is received again."""

    handle: str
    sent: Sent
    number: int

    @property
    def last(self) -> bool:
        return self.number == self.sent.receives


class ReferenceQueue:
    """A message stays until it is deleted, is with one worker at a time, and comes again when that one's lease ends."""

    def __init__(self, now: Now, *, lease: float, slack: float) -> None:
        """`slack`: a lease may end so many seconds earlier than by this clock."""
        self._now = now
        self._lease = lease
        self._slack = slack
        self.held: list[Sent] = []

    def send(self, messages: Sequence[Message]) -> None:
        self.held += [Sent(message, self._now()) for message in messages]

    def received(self, found: Sequence[tuple[str, Message, int]], *, most: int, worker: str) -> list[Delivery]:
        """Handle, message and count of receives, as a backend has given them."""
        due = [sent for sent in self.held if self._due(sent) and not sent.perhaps_deleted]
        assert min(most, len(due)) <= len(found) <= most, f"{len(due)} wait, {len(found)} of at most {most} came"
        return [self._delivered(handle, message, count, worker) for handle, message, count in found]

    def delete(self, delivery: Delivery) -> None:
        delivery.sent.perhaps_deleted = True
        if delivery.last:
            self.held = [sent for sent in self.held if sent is not delivery.sent]

    def postpone(self, delivery: Delivery, seconds: float) -> None:
        sent, soonest, latest = delivery.sent, self._now() + seconds - self._slack, self._now() + ceil(seconds)
        if not delivery.last or self._now() >= sent.hidden_until:  # too late: it may be obeyed, or be ignored
            soonest, latest = min(soonest, sent.hidden_until), max(latest, sent.visible_from)
        sent.hidden_until, sent.visible_from, sent.worker = soonest, latest, None

    def release(self, worker: str) -> None:
        """The worker has died: what it had leased is delivered at once."""
        for sent in self.held:
            if sent.worker == worker:
                sent.hidden_until, sent.visible_from, sent.worker = -inf, -inf, None

    def erase_input(self, prediction_id: str) -> None:
        for sent in self.held:
            sent.input_erased |= sent.message.prediction_id == prediction_id

    def sweep(self) -> None:
        """Expired messages are nobody's any more."""
        self.held = [sent for sent in self.held if sent.message.expires_at > self._now() * 1000]

    def check(self, depth: Depth) -> None:
        certain = [sent for sent in self.held if not sent.perhaps_deleted]
        assert len(certain) <= depth.waiting + depth.in_flight <= len(self.held)
        if depth.oldest_seconds is not None and certain == self.held:
            oldest = min((sent.sent_at for sent in certain), default=self._now())
            assert depth.oldest_seconds == max(0.0, self._now() - oldest)

    def _delivered(self, handle: str, message: Message, count: int, worker: str) -> Delivery:
        sent = next((sent for sent in self.held if _same(message, sent)), None)
        assert sent is not None, "what is delivered was sent, is whole, and was not deleted"
        assert self._perhaps_due(sent), "what a worker has leased is nobody else's"
        sent.receives += 1
        assert count == sent.receives
        sent.worker, sent.perhaps_deleted = worker, False
        sent.hidden_until, sent.visible_from = self._now() + self._lease - self._slack, self._now() + self._lease
        return Delivery(handle, sent, count)

    def _due(self, sent: Sent) -> bool:
        """What seems to be hidden for longer than anything is has met a clock that was set back."""
        return sent.visible_from <= self._now() or sent.hidden_until > self._now() + LONGEST

    def _perhaps_due(self, sent: Sent) -> bool:
        return sent.hidden_until <= self._now() or sent.visible_from > self._now() + LONGEST


def _same(message: Message, sent: Sent) -> bool:
    return message == sent.message or (sent.input_erased and message == sent.message._replace(payload=b""))


@dataclass(frozen=True)
class Kept:
    """A row with what is not read of it."""

    row: Row
    expires_at: int | None
    redrivable: bool = False


@dataclass
class ReferenceStore:
    """The first answer stays, but for a redrivable failure and a redriven answer; nothing is read past its expiry."""

    now: Now
    rows: dict[str, Kept] = field(default_factory=dict)

    def get(self, key: str) -> Row | None:
        kept = self.rows.get(key)
        return kept.row if kept and (kept.expires_at is None or kept.expires_at > self.now() * 1000) else None

    def finished(
        self, answers: Sequence[Prediction], redriven: bool, written: Sequence[bool], read: Sequence[Row | None]
    ) -> None:
        """What was said of each answer, and is read of its key since then. Those of one call may come in any order."""
        for flags, rows in self._outcomes(answers, redriven):
            if flags == written and [rows[answer.prediction_id].row for answer in answers] == read:
                self.rows = rows
                return
        raise AssertionError(f"no order of these answers explains {written} and {read}")

    def erase(self, prediction: Prediction) -> None:
        key = prediction.prediction_id
        kept = self.rows.get(key)
        status = kept.row.status if kept else Status.CANCELLED
        self.rows[key] = Kept(Row(document=None, status=status), prediction.expires_at)

    def swap(self, key: str, document: bytes, *, expected: bytes | None, expires_at: int | None) -> bool:
        present = self.get(key)
        if (present and present.document) != expected:
            return False
        self.rows[key] = Kept(Row(document=document, status=None), expires_at)
        return True

    def sweep(self) -> None:
        self.rows = {key: kept for key, kept in self.rows.items() if self.get(key) is not None}

    def _outcomes(
        self, answers: Sequence[Prediction], redriven: bool
    ) -> Iterator[tuple[Sequence[bool], dict[str, Kept]]]:
        for order in permutations(enumerate(answers)):
            rows, written = dict(self.rows), [False] * len(answers)
            for number, answer in order:
                present = rows.get(answer.prediction_id)
                if present is None or (redriven and present.redrivable):
                    row = Row(document=answer.to_json(), status=answer.status)
                    rows[answer.prediction_id] = Kept(row, answer.expires_at, answer.redrivable)
                    written[number] = True
            yield written, rows


@dataclass
class ReferenceLetters:
    """A letter stays as it was first kept, until it is removed or its prediction is erased or expires."""

    now: Now
    kept: dict[LetterKey, DeadLetter] = field(default_factory=dict)

    def keep(self, letter: DeadLetter) -> None:
        self.kept.setdefault(LetterKey(id=letter.id, died_at=letter.died_at), letter)

    def keys(self) -> list[LetterKey]:
        newest = {key.id: key for key in sorted(self.kept, key=_age)}
        return sorted(newest.values(), key=_age)

    def find(self, id: str) -> DeadLetter | None:
        return next((self.kept[key] for key in self.keys() if key.id == id), None)

    def remove(self, letter: LetterKey) -> None:
        self._only(lambda key: key.id != letter.id or key.died_at > letter.died_at)

    def erase(self, prediction_id: str) -> None:
        self._only(lambda key: key.id != prediction_id)

    def sweep(self) -> None:
        self._only(lambda key: self.kept[key].expires_at > self.now() * 1000)

    def _only(self, stays: Callable[[LetterKey], bool]) -> None:
        self.kept = {key: letter for key, letter in self.kept.items() if stays(key)}


def _age(key: LetterKey) -> tuple[int, str]:
    return key.died_at, key.id
