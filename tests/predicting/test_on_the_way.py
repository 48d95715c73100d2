"""Refusals and failures on the way to the service."""

import csv
import json
import time
from pathlib import Path

import httpx
import pytest

from tests.predicting.files import (
    COLUMNS,
    Start,
    as_csv,
    as_lines,
    flowers,
    lines_of,
    run,
)
from tests.predicting.gateway import Gateway, gateway_to
from tests.running import Service


def test_a_slice_that_is_too_large_for_a_gateway_is_halved(gateway: Gateway, tmp_path: Path) -> None:
    gateway.refuse = lambda method, body: (413, {}) if len(body) > 3_000 else None
    records = flowers(500)
    out = tmp_path / "out.jsonl"
    run("predict", as_lines(tmp_path / "in.jsonl", records), "--url", gateway.url, "--out", out)
    assert [row["id"] for row in lines_of(out.read_text())] == [record["id"] for record in records]
    assert len(gateway.accepted) > 10


def test_a_row_that_is_too_large_by_itself_is_a_bad_row(gateway: Gateway, tmp_path: Path) -> None:
    gateway.refuse = lambda method, body: (413, {}) if b"4.4444" in body else None
    records = flowers(9)
    records[5][COLUMNS[2]] = 4.4444
    rows = lines_of(run("predict", as_lines(tmp_path / "in.jsonl", records), "--url", gateway.url, code=3).stdout)
    assert [number for number, row in enumerate(rows) if "error" in row] == [5]


def test_slices_stay_below_the_largest_body(serve: Start, tmp_path: Path) -> None:
    started = serve(MAX_BODY="2000")
    records = flowers(100)
    with gateway_to(started) as gateway:
        for source in (as_lines(tmp_path / "in.jsonl", records), as_csv(tmp_path / "in.csv", records)):
            gateway.accepted.clear()
            out = tmp_path / f"out{source.suffix}"
            run("predict", source, "--url", gateway.url, "--out", out)
            assert len(gateway.accepted) > 1
            assert len(out.read_text().splitlines()) == 100 + (source.suffix == ".csv")


def test_a_result_that_is_too_large_is_asked_for_in_halves(serve: Start, tmp_path: Path) -> None:
    started = serve(MAX_RESULT="3000")
    records = flowers(100)
    finished = run("predict", as_lines(tmp_path / "in.jsonl", records), "--url", started.url)
    assert [row["id"] for row in lines_of(finished.stdout)] == [record["id"] for record in records]


def test_a_prediction_that_fails_marks_its_rows(serve: Start, tmp_path: Path) -> None:
    started = serve(MAX_RESULT="10")
    rows = lines_of(run("predict", as_lines(tmp_path / "in.jsonl", flowers(2)), "--url", started.url, code=3).stdout)
    assert [row["error"]["code"] for row in rows] == ["result_too_large"] * 2
    answer = httpx.post(f"{started.url}/api/predict", json=[{name: flowers(1)[0][name] for name in COLUMNS}])
    finished = run("result", answer.json()["prediction_id"], "--url", started.url, code=1)
    assert "result_too_large" in finished.stderr
    assert json.loads(finished.stdout)["status"] == "failed"


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_tried_again_as_soon_as_it_says(gateway: Gateway, tmp_path: Path, status: int) -> None:
    refusals: list[float] = []

    def refuse(method: str, body: bytes) -> tuple[int, dict[str, str]] | None:
        if method == "GET" or len(refusals) >= 2:
            return None
        refusals.append(time.monotonic())
        return status, {"Retry-After": "1"}

    gateway.refuse = refuse
    finished = run("predict", as_lines(tmp_path / "in.jsonl", flowers(3)), "--url", gateway.url)
    assert len(lines_of(finished.stdout)) == 3
    assert f"answers {status}" in finished.stderr
    assert refusals[1] - refusals[0] >= 1


def test_patience_ends_with_a_message_and_the_same_command_goes_on(small: Service, tmp_path: Path) -> None:
    source, out = as_csv(tmp_path / "in.csv", flowers(1_000)), tmp_path / "out.csv"
    with gateway_to(small) as gateway:
        gateway.refuse = lambda method, body: (503, {}) if len(gateway.accepted) >= 5 else None
        arguments = ("predict", source, "--url", gateway.url, "--out", out)
        stopped = run(*arguments, "--patience", 1, code=1)
        assert "answers 503; given up after" in stopped.stderr
        assert "The same command goes on" in stopped.stderr
        gateway.refuse = lambda method, body: None
        run(*arguments)
        assert len(set(gateway.accepted)) == 10
    run("predict", source, "--url", small.url, "--out", tmp_path / "whole.csv")
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_an_answer_that_is_lost_does_not_make_a_second_prediction(small: Service, tmp_path: Path) -> None:
    with gateway_to(small) as gateway:
        gateway.loses = lambda accepted: accepted in {1, 4}
        source = as_csv(tmp_path / "in.csv", flowers(1_000))
        rows = list(csv.DictReader(run("predict", source, "--url", gateway.url).stdout.splitlines()))
        assert [row["id"] for row in rows] == [record["id"] for record in flowers(1_000)]
        assert len(gateway.accepted) == 12
        assert len(set(gateway.accepted)) == 10
