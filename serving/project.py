"""What the user brings, found in one folder: schema, form, example, code."""

import hashlib
import importlib.util
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, RootModel, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from pydantic_core import from_json, to_json

from serving.errors import ProjectError
from serving.example import build_example
from serving.form import Form

CLASS = "PredictionData"
OURS = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "commands", "serving", "worker")
_COSMETIC = {"title", "description", "examples", "example", "units"}


@dataclass(frozen=True)
class Project:
    """A folder that holds a `validation.py` with `class PredictionData(pydantic.BaseModel)`."""

    folder: Path
    schema: type[BaseModel]
    form: Form

    @classmethod
    def load(cls, folder: Path) -> "Project":
        """Import the folder's validation.py and read its form.yml.

        The folder is put first on sys.path, so that the schema and the pickle find the project's own modules.
        Raises ProjectError that says what to change.
        """
        folder = folder.resolve()
        _check_names(folder)
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
        schema = _refusing_extra_fields(_schema(folder))
        project = cls(folder=folder, schema=schema, form=Form.read(folder / "form.yml"))
        try:
            _ = project.json_schema
        except PydanticUserError as error:
            raise ProjectError(f"{CLASS} has a field that JSON can't hold: {error.message}") from error
        return project

    @property
    def title(self) -> str:
        return self.form.title or self.folder.name.replace("-", " ").replace("_", " ")

    @property
    def units(self) -> Any:
        return self.form.units

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The model's column of each field, in the schema's order: its alias, else its name."""
        aliases = {name: field.serialization_alias for name, field in self.schema.model_fields.items()}
        return tuple(name if alias is None else alias for name, alias in aliases.items())

    @cached_property
    def json_schema(self) -> dict[str, Any]:
        return self.schema.model_json_schema(by_alias=True)

    @cached_property
    def schema_hash(self) -> str:
        """Changes when what is accepted changes, not when a title does."""
        return hashlib.sha256(to_json(_bare(self.json_schema))).hexdigest()[:16]

    @cached_property
    def one(self) -> TypeAdapter[BaseModel]:
        """Validates and serialises one record."""
        return TypeAdapter(self.schema)

    @cached_property
    def many(self) -> TypeAdapter[list[BaseModel]]:
        """Validates and serialises an array of records."""
        return TypeAdapter(list[self.schema])  # type: ignore[name-defined]  # a class found at run time

    def revalidate(self, payload: bytes, *, many: bool) -> bytes:
        """Records as JSON, validated and serialised under this schema. Raises pydantic's ValidationError."""
        adapter: TypeAdapter[Any] = self.many if many else self.one
        return self.dump(adapter.validate_json(payload))

    def dump(self, records: BaseModel | list[BaseModel]) -> bytes:
        """Valid records as JSON under their columns' names: what the same schema accepts again."""
        adapter: TypeAdapter[Any] = self.many if isinstance(records, list) else self.one
        return adapter.dump_json(records, by_alias=True, exclude_computed_fields=True)

    @property
    def example_is_given(self) -> bool:
        """Whether the example is the user's own record; else it is made from the schema, and may mean nothing."""
        return (self.folder / "example.json").exists()

    @cached_property
    def example(self) -> dict[str, Any]:
        """One record that the schema accepts, as columns. Raises ProjectError when there is none."""
        path = self.folder / "example.json"
        source: Any
        if path.exists():
            try:
                source = from_json(path.read_bytes())
            except (OSError, ValueError) as error:
                raise ProjectError(f"{path} can't be read: {error}") from error
        else:
            source = build_example(self.json_schema, self.form.values)
        try:
            record = self.one.validate_json(to_json(source))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "the record"
            origin = "example.json" if path.exists() else "The example made from the schema"
            raise ProjectError(
                f"{origin} does not pass validation.py: {field}: {first['msg']}. Put one valid record into {path}."
            ) from error
        example: dict[str, Any] = from_json(self.dump(record))
        return example


def _check_names(folder: Path) -> None:
    """Raises ProjectError for modules that would stand in the way of the service's own."""
    if folder == OURS:
        return
    taken = [name for name in PACKAGES if (folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists()]
    if taken:
        raise ProjectError(f"{folder} has modules with the service's own names: rename {', '.join(taken)}.")


def _schema(folder: Path) -> type[BaseModel]:
    path = folder / "validation.py"
    if not path.is_file():
        raise ProjectError(f"There is no {path}. A project is a folder whose validation.py holds class {CLASS}.")
    spec = importlib.util.spec_from_file_location("validation", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["validation"] = module  # pydantic resolves forward references there
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the user's code may raise anything
        raise ProjectError(f"{path} can't be imported: {type(error).__name__}: {error}") from error
    found = getattr(module, CLASS, None)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        models = [n for n, v in vars(module).items() if isinstance(v, type) and issubclass(v, BaseModel)]
        models = [name for name in models if name != "BaseModel"]
        hint = f" It has {', '.join(models)}: rename the one that describes a record." if models else ""
        raise ProjectError(f"{path} has no class {CLASS}(pydantic.BaseModel).{hint}")
    if issubclass(found, RootModel):
        raise ProjectError(f"{CLASS} in {path} is a RootModel: give it one named field for each column.")
    for name, field in found.model_fields.items():
        if field.serialization_alias not in (None, name, field.validation_alias):
            raise ProjectError(f"{CLASS}.{name} is read under one name and written under another: use alias= alone.")
    if not found.model_fields:
        raise ProjectError(f"{CLASS} in {path} has no fields: give it one for each column of the model.")
    return found


def _refusing_extra_fields(schema: type[BaseModel]) -> type[BaseModel]:
    """The class under the service's rules, where it sets none of its own: no extra fields, no NaN, both names taken."""
    ours = ConfigDict(extra="forbid", allow_inf_nan=False, validate_by_alias=True, validate_by_name=True)
    body = {
        "model_config": {rule: value for rule, value in ours.items() if rule not in schema.model_config},
        "__module__": schema.__module__,
        "__doc__": schema.__doc__,
    }
    strict: type[BaseModel] = type(BaseModel)(schema.__name__, (schema,), body)  # type: ignore[misc]  # a metaclass
    return strict


def _bare(schema: Any) -> Any:
    """A JSON schema without the words that describe it to people."""
    if isinstance(schema, dict):
        kept = {}
        for name in sorted(schema):
            inner = schema[name]
            if name in {"properties", "$defs"} and isinstance(inner, dict):
                kept[name] = {key: _bare(value) for key, value in inner.items()}  # field order is column order
            elif name not in _COSMETIC:
                kept[name] = _bare(inner)
        return kept
    if isinstance(schema, list):
        return [_bare(item) for item in schema]
    return schema
