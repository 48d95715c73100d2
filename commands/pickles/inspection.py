"""What a model file holds, and whether it may be loaded: found out without loading it."""

import gc
import hashlib
import pickle
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from commands.pickles.arrays import JoblibReader
from commands.pickles.content import opened, read
from commands.pickles.findings import Findings
from commands.pickles.known import is_library, is_python
from commands.pickles.policy import MAIN, Danger, dangers
from commands.pickles.reader import DAMAGE, Reader
from commands.pickles.scanner import scanner
from commands.pickles.shape import Shape, shape_of
from commands.pickles.source import Source
from commands.pickles.versions import versions as versions_in
from serving.errors import ModelRefused
from serving.manifest import Scan

SHOWN = 5
"""Dangers that a message lists."""

MOST = 100
"""Pickles that are looked at behind the first."""

_PROTOCOL = re.compile(rb"\x80([\0-\x05])")


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What is known of a model file before anything of it is run."""

    path: Path
    size: int  # bytes
    sha256: str
    format: Literal["pickle", "joblib"]
    compression: str | None
    protocol: int
    versions: Mapping[str, str]  # read from the file, by distribution; scikit-learn's newest where parts differ
    older: Sequence[str]  # other versions of scikit-learn that parts of it were pickled with
    names: Sequence[str]  # every class and function, "module.name"
    pairs: Sequence[
        tuple[str, str]
    ]  # the same as the file has them: module and name, in the order in which they are imported
    imports: Sequence[str]  # first names of the modules outside Python's own
    custom: Sequence[str]  # names of modules that are neither Python's nor a known library's
    main: Sequence[str]  # classes and functions of __main__
    dangers: Sequence[Danger]
    shape: Shape
    scanner: str

    @property
    def verdict(self) -> Literal["clean", "dangerous"]:
        return "dangerous" if self.dangers else "clean"

    @property
    def harmful(self) -> bool:
        """Whether one of the dangers is known to be one: the others could be anything, good or bad."""
        return any(danger.known for danger in self.dangers)

    @property
    def scan(self) -> Scan:
        """As the manifest keeps it."""
        return Scan(verdict=self.verdict, scanner=self.scanner)


def inspect_model(path: Path) -> Inspection:
    """Raises ModelRefused for what is missing, damaged or no pickle."""
    raw = read(path)
    content, kind, compression = opened(path, raw)
    source, findings = Source(content), Findings()
    reader = JoblibReader if kind == "joblib" else Reader
    with _without_collector():
        try:
            shape = shape_of(reader(source, findings).load())
        except DAMAGE as error:
            raise ModelRefused(_damage(path, error, findings)) from error
        found = {danger.name: danger for danger in [*dangers(findings), *_after(content[source.position :])]}
    names = findings.named.values()
    foreign = [name for name in names if name.module not in MAIN and not is_python(name.module)]
    versions, older = versions_in(findings)
    protocol = _PROTOCOL.match(content)
    return Inspection(
        path=path,
        size=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
        format=kind,
        compression=compression,
        protocol=protocol[1][0] if protocol else 0,
        versions=versions,
        older=older,
        names=_sorted(name.qualified for name in names),
        pairs=list(findings.named),
        imports=_sorted(_first(name.module) for name in foreign),
        custom=_sorted(name.qualified for name in foreign if not is_library(name.module)),
        main=_sorted(name.name for name in names if name.module in MAIN),
        dangers=[found[name] for name in sorted(found)],
        shape=shape,
        scanner=scanner(),
    )


def check_safe(inspection: Inspection) -> None:
    """Raises ModelRefused that names the dangers: to be called before anything loads the file."""
    if inspection.dangers:
        why = "is dangerous and is not loaded" if inspection.harmful else "is not loaded, because it could do anything"
        raise ModelRefused(f"{inspection.path} {why}: {_told(inspection.dangers)}.")


@contextmanager
def _without_collector() -> Iterator[None]:
    """Millions of objects come into being and none goes: looking for those that could takes longer than reading."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _after(rest: bytes) -> list[Danger]:
    """Who loads the model does not load what is behind it; who goes on reading the file does."""
    found: list[Danger] = []
    for reader in (Reader, JoblibReader):
        source = Source(rest)
        try:
            for _ in range(MOST):
                findings = Findings()
                reader(source, findings).load()
                found += [replace(d, reason=f"{d.reason} (behind the model's end)") for d in dangers(findings)]
        except DAMAGE:
            pass  # it ends with what is no pickle
    return found


def _damage(path: Path, error: Exception, findings: Findings) -> str:
    harmful = dangers(findings)
    if harmful:
        return f"{path} is damaged, dangerous and not loaded: {_told(harmful)}."
    if isinstance(error, EOFError):
        return f"{path} is cut off, or is no pickle: copy or pickle the model again."
    reason = f" ({str(error).rstrip('.')})" if isinstance(error, pickle.PickleError) else ""  # others name bytes
    return f"{path} is no pickle, or is damaged{reason}: pickle the model again."


def _told(found: Sequence[Danger]) -> str:
    listed = "; ".join(f"{danger.name} {danger.reason}" for danger in found[:SHOWN])
    return listed + (f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else "")


def _first(module: str) -> str:
    first = module.partition(".")[0]
    return "sklearn" if first == "_loss" else "catboost" if first == "_catboost" else first


def _sorted(values: Iterable[str]) -> list[str]:
    return sorted(set(values))
