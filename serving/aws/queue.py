"""The queue in SQS, and the dead letters in S3: small payloads in the message, large ones through the bucket.

A message's body is the line that `Message` writes about itself, a line feed, and then one of

    the payload itself     JSON: it starts with a brace, a bracket, a quote, a digit, a minus, or t, f, n
    gzip:BASE64            gzipped
    s3:KEY                 gzipped, in the payload bucket
"""

import base64
import io
import math
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from typing import Any

from pydantic_core import from_json, to_json

from serving.aws.faults import Fault, Rest, code_of, said, translated
from serving.aws.payloads import Payloads, unzipped, zipped
from serving.errors import PayloadLost, QueueUnavailable
from serving.message import Message
from serving.ports import DeadLetter, Depth, LetterKey

# SQS bills each 64 KiB of a message as a request: $0.40 a million, sent and received once each. n chunks cost 0.80 n.
# The way through S3 costs 5.00 (PUT) + 0.40 (GET) and one chunk for the message that names the object: 6.20.
# Up to seven chunks (5.60) the message carries its payload; from eight on (6.40) the bucket is cheaper.
CHUNK = 64 * 1024
LARGEST_BODY = 7 * CHUNK
BATCH_MESSAGES, BATCH_BYTES = 10, 1024 * 1024  # of SendMessageBatch
TRIES = 4
LONGEST_HIDDEN = 11 * 3600
"""Seconds. SQS counts 12 hours from the receipt on, and refuses more."""

