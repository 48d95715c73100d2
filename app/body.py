"""A request's body -> valid records: JSON or CSV."""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Annotated, Any

from pydantic import FailFast, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, to_json

from app.csv_body import parse_csv
from app.reading import media_type
from app.size import SizeCheck, count
from serving.errors import InvalidRequest, TooLarge, UnsupportedType
from serving.project import Project
from serving.redaction import without_paths
from serving.settings import Settings

INLINE = 64 * 1024
"""Bytes up to which validation is faster than a thread for it."""
SHOWN_ERRORS = 1_000
ALL_ERRORS = 40_000
"""Commas and colons in an array up to which each of its errors is found: one takes up to a kilobyte."""
LISTED_ERRORS = 20_000
"""More than that, a list of them would take more memory than the body."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """Valid records as JSON under their columns' names: one object; when `many` an array, or a list for each column."""

    payload: bytes
    count: int
    many: bool
    columns: int = 0  # how many records are there by column; 0 for rows
    digest: str = ""  # of the records as rows: the same for the same body, whatever the layout


class BodyReader:
    """Validates the body of a POST."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self._project = project
        self._max_records = settings.max_records
        self._size = SizeCheck(project, settings)
        self._many = self._array_of()
        self._large = ThreadPoolExecutor(1, thread_name_prefix="validate")

    @cached_property
    def _many_to_the_first_bad(self) -> TypeAdapter[list[Any]]:
        return self._array_of(FailFast())

    def _array_of(self, *rules: Any) -> TypeAdapter[list[Any]]:
        length = Field(min_length=1, max_length=self._max_records)
        found_at_run_time: Any = Annotated[list[self._project.schema], length, *rules]  # type: ignore[name-defined]
        return TypeAdapter(found_at_run_time)

    async def records(self, body: bytes, content_type: str, *, digest: bool = False) -> Records:
        """The body's records, and their `digest` if asked. Raises InvalidRequest, TooLarge, UnsupportedType."""
        found = media_type(content_type or "application/json")
        kind = found.kind
        if found.charset not in {"utf-8", "utf8", "us-ascii"}:
            raise UnsupportedType(f"charset={found.charset} is not read here: send UTF-8.")
        validate: Callable[[bytes, bool], Records]
        if kind == "application/json" or kind.endswith("+json"):
            validate = self._json
        elif kind == "text/csv":
            validate = partial(self._csv, header=found.header)
        else:
            raise UnsupportedType(f"{kind} is not read here: send application/json or text/csv.")
        if len(body) <= INLINE:
            return validate(body, digest)
        # One at a time: each takes many times its size in memory, and two at once are not done sooner.
        return await asyncio.get_running_loop().run_in_executor(self._large, validate, body, digest)

    def _json(self, body: bytes, digest: bool) -> Records:
        if body.lstrip(b" \t\r\n")[:1] == b"[":
            return self._array(body, digest)
        self._size.json(body, many=False)
        try:
            record = self._project.one.validate_json(body)
        except ValidationError as error:
            raise self._refusal(error) from None
        payload = self._project.dump(record)
        return Records(payload=payload, count=1, many=False, digest=_digest(payload) if digest else "")

    def _csv(self, body: bytes, digest: bool, *, header: bool) -> Records:
        self._size.csv(body)
        rows = parse_csv(body, self._project, header=header, most=self._max_records + 1)
        return self._array(to_json(rows), digest)  # under the very rules of a JSON body

    def _array(self, body: bytes, digest: bool) -> Records:
        self._size.json(body, many=True)
        whole = count(body, b",:") <= ALL_ERRORS
        try:
            records = (self._many if whole else self._many_to_the_first_bad).validate_json(body)
        except ValidationError as error:
            raise self._refusal(error, whole=whole) from None
        payload, columns = self._project.pack(records)
        seen = _digest(self._project.dump(records)) if digest else ""
        return Records(payload=payload, count=len(records), many=True, columns=columns, digest=seen)

    def _refusal(self, error: ValidationError, *, whole: bool = True) -> Exception:
        if error.error_count() > LISTED_ERRORS:
            message = f"{error.error_count()} errors: send one record to see what is wrong with it."
            return InvalidRequest.at(["body"], message, "too_many_errors")
        found = error.errors(include_url=False, include_context=False, include_input=False)
        if found[0]["type"] == "too_long" and not found[0]["loc"]:
            return TooLarge(f"More than {self._max_records} records: send them in slices of {self._max_records}.")
        errors = [{"loc": ["body", *e["loc"]], "msg": _said(e), "type": e["type"]} for e in found[:SHOWN_ERRORS]]
        more = f"{len(found) - SHOWN_ERRORS} more errors are not shown" if len(found) > SHOWN_ERRORS else ""
        if found[0]["loc"] and not whole:
            more = "In a body of this size only the first record that is wrong is told"
        if more:
            errors.append({"loc": ["body"], "msg": more, "type": "more_errors"})
        return InvalidRequest(errors)


def _digest(rows: bytes) -> str:
    return hashlib.sha256(rows).hexdigest()


def _said(error: ErrorDetails) -> str:
    """What a client is told: pydantic's words as they are, a validator's own without paths of this service."""
    return without_paths(error["msg"]) if error["type"] in {"value_error", "assertion_error"} else error["msg"]
