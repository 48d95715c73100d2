"""Where PYTHONPATH names this folder, *.localhost is this machine: RFC 6761 says so, and not every resolver knows."""

import socket

_resolve = socket.getaddrinfo


def getaddrinfo(host, *rest, **options):
    local = isinstance(host, str) and host.endswith(".localhost")
    return _resolve("127.0.0.1" if local else host, *rest, **options)


socket.getaddrinfo = getaddrinfo
