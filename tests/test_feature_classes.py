"""Feature classes as people write them: with aliases that are generated, and functions in their types."""

import math
from pathlib import Path

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from tests.making import make_loop
from tests.test_feature_views import fill, values


def test_aliases_that_a_class_generates_are_those_of_its_own_fields(tmp_path: Path) -> None:
    schema = """
    from pydantic import BaseModel, ConfigDict, Field
    from pydantic.alias_generators import to_camel


    class PredictionData(BaseModel):
        model_config = ConfigDict(alias_generator=to_camel)
        user_id: int = Field(examples=[1])


    class Users(BaseModel):
        total_orders: int = Field(examples=[2])


    class Days(BaseModel):
        model_config = ConfigDict(alias_generator=to_camel)
        last_day: int = Field(examples=[2])


    FEATURE_VIEWS = {
        "users": {"entities": ["userId"], "features": Users},
        "days": {"entities": ["user_id"], "features": Days},
    }
    """
    frame = pd.DataFrame({"total_orders": [1, 2, 3, 5], "lastDay": [4, 1, 9, 2]})
    target = frame["total_orders"] + 10 * frame["lastDay"]
    loop = make_loop(tmp_path, schema, make_pipeline(LinearRegression()).fit(frame, target))
    fill(loop, "users", {(1,): [2]})
    fill(loop, "days", {(1,): [3]})
    assert values(loop.ask([{"userId": 1}, {"userId": 1, "lastDay": 5}, {"userId": 1, "total_orders": 7}])) == [
        32,
        52,
        37,
    ]
    loop.close()


def test_a_feature_may_be_stored_otherwise_than_it_is_written(tmp_path: Path) -> None:
    """It was checked when it was loaded; what is stored need not pass the same functions again."""
    schema = """
    from math import log
    from typing import Annotated
    from pydantic import AfterValidator, BaseModel, BeforeValidator, Field


    class PredictionData(BaseModel):
        user: int = Field(examples=[1])


    class Users(BaseModel):
        size: Annotated[float, Field(gt=0, examples=[1.0]), AfterValidator(log)]
        tags: Annotated[int, BeforeValidator(lambda text: len(text.split("|")))] = Field(examples=["a|b"])


    FEATURE_VIEWS = {"users": {"entities": ["user"], "features": Users}}
    """
    frame = pd.DataFrame({"size": [-1.0, 2, 3, 5], "tags": [4, 1, 9, 2]})
    loop = make_loop(tmp_path, schema, make_pipeline(LinearRegression()).fit(frame, 10 * frame["size"] + frame["tags"]))
    fill(loop, "users", {(1,): [0.5, "a|b|c"]})
    loaded, sent, stranger = loop.ask([{"user": 1}, {"user": 1, "size": 0.5, "tags": "a|b|c"}, {"user": 9}])
    assert loaded["prediction"] == pytest.approx(10 * math.log(0.5) + 3)
    assert sent == loaded
    assert stranger["error"]["code"] == "features_missing"
    loop.backend.features.write("users", [("[1]", {"size": -0.7, "tags": 3})])
    (older,) = loop.ask([{"user": 1}])
    assert "load them again" in older["error"]["message"], "whose class is not known"
    loop.close()
