"""Starts the emulator with a queue clock that tests can move. The emulator's own Python runs it, without our code.

python launch.py CLOCK_FILE     the file holds two doubles: seconds to add, and how many batches functions are at
"""

import mmap
import struct
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

from ministack import app
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


counting = threading.Lock()
run_batch, lambda_svc._run_sqs_batch = lambda_svc._run_sqs_batch, run_counted
sqs.time = SimpleNamespace(**{**vars(time), "time": moved})  # only the queues': signatures are checked by the true time
sys.argv[1:] = []
app.main()
