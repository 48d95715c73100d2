"""Rows without an answer: how many there are, and the first few with what was wrong."""

from dataclasses import dataclass, field

SHOWN = 5


@dataclass(slots=True)
class Missed:
    """Counts rows; `examples` holds number (from 1) and message of the first few."""

    count: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)

    def add(self, row: int, message: str) -> None:
        """One row more."""
        self.count += 1
        if len(self.examples) < SHOWN:
            self.examples.append((row, message))

    def copy(self) -> "Missed":
        """One that goes on from here by itself."""
        return Missed(self.count, [*self.examples])

    def document(self) -> dict[str, object]:
        """As JSON."""
        return {"rows": self.count, "examples": [{"row": row, "message": said} for row, said in self.examples]}
