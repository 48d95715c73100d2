"""`cli inspect` as it is typed."""

import json
import pickle
from pathlib import Path

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from tests.pickles.evil import pipeline, planted
from tests.running import cli


def test_a_model_is_shown_as_a_table(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(pipeline()))
    shown = cli("inspect", str(path)).stdout
    rows = {line[:14].strip(): line[14:].strip() for line in shown.splitlines() if line.strip()}
    assert rows["holds"] == "Pipeline(StandardScaler, LogisticRegression)"
    assert rows["format"] == f"pickle, protocol {pickle.DEFAULT_PROTOCOL}"
    assert rows["made with"].startswith("scikit-learn ")
    assert rows["imports"] == "numpy, sklearn"
    assert rows["verdict"].startswith("clean (picklescan ")
    assert "What makes a Pipeline of it" not in shown


def test_json_has_everything_that_the_table_has(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(LogisticRegression().fit([[0.0], [1.0]], [0, 1])))
    found = json.loads(cli("inspect", str(path), "--json").stdout)
    assert (found["kind"], found["verdict"], found["dangers"]) == ("predictor", "clean", [])
    assert found["size"] == path.stat().st_size
    assert "make_pipeline(model)" in found["advice"]
    path.write_bytes(planted(tmp_path / "mark"))
    refused = cli("inspect", str(path), "--json", check=False)
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["dangers"] == [{"name": "posix.system", "reason": "can run code or touch files"}]


def test_what_could_be_anything_is_not_called_dangerous_but_is_not_loaded_either(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(make_pipeline(FunctionTransformer(str.lower))))
    shown = cli("inspect", str(path), check=False)
    assert shown.returncode == 1
    text = " ".join(shown.stdout.split())
    assert f"{path} could do anything when it is loaded, and nobody can tell what: no command loads it." in text
    assert "dangerous" not in text
    assert "unclear (picklescan" in text


def test_a_file_that_can_not_be_read_is_one_message(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(make_pipeline(StandardScaler()))[:-20])
    refused = cli("inspect", str(path), check=False)
    assert refused.returncode == 1
    assert refused.stderr == f"error: {path} is cut off, or is no pickle: copy or pickle the model again.\n"
