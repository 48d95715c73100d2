"""What the user brings, found in one folder: schema, form, example, code."""

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from pydantic_core import from_json, to_json

from serving.column_writer import ColumnWriter
from serving.declared import check_names, declared
from serving.errors import ProjectError
from serving.example import build_example
from serving.form import Form
from serving.schemas import columns_of, under_rules
from serving.views import FeatureView, accepted, answered

RULES = ConfigDict(extra="forbid", allow_inf_nan=False, validate_by_alias=True, validate_by_name=True)
"""For a PredictionData that sets none of its own: no extra fields, no NaN, both names of a field taken."""
_COSMETIC = {"title", "description", "examples", "example", "units"}


@dataclass(frozen=True)
class Project:
    """A folder that holds a `validation.py` with `class PredictionData(pydantic.BaseModel)`."""

    folder: Path
    schema: type[BaseModel]
    """What a client may send: PredictionData, and each feature of the views as an optional field."""
    inputs: type[BaseModel]
    """What the model is given: PredictionData, and each feature as its view declares it."""
    own_columns: tuple[str, ...]
    """The columns of PredictionData itself."""
    views: Mapping[str, FeatureView]
    form: Form

    @classmethod
    def load(cls, folder: Path, *, dressed: bool = True) -> "Project":
        """Import the folder's validation.py and, unless it is not to be `dressed`, read its form.yml.

        The folder is put first on sys.path, so that the schema and the pickle find the project's own modules.
        Raises ProjectError that says what to change.
        """
        folder = folder.resolve()
        check_names(folder)
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
        try:
            return cls._of(folder, *declared(folder), Form.read(folder / "form.yml") if dressed else Form())
        except PydanticUserError as error:
            raise ProjectError(f"validation.py has a field that JSON can't hold: {error.message}") from error

    @classmethod
    def _of(cls, folder: Path, own: type[BaseModel], views: Mapping[str, FeatureView], form: Form) -> "Project":
        schema = under_rules(accepted(own, views), RULES)
        project = cls(
            folder=folder,
            schema=schema,
            inputs=under_rules(answered(own, views), RULES) if views else schema,
            own_columns=columns_of(own),
            views=views,
            form=form,
        )
        _ = project.json_schema, project.inputs_schema
        unknown = [name for name in project.form.order if name not in project.columns]
        if unknown:
            raise ProjectError(
                f"form.yml: order names {', '.join(unknown)}, and the fields are {', '.join(project.columns)}."
            )
        return project

    @property
    def title(self) -> str:
        return self.form.title or self.folder.name.replace("-", " ").replace("_", " ")

    @property
    def units(self) -> Any:
        return self.form.units

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """What a client may send, in the schema's order; features that it need not send stand at the end."""
        return columns_of(self.schema)

    @cached_property
    def entities(self) -> frozenset[str]:
        """The columns that only say whose features are looked up."""
        return frozenset(entity for view in self.views.values() for entity in view.entities)

    @cached_property
    def json_schema(self) -> dict[str, Any]:
        return self.schema.model_json_schema(by_alias=True)

    @cached_property
    def inputs_schema(self) -> dict[str, Any]:
        return self.json_schema if self.inputs is self.schema else self.inputs.model_json_schema(by_alias=True)

    @cached_property
    def schema_hash(self) -> str:
        """Changes when what is accepted changes, not when a title does."""
        looked_up = {name: view.entities for name, view in self.views.items()}
        accepted = [_bare(self.json_schema), looked_up] if looked_up else _bare(self.json_schema)
        return hashlib.sha256(to_json(accepted)).hexdigest()[:16]

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

    def pack(self, records: list[BaseModel]) -> tuple[bytes, int]:
        """The valid records of an array as a Message has them: its `payload`, and how many of them are `columns`."""
        written = self._columns.write(records)
        return (self.dump(records), 0) if written is None else (written, len(records))

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
            made = build_example(self.json_schema, self.form.values)
            features = set(self.columns) - set(self.own_columns)
            source = {name: value for name, value in made.items() if name not in features}
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

    @cached_property
    def example_with_features(self) -> dict[str, Any]:
        """The example as the model is given it; features that it lacks are made from their fields.

        Raises ProjectError.
        """
        if not self.views:
            return self.example
        made = {
            column: value
            for view in self.views.values()
            for column, value in build_example(view.features.model_json_schema(by_alias=True), {}).items()
        }
        given = {column: value for column, value in self.example.items() if value is not None}
        return self.input({**made, **given})

    def input(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What the model is given, as JSON has it, when the schema and the views take it. Raises ProjectError."""
        try:
            found = self._inputs.validate_json(to_json(values))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "the record"
            hint = "" if field in self.own_columns else ": give its field examples=[...]"
            problem = f"The example with its features does not pass validation.py: {field}: {first['msg']}{hint}."
            raise ProjectError(problem) from error
        plain: dict[str, Any] = from_json(self._inputs.dump_json(found, by_alias=True, exclude_computed_fields=True))
        return plain

    @cached_property
    def _columns(self) -> ColumnWriter:
        return ColumnWriter(self.schema)

    @cached_property
    def _inputs(self) -> TypeAdapter[BaseModel]:
        return TypeAdapter(self.inputs)


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
