"""Compiles the files that stdin names; run as a script, in a fresh process with a fixed hash seed.

A .pyc depends on what its process did before, so that only the same files in the same order give the same bytes.
"""

import json
import py_compile
import re
import sys
import warnings
from importlib.util import cache_from_source
from pathlib import Path

# They read or cache their own source: without it numba can't cache, and anyio imports all of itself.
NEEDS_SOURCE = re.compile(rb"^\s*(?:import|from) (?:numba|torch\.jit)\b|install_lazy_importer", re.MULTILINE)


def compile_file(root: Path, name: str, runs_in: str, *, sourceless: bool) -> None:
    """`name` below `root`, with the path that tracebacks will show below `runs_in`."""
    source = root / name
    alone = sourceless and not NEEDS_SOURCE.search(source.read_bytes())
    compiled = source.with_suffix(".pyc") if alone else cache_from_source(str(source))
    try:
        py_compile.compile(
            str(source),
            cfile=str(compiled),
            dfile=f"{runs_in}/{name}",
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    except py_compile.PyCompileError:
        return  # a template, or for another Python: it stays as it is
    if alone:
        source.unlink()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    order = json.load(sys.stdin)
    for each in order["files"]:
        compile_file(Path(order["root"]), each, order["runs_in"], sourceless=order["sourceless"])
