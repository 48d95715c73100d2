"""Fetches a made-up data set from a publisher, as a train.py does."""

import hashlib
import random
from pathlib import Path
from typing import Any

import pytest

from commands.training import fetch
from tests.training.publisher import Publisher

CONTENT = random.Random(7).randbytes(300_000)
HALF = len(CONTENT) // 2


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def fetched(site: Publisher, kept: Path, **changes: Any) -> Path:
    return fetch("set/data.bin", **{"url": site.url, "checksum": sha256(CONTENT), "kept": kept, **changes})


def refused(site: Publisher, kept: Path, **changes: Any) -> str:
    with pytest.raises(SystemExit) as ended:
        fetched(site, kept, **changes)
    return str(ended.value)
