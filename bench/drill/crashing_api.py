"""An API that is killed at the worst moment: the row of an Idempotency-Key is written, its message not yet sent.

python -m bench.drill.crashing_api PORT      settings come from the environment
"""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import uvicorn

from app.main import create_app
from serving.local.connect import connect_local
from serving.message import Message
from serving.settings import Settings


class _Crashing:
    """A queue that nothing is ever sent to."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue

    def send(self, messages: Sequence[Message]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    send_at_once = send

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)


if __name__ == "__main__":
    settings = Settings.read()
    backend = connect_local(settings)
    crashing: Any = _Crashing(backend.queue)
    app = create_app(settings, replace(backend, queue=crashing))
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
