"""create-bucket, upload, list-objects, delete-bucket and keys, as typed in a terminal."""

import json
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.running import CLI, ROOT, cli


@pytest.fixture
def bucket(tmp_path: Path) -> str:
    made = str(tmp_path / "models")
    assert "is made" in cli("create-bucket", made).stdout
    return made


def test_a_bucket_from_its_making_to_its_end(bucket: str, iris_model: Path) -> None:
    assert "is a bucket already" in cli("create-bucket", bucket).stdout
    assert "holds no model yet" in cli("list-objects", bucket).stdout
    uploaded = cli("upload", bucket, str(iris_model), "--tag", "v1")
    assert "v1 is uploaded, sha256" in uploaded.stderr
    assert "checking" not in uploaded.stderr, "only a terminal shows what is going on"
    again = cli("upload", bucket, str(iris_model), "--tag", "v1")
    assert "v1 is already there" in again.stderr
    second = cli("upload", bucket, str(iris_model), "--tag", "v2")
    where = f", where {bucket} is `bucket` in service.toml"
    assert f"v2 is not current: `cli promote v2` makes it so{where}.\n" in second.stderr
    table = cli("list-objects", bucket).stdout
    assert "v1" in table
    assert "holdout_accuracy" in table
    listed = {m["tag"]: m for m in json.loads(cli("list-objects", bucket, "--json").stdout)}
    assert (listed["v1"]["current"], listed["v2"]["current"]) == (True, False)
    assert listed["v1"]["classes"] == ["setosa", "versicolor", "virginica"]
    assert listed["v1"]["feature_names"][0] == "sepal length (cm)"
    cli("upload", bucket, str(iris_model), "--tag", "v2", "--promote")
    listed = {m["tag"]: m for m in json.loads(cli("list-objects", bucket, "--json").stdout)}
    assert listed["v2"]["current"]
    refused = cli("delete-bucket", bucket, check=False)
    assert refused.returncode == 1
    assert "add --yes" in refused.stderr
    cli("delete-bucket", bucket, "--yes")
    assert not Path(bucket).exists()


def test_how_to_promote_is_said_for_the_projects_own_registry(iris_model: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name in ("validation.py", "service.toml", "example.json"):
        shutil.copy(ROOT / name, project)
    bucket = str(project / ".state" / "models")
    cli("create-bucket", bucket)
    upload = ("upload", bucket, str(iris_model), "--project", "project", "--tag")
    assert "v1 is current.\n" in cli(*upload, "v1", cwd=tmp_path).stderr
    promoting = "v2 is not current: `cli promote v2 --project project` makes it so.\n"
    assert promoting in cli(*upload, "v2", cwd=tmp_path).stderr


def test_a_terminal_shows_that_the_model_is_checked(bucket: str, iris_model: Path) -> None:
    command = [*CLI, "upload", bucket, str(iris_model), "--tag", "v1"]
    reading, writing = os.openpty()
    terminal = subprocess.Popen(command, cwd=ROOT, stderr=writing, env={**os.environ, "TERM": "xterm"})
    os.close(writing)
    shown = b""
    with suppress(OSError):  # a terminal has no end: Linux makes an error of it
        while part := os.read(reading, 10_000):
            shown += part
    os.close(reading)
    assert terminal.wait() == 0
    assert b"checking model.pkl" in shown


def error(*arguments: str, **options: Any) -> str:
    finished = cli(*arguments, check=False, **options)
    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr
    return " ".join(finished.stderr.split())


def test_mistakes_are_one_message(bucket: str, iris_model: Path, tmp_path: Path) -> None:
    model = str(iris_model)
    nowhere = {**os.environ, "AWS_REGION": "", "AWS_DEFAULT_REGION": ""}
    assert "names a bucket on S3; a folder is ./my-bucket" in error("create-bucket", "my-bucket", env=nowhere)
    assert "is no bucket: make it with" in error("list-objects", str(tmp_path))
    assert "is no bucket: make it with" in error("upload", str(tmp_path / "none"), model, "--tag", "v1")
    assert "is not empty and no bucket" in error("create-bucket", str(ROOT))
    assert "is no bucket" in error("delete-bucket", str(ROOT), "--yes")
    assert "can't be a tag" in error("upload", bucket, model, "--tag", "a/b")
    assert "can't be read" in error("upload", bucket, str(tmp_path / "missing.pkl"), "--tag", "v1")
    (tmp_path / "metrics.json").write_text("[1]")
    assert "must hold a JSON object" in error(
        "upload", bucket, model, "--tag", "v1", "--metrics", str(tmp_path / "metrics.json")
    )
    assert json.loads(cli("list-objects", bucket, "--json").stdout) == [], "nothing was half uploaded"


def test_a_tag_with_other_bytes_is_refused(bucket: str, iris_model: Path, tmp_path: Path) -> None:
    cli("upload", bucket, str(iris_model), "--tag", "v1")
    other = tmp_path / "other.pkl"
    other.write_bytes(iris_model.read_bytes() + b"trailing")
    assert "exists with other bytes" in error("upload", bucket, str(other), "--tag", "v1")


def test_keys_are_shown_once_listed_and_revoked(tmp_path: Path) -> None:
    state = ("--state-dir", str(tmp_path))
    key = cli("keys", "create", "anna", *state).stdout.strip()
    assert len(key) == 43
    assert [k["name"] for k in json.loads(cli("keys", "list", "--json", *state).stdout)] == ["anna"]
    assert key not in cli("keys", "list", *state).stdout
    assert "already" in error("keys", "create", "anna", *state)
    assert "everybody may ask for predictions" in error("keys", "revoke", "anna", *state)
    cli("keys", "revoke", "anna", "--yes", *state)
    assert "No API keys" in cli("keys", "list", *state).stdout
    assert "no key named anna" in error("keys", "revoke", "anna", *state)
    assert "1 signing keys" in cli("keys", "rotate", "--yes", *state).stdout
    assert "2 signing keys" in cli("keys", "rotate", "--yes", *state).stdout
