"""Message: what waits in the queue. One line of JSON about it, then its records as the API wrote them."""

from typing import Any, NamedTuple

from pydantic_core import SchemaValidator, ValidationError, from_json, to_json
from pydantic_core import core_schema as schema

from serving.layout import Columns, Rows, rows_of
from serving.prediction import Failure, ModelVersion, Prediction, Status

_ROWS, _COLUMNS = 1, 2  # versions of a message, by its layout: a worker of an earlier release still reads rows
_ID = "^[A-Za-z0-9_-]{1,64}$"  # what can be a key of every store
_YEAR_10000 = 253_402_300_800_000  # milliseconds since 1970: no datetime reaches it


class Message(NamedTuple):
    """A prediction's records, valid under the schema whose hash it carries. Times are milliseconds since 1970."""

    prediction_id: str
    accepted_at: int
    expires_at: int
    schema_hash: str
    many: bool  # an array was posted, so an array is answered
    payload: bytes  # JSON: one record, or a list of records when `many`, or a list for each column
    columns: int = 0  # how many records the columns hold; 0 when the payload has rows
    redriven: bool = False
    suspect: bool = False  # delivered before without an answer: only quarantine predicts it
    alone: bool = False  # and by itself: a batch with it has died, or run out of time

    def to_text(self) -> str:
        """One line of JSON about the message, then the payload as it is, so that neither is encoded twice."""
        head: dict[str, object] = {
            "version": _COLUMNS if self.columns else _ROWS,
            "prediction_id": self.prediction_id,
            "accepted_at": self.accepted_at,
            "expires_at": self.expires_at,
            "schema_hash": self.schema_hash,
            "many": self.many,
        }
        if self.redriven or self.suspect or self.alone or self.columns:
            head |= {name: getattr(self, name) for name in _SELDOM if getattr(self, name)}
        return (to_json(head) + b"\n" + self.payload).decode()

    @classmethod
    def from_text(cls, text: str) -> "Message":
        """Read what `to_text` wrote. Raises ValueError for anything else."""
        line, separator, payload = text.partition("\n")
        try:
            fields = _HEAD.validate_json(line)
        except ValidationError as error:
            if (version := _version(line)) not in (_ROWS, _COLUMNS):
                raise _of_another_version(version) from None
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"])) or "its first line"
            raise ValueError(f"not a message of this service: {place}: {first['msg']}") from None
        version = fields.pop("version")
        if version != (_COLUMNS if fields.get("columns") else _ROWS):
            raise _of_another_version(version)
        if not separator:
            raise ValueError("not a message of this service: it has no records")
        return cls(payload=payload.encode(), **fields)

    @classmethod
    def head(cls, text: str) -> "Message | None":
        """Whose message this is, of whatever version and whatever became of its payload: only ids and times are true.

        None when it does not tell.
        """
        try:
            fields = _WHOSE.validate_json(text.partition("\n")[0])
        except ValueError:
            return None
        return cls(
            prediction_id=fields["prediction_id"],
            accepted_at=fields["accepted_at"],
            expires_at=fields["expires_at"],
            schema_hash="",
            many=False,
            payload=b"",
            redriven=fields.get("redriven") is True,
        )

    def answered(
        self, answer: bytes | Failure, *, model: ModelVersion | None = None, warning: str | None = None, now: int
    ) -> Prediction:
        """The terminal prediction: `answer` is a result as JSON, or why there is none."""
        failure = answer if isinstance(answer, Failure) else None
        return Prediction(
            self.prediction_id,
            self.accepted_at,
            self.expires_at,
            Status.SUCCEEDED if failure is None else Status.FAILED,
            answer if failure is None else None,  # type: ignore[arg-type]  # bytes, then
            failure,
            model,
            warning,
            now,
        )

    def rows(self) -> Rows:
        """The records as the API validated them, in their layout. Raises ValueError for what it did not write."""
        return rows_of(from_json(self.payload), many=self.many, columns=self.columns)

    def records(self) -> list[dict[str, Any]]:
        """One object for each record. Raises as `rows` does."""
        rows = self.rows()
        return rows.records() if isinstance(rows, Columns) else rows


_SELDOM = ("redriven", "suspect", "alone", "columns")  # said when they are true


def _always(kind: schema.CoreSchema) -> schema.TypedDictField:
    return schema.typed_dict_field(kind, required=True)


def _seldom(kind: schema.CoreSchema) -> schema.TypedDictField:
    return schema.typed_dict_field(kind, required=False)


_WHOLE, _FLAG = schema.int_schema(ge=0, strict=True), schema.bool_schema(strict=True)
_TIME = schema.int_schema(ge=0, lt=_YEAR_10000, strict=True)
_NAMES = {
    "prediction_id": _always(schema.str_schema(pattern=_ID)),
    "accepted_at": _always(_TIME),
    "expires_at": _always(_TIME),
}
_WHOSE = SchemaValidator(schema.typed_dict_schema({**_NAMES, "redriven": _seldom(schema.any_schema())}))
_HEAD = SchemaValidator(  # in one call, as it is read for each message
    schema.typed_dict_schema(
        {
            **_NAMES,
            "version": _always(_WHOLE),
            "schema_hash": _always(schema.str_schema()),
            "many": _always(_FLAG),
            "columns": _seldom(_WHOLE),
            "redriven": _seldom(_FLAG),
            "suspect": _seldom(_FLAG),
            "alone": _seldom(_FLAG),
        },
        extra_behavior="forbid",
    )
)


def _version(line: str) -> Any:
    """What a first line of whatever release calls its version; the present one when it says nothing."""
    try:
        fields = from_json(line)
    except (ValueError, TypeError):
        return _ROWS
    return fields.get("version", _ROWS) if isinstance(fields, dict) else _ROWS


def _of_another_version(version: object) -> ValueError:
    return ValueError(f"message version {version} is not {_ROWS}, nor {_COLUMNS} with columns")
