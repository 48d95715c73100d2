"""What a reader notes on its way: the names in a file, how they are used, and what no honest pickle does."""

from dataclasses import dataclass, field

from commands.pickles.stand_ins import Global, Made

GETATTR = ("builtins", "getattr")
PARTIAL = ("functools", "partial")
MEMMAP = ("numpy", "memmap")
GOOD = {GETATTR, PARTIAL, MEMMAP}
"""Names that can do harm and have one honest use each: they are watched."""


@dataclass(kw_only=True)
class Findings:
    """What a file names, how it uses it, and what no honest pickle does."""

    named: dict[tuple[str, str], Global] = field(default_factory=dict)
    called: set[Global] = field(default_factory=set)  # other than by __new__ alone
    built: set[Global] = field(default_factory=set)  # by __new__ alone
    misused: set[tuple[str, str]] = field(default_factory=set)  # watched names, in any other than their one good use
    tricks: dict[str, str] = field(default_factory=dict)  # what -> why it is a danger
    scikit_learn: set[str] = field(default_factory=set)  # versions
    boosters: list[Made] = field(default_factory=list)

    def judged(self) -> list[Global]:
        """The names that must be allowed."""
        return [found for key, found in self.named.items() if key not in GOOD or key in self.misused]
