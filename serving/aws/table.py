"""A DynamoDB table with the hash key `key`: consistent reads, and writes that know their own work again."""

import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from serving.aws.clients import THREADS
from serving.aws.faults import code_of, translated
from serving.errors import StoreUnavailable

Item = dict[str, dict[str, Any]]
"""Attributes as DynamoDB types them: {"key": {"S": "a"}}."""

MOST_READ, MOST_WRITTEN = 100, 25  # of one batch
TRIES = 6
PATIENT_TRIES = 9
"""Half a minute: a table takes 4,000 writes a second when it is new, and more after it was asked for them."""
THROTTLED = {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"}
"""When nothing of a batch was taken."""
_Part = TypeVar("_Part")


class Table:
    """Each method raises StoreUnavailable."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, keys: Sequence[str]) -> dict[str, Item]:
        """The items that are there, by key; one key is one GetItem, and more than a hundred are read side by side."""
        distinct = list(dict.fromkeys(keys))
        with self._translated():
            if len(distinct) == 1:
                found = self._client.get_item(TableName=self._name, Key=_hash(distinct[0]), ConsistentRead=True)
                return {distinct[0]: found["Item"]} if "Item" in found else {}
            if len(distinct) <= MOST_READ:
                return self._batch(distinct) if distinct else {}
            with ThreadPoolExecutor(THREADS, thread_name_prefix="table") as pool:
                batches = pool.map(self._batch, _parts(distinct, MOST_READ))
                return {key: item for batch in batches for key, item in batch.items()}

    def put(self, item: Item, condition: str, *, names: dict[str, str], values: Item | None = None) -> Item | None:
        """Write under a condition: None when it is written, else what is there instead (empty: nothing).

        When the answer to a write is lost, boto3 writes again and is refused by its own first try. So each call
        leaves a mark of its own.
        """
        mark = {"B": secrets.token_bytes(8)}
        expression: dict[str, Any] = {"ConditionExpression": condition, "ExpressionAttributeNames": names}
        if values:
            expression["ExpressionAttributeValues"] = values
        with self._translated():
            try:
                self._client.put_item(
                    TableName=self._name,
                    Item={**item, "mark": mark},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **expression,
                )
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                old: Item = error.response.get("Item") or {}
                return None if old.get("mark") == mark else old
        return None

    def update(self, key: str, expression: str, *, names: dict[str, str], values: Item) -> Item:
        """Change an item, or make it; returns what it was before."""
        with self._translated():
            answer = self._client.update_item(
                TableName=self._name,
                Key=_hash(key),
                UpdateExpression=expression,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_OLD",
            )
        old: Item = answer.get("Attributes", {})
        return old

    def write(self, items: Sequence[Item]) -> None:
        """Replace the items, each by itself, some batches at the same time; no key may come twice."""
        parts = list(_parts(items, MOST_WRITTEN))
        with ThreadPoolExecutor(THREADS, thread_name_prefix="table") as pool:
            list(pool.map(self._write, parts))  # when one has failed, what has not begun never does

    def _write(self, items: Sequence[Item]) -> None:
        left = [{"PutRequest": {"Item": item}} for item in items]
        with self._translated():
            for pause in _pauses(PATIENT_TRIES):
                try:
                    answer = self._client.batch_write_item(RequestItems={self._name: left})
                    left = answer.get("UnprocessedItems", {}).get(self._name, [])
                except ClientError as error:
                    if code_of(error) not in THROTTLED:
                        raise
                if not left:
                    return
                time.sleep(pause)
        raise StoreUnavailable(f"table {self._name}: {len(left)} items were not written: throttled")

    def _batch(self, keys: Sequence[str]) -> dict[str, Item]:
        items: dict[str, Item] = {}
        left = [_hash(key) for key in keys]
        for pause in _pauses():
            request = {self._name: {"Keys": left, "ConsistentRead": True}}
            answer = self._client.batch_get_item(RequestItems=request)
            items |= {item["key"]["S"]: item for item in answer["Responses"].get(self._name, [])}
            left = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
            if not left:
                return items
            time.sleep(pause)
        raise StoreUnavailable(f"table {self._name}: {len(left)} items were not read: throttled")

    def _translated(self) -> Any:
        return translated(StoreUnavailable, f"table {self._name}")


def _hash(key: str) -> Item:
    return {"key": {"S": key}}


def _parts(whole: Sequence[_Part], most: int) -> Iterator[Sequence[_Part]]:
    return (whole[start : start + most] for start in range(0, len(whole), most))


def _pauses(tries: int = TRIES) -> Iterator[float]:
    """Seconds after each try of a batch: a part of it was throttled."""
    return (0.05 * 2**attempt for attempt in range(tries))
