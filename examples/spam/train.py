"""Trains two models on the SMS Spam Collection: GaussianNB, as it is usually done, and a better one.

The better one goes into FOLDER, the usual one into FOLDER/gaussian. FOLDER/messages.csv holds what neither has seen,
with its labels, so that `cli replay` can compare them.
"""

from collections.abc import Callable

import pandas as pd
from dense import Dense
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, precision_score, recall_score
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline

from commands.training import arguments, fetch, holdouts, save

URL = (
    "https://raw.githubusercontent.com/mohitgupta-1O1/Kaggle-SMS-Spam-Collection-Dataset-/"
    "9823a7f115df8caa24f7b3adfcc770526fbd07e3/spam.csv"
)
SHA256 = "sha256:440e6ea9fa825578abfdd7b7932ef8393d72ef86c0c33f64676705ce40b1dfc2"


def load(rows: int | None) -> tuple[pd.Series, pd.Series]:
    """The messages, and `ham` or `spam` of each; no message twice, as one could be trained on and scored on."""
    path = fetch("sms_spam/spam.csv", url=URL, checksum=SHA256)
    table = pd.read_csv(path, encoding="latin-1", usecols=["v1", "v2"]).drop_duplicates("v2")
    if rows is not None and rows < len(table):
        table = table.sample(rows, random_state=0)
    return table["v2"], table["v1"]


def usual() -> Pipeline:
    """Naive Bayes with a normal distribution for each word, as tutorials have it: it needs every zero written out."""
    return Pipeline(
        [
            ("words", TfidfVectorizer(max_features=5000)),
            ("dense", Dense()),
            ("bayes", GaussianNB()),
        ]
    )


def better() -> Pipeline:
    """By its pieces, an unseen number still looks like one to call. Spam is one message in eight: hence `balanced`."""
    return Pipeline(
        [
            ("pieces", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), min_df=2, sublinear_tf=True)),
            ("regression", LogisticRegression(C=50, class_weight="balanced", max_iter=1000)),
        ]
    )


def split(messages: pd.Series, labels: pd.Series, seed: int) -> list[pd.Series]:
    """One hold-out, the same for both models."""
    return train_test_split(messages, labels, test_size=0.2, random_state=seed, stratify=labels)


def trained(pipeline: Pipeline, parts: list[pd.Series]) -> tuple[Pipeline, dict[str, float]]:
    """Recall is the share of spam that is caught, precision the share of the caught that is spam."""
    X_train, X_test, y_train, y_test = parts
    pipeline.fit(X_train, y_train)
    predicted = pipeline.predict(X_test)
    return pipeline, {
        "accuracy": accuracy_score(y_test, predicted),
        "spam_recall": recall_score(y_test, predicted, pos_label="spam"),
        "spam_precision": precision_score(y_test, predicted, pos_label="spam", zero_division=0),
    }


if __name__ == "__main__":
    options = arguments(__doc__)
    messages, labels = load(options.rows)

    def scored(make: Callable[[], Pipeline]) -> tuple[Pipeline, dict[str, float]]:
        return holdouts(lambda seed: trained(make(), split(messages, labels, seed)), seeds=options.seeds)

    print("gaussian:")
    gaussian = scored(usual)
    print("better:")
    best = scored(better)
    save(options.folder / "gaussian", *gaussian)
    save(options.folder, *best)
    _, unseen, _, answers = split(messages, labels, seed=0)
    table = pd.DataFrame({"message": unseen, "label": answers})
    table.to_csv(options.folder / "messages.csv", index=False)
