"""Trains the model that everything is measured with: who earns over $50,000? Mixed columns, a logistic regression."""

import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from commands.training import arguments, fetch, holdouts, save
from serving.schemas import columns_of
from validation import PredictionData

URL = "https://archive.ics.uci.edu/ml/machine-learning-databases/adult/adult.data"
SHA256 = "sha256:5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d"
TARGET = "income"


def load(rows: int | None) -> pd.DataFrame:
    """The people and their incomes; UCI's file has no header and a blank after each comma."""
    path = fetch("adult/adult.csv", url=URL, checksum=SHA256)
    columns = [*columns_of(PredictionData), TARGET]
    titled = pd.read_csv(path, header=None, nrows=1).iloc[0, 0] == columns[0]
    table = pd.read_csv(path, header=0 if titled else None, names=columns, skipinitialspace=True)
    return table if rows is None or rows >= len(table) else table.sample(rows, random_state=0)


def build_pipeline() -> Pipeline:
    """Scaled numbers and one column for each word."""
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    return make_pipeline(columns, LogisticRegression(max_iter=300))


if __name__ == "__main__":
    options = arguments(__doc__)
    table = load(options.rows)

    def train(seed: int) -> tuple[Pipeline, dict[str, float]]:
        people, incomes = table.drop(columns=TARGET), table[TARGET]
        X_train, X_test, y_train, y_test = train_test_split(people, incomes, test_size=0.2, random_state=seed)
        pipeline = build_pipeline().fit(X_train, y_train)
        return pipeline, {"accuracy": accuracy_score(y_test, pipeline.predict(X_test))}

    save(options.folder, *holdouts(train, seeds=options.seeds))
    table.drop(columns=TARGET).head(2000).to_json(options.folder / "records.json", orient="records")
