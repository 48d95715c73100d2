"""`cli predict` and `cli result` as processes, against the real service; where the network fails, so does a gateway."""

import csv
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from commands.output import Csv, JsonLines
from tests.running import ROOT, Service, cli, running_service

COLUMNS = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
CLASSES = ["setosa", "versicolor", "virginica"]
PROBABILITIES = [f"probability:{name}" for name in CLASSES]
BAD = {"petal width (cm)": 99.0}
Start = Callable[..., Service]


def command(*arguments: object) -> list[str]:
    app = (
        "import typer; from commands import predict; app = typer.Typer(pretty_exceptions_enable=False);"
        "app.command()(predict.predict); app.command()(predict.result); app()"
    )
    return [sys.executable, "-c", app, *map(str, arguments)]


def run(*arguments: object, code: int = 0, **options: Any) -> subprocess.CompletedProcess[str]:
    finished = subprocess.run(
        command(*arguments), capture_output=True, text=True, check=False, cwd=ROOT, timeout=120, **options
    )
    assert finished.returncode == code, f"exit {finished.returncode}\n{finished.stdout}\n{finished.stderr}"
    assert "Traceback" not in finished.stderr
    return finished


def flowers(count: int) -> list[dict[str, Any]]:
    """Different records of iris flowers, with a column that the model does not know."""
    random = np.random.default_rng(7)
    measured = load_iris().data[random.integers(0, 150, count)] + random.normal(0, 0.05, (count, 4))
    clipped = np.clip(measured, [3, 1, 0.5, 0], [9, 6, 9, 4]).round(4).tolist()
    return [{"id": f"flower, {number}", **dict(zip(COLUMNS, row, strict=True))} for number, row in enumerate(clipped)]


