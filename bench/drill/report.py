"""What a drill found: each fault with what became of it, each promise with how often it was broken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

EXAMPLES = 3
"""Cases of a broken promise that are shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something that was broken on purpose."""

    name: str
    count: int
    seen: str  # what came of it, for instance "answered model_crashed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """A promise, over everything that it was held against."""

    name: str
    of: int
    wrong: Sequence[str] = ()  # one line for each case in which it was broken

    @property
    def kept(self) -> bool:
        """A promise that nothing was held against is not kept: the drill has missed it."""
        return self.of > 0 and not self.wrong


@dataclass(frozen=True, kw_only=True)
class Report:
    """A finished drill."""

    title: str
    seed: int
    faults: Sequence[Fault]
    checks: Sequence[Check]
    figures: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return all(check.kept for check in self.checks)

    def markdown(self) -> str:
        """The report as a file to keep."""
        lines = [f"# {self.title}", "", self._verdict(), "", "| figure | |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in self.figures.items()]
        lines += ["", "| fault | times | what came of it |", "|---|---|---|"]
        lines += [f"| {fault.name} | {fault.count:,} | {fault.seen} |" for fault in self.faults]
        lines += ["", "| promise | held against | broken |", "|---|---|---|"]
        lines += [f"| {check.name} | {check.of:,} | {len(check.wrong):,} |" for check in self.checks]
        lines += [f"\n{check.name}: {_examples(check)}" for check in self.checks if check.wrong]
        return "\n".join(lines) + "\n"

    def show(self, console: Console) -> None:
        """The report in a terminal."""
        faults = Table("fault", "times", "what came of it", box=None)
        for fault in self.faults:
            faults.add_row(fault.name, f"{fault.count:,}", fault.seen)
        checks = Table("promise", "held against", "broken", "", box=None)
        for check in self.checks:
            mark = "[green]kept[/green]" if check.kept else "[red]BROKEN[/red]"
            checks.add_row(check.name, f"{check.of:,}", f"{len(check.wrong):,}", mark)
        figures = Table("figure", "", box=None)
        for name, value in self.figures.items():
            figures.add_row(name, value)
        for table in (faults, checks, figures):
            console.print(table, "", highlight=False)
        for check in self.checks:
            if check.wrong:
                console.print(f"{check.name}: {_examples(check)}", markup=False, highlight=False, soft_wrap=True)
        console.print(self._verdict(), style="green" if self.ok else "red", highlight=False)

    def _verdict(self) -> str:
        broken = [check.name for check in self.checks if not check.kept]
        found = f"Broken: {'; '.join(broken)}." if broken else "Every promise was kept."
        return f"{found} Seed {self.seed}."


def _examples(check: Check) -> str:
    more = len(check.wrong) - EXAMPLES
    return "; ".join(check.wrong[:EXAMPLES]) + (f"; and {more:,} more" if more > 0 else "")
