"""Each part of the benchmarks with few records and one round: the real service answers, and every row is there."""

import importlib
import json
import pickle
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import psutil
import pytest
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from bench import __main__ as suite
from bench.adult_model import PROJECT
from bench.backlog import bodies, place
from bench.load import Load
from bench.parts import drain, growth, micro, served, worker
from bench.parts.served import Kind
from bench.row import Row
from bench.setting import Setting
from serving.project import Project
from tests.running import ROOT


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small Pipeline over the columns of bench/adult, with records beside it: no download."""
    folder = tmp_path_factory.mktemp("adult")
    example = Project.load(PROJECT).example
    records = [{**example, "age": 20 + number, "sex": ["Male", "Female"][number % 2]} for number in range(40)]
    columns = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    incomes = ["<=50K" if record["age"] < 40 else ">50K" for record in records]
    pipeline = make_pipeline(columns, LogisticRegression()).fit(pd.DataFrame(records), incomes)
    (folder / "model.pkl").write_bytes(pickle.dumps(pipeline))
    (folder / "records.json").write_text(json.dumps(records))
    return folder / "model.pkl"


@pytest.fixture(scope="module")
def setting(model: Path) -> Setting:
    return Setting(model=model, rounds=1)


def told(rows: list[Row]) -> dict[str, Row]:
    """By name; each was measured in each round, and is more than nothing."""
    for row in rows:
        assert len(row.ours) == 1
        assert row.ours[0] > 0, row
        assert not row.beside or row.beside[0] > 0, row
    return {row.name: row for row in rows}


def test_each_step_of_a_prediction_is_timed(setting: Setting) -> None:
    rows = told(micro.measure(setting, enough=0.0))
    assert len(rows) == 10
    assert len([row for row in rows.values() if row.beside]) == 2
    assert {row.unit for row in rows.values()} == {"µs"}


def test_the_worker_answers_arrays_and_single_records_beside_the_bare_pipeline(setting: Setting) -> None:
    rows = told(worker.measure(setting, sizes=(1, 30), enough=0.0))
    assert [*rows] == ["an array of 1 record", "1 message of one", "an array of 30 records", "30 messages of one"]
    assert all(len(row.compared) == 1 for row in rows.values())


def test_every_goal_of_the_worker_is_that_of_a_size_that_is_measured() -> None:
    assert set(worker.GOALS) < set(worker.SIZES)


KINDS = (
    Kind(name="singles", load=Load(clients=3, seconds=0.2), rows=1),
    Kind(name="polled", load=Load(clients=2, seconds=0.2, poll=0.005), rows=1),
    Kind(name="arrays", load=Load(clients=2, seconds=0.2, array=50), rows=100),
)


def test_a_served_model_is_asked_idle_and_under_load(setting: Setting) -> None:
    rows = told(served.measure(setting, kinds=KINDS, idle_times=3))
    assert [*rows] == ["one idle prediction", "singles", "polled", "arrays"]
    assert rows["one idle prediction"].difference
    for name in ("singles", "polled", "arrays"):
        notes = rows[name].notes
        assert 0 < notes["p50 ms"] <= notes["p99 ms"]
        assert notes["MiB"] > 50


def test_a_backlog_is_drained_by_one_worker(setting: Setting) -> None:
    rows = told(drain.measure(setting, count=3_000))
    assert [*rows] == ["3,000 single predictions", "  a second of CPU", "memory, second half to first"]


def test_how_far_a_backlog_is_shows_in_a_few_reads(tmp_path: Path, model: Path) -> None:
    record = json.loads(model.with_name("records.json").read_text())[0]
    with place(tmp_path / "state", tmp_path / "models") as here:
        messages = here.messages(bodies([record] * 10))
        ids = here.send(messages)
        assert here.backend.queue.depth().waiting == 10
        for count in (0, 4, 10):
            done = [message.answered(b"{}", now=message.accepted_at) for message in messages[:count]]
            here.backend.predictions.finish(done)
            assert drain.answered(here.backend.predictions, ids) == count


def test_what_grows_is_sent_in_slices(setting: Setting) -> None:
    rows = told(growth.measure(setting, sizes=(20, 100, 1_000), slice=100, enough=200))
    assert [*rows] == ["20 records", "100 records", "1,000 records"]
    assert [row.goal is not None for row in rows.values()] == [False, False, True]
    assert rows["100 records"].ours == rows["100 records"].beside
    assert growth.Size(records=1_000, slice=100, enough=200).load == Load(clients=4, posts=10, array=100)
    assert growth.Size(records=20, slice=100, enough=200).load == Load(clients=1, posts=10, array=20)


def test_a_part_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        suite.main(["nothing"])
    assert "there is no nothing" in capsys.readouterr().err


def test_serve_prints_url_and_pid_and_leaves_no_process(model: Path) -> None:
    command = [sys.executable, "-m", "bench", "serve", "--model", str(model)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url, pid = process.stdout.readline().split()
        service = psutil.Process(int(pid))
        everything = [service, *service.children(recursive=True)]
        record: Any = json.loads(model.with_name("records.json").read_text())[0]
        answer = httpx.post(url, json=record, headers={"Prefer": "wait=20"}, timeout=60)
        assert answer.json()["result"]["prediction"] in {"<=50K", ">50K"}
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
    assert not psutil.wait_procs(everything, timeout=30)[1]


@pytest.mark.parametrize("part", suite.PARTS)
def test_a_part_has_a_title_that_fits_a_line(part: str) -> None:
    title: str = importlib.import_module(f"bench.parts.{part}").TITLE
    assert title.startswith(f"{part}: ")
    assert len(title) <= 80
