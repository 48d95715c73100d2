"""What of a project goes into the zips: what it needs to predict, and no data by accident."""

from pathlib import Path

import pytest

from commands.packaging.imports import FOR_THE_WORKER, check_imports
from commands.packaging.sources import copy_project
from serving.errors import ProjectError
from tests.making import write_project
from tests.running import ROOT


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def fill(folder: Path, *files: str) -> Path:
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    return folder


def test_modules_packages_and_the_projects_own_files_are_taken(tmp_path: Path) -> None:
    taken = {
        *("validation.py", "form.yml", "example.json", "service.toml", "requirements.txt", "steps.py"),
        *("features/__init__.py", "features/text/words.py", "features/stop_words.txt", "shapes/corner.py"),
    }
    folder = fill(tmp_path / "project", *taken)
    assert copy_project(folder, tmp_path / "zip") == ()
    assert names(tmp_path / "zip") == {f"project/{name}" for name in taken}


def test_training_tests_data_and_surroundings_stay_behind(tmp_path: Path) -> None:
    folder = fill(
        write_project(tmp_path / "project", "size: float"),
        *("train.py", "cli.py", "conftest.py", "setup.py", "test_steps.py", "notes.md", "model.pkl", "data.csv"),
        *(".env", ".git/hooks/a.py", ".venv/lib/a.py", "mine/pyvenv.cfg", "mine/lib/a.py", "tests/test_a.py"),
        *("node_modules/a.py", "build/model.pkl", "build/a.py", "data/flowers.csv", "x.egg-info/a.py"),
        *("features/__init__.py", "features/__pycache__/a.pyc", "features/.secret", "features/tests/test_b.py"),
        *("features/test_c.py", "features/flowers.parquet", "features/old.joblib"),
    )
    left_out = copy_project(folder, tmp_path / "zip")
    assert names(tmp_path / "zip") == {"project/validation.py", "project/features/__init__.py"}
    assert [path.as_posix() for path in left_out] == ["features/flowers.parquet", "features/old.joblib"]


def test_the_repository_itself_is_a_project_of_four_files(tmp_path: Path) -> None:
    copy_project(ROOT, tmp_path)
    assert names(tmp_path / "project") == {"validation.py", "form.yml", "example.json", "service.toml"}


def carried(tmp_path: Path, **modules: str) -> None:
    project = write_project(tmp_path, modules.pop("validation"), {f"{name}.py": text for name, text in modules.items()})
    check_imports(project, {"pydantic", "yaml"})


@pytest.mark.parametrize(
    ("validation", "steps"),
    [
        ("import pandas\nclass PredictionData: ...", ""),
        ("from pandas.api import types\nclass PredictionData: ...", ""),
        ("import steps\nclass PredictionData: ...", "import json, pandas"),
        ("from steps import size\nclass PredictionData: ...", "from pandas import DataFrame as size"),
        ("from . import steps\nclass PredictionData: ...", "if True:\n    import pandas"),
    ],
)
def test_a_schema_that_imports_what_the_api_lacks_is_refused_with_the_line(
    validation: str, steps: str, tmp_path: Path
) -> None:
    with pytest.raises(ProjectError, match=r"\.py, line \d, imports pandas, which the API does not carry"):
        carried(tmp_path, validation=validation, steps=steps)


def test_imports_that_the_api_never_runs_are_allowed(tmp_path: Path) -> None:
    carried(
        tmp_path,
        validation="""
            import json, boto3
            from typing import TYPE_CHECKING
            from pydantic import BaseModel
            from sizes import inches
            if TYPE_CHECKING:
                import pandas
            try:
                import numpy
            except ImportError:
                numpy = None
            class PredictionData(BaseModel):
                def frame(self):
                    import pandas
            """,
        sizes="import yaml\ninches = 2.54",
        steps="import sklearn",
    )


def test_what_the_model_imports_and_the_worker_lacks_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "cleaning.py").write_text("import numpy\n\nfrom unidecode import unidecode\n")
    (tmp_path / "plots.py").write_text("import matplotlib\n")
    check_imports(tmp_path, {"numpy", "unidecode"}, modules=["cleaning"], advice=FOR_THE_WORKER)
    with pytest.raises(ProjectError, match=r"cleaning.py, line 3, imports unidecode.*requirements.txt"):
        check_imports(tmp_path, {"numpy"}, modules=["cleaning"], advice=FOR_THE_WORKER)
