"""A project whose model is given what is known of a user and of the user's visits to a shop: two feature views."""

from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from tests.making import write_project

SCHEMA = """
from pydantic import BaseModel, Field


class PredictionData(BaseModel):
    user_id: int = Field(ge=1, examples=[7])
    shop: str = Field(min_length=1, examples=["north"])
    amount: float = Field(examples=[2.5])


class UserFeatures(BaseModel):
    orders: int = Field(ge=0, examples=[3])
    spent: float | None = Field(alias="money spent", ge=0, examples=[12.5])
    vip: bool = False


class VisitFeatures(BaseModel):
    visits: int = Field(ge=0, examples=[2])
    tags: list[str] = Field(examples=[["new"]])


FEATURE_VIEWS = {
    "users": {"entities": ["user_id"], "features": UserFeatures},
    "visits": {"entities": ["user_id", "shop"], "features": VisitFeatures},
}
"""
USERS = "user_id,orders,money spent,vip\n7,3,12.5,true\n8,1,,false\n"
VISITS = 'user_id,shop,visits,tags\n7,north,2,"[""new""]"\n7,south,1,[]\n'
"""User 8 was in no shop."""


def write_shopping(folder: Path) -> Path:
    """The project's folder, with users.csv and visits.csv beside validation.py."""
    write_project(folder, SCHEMA, {"users.csv": USERS, "visits.csv": VISITS})
    (folder / "example.json").write_text('{"user_id": 7, "shop": "north", "amount": 2.5}', encoding="utf-8")
    (folder / "service.toml").write_text('name = "shopping"\n', encoding="utf-8")
    return folder


def shopping_model(visit: float = 100) -> Any:
    """amount + 10 orders + `visit` for each visit."""
    numbers = ["amount", "orders", "visits"]
    frame = pd.DataFrame([[i * 1.0, i % 5, i % 3] for i in range(30)], columns=numbers)
    answer = frame["amount"] + 10 * frame["orders"] + visit * frame["visits"]
    frame.insert(2, "money spent", 1.5)
    frame.insert(3, "vip", False)
    frame["tags"] = [["new"]] * len(frame)
    return make_pipeline(make_column_transformer(("passthrough", numbers)), LinearRegression()).fit(frame, answer)
