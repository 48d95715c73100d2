"""The five examples on this machine: trained, served, asked, and held against their Pipelines' own answers."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.examples.trained import SAMPLE, UNKNOWN, WHOLE, Trained, check, trained
from tests.running import Service, cli, running_service
from tests.webform.fixtures import BESIDE, ELSEWHERE, form_at
from tests.webform.steps import answered, ask, fill, go

FLOORS = {
    "cuisine": ("accuracy", 0.78),
    "spam": ("accuracy", 0.98),
    "sentiment": ("accuracy", 0.85),
    "reorder": ("auc", 0.79),
}
MEASURED = {
    "cuisine": {"accuracy": "accuracy", "top_3_accuracy": "accuracy of the three likeliest"},
    "spam": {
        "accuracy": "accuracy",
        "spam_recall": "spam caught (recall)",
        "spam_precision": "caught that is spam (precision)",
    },
    "housing": {"rmse": "RMSE", "mean_error": "mean absolute error"},
    "sentiment": {"accuracy": "accuracy", "auc": "area under the ROC curve"},
    "reorder": {"auc": "AUC", "average_precision": "average precision"},
}
"""Each metric, and what the table of the README calls it."""


@pytest.fixture(scope="module", params=SAMPLE)
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return trained(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def served(example: Trained, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """With its features, where it has views."""
    state = tmp_path_factory.mktemp("state") / "state"
    for path in example.features:
        cli("features", "load", path.stem, str(path), "--project", str(example.project), "--state-dir", str(state))
    with running_service(state, project=example.project, model=example.model) as service:
        yield service


def test_it_answers_as_its_pipeline_does(example: Trained, served: Service) -> None:
    records = example.records()
    with served.client() as api:
        body = api.post("/api/predict", json=records, headers={"Prefer": "wait=20"}).raise_for_status().json()
        alone = api.post("/api/predict", json=records[0], headers={"Prefer": "wait=20"}).raise_for_status().json()
    assert body["status"] == "succeeded", body
    own = example.own_answers(records)
    check(body["result"], own)
    check([alone["result"]], own[:1])
    assert len({json.dumps(answer) for answer in body["result"]}) > 1


@pytest.mark.parametrize("example", ["reorder"], indirect=True)
def test_a_pair_without_features_is_named_and_harms_no_other(example: Trained, served: Service) -> None:
    with served.client() as api:
        rows = [UNKNOWN, example.records()[0]]
        found = api.post("/api/predict", json=rows, headers={"Prefer": "wait=20"}).raise_for_status().json()["result"]
        line = f"{rows[1]['user_id']},{rows[1]['product_id']}"
        csv = {"Content-Type": "text/csv; header=absent", "Prefer": "wait=20"}
        bare = api.post("/api/predict", content=line, headers=csv).raise_for_status().json()["result"]
    assert "user_id 2000000 in the view users" in found[0]["error"]["message"]
    assert [found[1]] == bare


WRONG = {
    "cuisine": ("Ingredients", "", "Enter at least one."),
    "spam": ("Message", "", "Fill this in."),
    "housing": ("Rooms of a home", "99", "Must be at most 12."),
    "sentiment": ("Review", "", "Fill this in."),
    "reorder": ("User", "somebody", "Must be a whole number."),
}
"""For each example a field, a value that its form refuses, and what it says."""


@pytest.mark.parametrize("place", [BESIDE, ELSEWHERE])
def test_its_form_refuses_a_wrong_value_and_answers_the_example(
    example: Trained, served: Service, page: Page, tmp_path: Path, place: str
) -> None:
    label, wrong, message = WRONG[example.name]
    record = json.loads((example.project / "example.json").read_text(encoding="utf-8"))
    with form_at(place, served.url, example.project, tmp_path) as address:
        go(page, address)
        page.get_by_role("link", name="Ask the model").click()
        page.get_by_role("button", name="Fill in the example").click()
        if example.name == "cuisine":
            for name in record["ingredients"]:
                page.get_by_role("button", name=f"Remove {name}").click()
        else:
            fill(page, {label: wrong})
        ask(page)
        expect(page.locator(".field .errors")).to_have_text(message)
        if example.name == "cuisine":
            for name in record["ingredients"]:
                page.get_by_label(label).last.fill(name)
                page.keyboard.press("Enter")
        else:
            page.get_by_role("button", name="Fill in the example").click()
        ask(page)
        shown = answered(page)
    (own,) = example.own_answers([record])
    predicted = own["prediction"]
    if isinstance(predicted, str):
        assert shown == predicted
    else:
        assert float(shown.split()[0]) == pytest.approx(predicted, 1e-3)


def test_what_was_measured_is_kept_with_the_model_and_is_what_its_readme_tells(example: Trained) -> None:
    metrics = dict(example.metrics)
    if WHOLE and example.name in FLOORS:
        name, floor = FLOORS[example.name]
        assert metrics[name] >= floor
    if example.name == "housing":
        assert metrics.pop("best_parameters")
        assert not WHOLE or metrics["rmse"] <= 3.2
    if example.name == "spam":
        other = json.loads((example.folder / "gaussian" / "metrics.json").read_text())
        assert other.keys() == metrics.keys()
        assert other["accuracy"] < metrics["accuracy"]
        with (example.folder / "messages.csv").open(encoding="utf-8", newline="") as file:
            assert {row["label"] for row in csv.DictReader(file)} == {"ham", "spam"}
    assert all(isinstance(value, float) for value in metrics.values())
    found = [name for name in metrics if not name.endswith("_spread")]
    assert [MEASURED[example.name][name] for name in found] == told(example.project / "README.md")


def told(readme: Path) -> list[str]:
    """What its table has figures of: a metric in each row, or one in each column where there are several models."""
    lines = readme.read_text(encoding="utf-8").splitlines()
    header, _, *rows = ([cell.strip() for cell in line[1:-1].split("|")] for line in lines if line.startswith("|"))
    return [cell for cell, *_ in rows] if header[1:] == ["mean", "spread"] else header[1:]


def test_its_readme_says_how_to_run_it_and_how_well_it_does() -> None:
    for name in SAMPLE:
        text = (Path(__file__).parents[2] / "examples" / name / "README.md").read_text(encoding="utf-8")
        assert f"make demo EXAMPLE={name}" in text
        assert f"cli train --project examples/{name} --seeds 5" in text
        assert "licence" in text.lower()
