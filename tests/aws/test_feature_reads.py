"""Look-ups counted at the wire: what a thousand pairs of user and product cost."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from serving.project import Project
from tests.aws.driven import Driven, driven
from tests.aws.emulator import Emulator
from tests.aws.wire import Wire, unprocessed

SCHEMA = """
from pydantic import BaseModel, Field


class PredictionData(BaseModel):
    user: int = Field(examples=[1])
    product: int = Field(examples=[1])


class Users(BaseModel):
    orders: int = Field(examples=[1])


class Products(BaseModel):
    sold: int = Field(examples=[1])


class Pairs(BaseModel):
    bought: int = Field(examples=[1])


FEATURE_VIEWS = {
    "users": {"entities": ["user"], "features": Users},
    "products": {"entities": ["product"], "features": Products},
    "pairs": {"entities": ["user", "product"], "features": Pairs},
}
"""
READS = {"GetItem", "BatchGetItem"}


@pytest.fixture
def service(emulator: Emulator, wire: Wire, session: boto3.Session, tmp_path: Path) -> Iterator[Driven]:
    """It answers 10,000 * orders + sold + 10 * bought."""
    frame = pd.DataFrame({"orders": [1, 5, 2, 3, 9], "sold": [3, 1, 2, 7, 4], "bought": [1, 2, 5, 1, 3]})
    target = 10_000 * frame["orders"] + frame["sold"] + 10 * frame["bought"]
    pipeline = make_pipeline(LinearRegression()).fit(frame, target)
    with driven(emulator, wire, tmp_path, schema=SCHEMA, pipeline=pipeline) as made:
        fill(made)
        wire.calls.clear()
        yield made


def fill(service: Driven) -> None:
    """A thousand users, products and pairs, but for one user and one pair."""
    views = Project.load(service.settings.project_dir).views
    lines = {
        "users": [{"user": n, "orders": n} for n in range(1000) if n != 500],
        "products": [{"product": n, "sold": n} for n in range(1000)],
        "pairs": [{"user": n, "product": n, "bought": n} for n in range(1000) if n != 700],
    }
    for name, view in views.items():
        service.backend.features.write(name, [view.entry(view.row.model_validate(line)) for line in lines[name]])


def test_a_thousand_pairs_of_strangers_take_at_most_forty_reads(service: Driven, wire: Wire) -> None:
    prediction_id = service.post([{"user": n, "product": n} for n in range(1000)])
    wire.calls.clear()
    assert service.poll()
    assert len([operation for operation in wire.operations if operation in READS]) == 30, wire.operations
    rows = service.get(prediction_id)["result"]
    lacking = {place: row["error"] for place, row in enumerate(rows) if "error" in row}
    assert {place: error["code"] for place, error in lacking.items()} == dict.fromkeys((500, 700), "features_missing")
    assert lacking[500]["message"] == "There are no features for user 500 in the view users."
    known = [place for place in range(1000) if place not in lacking]
    assert [rows[n]["prediction"] for n in known] == pytest.approx([10_011 * n for n in known], abs=1e-6)


def test_one_pair_is_one_read_and_what_is_shared_is_read_once(service: Driven, wire: Wire) -> None:
    for pairs in ([{"user": 1, "product": 1}], [{"user": 1, "product": 1}] * 1000):
        service.post(pairs)
        wire.calls.clear()
        assert service.poll()
        assert [operation for operation in wire.operations if operation in READS] == ["BatchGetItem"]


def test_what_a_throttled_table_leaves_out_is_read_again(service: Driven, wire: Wire) -> None:
    prediction_id = service.post([{"user": n, "product": n} for n in range(30)])
    wire.breaks("BatchGetItem", unprocessed, times=2)
    assert service.poll()
    assert [round(row["prediction"]) for row in service.get(prediction_id)["result"]] == [10_011 * n for n in range(30)]
