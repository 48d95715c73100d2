"""cli replay on iris: what it shows is what pandas and scikit-learn find on the same frames."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.comparing.replaying import registry, replay, replayed
from tests.running import ROOT

IRIS = load_iris(as_frame=True)
NAMES = IRIS.target_names[IRIS.target]
V1 = make_pipeline(StandardScaler(), LogisticRegression()).fit(IRIS.data, NAMES)
V2 = make_pipeline(StandardScaler(), LogisticRegression(C=0.01)).fit(IRIS.data, NAMES)
BAYES = make_pipeline(GaussianNB()).fit(IRIS.data, NAMES)
LINE = make_pipeline(LinearRegression()).fit(IRIS.data, IRIS.target)


@pytest.fixture(scope="module")
def flowers() -> pd.DataFrame:
    """More than two chunks, all different, with an id that the model does not know."""
    random = np.random.default_rng(5)
    rows = IRIS.data.sample(2_345, replace=True, random_state=1) + np.abs(random.normal(0, 0.2, (2_345, 4)))
    return rows.round(3).set_index(pd.Index([f"F{place}" for place in range(2_345)], name="flower"))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, flowers: pd.DataFrame) -> Path:
    path = tmp_path_factory.mktemp("files") / "flowers.csv"
    flowers.to_csv(path)
    return path


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return registry(tmp_path_factory.mktemp("registry"), ROOT, v1=V1, v2=V2, bayes=BAYES, line=LINE)


def test_two_classifiers_differ_as_scikit_learn_says(file: Path, state: Path, flowers: pd.DataFrame) -> None:
    picture = file.with_name("compare.svg")
    found = replayed(file, "v1", "v2", "--out", picture, project=ROOT, state=state)
    before, after = V1.predict(flowers), V2.predict(flowers)
    chances = V1.predict_proba(flowers), V2.predict_proba(flowers)
    assert found["rows"] == found["compared"] == 2_345
    assert found["agreement"] == np.mean(before == after)
    assert 0.5 < found["agreement"] < 1
    assert found["left_out"] == ["flower"]
    (output,) = found["outputs"]
    assert output["confusion"]["labels"] == list(V1.classes_)
    assert output["confusion"]["counts"] == pd.crosstab(before, after).to_numpy().tolist()
    change = np.abs(chances[1] - chances[0])
    assert output["probabilities"]["mean_absolute"] == pytest.approx(change.mean(), rel=1e-9)
    assert output["probabilities"]["largest"] == pytest.approx(change.max(), rel=1e-9)
    differ = np.flatnonzero(before != after)
    worst = differ[np.argsort(-change.max(axis=1)[differ], kind="stable")][:10]
    assert [row["row"] for row in output["largest"]] == [place + 1 for place in worst]
    shown, place = output["largest"][0], worst[0]
    assert (shown["from"], shown["to"]) == (before[place], after[place])
    assert shown["probabilities"] == pytest.approx([chances[0][place].max(), chances[1][place].max()])
    assert shown["record"]["flower"] == f"F{place}"
    text = picture.read_text(encoding="utf-8")
    for written in ("v1 → v2", "flowers.csv", f"2,345 rows, agreement {found['agreement']:.4f}", "versicolor"):
        assert written in text
    for count in {count for row in output["confusion"]["counts"] for count in row if count}:
        assert f">{count:,}</text>" in text


def test_the_tables_show_it_and_a_low_agreement_can_fail(file: Path, state: Path) -> None:
    picture = file.with_name("compare.png")
    ended = replay(
        file, "v1", "bayes", "--out", picture, "--limit", 300, "--fail-below", 0.9999, project=ROOT, state=state, code=1
    )
    assert "300 of" in ended.stdout
    assert "from v1 (rows) to bayes (columns)" in ended.stdout
    assert "the rows that differ most" in ended.stdout
    assert f"Drawn: {picture}" in ended.stdout
    assert "below 0.9999" in ended.stderr
    assert "Left out, as the schema lacks them: flower" in ended.stderr
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_the_same_tag_twice_is_said_and_agrees(file: Path, state: Path) -> None:
    ended = replay(file, "v1", "v1", "--limit", 50, "--fail-below", 1, project=ROOT, state=state)
    assert "the same tag, v1" in ended.stderr
    assert "1.0000 (50 of 50 rows are equal)" in ended.stdout


def test_labels_and_numbers_can_not_be_compared(file: Path, state: Path) -> None:
    ended = replay(file, "v1", "line", "--limit", 5, project=ROOT, state=state, code=1)
    sentence = r'v1 gives labels that are text \(such as "\w+"\) and line gives numbers \(such as -?\d'
    assert re.search(sentence, ended.stderr)


def test_bad_input_is_one_sentence(file: Path, state: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("sepal length (cm)\n")
    narrow = tmp_path / "narrow.csv"
    narrow.write_text("sepal length (cm),colour\n5.1,red\n")
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text(
        '{"sepal length (cm)": -1, "sepal width (cm)": 1, "petal length (cm)": 1, "petal width (cm)": 1}\n'
    )
    cases = [
        ((file, "v1", "nothing"), "There is no model with the tag nothing"),
        ((file, "v1", "a/b"), "'a/b' can't be a tag"),
        ((empty, "v1", "v2"), "has no rows"),
        ((narrow, "v1", "v2"), "lacks sepal width (cm), petal length (cm), petal width (cm)."),
        ((wrong, "v1", "v2"), "Row 1: sepal length (cm): Input should be greater than"),
        ((tmp_path / "none.csv", "v1", "v2"), "can't be read: No such file or directory"),
        ((file, "v1", "v2", "--out", "compare.jpg"), "--out takes a name that ends with .png or .svg"),
        ((file, "v1", "v2", "--out", "nowhere/compare.png"), "There is no folder nowhere"),
    ]
    for arguments, sentence in cases:
        ended = replay(*arguments, project=ROOT, state=state, code=1)  # type: ignore[arg-type]
        assert sentence in " ".join(ended.stderr.split())
        assert not ended.stdout
