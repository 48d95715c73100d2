"""Request lines, headers and framing that mean harm, each with its statuses."""

from collections.abc import Iterator

from tests.hostile.wire import Hostile, post, request

GOOD = b'{"text": "a"}'
HEALTH = request("GET /api/health")
OPEN = b"GET /api/health HTTP/1.1\r\nHost: x\r\n"
START = b"POST /api/predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"

HEADERS = {
    "Prefer: wait=-1": 202,
    "Prefer: wait=nan": 202,
    "Prefer: wait=0": 202,
    "Prefer: wait=99999999999999999999": 200,
    "Prefer: " + ",;=" * 2_000: 202,
    "Idempotency-Key: ": 202,
    "Idempotency-Key: " + "k" * 255: 202,
    "Idempotency-Key: " + "k" * 256: 422,
    "Idempotency-Key: " + "k" * 10_000: 422,
    "Idempotency-Key: \xff\xfe\x80": 202,
    "Idempotency-Key: '; DROP TABLE predictions; --": 202,
    "X-API-Key: " + "k" * 10_000: 202,
    "X-API-Key: \xff\xfe\x80": 202,
    "Accept: " + "text/csv;q=9," * 500: 202,
    "Accept: \xff": 202,
    "Host: [": 202,
    "Host: <script>": 202,
    "Cookie: " + "a=b; " * 2_000: 202,
    "Range: bytes=0-,0-,0-,0-": 202,
    "If-Match: *": 202,
    "X-Forwarded-For: " + "1.1.1.1, " * 500: 202,
    "Content-Encoding: identity": 202,
    "Expect: 200-ok": 202,
    "Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Version: 13": 202,
    "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings, close\r\nHTTP2-Settings: AAA": 202,
    "X: a\0b": 400,
    "X : a": 400,
    "X: a\r\n folded": 400,
    "\xff: a": 400,
    ": a": 400,
    "X: " + "a" * 20_000: 431,
    "X: " + "a" * 2_000_000: 431,
    "\r\n".join(f"X-{n}: a" for n in range(150)): 431,
    "\r\n".join(f"X-{n}: a" for n in range(50_000)): 431,
    "\r\n".join(["a:"] * 3_000): 431,
    "Transfer-Encoding: gzip, chunked": 400,
    "Content-Length: 99": 400,
}
LINES = {
    "GET /../../etc/passwd": 404,
    "GET /assets/..%2f..%2f..%2fetc/passwd": 404,
    "GET /assets/%00": 404,
    "GET /assets/" + "a" * 5_000: 404,
    "GET /%00%ff%zz": 404,
    "GET /api/predict/%00": 404,
    "GET /api/predict/%ff%fe": 404,
    "GET /api/predict/" + "A" * 32: 404,
    "GET /api/predict/" + "A" * 5_000: 404,
    "GET /api/predict/..%2f..%2fsigning-keys": 404,
    "DELETE /api/predict/signing-keys": 404,
    "GET /api/predict/'%20OR%201=1%20--": 404,
    "GET /api/health?" + "a=b&" * 1_500: 200,
    "GET /api/health?%ff%00&&&===[]": 200,
    "GET //api//health": 404,
    "GET /api/health#fragment": 200,
    "GET http://elsewhere/api/health": 200,
    "GET http://elsewhere": 400,
    "GET /" + "a" * 9_000: 414,
    "GET /" + "a" * 500_000: 431,
    "GET /\xe9": 400,
    "GET \0": 400,
    "OPTIONS *": 404,
    "CONNECT elsewhere:443": 400,
    "TRACE /api/predict": 405,
    "PUT /api/predict": 405,
    "PATCH /api/info": 405,
    "DELETE /api/predict": 405,
    "BREW /api/predict": 400,
    "get /api/health": 400,
    "POST": 400,
}
FRAMING = {
    "noise": (b"\0\xff" * 1_000, (400,)),
    "TLS": (b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"a" * 500, (400,)),
    "HTTP/0.9": (b"GET /\r\n\r\n", (400,)),
    "HTTP/1.0": (b"GET /api/health HTTP/1.0\r\n\r\n", (200,)),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400,)),
    "HTTP/9.9": (b"GET / HTTP/9.9\r\n\r\n", (400,)),
    "line feeds alone": (b"GET /api/health HTTP/1.1\nHost: x\nConnection: close\n\n", (400,)),
    "a length below zero": (START + b"Content-Length: -1\r\n\r\n{}", (400,)),
    "a length of 24 digits": (START + b"Content-Length: " + b"9" * 24 + b"\r\n\r\n{}", (400,)),
    "a length of a terabyte": (START + b"Content-Length: 1099511627776\r\n\r\n{}", (413,)),
    "a length in words": (START + b"Content-Length: two\r\n\r\n{}", (400,)),
    "two lengths": (START + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", (400,)),
    "length and chunks": (START + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400,)),
    "a length that is too short": (START + b'Content-Length: 1\r\n\r\n{"text": "a"}', (422,)),
    "a length that is too long": (START + b"Content-Length: 100\r\n\r\n{}", (408,)),
    "a body that is waited for": (START + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n", (408,)),
    "headers without end": (OPEN + b"X: a\r\n", (408,)),
    "half a line": (b"GET / HT", (408,)),
    "a header without end": (OPEN + b"X: " + b"a" * 300_000, (431,)),
    "no length of a chunk": (CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n", (400,)),
    "a chunk of 72 bits": (CHUNKED + b"f" * 18 + b"\r\n{}\r\n0\r\n\r\n", (400,)),
    "a chunk that is too short": (CHUNKED + b"1\r\n{}\r\n0\r\n\r\n", (400,)),
    "a chunk without end": (CHUNKED + b"ffff\r\n{", (408,)),
    "a thousand chunks of a byte": (CHUNKED + b"1\r\n \r\n" * 1_000 + b"0\r\n\r\n", (422,)),
    "a trailer without end": (CHUNKED + b"2\r\n{}\r\n0\r\nX: " + b"a" * 400_000, (431,)),
    "ten thousand trailers": (CHUNKED + b"2\r\n{}\r\n0\r\n" + b"a:\r\n" * 10_000, (431,)),
    "an extension without end": (CHUNKED + b"2;" + b"a" * 400_000, (431,)),
    "six MiB in chunks": (CHUNKED + (b"10000\r\n" + b" " * 65536 + b"\r\n") * 96 + b"0\r\n\r\n", (413,)),
    "chunks of no known coding": (START + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", (415,)),
    "no chunks": (START + b"Transfer-Encoding: gzip\r\n\r\n", (400,)),
    "a GET with a body": (OPEN + b"Connection: close\r\nContent-Length: 50000\r\n\r\n" + b"a" * 50_000, (200,)),
    "a request, then noise": (OPEN + b"\r\n\0\xff", (200,)),
    "500 requests at once": ((OPEN + b"\r\n") * 500, (200,) * 101),
    "a smuggled request": (post(GOOD, "application/json") + HEALTH, (202,)),
}


def heads() -> Iterator[Hostile]:
    for header, status in HEADERS.items():
        yield Hostile(f"header: {header[:24]!r} of {len(header)}", post(GOOD, "application/json", header), (status,))
    for line, status in LINES.items():
        yield Hostile(f"line: {line[:30]!r} of {len(line)}", request(line), (status,))
    for name, (data, found) in FRAMING.items():
        yield Hostile(f"framing: {name}", data, found)
