"""What the clients of one machine's API take together: who is waited for, and who is let go for it."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from serving.settings import Settings

LOOK_SECONDS = 0.5
LINGER_SECONDS = 1.0
"""How long what a refused client still sends is dropped: cut off at once, it would not see why."""
HURRIED_SECONDS = 1.0
HARD = 4
"""Times MAX_BUFFERED: what the answers that fast clients are reading may be."""


class Client(Protocol):
    """A connection, as the guard sees it."""

    held: int
    """Bytes of its request that are kept."""
    received: int
    """Bytes of its body that have come."""

    answered: int
    """Bytes of the answer that it does not read: all are kept until the last is read."""

    @property
    def unread(self) -> int:
        """Bytes of them that the system's buffers did not take."""

    def late(self) -> None:
        """It took too long to send."""

    def refuse(self, status: int, detail: str) -> None:
        """Answer, and close."""

    def cut(self) -> None:
        """Close at once."""


Turns = dict[Client, tuple[float, int]]
"""Since when a client is watched, and how many bytes it had moved then."""


class Guard:
    """One for all connections: they tell what happens, it looks at the clock twice a second."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._max_connections = settings.max_connections
        self._max_buffered = max(settings.max_buffered, settings.max_body)
        self._timeout = settings.client_timeout
        self._rate = settings.client_rate
        self._clients = 0
        self._in_hand = 0
        self._sending: Turns = {}
        """Those whose request, or the rest of it, is waited for; longest first."""
        self._reading: Turns = {}
        """Those who have not read an answer that is too large for the system's buffers; longest first."""
        self._leaving: dict[Client, float] = {}
        """Until when the end of a connection is waited for."""
        self._timer: asyncio.TimerHandle | None = None

    def opened(self, client: Client) -> None:
        """One more; over MAX_CONNECTIONS it takes the place of the one that is silent longest."""
        self._clients += 1
        self.sending(client)
        if self._timer is None:
            self._timer = self._loop.call_later(LOOK_SECONDS, self._look)
        if self._clients > self._max_connections:
            longest = next(iter(self._sending))
            del self._sending[longest]
            if longest is client:
                client.refuse(503, "Too many connections: try again.")
            else:
                longest.cut()

    def closed(self, client: Client) -> None:
        self._clients -= 1
        self.released(client)
        for book in (self._sending, self._reading, self._leaving):
            book.pop(client, None)

    def sending(self, client: Client) -> None:
        """It is the client's turn."""
        self._sending.pop(client, None)
        self._sending[client] = self._loop.time(), 0

    def sent(self, client: Client) -> None:
        """It is the API's turn."""
        self._sending.pop(client, None)

    def leaving(self, client: Client, *, refused: bool = False) -> None:
        """The connection is to end when the client has read its answer."""
        self._sending.pop(client, None)
        self._leaving[client] = self._loop.time() + (LINGER_SECONDS if refused else self._timeout)

    def took(self, client: Client, size: int) -> None:
        """Bytes of a request are kept. Over MAX_BUFFERED, who is sending longest is refused; it may be this one."""
        client.held += size
        self._in_hand += size
        while self._in_hand > self._max_buffered:
            longest = next((each for each in self._sending if each.held), None)
            if longest is None:
                return
            longest.refuse(503, "Too many large requests at once: try again.")
            self.released(longest)

    def released(self, client: Client) -> None:
        """Nothing of the client's request is kept any more."""
        self._in_hand -= client.held
        client.held = 0

    def stuck(self, client: Client) -> None:
        """The client does not read as fast as it is answered. Over MAX_BUFFERED, that is borne for a second only."""
        self._reading[client] = self._loop.time(), -client.unread
        while len(self._reading) > 1 and self._unread() > HARD * self._max_buffered:
            longest = next(iter(self._reading))
            del self._reading[longest]
            longest.cut()

    def read(self, client: Client) -> None:
        """It has read nearly all."""
        self._reading.pop(client, None)
        if client in self._leaving:
            self.leaving(client)

    def _look(self) -> None:
        now = self._loop.time()
        for client in self._slow(self._sending, lambda each: each.received, now, self._timeout):
            client.late()
        patience = HURRIED_SECONDS if self._unread() > self._max_buffered else self._timeout
        for client in self._slow(self._reading, lambda each: -each.unread, now, patience):
            client.cut()
        for client, until in list(self._leaving.items()):
            if now > until and client not in self._reading:
                client.cut()
        self._timer = self._loop.call_later(LOOK_SECONDS, self._look) if self._clients else None

    def _unread(self) -> int:
        return sum(each.answered for each in self._reading)

    def _slow(self, turns: Turns, moved: Callable[[Client], int], now: float, patience: float) -> list[Client]:
        """Those who had `patience` and moved fewer bytes than CLIENT_RATE asks for; the others have it again."""
        slow = []
        for client, (since, before) in turns.items():
            if now < since + patience:
                continue
            if moved(client) - before < self._rate * patience:
                slow.append(client)
            else:
                turns[client] = now, moved(client)
        return slow
