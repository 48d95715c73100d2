"""What is left out of what others are told: of an answer, paths of this service; of the log, what a record says."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any

from serving.errors import ServingError

WITHHELD = "what it says may quote a record: LOG_RECORDS=1 shows it"
Handler = Callable[[Mapping[str, Any], Any], dict[str, Any]]
FRAMES = 12
"""Of a trace, the innermost ones."""
# From a root on, with at least two names: /srv/a, file:///srv/a, ~/a/b, C:\a; not and/or, 1/2/2026 or https://host/a.
_PATH = re.compile(r"""(?:file://|(?<![\w/.]))~?(?:/[^\s/'"`<>|:;,()\[\]{}]+){2,}/?|\b[A-Za-z]:\\[^\s'"`<>|:;,()]+""")


def without_paths(text: str) -> str:
    """The text of an exception as a client may see it: files of this service are called `[path]`."""
    return _PATH.sub("[path]", text)


def told(error: BaseException) -> str:
    """An exception as the log may have it: by its type alone, where what it says may quote a record."""
    return f"{type(error).__name__}: {error}" if _quotes_nothing(error) else type(error).__name__


def trace(error: BaseException) -> str:
    """Where an exception was raised, on one line: its types and places, and nothing of what it says."""
    found = []
    for cause in _chain(error):
        places = [f"{code.co_filename}:{line} in {code.co_name}" for code, line in _frames(cause.__traceback__)]
        found.append(f"{type(cause).__name__} at {', called from '.join(places[::-1][:FRAMES]) or 'an unknown place'}")
    return "; because of ".join(found)


class Redaction(logging.Filter):
    """Lets every record through; an exception that is logged with it says its type and where it was raised."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            shown = _redacted(record.exc_info[1])
            record.exc_info = (type(shown), shown, shown.__traceback__)
        return True


def redact() -> None:
    """Keep what records say out of the log, as it is set up now."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(Redaction())


def discreet(handler: Handler, *, records: bool) -> Handler:
    """A Lambda whose unforeseen errors say their type and place, for Lambda itself logs them; unless `records`."""

    def call(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        try:
            return handler(event, context)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is raised again
            raise _redacted(error) from None

    return handler if records else call


def _quotes_nothing(error: BaseException) -> bool:
    """Whether its text is ours or the system's."""
    return isinstance(error, ServingError | OSError) or type(error).__module__ == "sqlite3"


def _redacted(error: BaseException) -> Exception:
    """An exception of the same name, with the same places and causes, that keeps to itself what it says."""
    kind, text = type(error), str(error) if _quotes_nothing(error) else WITHHELD
    made: Exception = type(kind.__name__, (Exception,), {"__module__": kind.__module__})(text)
    made.__traceback__ = error.__traceback__
    made.__cause__ = _redacted(error.__cause__) if error.__cause__ else None
    made.__context__ = _redacted(error.__context__) if error.__context__ else None
    made.__suppress_context__ = error.__suppress_context__
    return made


def _chain(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _frames(traceback: TracebackType | None) -> Iterator[tuple[Any, int]]:
    while traceback is not None:
        yield traceback.tb_frame.f_code, traceback.tb_lineno
        traceback = traceback.tb_next
