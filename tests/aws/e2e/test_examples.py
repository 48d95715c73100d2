"""The five examples in their own zips, on the emulated AWS: deployed with `cli deploy`, asked, and compared."""

import zipfile
from pathlib import Path

import pytest

from commands.deployment import BUILD
from tests.aws.e2e.conftest import SETTINGS, Site
from tests.aws.emulator import Emulator
from tests.building import build_folder
from tests.examples.trained import SAMPLE, UNKNOWN, check, trained


@pytest.mark.parametrize("name", SAMPLE)
def test_an_example_answers_from_its_zips_as_its_pipeline_does(
    emulated_account: Emulator, tmp_path: Path, name: str
) -> None:
    example = trained(name, tmp_path)
    site = Site(emulated_account, example.project, "dev", {**emulated_account.environment, **SETTINGS})
    with build_folder():
        deployed = site.cli("deploy", "--tag", "v1", "--model", str(example.model))
        with zipfile.ZipFile(BUILD / "worker.zip") as packed:
            names = packed.namelist()
    site.endpoint = deployed.stdout.strip().splitlines()[-1]
    for path in example.features:
        assert f"cli features load {path.stem} FILE.csv --stage dev" in deployed.stderr, "it is proved all the same"
        site.cli("features", "load", path.stem, str(path), "--stage", "dev")
    records = [*example.records(), *([UNKNOWN] if example.features else [])]
    with site.client() as api:
        found = site.finished(api, api.post("/api/predict", json=records).raise_for_status().headers["Location"])
    known = [answer for answer in found["result"] if "error" not in answer]
    check(known, example.own_answers(example.records()))
    errors = [answer["error"]["code"] for answer in found["result"] if "error" in answer]
    assert errors == (["features_missing"] if example.features else [])
    carried = {name.removeprefix("project/") for name in names if name.startswith("project/")}
    assert not [name for name in names if name.startswith(("examples/", "commands/"))]
    own = {path.name for path in example.project.glob("*.py")} - {"train.py"}
    assert {name for name in carried if name.endswith(".py")} == own, "its own modules travel, and no other"
