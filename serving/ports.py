"""The ports: what a backend must offer. `local/` and `aws/` hold one adapter for each, under the same file names."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from serving.message import Message
from serving.prediction import Prediction, Status


@dataclass(frozen=True, kw_only=True, slots=True)
class Depth:
    """How much a queue holds; `oldest_seconds` is 0 when nothing waits, and None where the queue can't tell."""

    waiting: int
    in_flight: int
    oldest_seconds: float | None


class PredictionQueue(Protocol):
    """At least once in, at least once out."""

    def send(self, messages: Sequence[Message]) -> None:
        """All of them, else QueueUnavailable is raised: some may have been sent all the same."""
        ...

    def send_at_once(self, messages: Sequence[Message]) -> bool:
        """Send them without waiting for anyone, as an event loop has to; False: none was sent, so `send` must."""
        ...

    def expect(self, bodies: Sequence[str]) -> None:
        """These will be opened next: what it takes to open them may begin, all at the same time."""
        ...

    def open(self, body: str) -> Message:
        """The message of an SQS record's body.

        Raises ValueError when `send` did not write it, PayloadLost when a part of it is gone, QueueUnavailable.
        """
        ...

    def postpone(self, handle: str, seconds: float) -> None:
        """Deliver a received message again in so many seconds (rounded up). Raises QueueUnavailable."""
        ...

    def depth(self) -> Depth:
        """Raises QueueUnavailable."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterKey:
    """Which dead letter: a prediction that was tried again may have several."""

    id: str  # the prediction's, or the message's where it names none
    died_at: int  # milliseconds since 1970


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter(LetterKey):
    """A message that the service gave up on, kept whole."""

    body: str
    reason: str
    expires_at: int


class DeadLetters(Protocol):
    """Each method raises QueueUnavailable."""

    def keep(self, letter: DeadLetter) -> None:
        """Keeping the same key again changes nothing; a later `died_at` is a newer letter of the same id."""
        ...

    def keys(self) -> Sequence[LetterKey]:
        """The newest of each id, oldest first. No letter is read, so that there may be any number of them."""
        ...

    def find(self, id: str) -> DeadLetter | None:
        """The newest of this id, whole."""
        ...

    def remove(self, letter: LetterKey) -> None:
        """With those that are older; a newer one of the same id stays."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What the store has under a key; no row for a prediction means that it is pending.

    `document` is a finished prediction's JSON or a document of the service itself; None when it was erased.
    `status` is None for the service's own documents.
    """

    document: bytes | None
    status: Status | None


class PredictionStore(Protocol):
    """Consistent reads, conditional writes. Each method raises StoreUnavailable."""

    def get(self, keys: Sequence[str]) -> Sequence[Row | None]:
        """The row of each key, in order."""
        ...

    def get_at_once(self, keys: Sequence[str]) -> Sequence[Row | None] | None:
        """The same without waiting for anyone, as an event loop has to; None where only `get` can tell."""
        ...

    def finish(self, predictions: Sequence[Prediction], *, redriven: bool = False) -> Sequence[bool]:
        """Write terminal predictions; False where another answer was first.

        With `redriven`, a failure that a dead letter stands behind is replaced.
        """
        ...

    def erase(self, prediction: Prediction) -> None:
        """One unconditional write: no row becomes `cancelled`, a finished one loses its document.

        Then the copies of its input go that are kept outside the queue, its dead letters among them. What still waits
        in the queue stays there: it is answered in vain.
        """
        ...

    def swap(self, key: str, document: bytes, *, expected: bytes | None, expires_at: int | None = None) -> bool:
        """Write a document of the service if the present one is `expected` (None: if there is none)."""
        ...


class ResultSignal(Protocol):
    """Tells those who wait for a result when to look again."""

    async def changed(self, seconds: float) -> Collection[str] | None:
        """Return when results may have been written, after `seconds` at the latest: their ids, or None for any."""
        ...


ABSENT = None
"""The version of an object that is not there."""


class ModelBucket(Protocol):
    """Named objects with versions; models.py keeps the rules of the registry on top of it."""

    name: str
    """As the commands take it."""

    def read(self, key: str) -> tuple[bytes, str] | None:
        """Content and version; None when there is no such object. Raises ModelUnavailable, BucketMissing."""
        ...

    def write(self, key: str, content: BinaryIO, *, replaces: str | None) -> None:
        """Atomic. `replaces` is the version it takes the place of, or ABSENT. Raises PointerMoved if that is not so."""
        ...

    def names(self, prefix: str) -> Sequence[str]:
        """Every key that starts with `prefix`, sorted."""
        ...

    def remove(self, key: str) -> None: ...


EntityKey = tuple[str, str]
"""A feature view's name, and the key of an entity in it."""


class FeatureStore(Protocol):
    """Features of entities (Feast's words), looked up by the worker."""

    def read(self, keys: Sequence[EntityKey]) -> Sequence[dict[str, object] | None]:
        """The features of each entity, in order; None where there are none. Raises StoreUnavailable.

        Entities of several views are read together: what is looked up for a batch is one call.
        """
        ...

    def write(self, view: str, rows: Sequence[tuple[str, dict[str, object]]]) -> None:
        """Replace the features of these entities, each atomically. Raises StoreUnavailable."""
        ...
