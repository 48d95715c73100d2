"""Which names a model file may hold, beside what the scanner knows to be harmful, and what is said of the others."""

import re
import sys
from dataclasses import dataclass

from commands.pickles.findings import Findings
from commands.pickles.known import CALLED, CLASS, CLOSED, FORMER, IMPORTED, JOBLIB, LIBRARIES, NAMED, PYTHON, TOOLS
from commands.pickles.scanner import flagged
from commands.pickles.stand_ins import Global

MAIN = {"__main__", "__mp_main__"}

RUNS = "can run code or touch files"
UNNEEDED = "is of Python's own library, and no Pipeline needs it"
WRITE = "write a named function in a module of the project and use that instead"
CARRIES = f"carries a function's code inside the file, as a lambda or one of a notebook: {WRITE}"
CHOOSES = f"can reach any function by its name (partial, itemgetter, methods such as str.lower): {WRITE}"
OTHER = f"is no part of a fitted Pipeline: {WRITE}"
DOTTED = "reaches through one thing to another"
TOOL = "belongs to the tools around the model, and no Pipeline needs it"

CHOOSERS = {
    "builtins.getattr", "functools.partial",
    "operator.attrgetter", "operator.itemgetter", "operator.methodcaller",
    "_operator.attrgetter", "_operator.itemgetter", "_operator.methodcaller",
}  # fmt: skip
CARRIERS = ("cloudpickle", "dill", "joblib.externals.cloudpickle", "types.CodeType", "types.FunctionType")


@dataclass(frozen=True, kw_only=True)
class Danger:
    """Something in a file that is not loaded."""

    name: str
    reason: str


def dangers(findings: Findings) -> list[Danger]:
    """What speaks against loading the file, by name; empty for a clean one."""
    names = findings.judged()
    harmful = flagged(names)
    found = [Danger(name=name, reason=reason) for name, reason in findings.tricks.items()]
    for name in names:
        reason = _specific(name.qualified)
        if reason is None and name.qualified in harmful:
            reason = RUNS
        if reason is None:
            reason = _reason(name, called=name in findings.called)
        if reason is None and name in findings.built and name.qualified == "numpy.memmap":
            reason = RUNS  # the one class of these whose __new__ opens a file
        if reason is not None:
            found.append(Danger(name=name.qualified, reason=reason))
    return sorted(found, key=lambda danger: danger.name)


def is_python(module: str) -> bool:
    first = module.partition(".")[0]
    return first in sys.stdlib_module_names or first in FORMER


def is_library(module: str) -> bool:
    return module.partition(".")[0] in LIBRARIES


def _specific(qualified: str) -> str | None:
    if qualified in CHOOSERS:
        return CHOOSES
    if any(qualified == carrier or qualified.startswith(f"{carrier}.") for carrier in CARRIERS):
        return CARRIES
    return None


def _reason(name: Global, *, called: bool) -> str | None:
    """Why this name is a danger."""
    if name.module in MAIN:
        # What __main__ has is told apart from dangers: nothing of it can be found where the model is served.
        return DOTTED if "." in name.name or (called and not CLASS.fullmatch(name.name)) else None
    if is_python(name.module):
        return None if name.name in PYTHON.get(name.module, ()) else UNNEEDED
    if is_library(name.module):
        return _of_library(name, called=called)
    if name.module.partition(".")[0] in TOOLS:
        return TOOL
    parts = name.name.split(".")
    if len(parts) > 1 and not (CLASS.fullmatch(parts[0]) and not any(re.match("__", part) for part in parts)):
        return DOTTED
    return None


def _of_library(name: Global, *, called: bool) -> str | None:
    if "." in name.name:
        return DOTTED
    imported = name.name in IMPORTED or (is_python(name.name) and not name.module.startswith("numpy"))
    if imported or CLOSED.fullmatch(name.module):
        return RUNS
    if called:
        return None if CALLED.fullmatch(name.qualified) else OTHER
    if name.module.startswith("joblib"):
        return None if name.qualified in JOBLIB else OTHER
    allowed = CLASS.fullmatch(name.name) or NAMED.fullmatch(name.qualified) or CALLED.fullmatch(name.qualified)
    return None if allowed else OTHER
