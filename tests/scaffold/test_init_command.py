"""`cli init` as it is typed: what it says, what it leaves alone, what it refuses to load."""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from commands.fitted.loading import loaded
from commands.init import init
from commands.scaffold.files import NAMES, put
from serving.errors import ModelRefused, ProjectError
from serving.project import Project
from tests.making import function_of, pickled
from tests.scaffold.making import check_source, scaffold

FRAME = pd.DataFrame({"height (cm)": np.arange(150, 200), "weight": np.arange(50, 100) / 1.5})
ANSWER = np.arange(50) % 2


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return pickled(tmp_path / "model.pkl", make_pipeline(StandardScaler(), LogisticRegression()).fit(FRAME, ANSWER))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    FRAME.assign(sick=ANSWER).to_csv(tmp_path / "train.csv", index=False)
    return tmp_path / "train.csv"


def refused(capsys: pytest.CaptureFixture[str], **options: Any) -> str:
    """What the command says when it ends with 1."""
    with pytest.raises(typer.Exit) as ended:
        init(**options)
    assert ended.value.exit_code == 1
    return " ".join(capsys.readouterr().err.split())


def test_the_files_make_a_project_and_the_next_commands_are_said(
    model: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "Body Mass"
    init(model=model, data=data, project=folder)
    said = capsys.readouterr().out
    assert "2 fields" in said
    assert "50 of 50 rows of train.csv" in said
    assert f"cli check --model {model} --project '{folder}'" in said
    assert f"cli serve --model {model} --project '{folder}'" in said
    assert {path.name for path in folder.iterdir()} == set(NAMES)
    check_source(folder / "validation.py")
    project = Project.load(folder)
    assert project.columns == ("height (cm)", "weight")
    assert project.example == {"height (cm)": 150, "weight": pytest.approx(33.3333333333)}
    assert (project.title, project.units) == ("Body mass", "sick")
    assert 'name = "body-mass"' in (folder / "service.toml").read_text()


def test_nothing_is_overwritten_without_yes(
    model: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "form.yml").write_text("title: Mine\n")
    said = refused(capsys, model=model, data=data, project=folder)
    assert f"Overwrite form.yml in {folder}?" in said
    assert "--yes" in said
    assert [path.name for path in folder.iterdir()] == ["form.yml"]
    assert (folder / "form.yml").read_text() == "title: Mine\n"


def test_with_yes_it_is_and_what_is_guessed_without_data_is_said(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "form.yml").write_text("title: Mine\n")
    init(model=model, project=folder, yes=True)
    assert "Mine" not in (folder / "form.yml").read_text()
    assert "bounds are guessed: height, weight" in capsys.readouterr().out
    assert (folder / "validation.py").read_text().count("# check: bounds are guessed") == 2


def test_all_files_are_written_or_none(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    (folder / "example.json").mkdir(parents=True)  # nothing can take its place
    (folder / "form.yml").write_text("title: Mine\n")
    with pytest.raises(ProjectError, match="can't be written to"):
        put(folder, dict.fromkeys(NAMES, "text"))
    assert {path.name for path in folder.iterdir()} == {"example.json", "form.yml"}
    assert (folder / "form.yml").read_text() == "title: Mine\n"


class Planted:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch '{self.path}'",)


def test_a_dangerous_pickle_is_refused_and_not_executed(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = tmp_path / "left behind"
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(FRAME, ANSWER)
    pipeline.planted = Planted(left)
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(pipeline))
    said = refused(capsys, model=tmp_path / "evil.pkl", data=data, project=tmp_path / "project")
    assert "system" in said
    assert not left.exists()
    assert not (tmp_path / "project").exists()


def test_what_is_no_pipeline_comes_with_the_lines_that_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = pickled(tmp_path / "bare.pkl", LogisticRegression().fit(FRAME, ANSWER))
    said = refused(capsys, model=bare, project=tmp_path / "project")
    assert "holds LogisticRegression, not a Pipeline" in said
    assert "bare.pipeline.pkl" in said
    with pytest.raises(ModelRefused, match="not fitted"):
        scaffold(tmp_path / "project", make_pipeline(StandardScaler(), LogisticRegression()))
    assert not (tmp_path / "project").exists()


def test_modules_that_nobody_has_vouched_for_are_not_loaded(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code = '"""Steps."""\n\n\ndef doubled(frame):\n    return 2 * frame\n'
    (elsewhere / "own_steps.py").write_text(code)
    step = FunctionTransformer(function_of(elsewhere, "own_steps", "doubled"))
    pipeline = make_pipeline(step, StandardScaler(), LogisticRegression()).fit(FRAME, ANSWER)
    model = pickled(tmp_path / "model.pkl", pipeline)
    said = refused(capsys, model=model, data=data, project=tmp_path / "project")
    assert "needs the module own_steps: put own_steps.py into" in said
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "own_steps.py").write_text(code)
    init(model=model, data=data, project=tmp_path / "project")
    assert Project.load(tmp_path / "project").columns == ("height (cm)", "weight")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "none.pkl"}, "none.pkl"),
        ({"data": "none.csv"}, "There is no file"),
        ({"project": "train.csv"}, "is no folder"),
        ({"target": "nothing"}, "--target nothing: train.csv has no such column. It has height (cm), weight, sick."),
    ],
    ids=str,
)
def test_what_can_not_be_found_is_named(
    options: dict[str, str],
    message: str,
    model: Path,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    paths = {name: tmp_path / value for name, value in options.items() if name != "target"}
    given = {"model": model, "data": data, "project": tmp_path / "project", **options, **paths}
    assert message in refused(capsys, **given)
    assert not (tmp_path / "project").exists()


def test_only_the_bytes_that_were_scanned_are_loaded(model: Path, tmp_path: Path) -> None:
    argument = {"model": str(model), "project": str(tmp_path), "sha256": "0" * 64, "names": []}
    with pytest.raises(ModelRefused, match="has changed since it was scanned"):
        loaded(argument)
