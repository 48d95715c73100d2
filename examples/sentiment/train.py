"""Trains boosted trees on the words of IMDB's film reviews: positive or negative.

The data is DATA_DIR/imdb/imdb_dataset.csv (columns review and sentiment) where there is one, else Stanford's archive.
"""

import re
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
from labels import LabelledClassifier
from markup import plain_text
from rich.console import Console
from rich.progress import track
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier

from commands.training import arguments, fetch, found, holdouts, save

URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
MD5 = "md5:7c2ac02c03563afcf9b574c7e56c153a"
REVIEW = re.compile(r"aclImdb/(train|test)/(pos|neg)/\d+_\d+\.txt")  # those in train/unsup have no label
REVIEWS = 50_000


def load(rows: int | None) -> pd.DataFrame:
    """Columns review and sentiment; no review twice, as one could be trained on and scored on."""
    path = found("imdb/imdb_dataset.csv")
    table = unpack(fetch("imdb/aclImdb_v1.tar.gz", url=URL, checksum=MD5)) if path is None else pd.read_csv(path)
    table = table.drop_duplicates("review")
    return table if rows is None or rows >= len(table) else table.sample(rows, random_state=0)


def unpack(archive: Path) -> pd.DataFrame:
    """The reviews of Stanford's archive, each of which is a file."""
    names = {"pos": "positive", "neg": "negative"}
    with tarfile.open(archive) as opened:
        reviews = ((match, opened.extractfile(member)) for member in opened if (match := REVIEW.fullmatch(member.name)))
        shown = track(reviews, "reading reviews", total=REVIEWS, console=Console(stderr=True), transient=True)
        return pd.DataFrame([{"review": file.read().decode(), "sentiment": names[match[2]]} for match, file in shown])


def make_pipeline() -> Pipeline:
    """Words and pairs of words are counted, except for those of every other review."""
    words = CountVectorizer(
        preprocessor=plain_text, ngram_range=(1, 2), max_df=0.5, max_features=10_000, dtype=np.float32
    )
    trees = XGBClassifier(
        n_estimators=1000,
        learning_rate=0.15,
        max_depth=4,
        colsample_bytree=0.3,
        n_jobs=1,  # quick enough, and a Lambda has hardly more than one core
        random_state=0,
    )
    return Pipeline([("words", words), ("trees", LabelledClassifier(trees))])


if __name__ == "__main__":
    options = arguments(__doc__)
    table = load(options.rows)

    def train(seed: int) -> tuple[Pipeline, dict[str, float]]:
        X_train, X_test, y_train, y_test = train_test_split(
            table["review"], table["sentiment"], test_size=0.2, random_state=seed, stratify=table["sentiment"]
        )
        pipeline = make_pipeline().fit(X_train, y_train)
        return pipeline, {
            "accuracy": accuracy_score(y_test, pipeline.predict(X_test)),
            "auc": roc_auc_score(y_test == "positive", pipeline.predict_proba(X_test)[:, 1]),
        }

    pipeline, metrics = holdouts(train, seeds=options.seeds)
    save(options.folder, pipeline, metrics)
