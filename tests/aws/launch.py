"""Starts the emulator with a queue clock that tests can move, and functions that start fast.

The emulator's own Python runs it, without our code.

python launch.py CLOCK_FILE     the file holds two doubles: seconds to add, and how many batches functions are at
"""

import hashlib
import mmap
import os
import shutil
import struct
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

from ministack import app
from ministack.core import lambda_runtime
from ministack.services import lambda_svc, sqs

with Path(sys.argv[1]).open("r+b") as file:
    shared = mmap.mmap(file.fileno(), 16)


def moved() -> float:
    return time.time() + struct.unpack("d", shared[:8])[0]


def count(change):
    with counting:
        shared[8:] = struct.pack("d", struct.unpack("d", shared[8:])[0] + change)


def run_counted(*batch):
    count(1)
    try:
        run_batch(*batch)
    finally:
        count(-1)


class UnpackedOnce(zipfile.ZipFile):
    """A bundle of 200 MiB is unpacked for every process of a function: after the first time, its files are linked."""

    def extractall(self, path=None, members=None, pwd=None):
        with Path(self.filename).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        kept = Path(tempfile.gettempdir(), "unpacked", digest)
        with unpacking:
            if not kept.exists():
                super().extractall(kept.with_suffix(".new"))
                kept.with_suffix(".new").rename(kept)
        shutil.copytree(kept, path, copy_function=os.link, dirs_exist_ok=True)


counting, unpacking = threading.Lock(), threading.Lock()
lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": UnpackedOnce})
run_batch, lambda_svc._run_sqs_batch = lambda_svc._run_sqs_batch, run_counted
sqs.time = SimpleNamespace(**{**vars(time), "time": moved})  # only the queues': signatures are checked by the true time
sys.argv[1:] = []
app.main()
