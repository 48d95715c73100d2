"""`cli serve` refuses what it can't serve before it listens, each time in one sentence that says what to do."""

import os
import pickle
import socket
from pathlib import Path
from typing import Any

from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from serving.errors import StoreUnavailable
from serving.local.connect import connect_local
from serving.settings import Settings
from tests.running import Service, cli, free_port


def refused(tmp_path: Path, *arguments: str, **environment: str) -> str:
    """The one message of a serve that does not start."""
    port = free_port()
    finished = cli(
        "serve",
        "--port",
        str(port),
        "--state-dir",
        str(tmp_path / "state"),
        *arguments,
        check=False,
        env={**os.environ, **environment},
    )
    assert finished.returncode != 0
    assert "Traceback" not in finished.stderr + finished.stdout
    lines = [line for line in finished.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, finished.stderr
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    return lines[0]


def test_a_model_that_can_not_be_served_is_refused_in_one_sentence(tmp_path: Path, iris_model: Path) -> None:
    content = iris_model.read_bytes()
    files: dict[str, Any] = {
        "truncated.pkl": (content[: len(content) // 2], "is cut off, or is no pickle: copy or pickle the model again"),
        "list.pkl": (pickle.dumps([1]), "holds list(int), not a Pipeline that predicts"),
        "other.pkl": (
            pickle.dumps(make_pipeline(LinearRegression()).fit([[1.0, 2], [2, 3]], [1, 2])),
            "2 columns without names, and PredictionData has 4 fields",
        ),
    }
    for name, (data, message) in files.items():
        (tmp_path / name).write_bytes(data)
        assert message in refused(tmp_path, "--model", str(tmp_path / name))
    assert "can't be read" in refused(tmp_path, "--model", str(tmp_path / "missing.pkl"))


def test_a_missing_model_says_how_to_upload_one(tmp_path: Path) -> None:
    assert "has no model for iris, dev: `cli demo` trains one, `cli serve --model PATH` takes yours" in refused(
        tmp_path
    )


def test_a_project_without_a_schema_says_what_is_missing(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "A project is a folder whose validation.py" in refused(tmp_path, "--project", str(empty))
    (empty / "validation.py").write_text("from pydantic import BaseModel\nclass Flower(BaseModel):\n    a: int\n")
    assert "It has Flower: rename" in refused(tmp_path, "--project", str(empty))
    (empty / "validation.py").write_text("import nothing_like_this\n")
    assert "No module named 'nothing_like_this'" in refused(tmp_path, "--project", str(empty))


def test_a_taken_port_says_what_to_do(tmp_path: Path, service: Service, iris_model: Path) -> None:
    message = refused(tmp_path, "--model", str(iris_model), "--port", str(service.port))
    assert "choose another port with --port" in message


def test_two_services_do_not_share_a_state_folder(tmp_path: Path, service: Service) -> None:
    finished = cli("serve", "--port", str(free_port()), "--state-dir", str(service.state_dir), check=False)
    assert finished.returncode == 1
    assert "Another `cli serve` uses" in finished.stderr


def test_a_setting_that_can_not_be_used_is_named(tmp_path: Path) -> None:
    assert "MAX_RECORDS is 'many'" in refused(tmp_path, MAX_RECORDS="many")


def test_full_synchronous_is_what_sqlite_is_told(tmp_path: Path) -> None:
    for name, number in (("normal", 1), ("full", 2)):
        backend = connect_local(Settings.read({}, state_dir=tmp_path / name, sqlite_synchronous=name))
        with backend.database.reading(StoreUnavailable) as connection:
            assert connection.execute("PRAGMA synchronous").fetchone()[0] == number
            assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        backend.close()
