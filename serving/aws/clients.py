"""How AWS is called: short time-outs, few tries, connections that stay open."""

import threading
from collections.abc import Callable
from typing import Any, Protocol

from botocore.config import Config

THREADS = 10
"""A batch of the queue's trigger: each of its messages has a thread to write its answer."""


def _config(*, connect: float, read: float) -> Config:
    return Config(
        connect_timeout=connect,
        read_timeout=read,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=THREADS + 6,  # the API reads, writes and sends at the same time
        tcp_keepalive=True,
    )


# Three tries that time out take ten seconds: a request is answered with 503 long before its Lambda ends, and a worker
# goes on with the model that it has.
CALLS = _config(connect=1, read=3)
# For commands: a laptop far away needs longer to send a part of a model.
PATIENT = _config(connect=5, read=60)


class Session(Protocol):
    """Makes clients: boto3's own, or the quicker one of `session.py`."""

    @property
    def region_name(self) -> str | None: ...

    def client(self, service: str, *, config: Config) -> Any: ...


def client(session: Session, service: str, config: Config = CALLS) -> Any:
    """A client of one service; its endpoint may come from AWS_ENDPOINT_URL."""
    return session.client(service, config=config)


class LateClient:
    """A client for what is seldom needed: it is made at its first call."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._made: Any = None
        self._making = threading.Lock()

    def __getattr__(self, operation: str) -> Any:
        with self._making:
            if self._made is None:
                self._made = self._make()
        return getattr(self._made, operation)

    def close(self) -> None:
        if self._made is not None:
            self._made.close()
