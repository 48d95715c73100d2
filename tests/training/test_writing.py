"""What train.py is called with, how it is scored, and what it writes."""

import json
import pickle
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from commands.training import arguments, holdouts, save

SCORES = [0.79, 0.8, 0.81, 0.79, 0.78123456]


def train(seed: int) -> tuple[str, dict[str, Any]]:
    scores = {"accuracy": np.float64(SCORES[seed]), "rows": 10 * (seed + 1)}
    return f"model {seed}", {**scores, "best_parameters": {"depth": seed}, "scaled": True}


def test_the_folder_the_rows_and_the_seeds_can_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = arguments("Trains.", [str(tmp_path), "--rows", "500", "--seeds", "5"])
    assert (given.folder, given.rows, given.seeds) == (tmp_path, 500, 5)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "train.py")])
    alone = arguments("Trains.")
    assert (alone.folder, alone.rows, alone.seeds) == (tmp_path / "build", None, 1)


@pytest.mark.parametrize(("option", "least"), [("--rows", 50), ("--seeds", 1)])
@pytest.mark.parametrize("wrong", ["0", "-1", "many", "1.5", None])
def test_too_small_a_number_and_what_is_none_are_refused(
    option: str, least: int, wrong: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    given = wrong or str(least - 1)
    with pytest.raises(SystemExit) as ended:
        arguments("Trains.", [f"{option}={given}"])
    assert ended.value.code == 2
    assert f"argument {option}: {given!r} is not a whole number of {least} or more" in capsys.readouterr().err
    arguments("Trains.", [f"{option}={least}"])


def test_the_docstring_is_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        arguments("Trains spam.\n\npython train.py [FOLDER]", ["--help"])
    assert ended.value.code == 0
    assert "Trains spam.\n\npython train.py [FOLDER]" in capsys.readouterr().out


def test_several_hold_outs_give_their_means_and_spreads_and_the_first_model(capsys: pytest.CaptureFixture[str]) -> None:
    fitted, metrics = holdouts(train, seeds=5)
    assert fitted == "model 0"
    assert metrics == {
        "accuracy": 0.7942,
        "accuracy_spread": 0.011,
        "rows": 30,
        "rows_spread": 15.8114,
        "best_parameters": {"depth": 0},
        "scaled": True,
    }
    lines = capsys.readouterr().out.splitlines()
    assert [line.endswith("; this model is kept") for line in lines[:5]] == [True, False, False, False, False]
    assert lines[4].startswith("seed 4: accuracy 0.781, rows 50.000 (")
    assert lines[5] == "accuracy 0.794 ± 0.011 (5 hold-outs of 20 %)"


def test_one_hold_out_has_no_spread_and_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    _, metrics = holdouts(train)
    assert metrics == {"accuracy": 0.79, "rows": 10, "best_parameters": {"depth": 0}, "scaled": True}
    (line,) = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"hold-out of 20 %: accuracy 0\.790, rows 10\.000 \(0\.\d s\)", line)


def test_a_metric_that_is_no_finite_number_for_each_seed_is_kept_as_null_and_the_model_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = [
        {"auc": float("nan"), "recall": None, "lift": 2.0, "accuracy": 0.5},
        {"auc": 0.5, "recall": 0.25, "accuracy": 0.75, "gain": np.float64("inf")},
    ]
    fitted, metrics = holdouts(lambda seed: (f"model {seed}", scores[seed]), seeds=2)
    nulls = {"auc": None, "recall": None, "lift": None, "gain": None}
    assert (fitted, metrics) == ("model 0", {**nulls, "accuracy": 0.625, "accuracy_spread": 0.1768})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("seed 0: auc nan, lift 2.000, accuracy 0.500 (")
    assert lines[2:] == [
        "auc has no mean and is kept as null: it is no finite number for seed 0",
        "lift has no mean and is kept as null: it is no finite number for seed 1",
        "accuracy 0.625 ± 0.177 (2 hold-outs of 20 %)",
        "recall has no mean and is kept as null: it is no finite number for seed 0",
        "gain has no mean and is kept as null: it is no finite number for the seeds 0, 1",
    ]
    _, alone = holdouts(lambda seed: ("model", scores[0]))
    assert capsys.readouterr().out.splitlines()[1:] == ["auc is kept as null: it is no finite number"]
    save(tmp_path, fitted, alone)
    assert json.loads((tmp_path / "metrics.json").read_text()) == {
        "auc": None,
        "recall": None,
        "lift": 2.0,
        "accuracy": 0.5,
    }


def test_numbers_that_json_has_not_are_null_wherever_they_stand(tmp_path: Path) -> None:
    found = {"auc": np.float32("nan"), "best": {"missing": float("nan"), "tried": np.array([1, np.inf])}}
    save(tmp_path, "model", {**found, "wide": np.longdouble(0.5), "classes": ("a", np.int64(2), np.bool_(True))})
    content = (tmp_path / "metrics.json").read_text()
    assert json.loads(content, parse_constant=pytest.fail) == {
        "auc": None,
        "best": {"missing": None, "tried": [1.0, None]},
        "wide": 0.5,
        "classes": ["a", 2, True],
    }


def test_model_and_metrics_are_written_with_numbers_of_numpy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fitted = DummyClassifier().fit([[0], [1]], ["a", "a"])
    path = save(tmp_path / "build" / "gaussian", fitted, {"accuracy": np.float32(0.5), "classes": np.array([1, 2])})
    assert path == tmp_path / "build" / "gaussian" / "model.pkl"
    assert pickle.loads(path.read_bytes()).predict([[7]]) == ["a"]
    assert json.loads(path.with_name("metrics.json").read_text()) == {"accuracy": 0.5, "classes": [1, 2]}
    assert {each.name for each in path.parent.iterdir()} == {"model.pkl", "metrics.json"}
    assert f"{path}: 0.000 MiB" in capsys.readouterr().out


@pytest.mark.parametrize(("fitted", "metrics"), [(lambda: 0, {}), ("new", {"accuracy": object()})])
def test_what_can_not_be_written_leaves_the_files_of_before(tmp_path: Path, fitted: Any, metrics: Any) -> None:
    save(tmp_path, "old", {"accuracy": 0.5})
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        save(tmp_path, fitted, metrics)
    assert pickle.loads((tmp_path / "model.pkl").read_bytes()) == "old"
    assert json.loads((tmp_path / "metrics.json").read_text()) == {"accuracy": 0.5}
