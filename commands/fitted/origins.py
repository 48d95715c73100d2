"""In the child: whether what a pickle names is what its module made, not something that is only imported there."""

import pickle
import struct
from collections.abc import Iterable
from typing import Any

from commands.pickles.known import is_library, is_python
from commands.pickles.policy import MAIN
from serving.errors import ModelRefused
from worker.model import unpickle


def check_origins(pairs: Iterable[tuple[str, str]]) -> None:
    """Import each module, as loading would, and look at what it has under that name.

    The scan knows the names of Python's own and of libraries. A module of the project has whatever it imports: Path or
    subprocess.run are not its own, and an honest pickle names them by the module that made them. Raises ModelRefused,
    also where loading would find nothing.
    """
    for module, name in pairs:
        if module not in MAIN and not is_python(module):
            try:
                found = unpickle(_naming(module, name))
            except ModelRefused:
                if is_library(module):
                    continue  # as _loss, which is there once sklearn is; if it never is, loading says so
                raise
            _check(module, name, found)


def _check(module: str, name: str, found: Any) -> None:
    made_in = getattr(found, "__module__", None)
    own = isinstance(made_in, str) and made_in.partition(".")[0] == module.partition(".")[0]
    if is_library(module):
        own = own or not isinstance(made_in, str) or made_in == "builtins" or not is_python(made_in)
    if not own:
        raise ModelRefused(
            f"The pickle is not loaded: it names {module}.{name}, which is only imported in {module}"
            f"{f' (from {made_in})' if made_in else ''}, and no honest pickle does that."
        )
    bases = getattr(found, "__mro__", ()) if not is_library(module) else ()
    if any(base.__module__.startswith("scipy.stats.") and base.__name__.startswith("rv_") for base in bases):
        raise ModelRefused(
            f"The pickle is not loaded: {module}.{name} is a distribution of scipy.stats, which runs text that it is "
            "saved with. Use one of scipy's own, or only its random numbers."
        )


def _naming(module: str, name: str) -> bytes:
    """A pickle of that class or function alone: it is found exactly as in the model's own."""
    return b"\x80\x04" + _text(module) + _text(name) + pickle.STACK_GLOBAL + pickle.STOP


def _text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return pickle.BINUNICODE + struct.pack("<I", len(data)) + data
