"""picklescan: a well-kept list of names that run code, kept up because the Hugging Face Hub shows its verdicts."""

import io
import logging
import pickle
import struct
from collections.abc import Iterable
from importlib import metadata

from commands.pickles.stand_ins import Global

# Of the scanners, it alone reads everything that numpy and scikit-learn write and calls no random forest malicious
# (fickling and modelaudit do); it is pure Python, MIT, without dependencies. It can't read joblib's arrays or what is
# compressed, so it is given the names alone, in a pickle that holds nothing else.


def scanner() -> str:
    """Its name and version, for the manifest."""
    return f"picklescan {metadata.version('picklescan')}"


def flagged(names: Iterable[Global]) -> set[str]:
    """Those that picklescan calls dangerous, as "module.name"."""
    from picklescan.scanner import SafetyLevel, scan_pickle_bytes  # it imports an HTTP client

    logging.getLogger("picklescan").setLevel(logging.CRITICAL)  # what it found is said by the command
    found = scan_pickle_bytes(io.BytesIO(_only(names)), "names")
    return {f"{item.module}.{item.name}" for item in found.globals if item.safety is SafetyLevel.Dangerous}


def _only(names: Iterable[Global]) -> bytes:
    """A pickle that names these and does nothing; it is read by the scanner, never loaded."""
    pairs = (_text(name.module) + _text(name.name) + pickle.STACK_GLOBAL + pickle.POP for name in names)
    return pickle.PROTO + b"\x04" + b"".join(pairs) + pickle.NONE + pickle.STOP


def _text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return pickle.BINUNICODE + struct.pack("<I", len(data)) + data
