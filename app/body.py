"""A request's body -> valid records: JSON or CSV, refused before it takes more memory than MAX_BODY."""

import asyncio
from dataclasses import dataclass
from email.message import Message as MimeHeaders
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import to_json
from starlette.requests import Request

from app.csv_body import parse_csv
from serving.errors import InvalidRequest, TooLarge, UnsupportedType
from serving.project import Project
from serving.settings import Settings

DRAIN = 64 * 1024 * 1024
"""Bytes of a body that is too large which are still read, and dropped: a client that is cut off sees no answer."""
INLINE = 64 * 1024
"""Bytes up to which validation is faster than a thread for it."""
SHOWN_ERRORS = 1_000
LISTED_ERRORS = 50_000
"""More than that, a list of them would take more memory than the body."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """Valid records as JSON under their columns' names: one object, or an array when `many`."""

    payload: bytes
    count: int
    many: bool


class BodyReader:
    """Reads and validates the body of a POST."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self._project = project
        self._max_body = settings.max_body
        self._max_records = settings.max_records
        length = Field(min_length=1, max_length=settings.max_records)
        self._many: TypeAdapter[list[Any]] = TypeAdapter(
            Annotated[list[project.schema], length]  # type: ignore[arg-type, name-defined]  # a class found at run time
        )

    async def read(self, request: Request) -> bytes:
        """The whole body. Raises TooLarge."""
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._max_body:
            if int(announced) <= DRAIN and "expect" not in request.headers:
                async for _ in request.stream():
                    pass
            raise self._too_large()
        chunks, size = [], 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > DRAIN:
                break
            if size <= self._max_body:
                chunks.append(chunk)
        if size > self._max_body:
            raise self._too_large()
        return b"".join(chunks)

    async def records(self, body: bytes, content_type: str) -> Records:
        """The body's records. Raises InvalidRequest, TooLarge, UnsupportedType."""
        kind, charset, header = _content_type(content_type or "application/json")
        if charset not in {"utf-8", "utf8", "us-ascii"}:
            raise UnsupportedType(f"charset={charset} is not read here: send UTF-8.")
        if kind == "text/csv":
            return await self._off_loop(body, lambda: self._csv(body, header))
        if kind == "application/json" or kind.endswith("+json"):
            return await self._off_loop(body, lambda: self._json(body))
        raise UnsupportedType(f"{kind} is not read here: send application/json or text/csv.")

    async def _off_loop(self, body: bytes, validate: Any) -> Records:
        records: Records = validate() if len(body) <= INLINE else await asyncio.to_thread(validate)
        return records

    def _json(self, body: bytes) -> Records:
        try:
            if body.lstrip(b" \t\r\n")[:1] == b"[":
                records = self._many.validate_json(body)
                return self._array(records)
            record = self._project.one.validate_json(body)
        except ValidationError as error:
            raise self._refusal(error) from None
        return Records(payload=self._project.dump(record), count=1, many=False)

    def _csv(self, body: bytes, header: bool) -> Records:
        rows = parse_csv(body, self._project, header=header, most=self._max_records + 1)
        try:
            return self._array(self._many.validate_json(to_json(rows)))  # under the very rules of a JSON body
        except ValidationError as error:
            raise self._refusal(error) from None

    def _array(self, records: list[Any]) -> Records:
        return Records(payload=self._project.dump(records), count=len(records), many=True)

    def _refusal(self, error: ValidationError) -> Exception:
        if error.error_count() > LISTED_ERRORS:
            message = f"{error.error_count()} errors: send one record to see what is wrong with it."
            return InvalidRequest.at(["body"], message, "too_many_errors")
        found = error.errors(include_url=False, include_context=False, include_input=False)
        if found[0]["type"] == "too_long" and not found[0]["loc"]:
            return TooLarge(f"More than {self._max_records} records: send them in slices of {self._max_records}.")
        errors = [{"loc": ["body", *e["loc"]], "msg": e["msg"], "type": e["type"]} for e in found[:SHOWN_ERRORS]]
        if len(found) > SHOWN_ERRORS:
            more = len(found) - SHOWN_ERRORS
            errors.append({"loc": ["body"], "msg": f"{more} more errors are not shown", "type": "more_errors"})
        return InvalidRequest(errors)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The body is larger than {self._max_body} bytes: send fewer records at once.")


def _content_type(text: str) -> tuple[str, str | None, bool]:
    """Media type, charset, and whether a CSV has a header. Raises UnsupportedType for what can't be read."""
    headers = MimeHeaders()
    try:
        headers["content-type"] = text
        charset = headers.get_content_charset("utf-8")
        return headers.get_content_type(), charset, headers.get_param("header") != "absent"
    except (TypeError, ValueError, LookupError) as error:  # continuations that contradict each other, for one
        raise UnsupportedType("The Content-Type can't be read: send application/json or text/csv.") from error
