"""`--no-wait` now, `cli result` later."""

import json
from pathlib import Path

from tests.predicting.files import (
    BAD,
    COLUMNS,
    PROBABILITIES,
    Start,
    as_csv,
    as_lines,
    flowers,
    lines_of,
    rows_of,
    run,
)
from tests.running import Service


def test_no_wait_then_result_gives_what_waiting_gives(small: Service, tmp_path: Path) -> None:
    records = [{**record, **(BAD if number % 70 == 3 else {})} for number, record in enumerate(flowers(250))]
    source, ids = as_csv(tmp_path / "in.csv", records), tmp_path / "ids.jsonl"
    sent = run("predict", source, "--url", small.url, "--no-wait", "--out", ids, code=3)
    assert "4 of 250 rows failed" in sent.stderr
    assert [(line["first_row"], line["count"]) for line in lines_of(ids.read_text())] == [
        (0, 100),
        (100, 100),
        (200, 50),
    ]
    waited = lines_of(run("predict", as_lines(tmp_path / "in.jsonl", records), "--url", small.url, code=3).stdout)
    names = ("prediction", "probabilities", "error")
    later = run("result", ids, code=3)  # the file knows the address
    assert lines_of(later.stdout) == [{name: row[name] for name in names if name in row} for row in waited]
    run("result", ids, "--out", tmp_path / "later.csv", code=3)
    rows = rows_of(tmp_path / "later.csv")
    assert list(rows[0]) == ["prediction", *PROBABILITIES, "error"]
    assert [row["prediction"] for row in rows] == [row.get("prediction", "") for row in waited]
    again = run("result", ids, "--out", tmp_path / "later.csv", code=1)
    assert "is there already" in again.stderr


def test_no_wait_without_out_prints_the_ids(service: Service, tmp_path: Path) -> None:
    finished = run("predict", as_lines(tmp_path / "in.jsonl", flowers(3)), "--url", service.url, "--no-wait")
    (line,) = lines_of(finished.stdout)
    assert line["count"] == 3
    shown = json.loads(run("result", line["prediction_id"], "--url", service.url).stdout)
    assert shown["status"] == "succeeded"
    assert len(shown["result"]) == 3
    run("result", line["prediction_id"], "--url", service.url, "--out", tmp_path / "one.csv")
    assert len(rows_of(tmp_path / "one.csv")) == 3


def test_result_of_what_is_unknown_gone_or_no_file_is_one_error(service: Service, tmp_path: Path) -> None:
    record = {name: flowers(1)[0][name] for name in COLUMNS}
    with service.client() as client:
        erased = client.post("/api/predict", json=record, headers={"Prefer": "wait=10"}).json()["prediction_id"]
        assert client.delete(f"/api/predict/{erased}").status_code == 204
    assert "never gave out" in run("result", "A" * 32, "--url", service.url, code=1).stderr
    assert "answers 410" in run("result", erased, "--url", service.url, code=1).stderr
    assert "There is no " in run("result", tmp_path / "ids.jsonl", "--url", service.url, code=1).stderr
    (tmp_path / "other.jsonl").write_text('{"x": 1}\n')
    assert "--no-wait" in run("result", tmp_path / "other.jsonl", "--url", service.url, code=1).stderr


def test_a_cancelled_prediction_is_said_to_be_cancelled(serve: Start, tmp_path: Path) -> None:
    started = serve()
    for worker in started.processes("worker"):
        worker.suspend()
    with started.client() as client:
        record = {name: flowers(1)[0][name] for name in COLUMNS}
        cancelled = client.post("/api/predict", json=record).json()["prediction_id"]
        client.delete(f"/api/predict/{cancelled}")
    finished = run("result", cancelled, "--url", started.url, code=1)
    assert f"{cancelled} is cancelled." in finished.stderr
    for worker in started.processes("worker"):
        worker.resume()
