"""What the service has accepted: the lines of a journal, and of the file that `cli predict --no-wait` writes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from commands.batch.records import InputUnreadable


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """Rows that were sent together: `count` of the input from `first_row` (counted from 0) on."""

    first_row: int
    count: int
    prediction_id: str | None
    """None when every row was refused, so that nothing was left to send."""
    refused: Mapping[int, str] = field(default_factory=dict)
    """What is wrong with the rows that were left out, by their place among these rows, from 0."""

    @property
    def place(self) -> tuple[int, int]:
        return self.first_row, self.count

    def to_dict(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"first_row": self.first_row, "count": self.count, "prediction_id": self.prediction_id}
        return {**shown, "refused": dict(self.refused)} if self.refused else shown

    @classmethod
    def from_dict(cls, line: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError, ValueError for anything that `to_dict` did not write."""
        return cls(
            first_row=int(line["first_row"]),
            count=int(line["count"]),
            prediction_id=line["prediction_id"],
            refused={int(place): str(message) for place, message in line.get("refused", {}).items()},
        )


@dataclass(frozen=True, kw_only=True)
class Receipts:
    """The file that --no-wait wrote."""

    sha256: str
    url: str
    slices: tuple[Accepted, ...]

    @property
    def count(self) -> int:
        return sum(part.count for part in self.slices)


def receipt_line(part: Accepted, url: str) -> str:
    """One line of the file that --no-wait writes."""
    return json.dumps({**part.to_dict(), "url": url}, ensure_ascii=False) + "\n"


def read_receipts(path: Path) -> Receipts:
    """Raises InputUnreadable for any other file."""
    url, slices = "", []
    try:
        content = path.read_bytes()
        for text in content.splitlines():
            line = json.loads(text)
            url = line["url"]
            slices.append(Accepted.from_dict(line))
    except OSError as error:
        raise InputUnreadable(f"{path} can't be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        slices = []
    if not slices:
        raise InputUnreadable(f"{path} is not what `cli predict --no-wait` writes.")
    return Receipts(sha256=hashlib.sha256(content).hexdigest(), url=url, slices=tuple(slices))
