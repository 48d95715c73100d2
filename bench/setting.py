"""What each part of the suite is given."""

import sys
from dataclasses import dataclass
from pathlib import Path

from bench.adult_model import Record, records


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The model, how many rounds, and whom to tell how far it is."""

    model: Path
    rounds: int = 5

    def records(self, count: int) -> list[Record]:
        """Records for the model, over and over."""
        return records(count, self.model)

    def say(self, what: str) -> None:
        """A line of progress on stderr, so that stdout holds nothing but what was found."""
        sys.stderr.write(f"{what}\n")
        sys.stderr.flush()