_GZIP, _CLAIM = b"gzip:", b"s3:"
_CLAIM_KEY = re.compile(rb"messages/[A-Za-z0-9_-]+-[0-9a-f]{32}")
_CLAIMED = re.compile(r"\ns3:(messages/[A-Za-z0-9_-]+-[0-9a-f]{32})$")
_LETTER = re.compile(r"dead/(?P<id>.+)-(?P<died_at>[0-9]{13,})")
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that SQS takes in no message. To compile what it takes, instead, would be 3 ms of every cold start."""
_OVER = {
    "ReceiptHandleIsInvalid",
    "InvalidParameterValue",
    "MessageNotInflight",
    "AWS.SimpleQueueService.MessageNotInflight",
}
"""What SQS says when a message is visible again already, or done."""


class SqsQueue:
    """The PredictionQueue port."""

    def __init__(self, client: Any, url: str, payloads: Payloads, pool: ThreadPoolExecutor) -> None:
        self._client = client
        self._pool = pool
        self._expected: list[str] = []  # keys of payloads
        self._coming: dict[str, Future[bytes | None]] = {}
        self._url = url
        self._payloads = payloads
        self._opening = Rest(QueueUnavailable, "payload bucket")
        self._postponing = Rest(QueueUnavailable, "queue")

    def send(self, messages: Sequence[Message]) -> None:
        with translated(QueueUnavailable, "payload bucket"):
            bodies = [self._body(message) for message in messages]
        with translated(QueueUnavailable, "queue"):
            for batch in _batches(bodies):
                if len(batch) == 1:
                    self._client.send_message(QueueUrl=self._url, MessageBody=batch[0])
                else:
                    self._send(batch)

    def send_at_once(self, messages: Sequence[Message]) -> bool:
        """Not over a network."""
        return False

    def expect(self, bodies: Sequence[str]) -> None:
        """Payloads in the bucket are read side by side, once the first has shown that the bucket answers."""
        wait(self._coming.values())  # of an earlier batch that was given up: nobody opens them any more
        self._coming = {}
        self._expected = [found[1] for found in map(_CLAIMED.search, bodies) if found]

    def open(self, body: str) -> Message:
        message = Message.from_text(body)
        if message.payload.startswith(_GZIP):
            content = base64.b64decode(message.payload[len(_GZIP) :], validate=True)
            return message._replace(payload=unzipped(content))
        if message.payload.startswith(_CLAIM):
            key = message.payload[len(_CLAIM) :]
            if not _CLAIM_KEY.fullmatch(key):
                raise ValueError("not a message of this service: it names no payload")
            with self._opening.translated():
                stored = self._fetched(key.decode())
            if stored is None:
                raise PayloadLost(message._replace(payload=b""))
            return message._replace(payload=unzipped(stored))
        return message

    def _fetched(self, key: str) -> bytes | None:
        coming = self._coming.pop(key, None)
        if coming is not None:
            return coming.result()
        stored = self._payloads.get(key)
        others, self._expected = {*self._expected} - {key}, []
        self._coming |= {other: self._pool.submit(self._payloads.get, other) for other in others}
        return stored

    def postpone(self, handle: str, seconds: float) -> None:
        hidden = min(math.ceil(seconds), LONGEST_HIDDEN)
        with self._postponing.translated(but=_OVER):
            self._client.change_message_visibility(QueueUrl=self._url, ReceiptHandle=handle, VisibilityTimeout=hidden)

    def depth(self) -> Depth:
        """The age of the oldest message is known to CloudWatch alone, which is minutes late: it is not told here."""
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesDelayed",
            "ApproximateNumberOfMessagesNotVisible",
        ]
        with translated(QueueUnavailable, "queue"):
            answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        visible, delayed, in_flight = (int(answer["Attributes"].get(name, 0)) for name in names)
        return Depth(waiting=visible + delayed, in_flight=in_flight, oldest_seconds=None)

    def _body(self, message: Message) -> str:
        text = message.to_text()
        size = len(text.encode())
        if size <= CHUNK and not _REFUSED.search(text):
            return text
        content = zipped(message.payload)
        shorter = message._replace(payload=_GZIP + base64.b64encode(content)).to_text()
        if len(shorter) > LARGEST_BODY:
            key = self._payloads.put("messages", message.prediction_id, content)
            return message._replace(payload=_CLAIM + key.encode()).to_text()
        return shorter

    def _send(self, bodies: Sequence[str]) -> None:
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        for attempt in range(TRIES):
            if attempt:
                time.sleep(0.1 * 2**attempt)
            failed = self._client.send_message_batch(QueueUrl=self._url, Entries=entries).get("Failed", [])
            again = {entry["Id"] for entry in failed}
            entries = [entry for entry in entries if entry["Id"] in again]
            if not entries:
                return
        raise QueueUnavailable(f"queue: {len(entries)} of {len(bodies)} messages were not taken: {failed[0]['Code']}")


def _batches(bodies: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for body in bodies:
        own = len(body.encode())
        if batch and (len(batch) == BATCH_MESSAGES or size + own > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += own
    if batch:
        yield batch


class S3DeadLetters:
    """The DeadLetters port: `dead/<id>-<died_at>` in the payload bucket, gzipped JSON; the bucket lets them expire."""

    def __init__(self, payloads: Payloads, pool: ThreadPoolExecutor) -> None:
        self._payloads = payloads
        self._pool = pool

    def keep(self, letter: DeadLetter) -> None:
        content = zipped(to_json(asdict(letter)))
        try:
            self._payloads.client.put_object(
                Bucket=self._payloads.bucket,
                Key=_name(letter),
                Body=io.BytesIO(content),
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
            )
        except Fault as error:
            if code_of(error) == "PreconditionFailed":
                return  # it is there
            raise QueueUnavailable(f"payload bucket: {said(error)}") from error

    def keys(self) -> Sequence[LetterKey]:
        newest = {key.id: key for key in self._listed()}
        return sorted(newest.values(), key=_age)

    def find(self, id: str) -> DeadLetter | None:
        for key in reversed(self._listed(id)):
            with translated(QueueUnavailable, "payload bucket"):
                content = self._payloads.read(_name(key))
            if content is not None:  # else it was removed between the two calls
                return DeadLetter(**from_json(unzipped(content)))
        return None

    def remove(self, letter: LetterKey) -> None:
        outlived = [_name(key) for key in self._listed(letter.id) if key.died_at <= letter.died_at]
        with translated(QueueUnavailable, "payload bucket"):
            list(self._pool.map(self._payloads.delete, outlived))

    def _listed(self, id: str | None = None) -> list[LetterKey]:
        """Oldest first."""
        with translated(QueueUnavailable, "payload bucket"):
            names = self._payloads.names("dead", id)
        found = [LetterKey(id=m["id"], died_at=int(m["died_at"])) for m in map(_LETTER.fullmatch, names) if m]
        return sorted(found, key=_age)


def _name(letter: LetterKey) -> str:
    return f"dead/{letter.id}-{letter.died_at}"


def _age(letter: LetterKey) -> tuple[int, str]:
    return letter.died_at, letter.id
