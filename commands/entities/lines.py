"""The lines of a CSV file, gzipped or not, one after the other: a million of them take no memory."""

import csv
import gzip
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO

from serving.errors import ServingError

BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"
csv.field_size_limit(2**31 - 1)  # a list in a cell may be long
Line = tuple[int, list[str]]
"""The number that an editor shows for its first line, and the cells."""


class FileRefused(ServingError):
    """The file can't be loaded as it is; nothing is."""


def read_lines(path: Path, at: Callable[[int], None] = lambda position: None) -> Generator[Line]:
    """The header, and each line that is not blank; `at` is told how many of the file's bytes have been read.

    Raises FileRefused for what can't be read, is not UTF-8 or is not CSV.
    """
    number = 0
    try:
        with _opened(path) as raw:
            packed = raw.read(len(GZIP)) == GZIP
            raw.seek(0)
            file = gzip.GzipFile(fileobj=raw) if packed else raw
            reader = csv.reader(_texts(file, path, lambda: at(raw.tell())), strict=True)
            for cells in reader:
                first, number = number + 1, reader.line_num
                if cells:
                    yield first, cells
    except csv.Error as error:
        raise FileRefused(f"{path}, line {number + 1}, is not CSV: {error}.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileRefused(f"{path} is damaged: {str(error).rstrip('.')}. Pack it again.") from None
    except OSError as error:
        raise FileRefused(f"{path} can't be read: {error.strerror or error}.") from None


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The file; or all that comes out of a pipe, which can't be looked into without being used up."""
    with path.open("rb") as raw:
        if raw.seekable():
            yield raw
            return
        with TemporaryFile() as copy:
            copyfileobj(raw, copy)
            copy.seek(0)
            yield copy


def _texts(file: Iterable[bytes], path: Path, read: Callable[[], None]) -> Iterator[str]:
    for number, line in enumerate(file, 1):
        read()
        try:
            yield (line.removeprefix(BOM) if number == 1 else line).decode()
        except UnicodeDecodeError:
            raise FileRefused(f"{path}, line {number}, is not UTF-8: save the file as UTF-8.") from None
