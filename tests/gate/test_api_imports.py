"""validation.py must be importable where only the API's packages are."""

from pathlib import Path

import pytest

from commands.gate.api_imports import check_api_imports
from serving.errors import ProjectError
from tests.making import write_project
from tests.running import ROOT

SCHEMA = "from pydantic import BaseModel\n\n\nclass PredictionData(BaseModel):\n    x: float\n"


def test_the_default_project_needs_no_more() -> None:
    check_api_imports(ROOT)


def test_a_module_of_the_project_may_be_imported(tmp_path: Path) -> None:
    check_api_imports(write_project(tmp_path, f"import choices\n{SCHEMA}", {"choices.py": "CITIES = ['Nice']\n"}))


def test_an_import_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="line 1, imports pandas, which the API does not carry"):
        check_api_imports(write_project(tmp_path, f"import pandas\n{SCHEMA}"))


@pytest.mark.parametrize("module", ["pandas", "rich", "packaging.version"])
def test_an_import_that_can_not_be_read_in_the_text_is_tried(tmp_path: Path, module: str) -> None:
    source = f"import importlib\n\nfound = importlib.import_module('{module}')\n{SCHEMA}"
    with pytest.raises(
        ProjectError, match=f"No module named '{module.split('.', maxsplit=1)[0]}.*the API carries only its own"
    ):
        check_api_imports(write_project(tmp_path, source))
