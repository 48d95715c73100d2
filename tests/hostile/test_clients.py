"""Clients that mean harm by how they behave: slow, many, deaf, gone, guessing. Honest ones are served meanwhile."""

import csv
import io
import json
import secrets
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest

from tests.hostile import MAY_GROW, Watched
from tests.hostile.heads import CHUNKED, HEALTH, OPEN, START
from tests.hostile.wire import connect, exchange, post, rest, statuses, trickle
from tests.running import PATIENCE, Service

MIB = 1024 * 1024
TEXTS = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "\r=1", '=HYPERLINK("http://x","y")', "'"),
    *("\0", "a\0b", "\x01\x1f\x7f", "\x80\x9f", "\ufffe", "\uffff", "\ufeff", "\ufdd0", "\U0001fffe\U0010ffff"),
    *("\u202egnp.exe", "e\u0301" + "\u0335" * 500, "👩‍👩‍👧‍👦", "ﷺ", "\u2028\u2029", "ı İ ß ſ"),
    *(
        "'; DROP TABLE predictions; --",
        "${jndi:ldap://x/a}",
        "{{7*7}}",
        "<script>alert(1)</script>",
        "../../etc/passwd",
    ),
    *("%s%n%x", "\\", '"', "\\u0000", "a,b\r\nc", "NaN", "null", "true", "1e400", "", " "),
]


def honest(service: Service) -> None:
    """A client that asks and reads is answered."""
    assert statuses(exchange(service.port, HEALTH)) == (200,)
    assert statuses(exchange(service.port, post(b'{"text": "a"}'))) == (202,)


def test_texts_come_back_as_they_went_and_so_do_formulas_in_csv(echoing: Service) -> None:
    with echoing.client(headers={"Prefer": "wait=20"}) as client:
        answer = client.post("/api/predict", json=[{"text": text} for text in TEXTS])
        assert [row["prediction"] for row in answer.json()["result"]] == TEXTS
        as_csv = client.get(answer.headers["Location"], headers={"Accept": "text/csv"}).content.decode()
        assert [row["prediction"] for row in csv.DictReader(io.StringIO(as_csv, newline=""))] == TEXTS
        body = io.StringIO(newline="")
        csv.writer(body, quoting=csv.QUOTE_ALL).writerows([["text"], *([text] for text in TEXTS)])
        answer = client.post("/api/predict", content=body.getvalue().encode(), headers={"Content-Type": "text/csv"})
        assert [row["prediction"] for row in answer.json()["result"]] == TEXTS


@pytest.mark.parametrize(
    "data",
    [
        OPEN + b"X: " + b"a" * 1_000,
        START + b"Content-Length: 1000\r\n\r\n" + b" " * 1_000,
        CHUNKED + b"1\r\n \r\n" * 200,
    ],
    ids=["headers", "a body", "chunks"],
)
def test_who_sends_byte_after_byte_is_told_that_it_took_too_long(echoing: Service, data: bytes) -> None:
    with ThreadPoolExecutor(20) as pool:
        slow = [pool.submit(trickle, echoing.port, data, 0.05) for _ in range(20)]
        honest(echoing)
        assert {statuses(each.result()) for each in slow} == {(408,)}


def test_a_connection_that_says_nothing_is_closed(echoing: Service) -> None:
    with connect(echoing.port) as client:
        assert rest(client) == b""


def test_so_is_one_that_says_nothing_any_more_and_until_then_it_may_go_on(echoing: Service) -> None:
    ask = HEALTH.replace(b"Connection: close\r\n", b"")
    assert ask != HEALTH
    with connect(echoing.port) as client:
        for _ in range(3):
            client.sendall(ask)
            assert statuses(client.recv(65536)) == (200,)
            time.sleep(1)
        before = time.monotonic()
        assert rest(client) == b""
        assert time.monotonic() - before < PATIENCE / 2


WHOLE = b'POST /api/predict HTTP/1.1\r\nHost: x\r\nPrefer: wait=3\r\nContent-Length: 13\r\n\r\n{"text": "a"}'
HALF = b"POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
EARLY = HALF.replace(b"Host: x", b"Host: x\r\nContent-Encoding: gzip")
BAD_CHUNK = b"POST /api/predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"


@pytest.mark.parametrize("second", [HALF, EARLY, BAD_CHUNK, HALF[:30]], ids=["half", "early", "bad chunk", "a head"])
def test_a_second_request_that_never_ends_does_not_keep_the_connection_open(echoing: Service, second: bytes) -> None:
    before = time.monotonic()
    assert statuses(exchange(echoing.port, WHOLE + second))[0] == 200
    assert time.monotonic() - before < PATIENCE / 2


