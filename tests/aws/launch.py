"""Starts the emulator with a queue clock that tests can move. The emulator's own Python runs it, without our code.

python launch.py CLOCK_FILE     the file holds seconds to add, as an 8-byte double
"""

import mmap
import struct
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from ministack import app
from ministack.services import sqs

with Path(sys.argv[1]).open("r+b") as file:
    ahead = mmap.mmap(file.fileno(), 8)


def moved() -> float:
    return time.time() + struct.unpack("d", ahead[:8])[0]


sqs.time = SimpleNamespace(**{**vars(time), "time": moved})  # only the queues': signatures are checked by the true time
sys.argv[1:] = []
app.main()
