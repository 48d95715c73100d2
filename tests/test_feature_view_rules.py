"""What a feature view may not be is refused when the project is loaded, and the message says what to write instead."""

import textwrap
from pathlib import Path

import pytest

from serving.errors import ProjectError
from serving.project import Project
from tests.making import write_project
from tests.test_feature_views import SCHEMA


@pytest.mark.parametrize(
    ("views", "said"),
    [
        ("[Users]", "must be a dict such as"),
        ('{"users": {"entities": ["user"], "features": RootModel}}', "must be a pydantic class"),
        ('{"users": Users}', "users needs entities and features"),
        ('{"a b": {"entities": ["user"], "features": Users}}', "'a b' can't name a view"),
        ('{"users": {"entities": ["user"], "features": dict}}', "must be a pydantic class"),
        ('{"users": {"entities": "user", "features": Users}}', "must be a list of fields"),
        ('{"users": {"entities": ["buyer"], "features": Users}}', "looked up by buyer, which PredictionData lacks"),
        (
            '{"a": {"entities": ["user"], "features": Users}, "b": {"entities": ["user"], "features": Users}}',
            "orders is a feature of a and of b: rename one",
        ),
        (
            '{"a": {"entities": ["user"], "features": PredictionData}}',
            "user id names an entity, and can't be a feature of a as well",
        ),
    ],
    ids=range(9),
)
def test_a_wrong_declaration_says_what_is_wrong(tmp_path: Path, views: str, said: str) -> None:
    source = textwrap.dedent(SCHEMA).partition("FEATURE_VIEWS")[0] + f"FEATURE_VIEWS = {views}\n"
    with pytest.raises(ProjectError, match="FEATURE_VIEWS") as refusal:
        Project.load(write_project(tmp_path / "project", source))
    assert said in str(refusal.value)


FEATURE = "    bought: int = Field("
ENTITY = "    user: int = Field("
OWN = "    product: str"
TWICE = "bought of pairs is a field of PredictionData too, whose value would always win"
SPELLINGS = "users is looked up by user, which can be spelled in several ways"


def method(decorator: str, name: str) -> str:
    arguments = {"field_validator": "cls, v", "field_serializer": "self, v"}.get(decorator.partition("(")[0], "self")
    return f"    @{decorator}\n    def {name}({arguments}): return {arguments[-1] if ' ' in arguments else 'self'}\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (FEATURE, method("field_validator('bought')", "half") + FEATURE, "has half, which"),
        (FEATURE, method("model_validator(mode='after')", "odd") + FEATURE, "has odd, which"),
        (FEATURE, method("field_serializer('bought')", "text") + FEATURE, "has text, which"),
        (FEATURE, "    model_config = {'str_to_upper': True}\n    shop: str\n" + FEATURE, "must not set str_to_upper"),
        (FEATURE, "    bought: SecretStr = Field(", "has bought, a secret"),
        (FEATURE, FEATURE + "exclude=True, ", "has bought, which must be stored whole"),
        (FEATURE, FEATURE + "serialization_alias='b', ", "reads bought under one name"),
        (FEATURE + "ge=0, ", FEATURE + "default_factory=lambda: {}['x'], ", "default of pairs can't be made: KeyError"),
        (FEATURE, "    orders: int = Field(", "orders is a feature of users and of pairs"),
        (FEATURE, "    orders: int = Field(alias='so many', ", "orders is a feature of users and of pairs"),
        (OWN, "    bought: int = 1\n" + OWN, TWICE),
        (OWN, "    bought: int\n" + OWN, TWICE),
        (OWN, "    p: int = Field(alias='bought')\n" + OWN, "bought of pairs has another alias in PredictionData"),
        (OWN, "    bought: int | None = Field(None, alias='b')\n" + OWN, "bought of pairs has another alias"),
        (ENTITY, method("field_validator('user')", "less") + ENTITY, "PredictionData.less changes"),
        (ENTITY, method("field_serializer('*')", "text") + ENTITY, "PredictionData.text changes"),
        (ENTITY, "    model_config = {'str_strip_whitespace': True}\n" + ENTITY, "must not set str_strip_whitespace"),
        (ENTITY, ENTITY.replace("int", "float"), SPELLINGS),
        (ENTITY, ENTITY.replace("int", "int | str"), SPELLINGS),
        (ENTITY, ENTITY.replace("int", "Decimal"), SPELLINGS),
        (ENTITY, ENTITY.replace("int", "datetime"), SPELLINGS),
    ],
)
def test_what_would_hold_in_one_place_alone_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    imports = "from datetime import datetime\nfrom decimal import Decimal\nfrom pydantic import *\n"
    assert old in SCHEMA
    with pytest.raises(ProjectError, match="FEATURE_VIEWS") as refusal:
        Project.load(write_project(tmp_path / "project", imports + textwrap.dedent(SCHEMA).replace(old, new, 1)))
    assert said in str(refusal.value)


@pytest.mark.parametrize("kind", ["int", "str", "bool", "date", "UUID", "Literal['a']", "int | None", "PositiveInt"])
def test_what_has_one_spelling_is_an_entity(tmp_path: Path, kind: str) -> None:
    imports = "from datetime import date\nfrom typing import Literal\nfrom uuid import UUID\nfrom pydantic import *\n"
    source = textwrap.dedent(SCHEMA).replace('user: int = Field(alias="user id", examples=[1])', f"user: {kind}")
    project = Project.load(write_project(tmp_path / "project", imports + source.replace('"user id"', '"user"')))
    assert project.views["users"].entities == ("user",)


def test_rules_for_text_do_no_harm_where_there_is_none(tmp_path: Path) -> None:
    rule = "    model_config = {'str_to_upper': True}\n"
    source = textwrap.dedent(SCHEMA).replace(FEATURE, rule + FEATURE).replace('["user id", "product"]', '["user id"]')
    project = Project.load(write_project(tmp_path / "project", source.replace(ENTITY, rule + ENTITY)))
    assert list(project.views) == ["users", "pairs"]
