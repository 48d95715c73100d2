"""Trains the reorder model: will this user buy this product again in the order that is being opened?

python examples/reorder/train.py [FOLDER] [--rows USERS] [--seeds N]

writes model.pkl, metrics.json and features/users.csv, products.csv and user_products.csv into FOLDER (build/ beside
this file). The model learns from each user's last order but one: what was known before it are the features, what was in
it is the answer. The feature files hold what is known today.
"""

from pathlib import Path

import pandas as pd
from history import features
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import GroupShuffleSplit
from sklearn.pipeline import Pipeline, make_pipeline
from xgboost import XGBClassifier

from commands.training import arguments, fetch, holdouts, save

RAW = "https://raw.githubusercontent.com/FirstClassTree/TimeL-E"


def read() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """A thousand users of Instacart's: their orders, the lines of these, and all products with aisle and department."""
    orders = fetch(
        "instacart/orders.csv",
        url=f"{RAW}/f980256939d375d0e74ca68ee8f59f1c51d66c7d/data/orders_demo.csv",
        checksum="sha256:7fb89f97c1d041d2fee8c507877f6bff02586af8d5e9c164f1a422dc6a3f00d7",
    )
    lines = fetch(
        "instacart/order_products__prior.csv",
        url=f"{RAW}/210fcc7e66bf0e201458eb3fc5138c22a4b31117/data/order_items_demo.csv",
        checksum="sha256:9fa1a27658cf2d81ab80429d197c4efd4117e4383c6b1320976c2d442e241adf",
    )
    products = fetch(
        "instacart/products.csv",
        url="https://github.com/FirstClassTree/TimeL-E/raw/9969411/data/products.csv",
        checksum="sha256:abc61fdd748003d280ae49cc5d71b65380805ab1ca55dba96fd9a49295ea78b9",
    )
    return pd.read_csv(orders), pd.read_csv(lines), pd.read_csv(products)


def training_table(orders: pd.DataFrame, lines: pd.DataFrame, products: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """A row for each pair that was bought before the user's last known order, and whether it was in that order too."""
    known = orders[orders["eval_set"] == "prior"]
    last = known["order_number"] == known.groupby("user_id")["order_number"].transform("max")
    tables = features(known[~last], lines, known[last], products)
    X = tables["user_products"].join(tables["users"]).join(tables["products"])
    X = X[[column for table in tables.values() for column in table]]  # in the order of the views
    bought = lines.merge(known.loc[last, ["order_id", "user_id"]], on="order_id")
    return X, pd.Series(X.index.isin(pd.MultiIndex.from_frame(bought[list(X.index.names)])), X.index).astype(int)


def write_features(folder: Path, orders: pd.DataFrame, lines: pd.DataFrame, products: pd.DataFrame) -> None:
    """What the service looks up: all known orders are history, and the order without known lines is being opened."""
    folder.mkdir(parents=True, exist_ok=True)
    known = orders["eval_set"] == "prior"
    for view, table in features(orders[known], lines, orders[~known], products).items():
        table.to_csv(folder / f"{view}.csv")
        print(f"{folder / view}.csv: {len(table)} rows")


if __name__ == "__main__":
    options = arguments(__doc__)
    orders, lines, products = read()
    if options.rows:
        orders = orders[orders["user_id"].isin(orders["user_id"].unique()[: options.rows])]
    X, y = training_table(orders, lines, products)
    users = X.index.get_level_values("user_id")
    print(f"{len(X)} pairs of {users.nunique()} users, {y.mean():.1%} of them bought again")

    def train(seed: int) -> tuple[Pipeline, dict[str, float]]:
        """Nobody is in both parts: the users that it is scored on are as new to it as tomorrow's."""
        seen, new = next(GroupShuffleSplit(test_size=0.2, random_state=seed).split(X, y, groups=users))
        # One thread: the same trees on every machine, and a worker predicts a batch in milliseconds all the same.
        trees = XGBClassifier(n_estimators=200, learning_rate=0.05, max_depth=4, n_jobs=1, random_state=0)
        pipeline = make_pipeline(trees).fit(X.iloc[seen], y.iloc[seen])
        scores = pipeline.predict_proba(X.iloc[new])[:, 1]
        return pipeline, {
            "auc": roc_auc_score(y.iloc[new], scores),
            "average_precision": average_precision_score(y.iloc[new], scores),
        }

    pipeline, metrics = holdouts(train, seeds=options.seeds)
    save(options.folder, pipeline, metrics)
    write_features(options.folder / "features", orders, lines, products)
