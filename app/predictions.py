"""What the API does: accept work, read its answer, erase it."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from pydantic_core import from_json, to_json

from app.body import Records
from app.group import Group
from app.waiting import Waiting
from serving.adapters import Backend
from serving.errors import GonePrediction, KeyReused, UnknownPrediction
from serving.keys import KeyRing
from serving.message import Message
from serving.ports import Row
from serving.prediction import Prediction, Status
from serving.receipt import Receipt, issue, verify

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """An Idempotency-Key: whose it is, and the hash of the body it came with."""

    owner: str
    key: str
    body_hash: str

    @property
    def row_key(self) -> str:
        return "claim-" + hashlib.sha256(f"{self.owner}\0{self.key}".encode()).hexdigest()


class Predictions:
    """Accepting costs one write, reading one read; both are grouped with those of other requests."""

    def __init__(self, backend: Backend, keys: KeyRing, schema_hash: str) -> None:
        self._store = backend.predictions
        self._keys = keys
        self._schema_hash = schema_hash
        self._queue = backend.queue
        self._send: Group[Message, None] = Group(self._send_all, "send", at_once=self._send_at_once)
        self._read: Group[str, Row | None] = Group(self._read_all, "read", at_once=self._read_at_once)
        self._claim: Group[tuple[str, bytes, int], bool] = Group(self._claim_all, "claim")
        self._looking = ThreadPoolExecutor(1, thread_name_prefix="look")
        self._waiting = Waiting(self._look, backend.results)

    def _send_all(self, messages: Sequence[Message]) -> list[None]:
        self._queue.send(messages)
        return [None] * len(messages)

    def _send_at_once(self, messages: Sequence[Message]) -> list[None] | None:
        return [None] * len(messages) if self._queue.send_at_once(messages) else None

    def _read_all(self, ids: Sequence[str]) -> list[Row | None]:
        """Each once, however many ask for it: they share the document."""
        distinct = list(dict.fromkeys(ids))
        return _for_each(ids, distinct, self._store.get(distinct))

    def _read_at_once(self, ids: Sequence[str]) -> list[Row | None] | None:
        distinct = list(dict.fromkeys(ids))
        rows = self._store.get_at_once(distinct)
        return None if rows is None else _for_each(ids, distinct, rows)

    def _claim_all(self, claims: Sequence[tuple[str, bytes, int]]) -> list[bool]:
        """One after the other, in one thread: in many they would wait for each other in the store."""
        return [self._store.swap(key, document, expected=None, expires_at=until) for key, document, until in claims]

    async def _look(self, ids: Sequence[str]) -> Sequence[Row | None]:
        found = self._store.get_at_once(ids)
        if found is not None:
            return found
        return await asyncio.get_running_loop().run_in_executor(self._looking, self._store.get, ids)

    async def refresh_keys(self) -> None:
        """Read the keys again when they are a minute old. Raises StoreUnavailable when none were ever read."""
        if self._keys.stale:
            await asyncio.to_thread(self._keys.refresh)

    async def accept(
        self, records: Records, claim: Claim | None, wait: float | None, *, caller: str = ""
    ) -> tuple[Prediction, bytes | None]:
        """Queue the records: the prediction, and its document if it was finished within `wait` seconds.

        `caller` is the name of the API key that the log tells.
        Raises KeyReused, GonePrediction (a replay of what was erased), QueueUnavailable, StoreUnavailable.
        """
        receipt = issue(self._keys.signing_key(), _now())
        if claim is not None:
            receipt, row = await self._claimed(claim, receipt)
            if row is not None:
                return _prediction(receipt, row.status), _document(row, receipt)
        message = Message(
            prediction_id=receipt.prediction_id,
            accepted_at=receipt.accepted_at,
            expires_at=receipt.expires_at,
            schema_hash=self._schema_hash,
            many=records.many,
            payload=records.payload,
            columns=records.columns,
        )
        pending = _prediction(receipt, Status.PENDING)
        if not wait:
            await self._send(message)
            _log(message, records, caller)
            return pending, None
        answer = self._waiting.expect(receipt.prediction_id)
        sent = self._send.begin(message)
        sent.add_done_callback(partial(_fail, answer))  # to await it, too, would wake this request twice
        found = await self._waiting.wait(receipt.prediction_id, answer, wait)
        await sent
        _log(message, records, caller)
        return pending, None if found is None else _document(found, receipt)

    async def read(self, prediction_id: str, wait: float | None) -> tuple[Prediction, bytes]:
        """The prediction's document, after at most `wait` seconds if it is pending.

        Raises UnknownPrediction, GonePrediction, StoreUnavailable.
        """
        receipt = self._receipt(prediction_id)
        row = await self._read(prediction_id)
        if row is None and wait:
            future = self._waiting.expect(prediction_id)
            try:
                row = await self._read(prediction_id)  # it may have come before the future did
                if row is None:
                    row = await self._waiting.wait(prediction_id, future, wait)
            finally:
                self._waiting.forget(prediction_id, future)
        prediction = _prediction(receipt, row.status if row else Status.PENDING)
        return prediction, _document(row, receipt) if row else prediction.to_json()

    async def erase(self, prediction_id: str) -> None:
        """Cancel what is pending, erase what is finished. Raises as `read` does."""
        prediction = _prediction(self._receipt(prediction_id), Status.CANCELLED)
        await asyncio.to_thread(self._store.erase, prediction)

    async def check_store(self) -> None:
        """Raises StoreUnavailable."""
        await self._read("health")

    def _receipt(self, prediction_id: str) -> Receipt:
        receipt = verify(self._keys.reading_keys, prediction_id)
        if receipt is None:
            raise UnknownPrediction("This service never gave out that prediction_id.")
        if receipt.expires_at <= _now():
            raise GonePrediction("The prediction has expired.")
        return receipt

    async def _claimed(self, claim: Claim, receipt: Receipt) -> tuple[Receipt, Row | None]:
        """The receipt that stands behind an Idempotency-Key, and the row if its prediction is finished."""
        document = to_json({"prediction_id": receipt.prediction_id, "body": claim.body_hash})
        while not await self._claim((claim.row_key, document, receipt.expires_at)):
            row = await self._read(claim.row_key)
            if row is None or row.document is None:
                continue  # it expired this moment
            first = from_json(row.document)
            if first["body"] != claim.body_hash:
                message = f"The Idempotency-Key {claim.key!r} was used before, with another body."
                raise KeyReused([{"loc": ["header", "Idempotency-Key"], "msg": message, "type": "key_reused"}])
            earlier = verify(self._keys.reading_keys, first["prediction_id"])
            if earlier is None:
                raise UnknownPrediction("The key that signed the earlier prediction_id is gone.")
            return earlier, await self._read(earlier.prediction_id)
        return receipt, None


def _for_each(ids: Sequence[str], distinct: Sequence[str], rows: Sequence[Row | None]) -> list[Row | None]:
    found = dict(zip(distinct, rows, strict=True))
    return [found[id_] for id_ in ids]


def _fail(answer: asyncio.Future[Row | None], sent: asyncio.Future[None]) -> None:
    """Nobody will answer what was not queued."""
    if not sent.cancelled() and sent.exception() is not None and not answer.done():
        answer.set_result(None)


def _log(message: Message, records: Records, caller: str) -> None:
    key = f", key={caller}" if caller else ""
    logger.debug("prediction_id=%s accepted, records=%d%s", message.prediction_id, records.count, key)


def _prediction(receipt: Receipt, status: Status | None) -> Prediction:
    return Prediction(
        prediction_id=receipt.prediction_id,
        accepted_at=receipt.accepted_at,
        expires_at=receipt.expires_at,
        status=status or Status.PENDING,
    )


def _document(row: Row, receipt: Receipt) -> bytes:
    if row.document is not None:
        return row.document
    if row.status is Status.CANCELLED:
        return _prediction(receipt, row.status).to_json()
    raise GonePrediction("The prediction was erased.")


def _now() -> int:
    return int(time.time() * 1000)
