"""Where PYTHONPATH names this folder, *.localhost is this machine: RFC 6761 says so, and not every resolver knows."""

import socket

_resolve = socket.getaddrinfo


def getaddrinfo(host, *rest, **options):
    name = host.decode() if isinstance(host, bytes) else host or ""
    return _resolve("127.0.0.1" if name.endswith(".localhost") else host, *rest, **options)


socket.getaddrinfo = getaddrinfo
