"""Finds a data set for training: in DATA_DIR, among those downloaded before, or at its address."""

import lzma
import shutil
import signal
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from commands.console import err
from commands.deployment import CACHE
from commands.training.checksum import differs
from commands.training.download import NotDownloaded, download, forget
from commands.training.found import data_dir, found
from serving.errors import ServingError
from serving.local.lock import locked

KEPT = CACHE / "data"


class DataMissing(ServingError):
    """A data set that can't be had, and where to put it."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a data set is published; `member` is the file's name inside a zip at `url`."""

    name: str
    url: str
    checksum: str
    member: str | None = None


def fetch(name: str, *, url: str, checksum: str, member: str | None = None, kept: Path = KEPT) -> Path:
    """The data set as a file: DATA_DIR/`name` or DATA_DIR/`name`.gz as they are, else the one at `url`, kept for later.

    `checksum` is "sha256:…", "md5:…" or "git:…" (a blob's id) of the file, or of the `member` of the zip that is
    at `url`. Ends the script with one sentence when there is no such file to be had.
    """
    try:
        return find(Source(name=name, url=url, checksum=checksum, member=member), kept)
    except ServingError as error:
        raise SystemExit(f"error: {error}") from error
    except KeyboardInterrupt as error:
        going_on = "What has been downloaded is kept: the next run goes on from there."
        err.print("Training was ended.", going_on, soft_wrap=True)
        raise SystemExit(128 + signal.SIGINT) from error


def find(source: Source, kept: Path) -> Path:
    """What `fetch` returns. Raises DataMissing."""
    given = found(source.name)
    if given is not None:
        return given
    path = kept / source.name
    try:
        with _alone(path):
            if not path.is_file() or differs(path, source.checksum):
                err.print(f"{source.name}: downloading {source.url}", markup=False, highlight=False, soft_wrap=True)
                _bring(source, path)
    except OSError as error:
        raise DataMissing(f"{source.name} can't be kept in {path.parent}: {error.strerror or error}.") from error
    return path


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """No other process downloads it in this moment."""
    lock = path.with_name(f"{path.name}.lock")
    with ExitStack() as held:
        try:
            held.enter_context(locked(lock, wait=False))
        except BlockingIOError:
            err.print(f"Another process downloads {path.name}: waiting for it.", markup=False, highlight=False)
            held.enter_context(locked(lock))
        yield


def _bring(source: Source, path: Path) -> None:
    """Downloaded, compared, and only then given its name."""
    part = path.with_name(f"{path.name}.part")
    try:
        resumed = download(source.url, part)
        wrong = _take(source, part, path)
        if wrong and resumed:  # what was there already may have been another file's beginning
            download(source.url, part)
            wrong = _take(source, part, path)
    except NotDownloaded as error:
        raise DataMissing(_sentence(source, str(error))) from error
    if wrong:
        raise DataMissing(_sentence(source, wrong))


def _take(source: Source, part: Path, path: Path) -> str | None:
    """Make the part the data set, if it is that; else it is deleted, and what is wrong is returned."""
    whole = part
    try:
        if source.member is not None:
            whole = path.with_name(f"{path.name}.unpacked")
            _unpack(part, source.member, whole)
        other = differs(whole, source.checksum)
        if not other:
            whole.replace(path)
            return None
        return f"is another file ({other} instead of {source.checksum})"
    except (zipfile.BadZipFile, KeyError):
        return f"is no zip that holds {source.member}"
    except (zlib.error, lzma.LZMAError, EOFError, RuntimeError) as error:  # damaged, encrypted, packed in another way
        return f"is a zip whose {source.member} can't be unpacked ({str(error).rstrip('.') or 'it is cut off'})"
    finally:
        whole.unlink(missing_ok=True)
        forget(part)


def _unpack(archive: Path, member: str, to: Path) -> None:
    with zipfile.ZipFile(archive) as opened, opened.open(member) as packed, to.open("wb") as file:
        shutil.copyfileobj(packed, file)


def _sentence(source: Source, problem: str) -> str:
    """What to fetch, from where, and where to put it."""
    folder = data_dir()
    said = "not set" if folder is None else str(folder)
    place = f"DIR/{source.name}, with DATA_DIR=DIR" if folder is None else str(folder / source.name)
    unpacked = f", unpack {source.member}" if source.member else ""
    return (
        f"{source.name} is not in DATA_DIR ({said}) and {source.url} {problem}: download it elsewhere{unpacked} "
        f"and put it at {place}."
    )
