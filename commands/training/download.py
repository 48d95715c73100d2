"""Downloads a file into a part that goes on growing after a broken connection, or in the next process.

pooch, the usual library for data sets, begins anew each time.
"""

import re
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from commands.console import err
from serving.errors import ServingError

_TIMEOUT = httpx.Timeout(30, connect=10)
_PATIENCE = 3
"""Connections in a row that bring nothing new, once something has come."""
_PAUSE = 1.0
"""Seconds after one that brought nothing new."""


class NotDownloaded(ServingError):
    """Continues a sentence that begins with the address."""


def download(url: str, part: Path) -> bool:
    """All of it into `part`; whether some of it was there already, perhaps of another file. Raises NotDownloaded."""
    part.parent.mkdir(parents=True, exist_ok=True)
    resumed = _size(part) > 0
    patience, furthest, anew = 1, _size(part), False
    with _progress() as progress, httpx.Client(timeout=_TIMEOUT, follow_redirects=True) as client:
        while True:
            try:
                if _receive(client, url, part, progress):
                    _version(part).unlink(missing_ok=True)
                    return resumed
                if anew:
                    raise NotDownloaded("breaks off, and can't be gone on with")
                furthest, anew = 0, True
            except httpx.TransportError as error:
                more = _size(part) > furthest
                furthest = max(furthest, _size(part))
                patience = _PATIENCE if more else patience - 1
                if not patience:
                    raise NotDownloaded(f"can't be reached ({_reason(error)})") from error
                if not more:
                    time.sleep(_PAUSE)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise NotDownloaded(f"can't be downloaded ({_reason(error)})") from error
            resumed = resumed or _size(part) > 0


def forget(part: Path) -> None:
    """The next download begins anew."""
    part.unlink(missing_ok=True)
    _version(part).unlink(missing_ok=True)


def _receive(client: httpx.Client, url: str, part: Path, progress: Progress) -> bool:
    """One answer, added to what is there; False when that is no beginning of what the server has."""
    start = _size(part)
    with client.stream("GET", url, headers=_headers(part, start)) as answer:
        goes_on = answer.status_code == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {start}-")
        if start and (answer.status_code == 416 or (answer.status_code == 206 and not goes_on)):
            forget(part)
            return False
        if answer.status_code not in {200, 206}:
            raise NotDownloaded(f"answers {answer.status_code} {answer.reason_phrase}".strip())
        start = start if goes_on else 0
        if not goes_on:
            forget(part)
            _version(part).write_text(_validator(answer.headers), encoding="utf-8")
        length = answer.headers.get("Content-Length")
        task = progress.add_task("", total=start + int(length) if length else None, completed=start)
        try:
            with part.open("ab") as file:
                for block in answer.iter_raw():
                    file.write(block)
                    progress.advance(task, len(block))
        finally:
            progress.remove_task(task)
    return True


def _headers(part: Path, start: int) -> Mapping[str, str]:
    """Bytes as they are in the file: a compressed answer could not be resumed."""
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if _version(part).is_file() and (validator := _version(part).read_text(encoding="utf-8")):
            headers["If-Range"] = validator
    return headers


def _validator(headers: httpx.Headers) -> str:
    """What names this version of the file to the server; weak tags do not name bytes."""
    tag: str = headers.get("ETag", "")
    return tag if tag.startswith('"') else headers.get("Last-Modified", "")


def _reason(error: Exception) -> str:
    """As a person would say it: without the number of the system's error."""
    return re.sub(r"^\[Errno -?\d+\] ", "", str(error)).rstrip(".") or type(error).__name__


def _version(part: Path) -> Path:
    return part.with_name(f"{part.name}.version")


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _progress() -> Progress:
    """Bytes, speed and time left; on a terminal only."""
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    return Progress(TextColumn(" "), *columns, console=err, transient=True, disable=not err.is_terminal)
