"""Feature views: what the worker looks up for the entities that a record names; validation.py's FEATURE_VIEWS."""

import hashlib
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import from_json, to_json

from serving.errors import ProjectError
from serving.schemas import column_of, columns_of, under_rules, with_fields
from serving.view_rules import NAME, check_entities, check_features, check_names

FINGERPRINT = "$class"
"""Beside the features of an entity: the fingerprint of the class that they were checked by."""
_RULES = ConfigDict(extra="ignore", allow_inf_nan=False, validate_by_alias=True, validate_by_name=True)
_EXAMPLE = f'{NAME} = {{"users": {{"entities": ["user_id"], "features": UserFeatures}}}}'


@dataclass(frozen=True, kw_only=True)
class FeatureView:
    """Typed features of one kind of entity, in Feast's words."""

    name: str
    entities: tuple[str, ...]
    """The columns of PredictionData that name the entity."""
    features: type[BaseModel]
    row: type[BaseModel]
    """A line of what `cli features load` reads: entities and features; what else stands there is ignored."""

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The column of each feature: its alias, else its name."""
        return columns_of(self.features)

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """The features that the class gives a value of its own, as JSON has them: they are never missing."""
        given = {column_of(n, f): n for n, f in self.features.model_fields.items() if not f.is_required()}
        plain = self.features.model_construct().model_dump(mode="json", include=set(given.values()))
        return {column: plain[name] for column, name in given.items()}

    def key(self, record: Mapping[str, Any]) -> str | None:
        """The store's key of the entity that a record (as JSON has it) names; None where a part of it is null."""
        values = [record.get(entity) for entity in self.entities]
        return None if None in values else to_json(values).decode()

    @cached_property
    def fingerprint(self) -> str:
        """Changes when the class does."""
        return hashlib.sha256(to_json(self.features.model_json_schema(by_alias=True))).hexdigest()[:16]

    def wrong(self, stored: Mapping[str, object]) -> Mapping[str, str]:
        """What is wrong with features that were stored under another class, by column."""
        if stored.get(FINGERPRINT) == self.fingerprint:
            return {}
        try:
            self.features.__pydantic_validator__.validate_json(to_json(stored), strict=True)
        except ValidationError as error:
            return {str(found["loc"][0]): found["msg"] for found in error.errors(include_url=False) if found["loc"]}
        except Exception as error:  # the user's validators may raise anything of a value that they made themselves
            return dict.fromkeys(self.columns, f"{type(error).__name__}: {error}")
        return {}

    def entry(self, row: BaseModel) -> tuple[str, dict[str, object]]:
        """Key and features of a valid `row`, as a FeatureStore takes them. Raises ValueError for a null entity."""
        plain = from_json(row.model_dump_json(by_alias=True, exclude_computed_fields=True))
        key = self.key(plain)
        if key is None:
            raise ValueError(f"{', '.join(self.entities)} must not be null")
        return key, {**{column: plain[column] for column in self.columns}, FINGERPRINT: self.fingerprint}


def read_views(declared: Any, schema: type[BaseModel]) -> Mapping[str, FeatureView]:
    """FEATURE_VIEWS of a validation.py, checked against its PredictionData. Raises ProjectError."""
    if not isinstance(declared, Mapping):
        raise ProjectError(f"{NAME} in validation.py must be a dict such as {_EXAMPLE}.")
    views = {name: _view(name, about, schema) for name, about in declared.items()}
    entities = {entity for view in views.values() for entity in view.entities}
    check_names({name: view.features for name, view in views.items()}, entities, schema)
    return views


def accepted(schema: type[BaseModel], views: Mapping[str, FeatureView]) -> type[BaseModel]:
    """The schema of what clients send: every feature that PredictionData lacks is an optional field more."""
    own = columns_of(schema)
    return with_fields(
        schema,
        {
            name: (_optional(view, name, field), None)
            for view, name, field in _features(views)
            if column_of(name, field) not in own
        },
    )


def answered(schema: type[BaseModel], views: Mapping[str, FeatureView]) -> type[BaseModel]:
    """The schema of what the model is given: the client's own fields, and the features as their views declare them."""
    declared = {name: (field.annotation, _as_declared(name, field)) for _, name, field in _features(views)}
    return with_fields(schema, declared)


def _view(name: Any, about: Any, schema: type[BaseModel]) -> FeatureView:
    if not isinstance(name, str) or not name.replace("_", "").replace("-", "").isalnum():
        raise ProjectError(f"{NAME}: {name!r} can't name a view: use letters, digits, - and _.")
    if not isinstance(about, Mapping) or about.keys() != {"entities", "features"}:
        raise ProjectError(f"{NAME}: {name} needs entities and features, as in {_EXAMPLE}.")
    features = about["features"]
    fits = isinstance(features, type) and issubclass(features, BaseModel) and not issubclass(features, RootModel)
    if not (fits and features.model_fields):
        raise ProjectError(f"{NAME}: the features of {name} must be a pydantic class with a field for each of them.")
    check_features(name, features)
    keys = _entities(name, about["entities"], schema)
    check_entities(name, keys, schema)
    fields = {n: (f.rebuild_annotation(), Field(alias=column_of(n, f))) for n, f in keys.items()}
    view = FeatureView(
        name=name,
        entities=tuple(column_of(n, f) for n, f in keys.items()),
        features=features,
        row=under_rules(with_fields(features, fields), _RULES),
    )
    try:
        _ = view.defaults
    except Exception as error:  # the user's default_factory
        raise ProjectError(f"{NAME}: a default of {name} can't be made: {type(error).__name__}: {error}") from error
    return view


def _entities(view: str, declared: Any, schema: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of PredictionData that name the entity, by alias or by name. Raises ProjectError."""
    if isinstance(declared, str) or not declared or not all(isinstance(entity, str) for entity in declared):
        raise ProjectError(f'{NAME}: the entities of {view} must be a list of fields, such as ["user_id"].')
    named = {key: n for n, f in schema.model_fields.items() for key in (n, column_of(n, f))}
    unknown = [entity for entity in declared if entity not in named]
    if unknown:
        raise ProjectError(
            f"{NAME}: {view} is looked up by {', '.join(unknown)}, which PredictionData lacks: "
            f"it has {', '.join(schema.model_fields)}."
        )
    return {named[entity]: schema.model_fields[named[entity]] for entity in declared}


def _features(views: Mapping[str, FeatureView]) -> Iterator[tuple[FeatureView, str, FieldInfo]]:
    return ((view, name, field) for view in views.values() for name, field in view.features.model_fields.items())


def _as_declared(name: str, field: FieldInfo) -> FieldInfo:
    """The same field in another class: its alias stays, whatever that class makes of names."""
    found = copy(field)
    column = column_of(name, field)
    found.alias = found.validation_alias = found.serialization_alias = column
    found.alias_priority = 2
    return found


def _optional(view: FeatureView, name: str, field: FieldInfo) -> Any:
    """The feature as a client may send it; one that is not sent takes no place in the queue."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    about = Field(
        default=None,
        alias=column_of(name, field),
        title=field.title,
        description=field.description,
        examples=field.examples,
        json_schema_extra={**extra, "feature_view": view.name},
        exclude_if=lambda value: value is None,
    )
    return Annotated[field.rebuild_annotation() | None, about]
