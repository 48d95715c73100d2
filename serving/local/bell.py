"""A bell between processes: a datagram on the loopback says "look again", so that nobody has to poll the disk.

A lost datagram costs a delay and nothing else: every listener also looks by itself now and then.
"""

import asyncio
import select
import socket
from pathlib import Path

_HOST = "127.0.0.1"


class Bell:
    """Rings every listener that has put its port into the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket: socket.socket | None = None
        self._ports: tuple[int, ...] = ()
        self._folder_changed = 0

    def ring(self) -> None:
        try:
            changed = self._folder.stat().st_mtime_ns
        except OSError:  # nobody has ever listened
            return
        if changed != self._folder_changed:
            self._ports, self._folder_changed = self._listeners(), changed
        if self._socket is None:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
        for port in self._ports:
            try:
                self._socket.sendto(b"!", (_HOST, port))
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

    def wait(self, seconds: float) -> None:
        """Return when the bell rings, after `seconds` at the latest."""
        if select.select([self._socket], [], [], seconds)[0]:
            self._drain()

    def wake(self) -> None:
        """Let `wait` return now: from a signal handler, or another thread."""
        self._socket.sendto(b"!", self._socket.getsockname())

    async def changed(self, seconds: float) -> None:
        """The same for an event loop: the ResultSignal port."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                await loop.sock_recv(self._socket, 1)
        except TimeoutError:
            return
        self._drain()

    def close(self) -> None:
        self._socket.close()

    def _drain(self) -> None:
        try:
            while self._socket.recv(64):
                pass
        except (BlockingIOError, ConnectionResetError):
            return
