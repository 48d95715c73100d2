"""The prediction store in DynamoDB: one item a prediction, its document in it or, when it is large, in the bucket."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from serving.aws.faults import translated
from serving.aws.payloads import Payloads, unzipped, zipped
from serving.aws.table import Item, Table
from serving.errors import StoreUnavailable
from serving.ports import Row
from serving.prediction import Code, Failure, Prediction, Status

logger = logging.getLogger(__name__)

WORTH_ZIPPING = 1024
# On demand, a million writes cost $0.625 for each KiB and a million consistent reads $0.125 for each 4 KiB; so n KiB,
# written and read once, cost 0.66 n. Through S3: 5.00 (PUT) + 0.40 (GET) + 0.75 for the item = 6.15, that is 9.4 KiB.
# Who deletes a prediction pays its size in the table again, and nothing in the bucket.
LARGEST_ITEM = 9 * 1024
COPIES = ("messages", "dead", "results")
"""Folders of the bucket that may hold a prediction's input, or a result whose row could not be written at first."""


class DynamoPredictions:
    """The PredictionStore port.

    An item has `key`, `status`, `document` or `object` (a key of the bucket) with `accepted_at`, `encoding` of the
    document, `redrivable`, `expires_at` in milliseconds, and `ttl` in seconds, which only tells DynamoDB what to delete
    some day.
    What is erased keeps the name of its object, so that a deletion that broke off can be repeated.
    """

    def __init__(
        self, table: Table, payloads: Payloads, pool: ThreadPoolExecutor, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._table = table
        self._payloads = payloads
        self._pool = pool
        self._clock = clock

    def get(self, keys: Sequence[str]) -> Sequence[Row | None]:
        items = self._table.get(keys)
        if len(keys) == 1:
            return [self._row(keys[0], items.get(keys[0]))]
        return list(self._pool.map(lambda key: self._row(key, items.get(key)), keys))

    def get_at_once(self, keys: Sequence[str]) -> None:
        """Not over a network."""

    def finish(self, predictions: Sequence[Prediction], *, redriven: bool = False) -> Sequence[bool]:
        futures = [self._pool.submit(self._finish, prediction, redriven) for prediction in predictions]
        wait(futures)  # also when one has failed: none is left behind in an invocation that is over
        return [future.result() for future in futures]

    def erase(self, prediction: Prediction) -> None:
        until = _until(prediction.expires_at)
        old = self._table.update(
            prediction.prediction_id,
            "SET #status = if_not_exists(#status, :cancelled), #erased = :yes, #redrivable = :no,"
            " #expires = if_not_exists(#expires, :expires), #ttl = if_not_exists(#ttl, :ttl)"
            " REMOVE #document, #encoding",
            names={
                "#status": "status",
                "#erased": "erased",
                "#redrivable": "redrivable",
                "#expires": "expires_at",
                "#ttl": "ttl",
                "#document": "document",
                "#encoding": "encoding",
            },
            values={
                ":cancelled": {"S": Status.CANCELLED},
                ":yes": {"BOOL": True},
                ":no": {"BOOL": False},
                ":expires": until["expires_at"],
                ":ttl": until["ttl"],
            },
        )
        # Not before the row is written: a worker that misses its input now fails it, and that comes second to the row.
        # A worker that is at it may still write an object after this, and die before it deletes it: then the bucket
        # lets it expire, and no row ever names it.
        with translated(StoreUnavailable, "payload bucket"):
            found = self._pool.map(lambda folder: self._payloads.names(folder, prediction.prediction_id), COPIES)
            copies = {key for keys in found for key in keys} | ({old["object"]["S"]} if "object" in old else set())
            list(self._pool.map(self._payloads.delete, copies))

    def swap(self, key: str, document: bytes, *, expected: bytes | None, expires_at: int | None = None) -> bool:
        item: Item = {"key": {"S": key}, "document": {"B": document}}  # as it is: it will be compared
        if expires_at is not None:
            item |= _until(expires_at)
        names = {"#expires": "expires_at"}
        values: Item = {":now": {"N": str(int(self._clock() * 1000))}}
        if expected is None:
            condition = "attribute_not_exists(#key) OR #expires <= :now"
            names["#key"] = "key"
        else:
            condition = "#document = :expected AND (attribute_not_exists(#expires) OR #expires > :now)"
            names["#document"] = "document"
            values[":expected"] = {"B": expected}
        return self._table.put(item, condition, names=names, values=values) is None

    def _finish(self, prediction: Prediction, redriven: bool) -> bool:
        item: Item = {
            "key": {"S": prediction.prediction_id},
            "status": {"S": prediction.status},
            "redrivable": {"BOOL": prediction.redrivable},
            **_until(prediction.expires_at),
            **self._stored(prediction),
        }
        condition, names, values = "attribute_not_exists(#key)", {"#key": "key"}, None
        if redriven:
            condition += " OR #redrivable = :yes"
            names, values = {**names, "#redrivable": "redrivable"}, {":yes": {"BOOL": True}}
        first = self._table.put(item, condition, names=names, values=values)
        unnamed = first is not None and (first.get("object") != item.get("object") or "erased" in first)
        if unnamed and "object" in item:
            with translated(StoreUnavailable, "payload bucket"):
                self._payloads.delete(item["object"]["S"])
        return first is None

    def _stored(self, prediction: Prediction) -> Item:
        document = prediction.to_json()
        if len(document) <= WORTH_ZIPPING:
            return {"document": {"B": document}}
        content = zipped(document)
        if min(len(content), len(document)) > LARGEST_ITEM:
            with translated(StoreUnavailable, "payload bucket"):
                key = self._payloads.put("results", prediction.prediction_id, content)
            return {"object": {"S": key}, "accepted_at": {"N": str(prediction.accepted_at)}}
        if len(content) < len(document):
            return {"document": {"B": content}, "encoding": {"S": "gzip"}}
        return {"document": {"B": document}}

    def _row(self, key: str, item: Item | None, *, again: bool = False) -> Row | None:
        if item is None or ("expires_at" in item and int(item["expires_at"]["N"]) <= self._clock() * 1000):
            return None
        status = Status(item["status"]["S"]) if "status" in item else None
        if "erased" in item:
            return Row(document=None, status=status)
        if "object" in item:
            with translated(StoreUnavailable, "payload bucket"):
                content = self._payloads.get(item["object"]["S"])
            if content is not None:
                return Row(document=unzipped(content), status=status)
            if not again:  # it may have been erased between the two reads
                return self._row(key, self._table.get([key]).get(key), again=True)
            logger.error("prediction_id=%s its result is missing in the payload bucket", key)
            return Row(document=_lost(key, item).to_json(), status=Status.FAILED)
        document: bytes = item["document"]["B"]
        return Row(document=unzipped(document) if "encoding" in item else document, status=status)


def _lost(key: str, item: Item) -> Prediction:
    """What is left of a prediction whose object is gone."""
    return Prediction(
        prediction_id=key,
        accepted_at=int(item["accepted_at"]["N"]),
        expires_at=int(item["expires_at"]["N"]),
        status=Status.FAILED,
        error=Failure(code=Code.RESULT_LOST, message="The result was lost before it could be read: send this again."),
    )


def _until(expires_at: int) -> Item:
    return {"expires_at": {"N": str(expires_at)}, "ttl": {"N": str(math.ceil(expires_at / 1000))}}
