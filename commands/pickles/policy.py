"""Which names a model file may hold, beside what the scanner knows to be harmful, and what is said of the others."""

import re
from dataclasses import dataclass

from commands.pickles.findings import Findings
from commands.pickles.known import (
    CALLED,
    CLASS,
    CLOSED,
    HARMFUL,
    IMPORTED,
    JOBLIB,
    NAMED,
    PYTHON,
    TOOLS,
    UNCALLED,
    is_library,
    is_python,
)
from commands.pickles.scanner import flagged
from commands.pickles.stand_ins import Global

MAIN = {"__main__", "__mp_main__"}

RUNS = "can run code or touch files"
UNNEEDED = "is of Python's own library, and no Pipeline needs it"
WRITE = "write a named function in a module of the project and use that instead"
CARRIES = f"carries a function's code inside the file, as a lambda or one of a notebook: {WRITE}"
CHOOSES = f"can reach any function by its name (partial, itemgetter, methods such as str.lower): {WRITE}"
METHOD = f"names a method by its class, and could be anything: {WRITE}"
UNKNOWN = {CARRIES, CHOOSES, METHOD}
OTHER = f"is no part of a fitted Pipeline: {WRITE}"
DOTTED = "reaches through one thing to another"
TOOL = "belongs to the tools around the model, and no Pipeline needs it"

COMMANDS = "is called when the model is loaded, and only classes may be"

MAKERS = re.compile(rf"{CLASS.pattern}|_*(pyx_)?(unpickle|rebuild|reconstruct|newobj)\w*")
_METHOD = re.compile(r"[A-Z]\w*\.[a-z]\w*")
_DISTRIBUTION = re.compile(r"rv_\w+|\w+_gen")
"""Their state is run when they are loaded: it is looked at where they are scipy's own."""

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
    known: bool = True  # to be a danger; else it could be anything, which is not loaded either


def dangers(findings: Findings) -> list[Danger]:
    """What speaks against loading the file, by name; empty for a clean one."""
    names = findings.judged()
    harmful = flagged(names)
    found = [Danger(name=_shown(name), reason=reason) for name, reason in findings.tricks.items()]
    for name in names:
        reason = _specific(name.qualified)
        if reason is None and name.qualified in harmful:
            reason = RUNS
        if reason is None:
            reason = _reason(name, called=name in findings.called)
        if reason is not None:
            found.append(Danger(name=_shown(name.qualified), reason=reason, known=reason not in UNKNOWN))
    return sorted(found, key=lambda danger: danger.name)


def _shown(name: str) -> str:
    """A name could hold what a terminal takes for a command."""
    return name if name.isprintable() else ascii(name)


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
        fits = name.name in PYTHON.get(name.module, ()) and not (called and name.name in UNCALLED)
        return None if fits else UNNEEDED
    if is_library(name.module):
        return _of_library(name, called=called)
    if name.module.partition(".")[0] in TOOLS:
        return TOOL
    return _of_stranger(name.name, called=called)


def _of_stranger(name: str, *, called: bool) -> str | None:
    """Of a module that the project or its requirements.txt must vouch for."""
    first, *more = name.split(".")
    if more and (called or not CLASS.fullmatch(first) or any(part.startswith("__") for part in more)):
        return DOTTED
    return COMMANDS if called and not MAKERS.fullmatch(name) else None


def _of_library(name: Global, *, called: bool) -> str | None:
    if "." in name.name:
        return METHOD if _METHOD.fullmatch(name.name) and not called and is_library(name.module) else DOTTED
    if HARMFUL.fullmatch(name.qualified) or (_DISTRIBUTION.fullmatch(name.name) and "scipy.stats" not in name.module):
        return RUNS
    imported = name.name in IMPORTED or (is_python(name.name) and not name.module.startswith("numpy"))
    if imported or CLOSED.fullmatch(name.module):
        return RUNS
    if called:
        return None if CALLED.fullmatch(name.qualified) else OTHER
    if name.module.startswith("joblib"):
        return None if name.qualified in JOBLIB else OTHER
    allowed = CLASS.fullmatch(name.name) or NAMED.fullmatch(name.qualified) or CALLED.fullmatch(name.qualified)
    return None if allowed else OTHER
