"""A bell between processes: a datagram on the loopback says "look again", so that nobody has to poll the disk.

It may say for what, or how much has come. A lost datagram costs a delay and nothing else: every listener also looks by
itself now and then.
"""

import asyncio
import select
import socket
from collections.abc import Collection, Sequence
from pathlib import Path

_HOST = "127.0.0.1"
_ANYTHING = b"!"
TOLD = 200
"""Ids in one datagram: of 33 bytes each, so that it fits what macOS sends (9,216)."""
LONGEST = 65_536
_LONGEST_NUMBER = 10


class Bell:
    """Rings every listener that has put its port into the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket: socket.socket | None = None
        self._ports: tuple[int, ...] = ()
        self._folder_changed = 0

    def ring(self, ids: Sequence[str] = (), *, new: int = 0) -> None:
        """For these ids, or because so many are `new`; for whatever there is without either."""
        try:
            changed = self._folder.stat().st_mtime_ns
        except OSError:  # nobody has ever listened
            return
        if changed != self._folder_changed:
            self._ports, self._folder_changed = self._listeners(), changed
        if self._socket is None:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
        told = ["\n".join(ids[start : start + TOLD]).encode() for start in range(0, len(ids), TOLD)]
        told = told or [b"%d" % new if new else _ANYTHING]
        for port in self._ports:
            try:
                for datagram in told:
                    self._socket.sendto(datagram, (_HOST, port))
            except OSError:  # nobody listens there any more, or its buffer is full: it will look by itself
                continue

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _listeners(self) -> tuple[int, ...]:
        try:
            return tuple(int(path.read_text()) for path in self._folder.iterdir())
        except (OSError, ValueError):  # no listener yet, or one that is just being replaced
            return ()


class Listener:
    """Hears a bell. One name is one listener: who starts anew under it takes its place."""

    def __init__(self, folder: Path, name: str) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((_HOST, 0))
        self._socket.setblocking(False)
        folder.mkdir(parents=True, exist_ok=True)
        written = folder.with_name(f"{folder.name}.{name}.new")
        written.write_text(str(self._socket.getsockname()[1]))
        written.replace(folder / name)

    def wait(self, seconds: float) -> int | None:
        """Return when the bell rings, after `seconds` at the latest: how many are new; None where nobody says that."""
        if not select.select([self._socket], [], [], seconds)[0]:
            return None
        told = self._drain()
        return sum(map(int, told)) if all(each.isdigit() and len(each) < _LONGEST_NUMBER for each in told) else None

    def clear(self) -> None:
        """Forget what has rung: who has looked since knows it."""
        self._drain()

    def wake(self) -> None:
        """Let `wait` return now: from a signal handler, or another thread."""
        self._socket.sendto(_ANYTHING, self._socket.getsockname())

    async def changed(self, seconds: float) -> Collection[str] | None:
        """The same for an event loop: the ResultSignal port."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                first = await loop.sock_recv(self._socket, LONGEST)
        except TimeoutError:
            return None
        told = {first, *self._drain()}
        return None if _ANYTHING in told else {id_ for datagram in told for id_ in datagram.decode().split("\n")}

    def close(self) -> None:
        self._socket.close()

    def _drain(self) -> list[bytes]:
        found = []
        try:
            while True:
                found.append(self._socket.recv(LONGEST))
        except (BlockingIOError, ConnectionResetError):
            return found