def test_each_of_several_requests_in_one_packet_is_waited_for(echoing: Service) -> None:
    first = HEALTH.replace(b"Connection: close\r\n", b"")
    with ExitStack() as stopped:
        for worker in echoing.processes("worker"):
            worker.suspend()
            stopped.callback(worker.resume)
        said = exchange(echoing.port, first + WHOLE + post(b'{"text": "a"}'))
    assert statuses(said) == (200, 202, 202), "the second one waits longer than a client may be silent"


def test_more_connections_than_may_be_take_the_places_of_the_silent(echoing: Service) -> None:
    (process,) = echoing.processes("api")
    with ExitStack() as stack, Watched(process) as watched:
        for number in range(600):
            client = stack.enter_context(connect(echoing.port))
            client.sendall(OPEN)
            if number % 100 == 99:
                honest(echoing)
        assert process.num_fds() < 400
    assert watched.growth < MAY_GROW


def test_bodies_that_are_never_finished_are_held_up_to_a_limit(echoing: Service) -> None:
    (process,) = echoing.processes("api")
    with ExitStack() as stack, Watched(process) as watched:
        clients = [stack.enter_context(connect(echoing.port)) for _ in range(30)]
        for client in clients:
            with suppress(ConnectionError):  # refused, and gone
                client.sendall(START + b"Content-Length: 4000000\r\n\r\n" + b" " * 3 * MIB)
        honest(echoing)
        answers = [statuses(rest(client)) for client in clients]
    assert watched.growth < MAY_GROW
    assert (503,) in answers, "there is no room for thirty"
    assert (408,) in answers, "there is room for some, for a while"
    assert set(answers) <= {(503,), (408,), ()}


def test_answers_that_nobody_reads_are_held_up_to_a_limit(echoing: Service) -> None:
    (process,) = echoing.processes("api")
    with echoing.client() as client:
        records = [{"text": "x" * MIB}, {"text": "y" * MIB}, {"text": "z" * MIB}]
        answer = client.post("/api/predict", json=records, headers={"Prefer": "wait=20"})
        assert answer.json()["status"] == "succeeded"
        location = answer.headers["Location"]
    before = process.num_fds()
    with ExitStack() as stack, Watched(process) as watched:
        deaf = [stack.enter_context(connect(echoing.port, receive_buffer=4096)) for _ in range(40)]
        for each in deaf:
            each.sendall(f"GET {location} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        honest(echoing)
        until = time.monotonic() + PATIENCE
        while process.num_fds() > before + 5 and time.monotonic() < until:
            time.sleep(0.1)
        assert all(len(rest(each)) < 3 * MIB for each in deaf), "cut off, after they had their time"
    assert watched.growth < MAY_GROW
    assert len(exchange(echoing.port, HEALTH.replace(b"/api/health", location.encode()))) > 3 * MIB


def test_a_slow_reader_that_does_read_is_waited_for(echoing: Service) -> None:
    with echoing.client() as client:
        answer = client.post("/api/predict", json={"text": "x" * MIB}, headers={"Prefer": "wait=20"})
    with connect(echoing.port, receive_buffer=65536) as slow:
        slow.sendall(HEALTH.replace(b"/api/health", answer.headers["Location"].encode()))
        said = b""
        while piece := slow.recv(16384):  # far slower than the loopback, and faster than CLIENT_RATE
            said += piece
    assert json.loads(said.partition(b"\r\n\r\n")[2])["result"]["prediction"] == "x" * MIB


def test_three_thousand_guessed_receipts_are_404(echoing: Service) -> None:
    (process,) = echoing.processes("api")

    def guess(number: int) -> tuple[int, ...]:
        asked = [f"GET /api/predict/{secrets.token_urlsafe(24)} HTTP/1.1\r\nHost: x\r\n" for _ in range(60)]
        return statuses(exchange(echoing.port, "\r\n".join([*asked, "Connection: close\r\n\r\n"]).encode()))

    with Watched(process) as watched, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(50)))
    assert answers == [(404,) * 60] * 50
    assert watched.growth < MAY_GROW


def test_clients_that_leave_in_the_middle_leave_nothing_behind(echoing: Service) -> None:
    (process,) = echoing.processes("api")
    before = process.num_fds()
    for data in (
        OPEN,
        START + b"Content-Length: 100\r\n\r\n{",
        CHUNKED + b"ff\r\n{",
        HEALTH,
        post(b'{"text": "a"}'),
        b"",
    ):
        for how in (socket.SHUT_WR, socket.SHUT_RDWR):
            with connect(echoing.port) as client:
                client.sendall(data)
                client.shutdown(how)
    honest(echoing)
    assert "Traceback" not in echoing.log
    assert process.num_fds() <= before + 5
