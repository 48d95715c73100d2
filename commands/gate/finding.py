"""What a check has found, and all of it together."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from serving.errors import ModelRefused


class Level(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    WARNED = "warned"
    """It will work, and there is something to know."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """Not tried, because an earlier check failed."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`message` is one sentence; `lines` are what to type or put where, printed as they are."""

    check: str
    level: Level
    message: str
    lines: str = ""
    forceable: bool = False
    """Whether the service would run all the same, so that `--force` may overrule it."""

    def to_dict(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"check": self.check, "level": self.level, "message": self.message}
        return {**shown, "lines": self.lines, "forceable": self.forceable}

    @property
    def told(self) -> str:
        """The sentence, and below it the lines."""
        return f"{self.message}\n\n{self.lines}\n" if self.lines else self.message


def passed(check: str, message: str) -> Finding:
    return Finding(check=check, level=Level.PASSED, message=message)


def warned(check: str, message: str, lines: str = "") -> Finding:
    return Finding(check=check, level=Level.WARNED, message=message, lines=lines)


def failed(check: str, message: str, lines: str = "", *, forceable: bool = False) -> Finding:
    return Finding(check=check, level=Level.FAILED, message=message, lines=lines, forceable=forceable)


@dataclass
class Findings:
    """Those of one run of the gate, in order."""

    found: list[Finding] = field(default_factory=list)

    def add(self, *findings: Finding) -> bool:
        """Whether all of them let the next check be tried."""
        self.found += findings
        return not any(finding.level is Level.FAILED and not finding.forceable for finding in findings)

    @property
    def failures(self) -> Sequence[Finding]:
        return [finding for finding in self.found if finding.level is Level.FAILED]

    def require(self, force: str | None) -> str | None:
        """The reason to keep in the manifest, when one was needed. Raises ModelRefused."""
        if not self.failures:
            return None
        hard = [finding for finding in self.failures if not finding.forceable]
        if hard:
            raise ModelRefused(hard[0].told)
        if force is None:
            first = self.failures[0]
            more = f" ({len(self.failures) - 1} more: `cli check`.)" if len(self.failures) > 1 else ""
            stop = "" if first.message.endswith((".", ":")) else "."
            text = f"{first.message}{stop}{more} --force REASON stores it all the same, and the manifest keeps that."
            raise ModelRefused(replace(first, message=text).told)
        if not force.strip():
            raise ModelRefused("--force needs a reason: the manifest keeps it for those who wonder later.")
        return force
