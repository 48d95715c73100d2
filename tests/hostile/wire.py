"""Bytes to a socket and what comes back; requests written by hand, because no client library would send them."""

import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass

HOST = "127.0.0.1"
PATIENCE = 120.0


@dataclass(frozen=True)
class Hostile:
    """What is sent, and the statuses that may come back; none: the connection is closed without a word."""

    name: str
    data: bytes
    statuses: tuple[int, ...]


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """A request that closes its connection."""
    return "\r\n".join([f"{line} HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""]).encode("latin-1") + body


def post(body: bytes, kind: str = "application/json", *headers: str, path: str = "/api/predict") -> bytes:
    own = [f"Content-Type: {kind}"] if kind else []
    return request(f"POST {path}", *own, f"Content-Length: {len(body)}", *headers, body=body)


def connect(port: int, receive_buffer: int | None = None) -> socket.socket:
    client = socket.socket()
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.settimeout(PATIENCE)
    client.connect((HOST, port))
    return client


def exchange(port: int, data: bytes) -> bytes:
    """All that the server says until it closes the connection."""
    with connect(port) as client:
        with suppress(OSError):  # it has answered, and reads no more
            client.sendall(data)
        return rest(client)


def rest(client: socket.socket) -> bytes:
    said = b""
    try:
        while piece := client.recv(65536):
            said += piece
    except ConnectionError:
        pass
    return said


def statuses(said: bytes) -> tuple[int, ...]:
    """Of each answer but 100 Continue."""
    found = (int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", said))
    return tuple(status for status in found if status != 100)


def trickle(port: int, data: bytes, pause: float) -> bytes:
    """Byte after byte, until all is sent or the server closes the connection."""
    with connect(port) as client:
        try:
            for place in range(len(data)):
                client.sendall(data[place : place + 1])
                time.sleep(pause)
        except OSError:
            pass
        return rest(client)
