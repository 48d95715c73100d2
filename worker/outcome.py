"""What became of a row, and what becomes of the whole prediction."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import to_json

from serving.prediction import Code, Failure


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that the model did not answer; `trace` says where the model raised, for the log alone."""

    code: Code
    message: str
    trace: str = ""


Answer = bytes | RowError
"""A row's result as JSON: encoded at once, so that a value that JSON has no place for is that row's error."""
Outcome = bytes | Failure
"""A result as JSON, or why the whole prediction failed."""


def outcome(answers: Sequence[Answer], *, many: bool, max_result: int) -> Outcome:
    """What a prediction's rows make of it: a single row that failed fails it, one of an array does not."""
    first = answers[0]
    if many:
        encoded = b"[%b]" % b",".join([_error_json(own) if isinstance(own, RowError) else own for own in answers])
    elif isinstance(first, RowError):
        return Failure(code=first.code, message=first.message)
    else:
        encoded = first
    if len(encoded) > max_result:
        return Failure(
            code=Code.RESULT_TOO_LARGE,
            message=f"The result has {len(encoded)} bytes, over the limit of {max_result}: send fewer records at once.",
        )
    return encoded


def _error_json(error: RowError) -> bytes:
    return to_json({"error": {"code": error.code, "message": error.message}})
