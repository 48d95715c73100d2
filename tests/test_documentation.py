"""What README says is what happens."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from commands.readme import README, written
from tests.running import ROOT, Service, run
from worker.model import unpickle

TEXT = README.read_text(encoding="utf-8")


def test_the_generated_parts_are_up_to_date() -> None:
    assert written(TEXT) == TEXT, "make docs"


def test_the_notebook_snippet_brings_fifty_thousand_rows_back_in_order(service: Service, iris_model) -> None:  # type: ignore[no-untyped-def]
    with service.client() as client:
        snippet = client.get("/api/info").json()["snippets"]["python"]
    printed = re.search(r"<!-- snippet -->\n```python\n(.*?)```", TEXT, re.DOTALL)
    assert printed is not None
    assert snippet == printed[1].replace("http://127.0.0.1:8000", service.url)
    assert len(snippet.splitlines()) <= 25
    scope: dict[str, object] = {}
    exec(snippet, scope)
    flowers = load_iris(as_frame=True).data.sample(50_000, replace=True, random_state=1)
    flowers["petal width (cm)"] += 1.2345678901234567e-10  # no digit is lost on the way
    flowers.index = pd.Index(np.arange(50_000)[::-1], name="flower")
    answers = scope["predict"](flowers)  # type: ignore[operator]
    pipeline = unpickle(iris_model.read_bytes())
    assert answers.index.equals(flowers.index)
    assert list(answers["prediction"]) == list(pipeline.predict(flowers))
    chances = answers[[f"probabilities.{label}" for label in pipeline.classes_]].to_numpy()
    np.testing.assert_allclose(chances, pipeline.predict_proba(flowers), rtol=0, atol=1e-14)


def test_make_help_lists_every_target() -> None:
    shown = run("make", "help").stdout
    targets = re.search(r"\.PHONY: (.*)", (ROOT / "Makefile").read_text())
    assert targets is not None
    for target in targets[1].split():
        assert f"make {target} " in shown


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_to_files_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("path", sorted(re.findall(r"`make ([a-z]+)", TEXT)))
def test_every_make_target_that_is_named_exists(path: str) -> None:
    assert re.search(rf"^{path}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
