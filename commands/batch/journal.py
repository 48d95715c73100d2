"""What a run has done so far, beside its output, so that the same command goes on after Ctrl-C or kill -9.

{"version": 1, "task": …, "input_sha256": …, "url": …, "run_id": …, "max_records": …, "max_body": …}
{"accepted": {"first_row": 0, "count": 1000, "prediction_id": …}}      as soon as the service has said so
{"written": {"rows": 1000, "bytes": 52311, "failed": 0, …}}            after each slice of the output
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from io import FileIO
from pathlib import Path
from typing import Any, Self

from commands.batch.accepted import Accepted
from serving.errors import ServingError

VERSION = 1


class JournalUnusable(ServingError):
    """The journal beside --out belongs to something else, or does not fit the file."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What must be the same for a run to go on."""

    task: str
    """Which command: `predict`, `predict --no-wait` or `result`."""
    input_sha256: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Slicing:
    """How the input is cut; a run that goes on cuts as it began, whatever the service's limits are by then."""

    run_id: str
    max_records: int
    max_body: int


@dataclass(frozen=True, kw_only=True)
class Written:
    """How far the output is."""

    rows: int = 0
    bytes: int = 0
    failed: int = 0
    examples: tuple[tuple[int, str], ...] = ()
    """The first few failed rows: number from 1, and message."""
    header: tuple[str, ...] | None = None
    """The result's columns in a CSV, once they are known."""
    left_out: tuple[str, ...] = ()
    """Columns that came after the header was written."""


@dataclass
class Journal:
    """Kept in memory; and in the file at `path`, if there is one."""

    path: Path | None
    task: Task
    slicing: Slicing
    accepted: dict[tuple[int, int], Accepted] = field(default_factory=dict)
    written: Written = field(default_factory=Written)
    resumed: bool = False
    _file: FileIO | None = None

    @classmethod
    def create(cls, path: Path | None, task: Task, slicing: Slicing) -> Self:
        journal = cls(path, task, slicing)
        if path is not None:
            journal._file = FileIO(path, "w")
            journal._append({"version": VERSION, **asdict(task), **asdict(slicing)})
        return journal

    @classmethod
    def load(cls, path: Path) -> Self:
        """Open it again for more. A line that was cut off in the middle is dropped. Raises JournalUnusable."""
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        try:
            head, *lines = [json.loads(line) for line in whole.splitlines()]
            if head["version"] != VERSION:
                raise ValueError(f"version {head['version']}")
            journal = cls(path, _pick(Task, head), _pick(Slicing, head), resumed=True)
            for line in lines:
                journal._replay(line)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise JournalUnusable(f"{path} is not a journal of this command ({error}): --yes starts over.") from None
        journal._file = FileIO(path, "r+")
        journal._file.truncate(len(whole))
        journal._file.seek(len(whole))
        return journal

    def accept(self, part: Accepted) -> None:
        self.accepted[part.place] = part
        self._append({"accepted": part.to_dict()})

    def write(self, written: Written) -> None:
        """Called after the output itself is written. What lies before it is needed no longer, here in memory."""
        self.written = written
        self.accepted = {place: part for place, part in self.accepted.items() if place[0] >= written.rows}
        self._append({"written": asdict(written)})

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def remove(self) -> None:
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _append(self, line: Mapping[str, Any]) -> None:
        if self._file is not None:  # unbuffered: once this returns, killing the process loses nothing
            self._file.write(json.dumps(line, ensure_ascii=False).encode(errors="replace") + b"\n")

    def _replay(self, line: Mapping[str, Any]) -> None:
        if "accepted" in line:
            part = Accepted.from_dict(line["accepted"])
            self.accepted[part.place] = part
            return
        values = line["written"]
        self.written = Written(
            **{
                **values,
                "examples": tuple((number, message) for number, message in values["examples"]),
                "header": None if values["header"] is None else tuple(values["header"]),
                "left_out": tuple(values["left_out"]),
            }
        )


def _pick(kind: Any, values: Mapping[str, Any]) -> Any:
    return kind(**{item.name: values[item.name] for item in fields(kind)})
