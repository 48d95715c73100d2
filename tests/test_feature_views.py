"""The client names a user and a product; the worker looks up what the model wants to know of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from serving.errors import StoreUnavailable
from serving.project import Project
from tests.making import Loop, function_of, make_loop, write_project

SCHEMA = """
from pydantic import BaseModel, Field, RootModel


class PredictionData(BaseModel):
    user: int = Field(alias="user id", examples=[1])
    product: str = Field(examples=["tea"])


class Users(BaseModel):
    orders: int = Field(ge=0, examples=[2])
    days: float | None = Field(alias="days since", ge=0, examples=[7.0])


class Pairs(BaseModel):
    bought: int = Field(ge=0, examples=[1])


FEATURE_VIEWS = {
    "users": {"entities": ["user"], "features": Users},
    "pairs": {"entities": ["user id", "product"], "features": Pairs},
}
"""
TYPES = """
def check(frame):
    assert list(map(str, frame.dtypes)) == ["int64", "float64", "int64"], frame.dtypes
    return frame.fillna(0)
"""
COLUMNS = ["orders", "days since", "bought"]


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    """A model that answers orders + 10 * days + 100 * bought; users 1 to 3 are known, and three pairs."""
    check = function_of(write_project(tmp_path / "project", SCHEMA, {"typed.py": TYPES}), "typed", "check")
    frame = pd.DataFrame({"orders": [1, 2, 3, 4, 5], "days since": [1.0, 3, 2, 5, 9], "bought": [3, 1, 2, 9, 1]})
    target = frame["orders"] + 10 * frame["days since"] + 100 * frame["bought"]
    loop = make_loop(tmp_path, SCHEMA, make_pipeline(FunctionTransformer(check), LinearRegression()).fit(frame, target))
    fill(loop, "users", {(1,): [2, 7.0], (2,): [3, None], (3,): [4, 1.0]})
    fill(loop, "pairs", {(1, "tea"): [1], (2, "tea"): [2], (3, "Ätna 🌋"): [3]})
    yield loop
    loop.close()


def fill(loop: Loop, name: str, entities: dict[tuple[Any, ...], list[Any]]) -> None:
    view = loop.project.views[name]
    lines = [
        dict(zip([*view.entities, *view.columns], [*key, *values], strict=True)) for key, values in entities.items()
    ]
    loop.backend.features.write(name, [view.entry(view.row.model_validate(line)) for line in lines])


def values(answers: Any) -> list[Any]:
    return [round(answer["prediction"]) if "prediction" in answer else answer["error"] for answer in answers]


def test_features_are_looked_up_with_the_types_of_their_view(loop: Loop) -> None:
    asked = [{"user id": 1, "product": "tea"}, {"user id": 2, "product": "tea"}, {"user": 3, "product": "Ätna 🌋"}]
    assert values(loop.ask(asked)) == [172, 203, 314]
    assert round(loop.ask(asked[0])["prediction"]) == 172


def test_a_feature_that_is_sent_wins(loop: Loop) -> None:
    pair = {"user id": 1, "product": "tea"}
    assert values(loop.ask([{**pair, "bought": 5}, {**pair, "bought": None}, pair])) == [572, 172, 172]


def test_who_sends_every_feature_needs_no_store(loop: Loop) -> None:
    stranger = {"user id": 99, "product": "?", "orders": 1, "days since": 1, "bought": 1}
    assert values(loop.ask([stranger])) == [111]


def test_a_row_without_features_names_what_is_unknown_and_harms_no_neighbour(loop: Loop) -> None:
    rows = [{"user id": user, "product": product} for user, product in [(1, "tea"), (9, "tea"), (3, "tea"), (2, "tea")]]
    known, stranger, pair, other = values(loop.ask(rows))
    assert (known, other) == (172, 203)
    assert stranger == {
        "code": "features_missing",
        "message": "There are no features for user id 9 in the view users; "
        'nor for user id 9 and product "tea" in the view pairs.',
    }
    assert pair["message"] == 'There are no features for user id 3 and product "tea" in the view pairs.'
    assert loop.ask(rows[1]) == stranger
    long = loop.ask({"user id": 1, "product": "x" * 10_000})
    assert len(long["message"]) < 200


def test_what_was_stored_before_a_view_grew_says_what_it_lacks(loop: Loop) -> None:
    loop.backend.features.write("users", [("[1]", {"orders": 2})])
    error = loop.ask({"user id": 1, "product": "tea"})
    assert error["message"] == (
        "There are no features for user id 1 in the view users that its class takes today "
        "(days since: Field required; load them again)."
    )
    sent = {"user id": 1, "product": "tea", "days since": 7}
    assert round(loop.ask(sent)["prediction"]) == 172, "who sends what is lacking needs it not"
    for orders, problem in ((9.9, "Input should be a valid integer"), (-1, "Input should be greater than")):
        loop.backend.features.write("users", [("[1]", {"orders": orders, "days since": 1.0})])
        assert f"(orders: {problem}" in loop.ask({"user": 1, "product": "tea"})["message"]


def test_quarantine_looks_up_what_is_delivered_again(loop: Loop) -> None:
    ids = [
        loop.send([{"user id": 1, "product": "tea"}, {"user id": 9, "product": "tea"}]),
        loop.send({"user": 2, "product": "tea"}),
    ]
    loop.backend.queue.receive(owner="the dead", lease=60, most=1000, most_bytes=1 << 30)
    loop.backend.queue.release("the dead")
    assert loop.call() == {"batchItemFailures": []}
    known, stranger = values(loop.answer(ids[0])["result"])
    assert (known, stranger["code"]) == (172, "features_missing")
    assert round(loop.answer(ids[1])["result"]["prediction"]) == 203


@pytest.mark.parametrize("again", [False, True], ids=["first delivery", "quarantine"])
def test_a_store_that_fails_is_the_services_fault(loop: Loop, again: bool) -> None:
    id_ = loop.send({"user id": 1, "product": "tea"}, suspect=again)
    rename(loop, "document", "gone")
    assert len(loop.call()["batchItemFailures"]) == 1
    rename(loop, "gone", "document")
    loop.drain()
    assert loop.answer(id_)["status"] == "succeeded"


def rename(loop: Loop, old: str, new: str) -> None:
    with loop.backend.database.writing(StoreUnavailable) as connection:
        connection.execute(f"ALTER TABLE features RENAME COLUMN {old} TO {new}")


def test_a_view_of_defaults_knows_everybody(tmp_path: Path) -> None:
    schema = SCHEMA.replace("bought: int = Field(ge=0, examples=[1])", "bought: int = Field(0, ge=0)")
    frame = pd.DataFrame({"orders": [1, 2, 3, 5, 4], "days since": [1.0, 3, 2, 9, 1], "bought": [3, 1, 0, 0, 7]})
    loop = make_loop(tmp_path, schema, make_pipeline(LinearRegression()).fit(frame, 100 * frame["bought"]))
    fill(loop, "users", {(1,): [2, 7.0]})
    fill(loop, "pairs", {(1, "tea"): [1]})
    rows = [{"user id": 1, "product": "tea"}, {"user id": 1, "product": "never bought"}]
    assert values(loop.ask(rows)) == [100, 0]
    loop.close()


def test_rows_without_features_say_nothing_of_the_models_speed(loop: Loop) -> None:
    predictor = loop.worker._models.current().predictor
    loop.ask({"user id": 1, "product": "tea"})
    before = predictor._row_seconds
    loop.ask([{"user id": 9, "product": "tea"}] * 1000)
    assert predictor._row_seconds == before


def test_what_is_looked_up_at_once_is_bounded_by_rows_as_features_may_be_large(loop: Loop) -> None:
    read, sizes = loop.backend.features.read, []

    class Counting:
        def read(self, keys: Any) -> Any:
            sizes.append(len(keys))
            return read(keys)

    loop.worker._lookup._features = Counting()
    loop.worker._settings = loop.settings.model_copy(update={"batch_rows": 10})
    for n in range(0, 150, 5):
        loop.send([{"user id": user, "product": "tea"} for user in range(n, n + 5)])
    loop.call()
    assert sizes == [20] * 15, "ten users and ten pairs of two messages"


def test_features_may_be_sent_and_need_not(tmp_path: Path) -> None:
    project = Project.load(write_project(tmp_path / "project", SCHEMA))
    assert project.json_schema["required"] == ["user id", "product"]
    assert project.json_schema["properties"]["days since"]["feature_view"] == "users"
    assert project.columns == ("user id", "product", *COLUMNS)
    assert project.own_columns == ("user id", "product")
    assert project.example == {"user id": 1, "product": "tea"}
    assert project.example_with_features == {**project.example, "orders": 2, "days since": 7.0, "bought": 1}
    sent = project.one.validate_json(json.dumps({**project.example, "bought": 4}))
    assert project.dump(sent) == b'{"user id":1,"product":"tea","bought":4}', "what is not sent takes no place"


def test_the_hash_of_the_schema_knows_the_views(tmp_path: Path) -> None:
    def hashed(old: str = "", new: str = "") -> str:
        return Project.load(write_project(tmp_path / "project", SCHEMA.replace(old, new))).schema_hash

    plain = hashed()
    assert hashed('examples=["tea"]', 'examples=["milk"]') == plain
    changes = {'["user id", "product"]': '["product"]', "bought: int": "bought: float", '"pairs"': '"couples"'}
    assert plain not in [hashed(old, new) for old, new in changes.items()]
