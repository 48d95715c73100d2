"""A service whose model needs features: what the worker looks up, what a client sends, and what replay compares."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from commands.aws.smoke import FeaturesMissing, smoke_test
from serving.project import Project
from tests.comparing.replaying import registry, replay, replayed
from tests.running import Service, cli, running_service
from tests.shopping import shopping_model, write_shopping

NOBODY = "There are no features for user_id 9 in the view users; nor for user_id 9 and shop"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its train.py has written the features of one of its views."""
    written = write_shopping(tmp_path_factory.mktemp("shopping") / "project")
    features = written / "build" / "features"
    features.mkdir(parents=True)
    shutil.copy(written / "users.csv", features)
    return written


@pytest.fixture(scope="module")
def state(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry whose current model is v2, and a feature store that is empty still."""
    folder = tmp_path_factory.mktemp("registry")
    return registry(folder, project, v1=shopping_model(visit=50), v2=shopping_model())


@pytest.fixture(scope="module")
def shop(project: Path, state: Path) -> Iterator[Service]:
    """It proves a new deployment before the features are loaded, as `cli deploy` does, and then they are."""
    with running_service(state, project=project) as service:
        loaded = Project.load(project)
        with pytest.raises(FeaturesMissing, match="for user_id 7 in the view users; nor for user_id 7 and shop"):
            smoke_test(service.url, loaded.example, "v2")
        answer = smoke_test(service.url, loaded.example_with_features, "v2")
        assert answer["result"]["prediction"] == pytest.approx(2.5 + 30 + 200)
        for view in ("users", "visits"):
            file = str(project / f"{view}.csv")
            cli("features", "load", view, file, "--project", str(project), "--state-dir", str(state))
        assert smoke_test(service.url, loaded.example, "v2")["status"] == "succeeded"
        yield service


def predicted(shop: Service, file: Path, content: str, code: int) -> tuple[list[dict[str, str]], str]:
    """The rows that `cli predict` writes, and what it says."""
    file.write_text(content, encoding="utf-8")
    out = file.with_name("answers.csv")
    ended = cli("predict", str(file), "--url", shop.url, "--out", str(out), check=False)
    assert ended.returncode == code, ended.stderr
    with out.open(newline="", encoding="utf-8") as answers:
        return list(csv.DictReader(answers)), ended.stderr


def test_whoever_serves_it_without_features_is_told_how_to_load_those_of_the_example(
    shop: Service, project: Path, state: Path
) -> None:
    users, options = project / "build" / "features" / "users.csv", f"--project {project} --state-dir {state}"
    assert shop.log.index("Load the features of the example, then try:\n") < shop.log.index("\ncurl ")
    told = [line for line in shop.log.splitlines() if line.startswith(("cli", "curl"))]
    assert told[:2] == [
        f"cli features load users {users} {options}",
        f"cli features load visits FILE.csv {options}",
    ]
    assert told[2].startswith("curl ")


def test_features_are_looked_up_for_a_file_without_them(shop: Service, tmp_path: Path) -> None:
    content = "user_id,shop,amount\n7,north,1\n9,north,1\n7,south,2\n"
    rows, said = predicted(shop, tmp_path / "rows.csv", content, 3)
    assert [row["prediction"] and float(row["prediction"]) for row in rows] == [
        pytest.approx(231),
        "",
        pytest.approx(132),
    ]
    assert f'row 2: {NOBODY} "north" in the view visits.' in said
    assert "their defaults are taken" not in said, "features have none"


def test_feature_columns_of_a_file_win_over_those_of_the_store(shop: Service, tmp_path: Path) -> None:
    header = "user_id,shop,amount,orders,visits,money spent,vip,tags"
    lines = ["7,north,1,4,0,1,true,[]", "9,east,1,4,0,1,true,[]", "7,north,1,,1,,,"]
    content = "\n".join([header, *lines])
    rows, _ = predicted(shop, tmp_path / "rows.csv", content, 0)
    assert [float(row["prediction"]) for row in rows] == pytest.approx([41, 41, 131])


def test_a_bare_line_of_csv_has_the_clients_own_columns(shop: Service) -> None:
    headers = {"Content-Type": "text/csv; header=absent", "Prefer": "wait=20"}
    body = httpx.post(f"{shop.url}/api/predict", content="7,north,1\n", headers=headers, timeout=60).json()
    assert body["result"][0]["prediction"] == pytest.approx(231)


def test_replay_looks_features_up_in_the_services_store(
    shop: Service, project: Path, state: Path, tmp_path: Path
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("user_id,shop,amount\n7,north,1\n9,north,1\n0,south,2\n7,south,2\n", encoding="utf-8")
    found = replayed(file, "v1", "v2", project=project, state=state)
    assert (found["rows"], found["compared"], found["refused"]["rows"]) == (4, 2, 1)
    assert [(row["row"], row["from"], row["to"]) for row in found["outputs"][0]["largest"]] == [
        (1, pytest.approx(131), pytest.approx(231)),
        (4, pytest.approx(82), pytest.approx(132)),
    ]
    missed = [found[side]["failed"]["examples"] for side in ("from", "to")]
    assert missed[0] == missed[1] == [{"row": 2, "message": f'{NOBODY} "north" in the view visits.'}]
    file.write_text("user_id,shop,amount\n0,north,1\n9,north,1\n", encoding="utf-8")
    ended = replay(file, "v1", "v2", project=project, state=state, code=1)
    assert f"No valid row of {file} has features. Row 2: {NOBODY}" in ended.stderr
