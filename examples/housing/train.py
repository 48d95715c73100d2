"""Trains boosted trees on the neighbourhoods of Boston, and searches their best parameters first.

The search sees the training part of a hold-out only: it compares parameters by cross-validation inside it.
"""

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.model_selection import KFold, ParameterSampler, cross_val_score, train_test_split
from sklearn.pipeline import Pipeline
from xgboost import XGBRegressor

from commands.training import arguments, fetch, holdouts, save

URL = "https://raw.githubusercontent.com/selva86/datasets/c943fa8851270387c44d26efb0f9c0aac1559e11/BostonHousing.csv"
SHA256 = "sha256:ab16ba38fbbbbcc69fe930aab1293104f1442c8279c130d9eba03dd864bef675"

SEARCHED = {
    "n_estimators": [200, 300, 400, 600],
    "learning_rate": [0.03, 0.05, 0.1],
    "max_depth": [3, 4, 5],
    "min_child_weight": [1, 2, 4],
    "subsample": [0.6, 0.8, 0.9],
    "colsample_bytree": [0.4, 0.6, 0.8],
}
FOLDS = 5


def load(rows: int | None) -> tuple[pd.DataFrame, pd.Series]:
    """The neighbourhoods, and the middle price of a home in each: in thousands of dollars."""
    table = pd.read_csv(fetch("boston/BostonHousing.csv", url=URL, checksum=SHA256))
    if rows is not None and rows < len(table):
        table = table.sample(rows, random_state=0)
    table["chas"] = table["chas"].astype(bool)  # 0 and 1 in the file
    return table.drop(columns=["b", "medv"]), table["medv"]


def trees(**parameters: float) -> Pipeline:
    """One core: a table this small is slower on several, and a Lambda has hardly more."""
    return Pipeline([("trees", XGBRegressor(**parameters, n_jobs=1, random_state=0))])


def search(X: pd.DataFrame, y: pd.Series, *, tries: int) -> dict[str, float]:
    """The best of so many random choices of parameters, by the RMSE of a cross-validation."""
    best, lowest = {}, np.inf
    folds = KFold(FOLDS, shuffle=True, random_state=0)
    with progress() as shown:
        bar = shown.add_task("searching", total=tries * FOLDS)
        for parameters in ParameterSampler(SEARCHED, tries, random_state=0):
            scores = cross_val_score(trees(**parameters), X, y, cv=folds, scoring="neg_root_mean_squared_error")
            if -scores.mean() < lowest:
                best, lowest = parameters, -scores.mean()
            shown.update(bar, advance=FOLDS, description=f"best RMSE so far {lowest:.3f}")
    return best


def progress() -> Progress:
    """Fits done, and the best score in the description; on a terminal only."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("fits"))
    return Progress(*columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal)


if __name__ == "__main__":
    options = arguments(__doc__)
    X, y = load(options.rows)

    def train(seed: int) -> tuple[Pipeline, dict[str, object]]:
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=seed)
        parameters = search(X_train, y_train, tries=20 if options.rows is None else 4)
        pipeline = trees(**parameters).fit(X_train, y_train)
        predicted = pipeline.predict(X_test)
        return pipeline, {
            "rmse": root_mean_squared_error(y_test, predicted),
            "mean_error": mean_absolute_error(y_test, predicted),
            "best_parameters": parameters,
        }

    pipeline, metrics = holdouts(train, seeds=options.seeds, spinner=False)
    save(options.folder, pipeline, metrics)
