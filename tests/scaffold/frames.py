"""Training data: the real ones from DATA_DIR where it is set, else generated ones with the same columns and gaps."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris

ROWS = 2_500


def training_file(name: str, folder: Path) -> Path:
    """At most ROWS rows in a file of the format that the data set comes in."""
    frame = frame_of(name).reset_index(drop=True)
    frame = frame.sample(min(ROWS, len(frame)), random_state=1).sort_index()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILES[name].rpartition("/")[2]
    if name == "whats_cooking":
        with gzip.open(path, "wt", encoding="utf-8") as file:
            json.dump(frame.to_dict("records"), file, indent=2)
    else:
        frame.to_csv(path, index=False, encoding="latin-1" if name == "sms_spam" else "utf-8")
    return path


def frame_of(name: str) -> pd.DataFrame:
    """The whole data set."""
    data = os.environ.get("DATA_DIR")
    if name == "iris":
        return load_iris(as_frame=True).frame
    if not data:
        return GENERATED[name](np.random.default_rng(7), 1_000)
    path = Path(data) / FILES[name]
    if name == "whats_cooking":
        return pd.read_json(path)
    return pd.read_csv(path, encoding="latin-1" if name == "sms_spam" else "utf-8")


FILES = {
    "iris": "iris/iris.csv",
    "titanic": "titanic/train.csv",
    "adult": "adult/adult.csv.gz",
    "sms_spam": "sms_spam/spam.csv",
    "whats_cooking": "whats_cooking/train.json.gz",
    "boston": "boston/BostonHousing.csv",
}
FOODS = [
    "garlic",
    "olive oil",
    "feta cheese crumbles",
    "romaine lettuce",
    "soy sauce",
    "corn tortillas",
    "crème fraîche",
]


def _with_gaps(random: np.random.Generator, values: Any, share: float) -> Any:
    return pd.Series(values).mask(random.random(len(values)) < share)


def _titanic(random: np.random.Generator, rows: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "PassengerId": np.arange(1, rows + 1),
            "Survived": random.integers(0, 2, rows),
            "Pclass": random.integers(1, 4, rows),
            "Name": [f'Somebody, Mrs. No {place} ("Nobody")' for place in range(rows)],
            "Sex": random.choice(["male", "female"], rows),
            "Age": _with_gaps(random, random.uniform(0.4, 80, rows).round(1), 0.2),
            "SibSp": random.integers(0, 9, rows),
            "Parch": random.integers(0, 7, rows),
            "Ticket": [f"PC {number}" for number in random.integers(1000, 9999, rows)],
            "Fare": random.gamma(1, 30, rows).round(4),
            "Cabin": _with_gaps(random, [f"C{number}" for number in random.integers(1, 900, rows)], 0.7),
            "Embarked": _with_gaps(random, random.choice(["S", "C", "Q"], rows), 0.01),
        }
    )


def _adult(random: np.random.Generator, rows: int) -> pd.DataFrame:
    def words(word: str, count: int) -> Any:
        return random.choice([f"{word}-{place}" for place in range(count)] + ["?"], rows)

    return pd.DataFrame(
        {
            "age": random.integers(17, 91, rows),
            "workclass": words("Work", 8),
            "fnlwgt": random.integers(12_285, 1_484_705, rows),
            "education": words("School", 16),
            "education-num": random.integers(1, 17, rows),
            "marital-status": words("Marriage-of-some-kind", 7),
            "occupation": words("Trade", 14),
            "relationship": words("Relation", 6),
            "race": words("Race", 5),
            "sex": random.choice(["Female", "Male"], rows),
            "capital-gain": random.choice([0, 0, 0, 99_999], rows),
            "capital-loss": random.choice([0, 0, 0, 4_356], rows),
            "hours-per-week": random.integers(1, 100, rows),
            "native-country": words("Country", 41),
            "income": random.choice(["<=50K", ">50K"], rows),
        }
    )


def _sms(random: np.random.Generator, rows: int) -> pd.DataFrame:
    words = np.array(["win", "a", "free", "£1000", "prize", "call", "me", "later", "ok", "lar..."])
    texts = [" ".join(random.choice(words, random.integers(2, 40))) for _ in range(rows)]
    columns = {"v1": random.choice(["ham", "spam"], rows), "v2": texts}
    rare = _with_gaps(random, ["and so on"] * rows, 0.98)
    return pd.DataFrame({**columns, "Unnamed: 2": rare, "Unnamed: 3": rare, "Unnamed: 4": rare})


def _cooking(random: np.random.Generator, rows: int) -> pd.DataFrame:
    recipes = [list(random.choice(FOODS, random.integers(1, 6), replace=False)) for _ in range(rows)]
    cuisines = random.choice(["greek", "french", "mexican"], rows)
    return pd.DataFrame(
        {"id": np.arange(rows), "cuisine": cuisines, "ingredients": [list(map(str, r)) for r in recipes]}
    )


def _boston(random: np.random.Generator, rows: int) -> pd.DataFrame:
    names = ["crim", "zn", "indus", "chas", "nox", "rm", "age", "dis", "rad", "tax", "ptratio", "b", "lstat", "medv"]
    frame = pd.DataFrame({name: random.gamma(2, 10, rows).round(3) for name in names})
    return frame.assign(chas=random.integers(0, 2, rows), rad=random.integers(1, 25, rows), zn=frame["zn"].round(0))


GENERATED: dict[str, Callable[[np.random.Generator, int], pd.DataFrame]] = {
    "titanic": _titanic,
    "adult": _adult,
    "sms_spam": _sms,
    "whats_cooking": _cooking,
    "boston": _boston,
}
