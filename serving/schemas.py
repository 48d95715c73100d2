"""Makes the service's own classes below the user's: more fields, and rules where the user sets none."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model
from pydantic.fields import FieldInfo

from serving.errors import ProjectError


def column_of(name: str, field: FieldInfo) -> str:
    """The model's column of a field: its alias, else its name."""
    return name if field.serialization_alias is None else field.serialization_alias


def columns_of(schema: type[BaseModel]) -> tuple[str, ...]:
    """The column of each field, in the schema's order."""
    return tuple(column_of(name, field) for name, field in schema.model_fields.items())


def with_fields(base: type[BaseModel], fields: Mapping[str, Any]) -> type[BaseModel]:
    """The same with more fields, or with others of the same name; `base` itself for none. Raises ProjectError."""
    if not fields:
        return base
    definitions: dict[str, Any] = {"__base__": base, "__module__": base.__module__, "__doc__": base.__doc__, **fields}
    try:
        made: type[BaseModel] = create_model(base.__name__, **definitions)
    except (TypeError, ValueError, NameError) as error:
        raise ProjectError(f"{base.__name__} can't have {', '.join(fields)} as fields: {error}") from error
    return made


def under_rules(base: type[BaseModel], rules: ConfigDict) -> type[BaseModel]:
    """The same under these rules, but for those that the class sets itself."""
    body = {
        "model_config": {rule: value for rule, value in rules.items() if rule not in base.model_config},
        "__module__": base.__module__,
        "__doc__": base.__doc__,
    }
    strict: type[BaseModel] = type(BaseModel)(base.__name__, (base,), body)  # type: ignore[misc]  # a metaclass
    return strict
