"""Whether a file is the one that was meant: "sha256:<hex>", "md5:<hex>" or "git:<blob id>"."""

import hashlib
from pathlib import Path

_BLOCK = 1 << 20


def checksum_of(path: Path, kind: str) -> str:
    """In the same notation. `git` names what `git hash-object` prints. Raises ValueError for another kind."""
    if kind == "git":
        digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    elif kind in {"sha256", "md5"}:
        digest = hashlib.new(kind, usedforsecurity=False)
    else:
        raise ValueError(f'a checksum begins with "sha256:", "md5:" or "git:", not with {kind!r}')
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return f"{kind}:{digest.hexdigest()}"


def differs(path: Path, checksum: str) -> str | None:
    """The checksum that the file has instead; None when it is the one that is expected."""
    found = checksum_of(path, checksum.partition(":")[0])
    return None if found == checksum.lower() else found
