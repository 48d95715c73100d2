"""What the user brings: found, understood, and explained where it is broken."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from app.body import BodyReader
from app.csv_body import parse_csv
from serving.errors import ProjectError, SettingsError
from serving.project import Project
from serving.settings import Settings
from tests.making import write_project
from tests.running import ROOT, run


def load(folder: Path, schema: str) -> Project:
    return Project.load(write_project(folder, schema))


def test_a_fields_alias_is_its_column(tmp_path: Path) -> None:
    project = load(tmp_path, 'a: int = Field(alias="the a")\nb: int')
    assert project.columns == ("the a", "b")
    assert project.one.validate_python({"a": 1, "b": 2}) == project.one.validate_python({"the a": 1, "b": 2})


def test_extra_fields_are_refused_unless_the_class_says_otherwise(tmp_path: Path) -> None:
    refusing = load(tmp_path / "a", "a: int")
    with pytest.raises(ValueError, match="Extra inputs"):
        refusing.one.validate_python({"a": 1, "b": 2})
    taking = load(
        tmp_path / "b",
        "from pydantic import BaseModel, ConfigDict\nclass PredictionData(BaseModel):\n"
        "    model_config = ConfigDict(extra='allow')\n    a: int\n",
    )
    record = taking.one.validate_python({"a": 1, "b": 2})
    assert taking.one.dump_python(record) == {"a": 1, "b": 2}


def test_validators_and_future_annotations_of_the_user_work(tmp_path: Path) -> None:
    project = load(
        tmp_path,
        "from __future__ import annotations\nfrom typing import Optional\n"
        "from pydantic import BaseModel, field_validator\n\nclass Inner(BaseModel):\n    x: int\n\n"
        "class PredictionData(BaseModel):\n    inner: Optional[Inner] = None\n    name: str\n\n"
        "    @field_validator('name')\n    @classmethod\n    def short(cls, value: str) -> str:\n"
        "        if len(value) > 3:\n            raise ValueError('too long')\n        return value.upper()\n",
    )
    record = project.one.validate_python({"name": "abc", "inner": {"x": 1}})
    assert project.one.dump_python(record) == {"inner": {"x": 1}, "name": "ABC"}
    with pytest.raises(ValueError, match="too long"):
        project.one.validate_python({"name": "abcd"})


def test_the_schema_hash_changes_with_what_is_accepted_and_not_with_words(tmp_path: Path) -> None:
    plain = load(tmp_path / "a", "a: int\nb: int").schema_hash
    dressed = load(tmp_path / "b", "a: int = Field(title='A', description='the a', examples=[1])\nb: int").schema_hash
    bounded = load(tmp_path / "c", "a: int = Field(ge=0)\nb: int").schema_hash
    turned = load(tmp_path / "d", "b: int\na: int").schema_hash
    assert plain == dressed
    assert len({plain, bounded, turned}) == 3


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ("a: int = Field(examples=[7])", {"a": 7}),
        ("a: int = 3", {"a": 3}),
        ("a: float = Field(ge=2, le=4)", {"a": 3.0}),
        ("a: int = Field(gt=2)", {"a": 3}),
        ("a: int = Field(lt=2)", {"a": 1}),
        ("a: int = Field(ge=3, le=8, multiple_of=4)", {"a": 4}),
        ("a: Literal['x', 'y']", {"a": "x"}),
        ("a: int | None", {"a": 1}),
        ("a: bool", {"a": False}),
        ("a: date", {"a": "2026-01-31"}),
        ("a: datetime", {"a": "2026-01-31T12:00:00"}),
        ("a: list[str] = Field(min_length=2)", {"a": ["text", "text"]}),
        ("a: str = Field(min_length=6)", {"a": "textxx"}),
        ("a: str = Field(max_length=2)", {"a": "te"}),
    ],
)
def test_without_an_example_one_is_made_from_the_schema(tmp_path: Path, schema: str, example: object) -> None:
    assert load(tmp_path, schema).example == example


@pytest.mark.parametrize(
    "form", ["fields:\n  a:\n    example: 42\n", "schema:\n  fields:\n    - name: a\n      value: 42\n"]
)
def test_form_yml_gives_values_in_its_new_and_its_old_format(tmp_path: Path, form: str) -> None:
    (tmp_path / "form.yml").write_text(form)
    assert load(tmp_path, "a: int").example == {"a": 42}


def test_a_strict_schema_takes_in_json_and_csv_what_json_can_say(tmp_path: Path) -> None:
    project = load(
        tmp_path,
        "from datetime import date\nfrom pydantic import BaseModel, ConfigDict\nclass PredictionData(BaseModel):\n"
        "    model_config = ConfigDict(strict=True)\n    day: date\n    n: int\n    kind: str = 'x'\n",
    )
    assert project.example == {"day": "2026-01-31", "n": 1, "kind": "x"}
    rows = parse_csv(b"day,n,kind\n2026-01-31,5,\n", project, header=True, most=10)
    assert rows == [{"day": "2026-01-31", "n": 5}], "an empty cell is the default"
    reader = BodyReader(project, Settings())
    records = asyncio.run(reader.records(b"day,n,kind\n2026-01-31,5,\n", "text/csv"))
    assert records.payload == b'{"day":["2026-01-31"],"n":[5],"kind":["x"]}'


def test_what_is_queued_is_what_the_schema_accepts_again(tmp_path: Path) -> None:
    project = load(
        tmp_path,
        "from pydantic import AliasChoices, BaseModel, Field, computed_field\nclass PredictionData(BaseModel):\n"
        "    a: int = Field(validation_alias=AliasChoices('first', 'one'))\n\n    @computed_field\n    @property\n"
        "    def double(self) -> int:\n        return 2 * self.a\n",
    )
    payload = project.dump(project.one.validate_python({"one": 1}))
    assert payload == b'{"a":1}'
    assert project.revalidate(payload, many=False) == payload
    assert parse_csv(b"first\n1\n", project, header=True, most=10) == [{"first": 1}]


def test_a_cell_may_be_as_long_as_a_body(tmp_path: Path) -> None:
    project = load(tmp_path, "text: str")
    assert len(parse_csv(b"text\n" + b"x" * 300_000, project, header=True, most=10)[0]["text"]) == 300_000


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"example.json": '{"a": "x"}'},
            "example.json does not pass validation.py: a: Input should be a valid int",
        ),
        ({"example.json": "{"}, "example.json can't be read"),
        ({"form.yml": "a: ["}, "form.yml can't be read"),
        ({"form.yml": "- a"}, "must be a mapping"),
        ({"validation.py": "x ="}, "can't be imported: SyntaxError"),
        ({"validation.py": "class PredictionData: pass"}, r"has no class PredictionData\(pydantic.BaseModel\)"),
        ({"worker.py": ""}, "has modules with the service's own names: rename worker"),
        (
            {"validation.py": "from pydantic import RootModel\nclass PredictionData(RootModel[int]): pass"},
            "is a RootModel",
        ),
        (
            {
                "validation.py": "from pydantic import BaseModel, Field\nclass PredictionData(BaseModel):\n"
                "    a: int = Field(validation_alias='b', serialization_alias='c')"
            },
            "use alias= alone",
        ),
        (
            {"validation.py": "from pydantic import BaseModel\nclass PredictionData(BaseModel):\n    pass"},
            "has no fields",
        ),
    ],
)
def test_what_is_broken_is_said_in_one_sentence(tmp_path: Path, files: dict[str, str], message: str) -> None:
    write_project(tmp_path, "a: int")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ProjectError, match=message):
        _ = Project.load(tmp_path).example


def test_an_example_that_can_not_be_made_asks_for_one(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"Put one valid record into .*example\.json"):
        _ = load(tmp_path, "a: str = Field(pattern='^[A-Z]{9}$')").example


def test_the_example_of_the_default_project_is_whole() -> None:
    project = Project.load(ROOT)
    assert project.example == json.loads((ROOT / "example.json").read_text())


def test_the_environment_comes_before_service_toml(tmp_path: Path) -> None:
    (tmp_path / "service.toml").write_text('name = "from-file"\nstage = "prod"\ntimeout = 30\n')
    environment = {"PROJECT_DIR": str(tmp_path), "SERVICE": "from-environment", "MAX_RECORDS": "", "OTHER": "x"}
    settings = Settings.read(environment)
    assert (settings.service, settings.stage, settings.worker_timeout) == ("from-environment", "prod", 30)
    assert settings.max_records == 10_000
    assert Settings.read(environment, service="given", stage=None).service == "given"
    assert Settings.read(settings.environment()) == settings


def test_the_limits_follow_the_backend() -> None:
    assert Settings.read({"BACKEND": "aws"}).max_records == 1_000
    assert Settings.read({"BACKEND": "aws", "MAX_RECORDS": "7"}).max_records == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "Has Spaces"', "name in service.toml is 'Has Spaces'"),
        ('colour = "red"', "has colour; it may have name, bucket"),
        ("name =", "can't be read"),
    ],
)
def test_a_bad_service_toml_names_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "service.toml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        Settings.read({}, project_dir=tmp_path)


def test_a_bad_variable_is_named() -> None:
    with pytest.raises(SettingsError, match="RESULT_TTL is '999999999'"):
        Settings.read({"RESULT_TTL": "999999999"})


@pytest.mark.parametrize(("bucket", "folder"), [("./m", True), ("~/m", True), ("C:\\m", True), ("my-bucket", False)])
def test_a_bucket_is_a_folder_or_on_s3(bucket: str, folder: bool) -> None:
    models_at = Settings.read({"BUCKET": bucket}).models_at
    assert (models_at == bucket) is folder


def test_a_worker_reads_no_form_and_needs_no_yaml(tmp_path: Path) -> None:
    write_project(tmp_path, "size: float")
    (tmp_path / "form.yml").write_text("order: [no such column]")
    with pytest.raises(ProjectError, match="no such column"):
        Project.load(tmp_path)
    script = f"""
import sys
from pathlib import Path
from serving.project import Project
print(Project.load(Path({str(tmp_path)!r}), dressed=False).columns, "yaml" in sys.modules)
"""
    assert run(sys.executable, "-c", script, cwd=ROOT).stdout.strip() == "('size',) False"