def as_csv(path: Path, records: list[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    return path


def as_lines(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def journal_of(out: Path) -> Path:
    return out.with_name(f"{out.name}.progress.jsonl")


class Gateway:
    """What stands between a client and a real service: it can refuse, and lose answers."""

    def __init__(self, behind: str) -> None:
        self.refuse: Callable[[str, bytes], tuple[int, dict[str, str]] | None] = lambda method, body: None
        self.loses: Callable[[int], bool] = lambda accepted: False
        self.accepted: list[str] = []
        self.client = httpx.Client(timeout=60)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(behind))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def _handler(self, behind: str) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.forward("GET")

            def do_POST(self) -> None:
                self.forward("POST")

            def forward(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                refusal = gateway.refuse(method, body)
                if refusal is not None:
                    return self.answer(refusal[0], refusal[1], b'{"message": "Refused by the gateway."}')
                kept = {name: value for name, value in self.headers.items() if name.lower() not in {"host"}}
                reply = gateway.client.request(method, behind + self.path, content=body, headers=kept)
                if reply.status_code == 202:
                    gateway.accepted.append(reply.json()["prediction_id"])
                    if gateway.loses(len(gateway.accepted)):
                        self.close_connection = True
                        return None
                headers = {name: reply.headers[name] for name in ("retry-after", "location") if name in reply.headers}
                return self.answer(reply.status_code, headers, reply.content)

            def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):  # the client was killed
                    self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


@contextmanager
def gateway_to(service: Service) -> Iterator[Gateway]:
    gateway = Gateway(service.url)
    thread = threading.Thread(target=gateway.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield gateway
    finally:
        gateway.server.shutdown()
        gateway.server.server_close()
        gateway.client.close()
        thread.join()


@pytest.fixture
def gateway(service: Service) -> Iterator[Gateway]:
    with gateway_to(service) as made:
        yield made


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, iris_model: Path) -> Iterator[Service]:
    """A service that takes 100 records at once, so that an input has many slices."""
    state_dir = tmp_path_factory.mktemp("small")
    with running_service(state_dir, model=iris_model, environment={"MAX_RECORDS": "100"}) as started:
        yield started


def interrupt(out: Path, number: signal.Signals, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command until some of its output is there, then end it with a signal."""
    process = subprocess.Popen(
        command(*arguments, "--out", out), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 60
    while not (out.exists() and out.stat().st_size > 20_000):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=30)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


# --- what comes back ---


def test_10_000_records_come_back_in_order_and_equal_the_pipeline(
    service: Service, iris_model: Path, tmp_path: Path
) -> None:
    records = flowers(10_000)
    pipeline = pickle.loads(iris_model.read_bytes())
    frame = pd.DataFrame(records)[COLUMNS]
    out = tmp_path / "out.csv"
    finished = run("predict", as_csv(tmp_path / "in.csv", records), "--url", service.url, "--out", out)
    rows = rows_of(out)
    assert [row["id"] for row in rows] == [record["id"] for record in records]
    assert [row["prediction"] for row in rows] == pipeline.predict(frame).tolist()
    chances = np.array([[float(row[name]) for name in PROBABILITIES] for row in rows])
    np.testing.assert_allclose(chances, pipeline.predict_proba(frame), rtol=0, atol=1e-9)
    assert list(rows[0]) == ["id", *COLUMNS, "prediction", *PROBABILITIES, "error"]
    assert {row["error"] for row in rows} == {""}
    assert "10,000 of 10,000 rows predicted" in finished.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_many_slices_come_back_in_order(small: Service, service: Service, tmp_path: Path) -> None:
    source = as_lines(tmp_path / "in.jsonl", flowers(1_050))
    slices = run("predict", source, "--url", small.url).stdout
    assert slices == run("predict", source, "--url", service.url).stdout
    assert [row["id"] for row in lines_of(slices)] == [record["id"] for record in flowers(1_050)]


def test_json_json_lines_csv_and_stdin_give_the_same_predictions(service: Service, tmp_path: Path) -> None:
    records = flowers(3)
    array, lines = json.dumps(records, indent=2), "".join(json.dumps(record) + "\n" for record in records)
    table = as_csv(tmp_path / "in.csv", records).read_text()
    (tmp_path / "in.json").write_text(array)
    (tmp_path / "in.ndjson").write_text(lines)
    (tmp_path / "in.jsonl").write_text("\ufeff" + lines + "\n")
    (tmp_path / "lines.json").write_text(lines)
    (tmp_path / "table").write_text(table)
    outputs = [
        *(
            run("predict", tmp_path / name, "--url", service.url).stdout
            for name in ("in.json", "in.ndjson", "in.jsonl")
        ),
        run("predict", tmp_path / "lines.json", "--url", service.url).stdout,
        *(run("predict", "-", "--url", service.url, input="\n " + text).stdout for text in (array, lines)),
    ]
    first = lines_of(outputs[0])
    assert [{name: row[name] for name in records[0]} for row in first] == records
    assert all(output == outputs[0] for output in outputs)
    tables = [
        run("predict", "-", "--url", service.url, input=table).stdout,
        run("predict", tmp_path / "table", "--url", service.url).stdout,
        run("predict", tmp_path / "in.csv", "--url", service.url).stdout,
    ]
    assert len(set(tables)) == 1
    predicted = [row["prediction"] for row in csv.DictReader(tables[0].splitlines())]
    assert predicted == [row["prediction"] for row in first]


def test_one_object_is_one_row(service: Service, tmp_path: Path) -> None:
    source = tmp_path / "one.json"
    source.write_text(json.dumps(flowers(1)[0], indent=2))
    (row,) = lines_of(run("predict", source, "--url", service.url).stdout)
    assert row["prediction"] in CLASSES
    assert list(row["probabilities"]) == CLASSES


def test_the_format_of_the_output_follows_its_suffix(service: Service, tmp_path: Path) -> None:
    lines, table = as_lines(tmp_path / "in.jsonl", flowers(5)), as_csv(tmp_path / "in.csv", flowers(5))
    run("predict", lines, "--url", service.url, "--out", tmp_path / "out.csv")
    run("predict", table, "--url", service.url, "--out", tmp_path / "out.jsonl")
    rows = rows_of(tmp_path / "out.csv")
    assert list(rows[0]) == ["id", *COLUMNS, "prediction", *PROBABILITIES, "error"]
    assert [row["prediction"] for row in lines_of((tmp_path / "out.jsonl").read_text())] == [
        row["prediction"] for row in rows
    ]


def test_an_output_can_be_an_input_again(service: Service, tmp_path: Path) -> None:
    once, twice = tmp_path / "once.csv", tmp_path / "twice.csv"
    run("predict", as_csv(tmp_path / "in.csv", flowers(5)), "--url", service.url, "--out", once)
    run("predict", once, "--url", service.url, "--out", twice)
    assert twice.read_text() == once.read_text()


def test_extra_columns_are_kept_and_not_sent(service: Service, tmp_path: Path) -> None:
    records = [{"note": 'a "quoted", \n two-line note', **record, "comment [x]": "äöü"} for record in flowers(4)]
    out = tmp_path / "out.csv"
    finished = run("predict", as_csv(tmp_path / "in.csv", records), "--url", service.url, "--out", out)
    assert [row["note"] for row in rows_of(out)] == [record["note"] for record in records]
    assert [row["comment [x]"] for row in rows_of(out)] == ["äöü"] * 4
    assert "note, id, comment [x]" in finished.stderr


def test_python_names_are_sent_where_the_service_knows_them(service: Service, tmp_path: Path) -> None:
    names = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    records = [{**dict(zip(names, [r[c] for c in COLUMNS], strict=True)), "id": r["id"]} for r in flowers(3)]
    by_name = run("predict", as_lines(tmp_path / "in.jsonl", records), "--url", service.url).stdout
    by_alias = run("predict", as_lines(tmp_path / "alias.jsonl", flowers(3)), "--url", service.url).stdout
    keys = ("id", "prediction", "probabilities")
    assert [[row[key] for key in keys] for row in lines_of(by_name)] == [
        [row[key] for key in keys] for row in lines_of(by_alias)
    ]


def test_an_optional_field_is_not_lost_under_its_python_name(serve: Start, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "validation.py").write_text(
        "from pydantic import BaseModel, Field\n\n\nclass PredictionData(BaseModel):\n"
        "    x: float\n    weight: float | None = Field(None, alias='weight (kg)')\n"
    )
    (project / "steps.py").write_text(
        "from sklearn.base import BaseEstimator, RegressorMixin\n\n\n"
        "class Weight(RegressorMixin, BaseEstimator):\n"
        "    def fit(self, X, y=None):\n        self.fitted_ = True\n        return self\n"
        "    def predict(self, X):\n        return [-1.0 if row[1] != row[1] else row[1] for row in X]\n"
    )
    make = (
        "import pickle, sys; sys.path.insert(0, '.'); from steps import Weight;"
        "from sklearn.pipeline import make_pipeline;"
        "model = make_pipeline(Weight()).fit([[1.0, 2.0]], [1]);"
        "open('model.pkl', 'wb').write(pickle.dumps(model))"
    )
    subprocess.run([sys.executable, "-c", make], cwd=project, check=True)
    started = serve(project=project, model=project / "model.pkl")
    finished = run("predict", "-", "--url", started.url, input="x,weight,id\n1,70.5,a\n1,,b\n")
    assert [row["prediction"] for row in csv.DictReader(finished.stdout.splitlines())] == ["70.5", "-1.0"]


# --- rows and inputs that are wrong ---


def test_a_bad_row_is_reported_and_the_rest_goes_through(serve: Start, tmp_path: Path) -> None:
    started = serve(MAX_RECORDS="4")
    good = flowers(10)
    records = [{**record, **(BAD if number in {2, 8, 9} else {})} for number, record in enumerate(good)]
    out = tmp_path / "out.csv"
    finished = run("predict", as_csv(tmp_path / "in.csv", records), "--url", started.url, "--out", out, code=3)
    rows = rows_of(out)
    assert [row["id"] for row in rows] == [record["id"] for record in records]
    assert [number for number, row in enumerate(rows) if row["error"]] == [2, 8, 9]
    assert "petal width (cm)" in rows[2]["error"]
    assert all(bool(row["prediction"]) != bool(row["error"]) for row in rows)
    assert "3 of 10 rows failed" in finished.stderr
    assert "row 3: petal width (cm): " in finished.stderr
    assert "row 10: " in finished.stderr
    assert not journal_of(out).exists()


def test_bad_rows_in_json_lines_hold_an_error_each(service: Service, tmp_path: Path) -> None:
    first, second, third, fourth = flowers(4)
    del second[COLUMNS[0]]
    lines = [json.dumps(first), json.dumps(second), "[1]", json.dumps({**third, COLUMNS[1]: float("nan")})]
    source = tmp_path / "in.jsonl"
    source.write_text("\n".join([*lines, json.dumps(fourth)]))
    rows = lines_of(run("predict", source, "--url", service.url, code=3).stdout)
    assert ["prediction" in row for row in rows] == [True, False, False, False, True]
    assert rows[1]["error"] == {"code": "invalid", "message": "sepal length (cm): Field required"}
    assert rows[1]["id"] == second["id"]
    assert rows[3][COLUMNS[1]] is None


def test_more_bad_rows_than_the_service_lists_at_once_are_all_found(service: Service, tmp_path: Path) -> None:
    records = [{**record, **(BAD if number % 2 else {})} for number, record in enumerate(flowers(5_000))]
    out = tmp_path / "out.jsonl"
    finished = run("predict", as_lines(tmp_path / "in.jsonl", records), "--url", service.url, "--out", out, code=3)
    rows = lines_of(out.read_text())
    assert ["error" in row for row in rows] == [bool(number % 2) for number in range(5_000)]
    assert "2,500 of 5,000 rows failed" in finished.stderr
    assert "2,495 more" in finished.stderr


def test_a_row_with_too_many_or_too_few_cells_is_a_bad_row(service: Service) -> None:
    text = ",".join(COLUMNS) + "\n5,3,1,0.2\n5,3,1\n\n5,3,1,0.2,9\n5,3,1,0.2\n"
    finished = run("predict", "-", "--url", service.url, input=text, code=3)
    rows = list(csv.DictReader(finished.stdout.splitlines()))
    assert [bool(row["error"]) for row in rows] == [False, True, True, False]
    assert "The row has 3 cells and there are 4 columns" in rows[1]["error"]


def test_the_header_waits_for_the_first_row_that_succeeds(serve: Start, tmp_path: Path) -> None:
    started = serve(MAX_RECORDS="2")
    records = [{**record, **(BAD if number < 5 else {})} for number, record in enumerate(flowers(7))]
    out = tmp_path / "out.csv"
    run("predict", as_csv(tmp_path / "in.csv", records), "--url", started.url, "--out", out, code=3)
    rows = rows_of(out)
    assert list(rows[0])[-5:] == ["prediction", *PROBABILITIES, "error"]
    assert [bool(row["error"]) for row in rows] == [True] * 5 + [False] * 2


def test_a_file_of_bad_rows_only_is_written_too(service: Service, tmp_path: Path) -> None:
    records = [{**record, **BAD} for record in flowers(3)]
    out = tmp_path / "out.csv"
    run("predict", as_csv(tmp_path / "in.csv", records), "--url", service.url, "--out", out, code=3)
    assert list(rows_of(out)[0]) == ["id", *COLUMNS, "prediction", "error"]
    assert all(row["error"] for row in rows_of(out))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "has no column that the service takes"),
        ("sepal_length,sepal width (cm),b\n1,2,3\n", "lacks petal length (cm), petal width (cm)"),
        ("sepal width (cm)\n2\n", "lacks sepal length (cm), petal length (cm), petal width (cm)"),
    ],
)
def test_columns_that_do_not_fit_are_one_error_with_both_lists(
    service: Service, tmp_path: Path, text: str, said: str
) -> None:
    out = tmp_path / "out.csv"
    finished = run("predict", "-", "--url", service.url, "--out", out, input=text, code=1)
    assert said in finished.stderr
    assert f"input:   {text.splitlines()[0].replace(',', ', ')}\n" in finished.stderr
    assert f"service: {', '.join(COLUMNS)}\n" in finished.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "has no rows"),
        ("a.csv", b"x,y\n", "has no rows"),
        ("a.json", b"[]", "has no rows"),
        ("a.json", b"[1,", "not JSON"),
        ("a.jsonl", b'{"x": 1}\n{"x": \n', "line 2 is not JSON"),
        ("a.csv", b"x,y\n1,2\n\xff,3\n", "not UTF-8 (line 3)"),
        ("a.csv", b'x,y\n1,"2\n', "is not CSV"),
        ("a.csv", b"x,y,x\n1,2,3\n", "two columns are named 'x'"),
    ],
)
def test_a_file_that_can_not_be_read_is_one_error(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert said in run("predict", tmp_path / name, code=1).stderr
    assert "can't be read" in run("predict", tmp_path / "missing.csv", code=1).stderr


def test_a_service_with_keys_is_shown_the_one_in_the_environment(serve: Start, tmp_path: Path) -> None:
    key = cli("keys", "create", "test", "--state-dir", str(tmp_path / "state")).stdout.strip()
    started = serve()
    out = tmp_path / "out.csv"
    source = as_csv(tmp_path / "in.csv", [{name: r[name] for name in COLUMNS} for r in flowers(2)])
    without = run("predict", source, "--url", started.url, "--out", out, code=1)
    assert "API_KEY" in without.stderr
    assert not out.exists()
    assert not journal_of(out).exists()
    run("predict", source, "--out", out, env={**os.environ, "SERVICE_URL": started.url, "API_KEY": key})
    assert len(rows_of(out)) == 2


def test_an_address_where_nobody_listens_is_said_at_once(tmp_path: Path) -> None:
    source = as_csv(tmp_path / "in.csv", flowers(1))
    started = time.monotonic()
    finished = run("predict", source, "--url", "http://127.0.0.1:9", code=1)
    assert "http://127.0.0.1:9 can't be reached" in finished.stderr
    assert time.monotonic() - started < 10
    assert "is no address" in run("predict", source, "--url", "localhost:8000", code=1).stderr


# --- refusals and failures on the way ---


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


# --- going on ---


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_run_that_was_ended_goes_on_to_the_same_output(
    small: Service, tmp_path: Path, number: signal.Signals, suffix: str
) -> None:
    records = [{**record, **(BAD if row % 150 == 3 else {})} for row, record in enumerate(flowers(6_000))]
    source, out, whole = as_csv(tmp_path / "in.csv", records), tmp_path / f"out{suffix}", tmp_path / f"whole{suffix}"
    with gateway_to(small) as gateway:
        arguments = ("predict", source, "--url", gateway.url)
        ended = interrupt(out, number, *arguments)
        if number == signal.SIGINT:
            assert ended.returncode == 130
            assert ended.stderr.splitlines()[-1] == f"Interrupted. The same command goes on where it stopped: {out}"
        assert out.stat().st_size > 0
        assert journal_of(out).exists()
        with out.open("ab") as file:
            file.write(b"half a line, as a crash leaves it")
        with journal_of(out).open("ab") as file:
            file.write(b'{"accepted": {"first_row"')
        resumed = run(*arguments, "--out", out, code=3)
        assert "Going on after row" in resumed.stderr
        assert "40 of 6,000 rows failed" in resumed.stderr
        assert not journal_of(out).exists()
        assert len(set(gateway.accepted)) == 60
        gone_on = run(*arguments, "--out", whole, code=3)
    assert out.read_bytes() == whole.read_bytes()
    assert resumed.stderr.splitlines()[-7:] == gone_on.stderr.splitlines()[-7:]


def test_what_was_accepted_but_not_noted_is_not_sent_twice(small: Service, tmp_path: Path) -> None:
    source, out = as_csv(tmp_path / "in.csv", flowers(6_000)), tmp_path / "out.csv"
    with gateway_to(small) as gateway:
        interrupt(out, signal.SIGKILL, "predict", source, "--url", gateway.url)
        header, *_ = journal_of(out).read_text().splitlines()
        journal_of(out).write_text(header + "\n")
        run("predict", source, "--url", gateway.url, "--out", out)
        assert len(set(gateway.accepted)) == 60
    assert [row["id"] for row in rows_of(out)] == [record["id"] for record in flowers(6_000)]


def test_predictions_that_are_gone_when_the_run_goes_on_are_asked_for_again(small: Service, tmp_path: Path) -> None:
    source, out = as_csv(tmp_path / "in.csv", flowers(6_000)), tmp_path / "out.csv"
    interrupt(out, signal.SIGKILL, "predict", source, "--url", small.url)
    lines = lines_of(journal_of(out).read_text())
    ids = [line["accepted"]["prediction_id"] for line in lines if "accepted" in line]
    with small.client() as client:
        for prediction_id in ids:
            client.delete(f"/api/predict/{prediction_id}")
    run("predict", source, "--url", small.url, "--out", out)
    assert len(rows_of(out)) == 6_000


def test_an_output_that_is_there_is_never_overwritten_unasked(service: Service, tmp_path: Path) -> None:
    source, out = as_csv(tmp_path / "in.csv", flowers(2)), tmp_path / "out.csv"
    out.write_text("precious")
    finished = run("predict", source, "--url", service.url, "--out", out, code=1)
    assert f"{out} is there already" in finished.stderr
    assert out.read_text() == "precious"
    run("predict", source, "--url", service.url, "--out", out, "--yes")
    assert len(rows_of(out)) == 2


def test_a_journal_of_another_input_is_refused(small: Service, service: Service, tmp_path: Path) -> None:
    source, other, out = as_csv(tmp_path / "in.csv", flowers(6_000)), tmp_path / "other.csv", tmp_path / "out.csv"
    interrupt(out, signal.SIGINT, "predict", source, "--url", small.url)
    size = out.stat().st_size
    as_csv(other, flowers(5))
    assert "another input" in run("predict", other, "--url", small.url, "--out", out, code=1).stderr
    assert "another service" in run("predict", source, "--url", service.url, "--out", out, code=1).stderr
    no_wait = run("predict", source, "--url", small.url, "--out", out, "--no-wait", code=1)
    assert "another command (`cli predict`)" in no_wait.stderr
    assert out.stat().st_size == size
    run("predict", other, "--url", small.url, "--out", out, "--yes")
    assert len(rows_of(out)) == 5


# --- now and later ---


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


# --- formats that this model does not need ---


def test_several_outputs_have_a_column_each() -> None:
    form = Csv(["x", "prediction_1"])
    answers = [{"prediction": [1, "b"], "probabilities": [{"0": 0.5, "1": 0.5}, {"a": 0.25, "b": 0.75}]}]
    text = form.add([{"x": None, "prediction_1": "old"}], answers)
    header = "x,prediction_0,prediction_1,probability_0:0,probability_0:1,probability_1:a,probability_1:b,error"
    assert text == f"{header}\n,1,b,0.5,0.5,0.25,0.75,\n"


def test_classes_that_a_later_model_adds_are_left_out_and_told() -> None:
    form = Csv(["x"])
    form.add([{"x": 1}], [{"prediction": "a", "probabilities": {"a": 1.0}}])
    assert form.add([{"x": 2}], [{"prediction": "b", "probabilities": {"a": 0.5, "b": 0.5}}]) == "2,b,0.5,\n"
    assert form.left_out == ("probability:b",)


def test_names_of_ours_win_over_those_of_the_record() -> None:
    record = {"x": True, "error": "old", "prediction": "old"}
    assert JsonLines().add([record], [{"prediction": 1}]) == '{"x": true, "prediction": 1}\n'
    assert Csv(list(record)).add([record], [{"prediction": 1}]) == "x,prediction,error\ntrue,1,\n"


@pytest.mark.parametrize("name", ["predict", "result"])
def test_help_fits_80_columns_and_explains_every_option(name: str) -> None:
    text = run(name, "--help", env={**os.environ, "TERMINAL_WIDTH": "80"}).stdout
    assert max(map(len, text.splitlines())) <= 80
    assert "Exit codes: 0 all rows succeeded, 1 an error ended" in text
    for line in text.splitlines():
        if line.startswith("│ --"):
            assert len(line.strip("│ ").split("  ")) > 1, line
