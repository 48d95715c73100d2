"""What a feature view may not be: whatever would hold where features are loaded, and not where they are sent."""

from collections.abc import Collection, Mapping

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from serving.errors import ProjectError
from serving.json_schema import Schema, branches
from serving.schemas import column_of

NAME = "FEATURE_VIEWS"
_CHANGING = {
    *("str_to_lower", "str_to_upper", "str_strip_whitespace", "str_min_length", "str_max_length", "strict"),
    *("coerce_numbers_to_str", "use_enum_values", "ser_json_timedelta", "ser_json_temporal", "ser_json_bytes"),
    *("val_json_bytes", "val_temporal_unit", "json_encoders"),
}
"""Of model_config: what makes another value of the same text."""
_RESPELLING = {rule for rule in _CHANGING if rule.startswith("str_")} | {"coerce_numbers_to_str", "json_encoders"}
"""And of an entity, which is a whole number, a text, a boolean or a date."""
_DECORATORS = ("validators", "field_validators", "root_validators", "model_validators")
_SERIALIZERS = ("field_serializers", "model_serializers")
_ONE_SPELLING = {"integer", "string", "boolean"}
_MANY_SPELLINGS = {"date-time", "time", "duration", "binary"}  # of a string: 12:00Z is 13:00+01:00


def check_features(view: str, features: type[BaseModel]) -> None:
    """Each field must mean by itself what it means: it is copied into the schema of what clients send.

    Raises ProjectError.
    """
    about = f"{NAME}: {features.__name__}, the features of {view},"
    for kind in (*_DECORATORS, *_SERIALIZERS):
        for name in getattr(features.__pydantic_decorators__, kind):
            raise ProjectError(
                f"{about} has {name}, which a feature that a client sends would not meet: put it into the field's "
                "type, as in Annotated[float, AfterValidator(check)]."
            )
    _check_config(about, features, features.model_fields, _CHANGING)
    for name, field in features.model_fields.items():
        if field.serialization_alias not in {None, name, field.validation_alias}:
            raise ProjectError(f"{about} reads {name} under one name and writes it under another: use alias= alone.")
        if any(branch.get("writeOnly") for branch in _branches(field)):
            raise ProjectError(f"{about} has {name}, a secret: it would be stored as asterisks.")
        if field.exclude or field.default_factory_takes_validated_data:
            raise ProjectError(f"{about} has {name}, which must be stored whole and by itself: no exclude, no factory.")


def check_entities(view: str, keys: Mapping[str, FieldInfo], schema: type[BaseModel]) -> None:
    """An entity must be spelled in one way, wherever it comes from. Raises ProjectError."""
    decorators = schema.__pydantic_decorators__
    for kind in ("validators", "field_validators", "field_serializers"):
        for name, decorator in getattr(decorators, kind).items():
            meant = {*keys} & {*decorator.info.fields} or ({*keys} if "*" in decorator.info.fields else set())
            if meant:
                raise ProjectError(
                    f"{NAME}: {view} is looked up by {sorted(meant)[0]}, which PredictionData.{name} changes for "
                    "requests and not for what is loaded: put it into the field's type, as in "
                    "Annotated[int, AfterValidator(f)]."
                )
    _check_config(f"{NAME}: {view} is looked up by fields of PredictionData, which", schema, keys, _RESPELLING)
    for name, field in keys.items():
        found = _branches(field)
        types = {branch["type"] for branch in found}
        if len(types) != 1 or not types <= _ONE_SPELLING or {b.get("format") for b in found} & _MANY_SPELLINGS:
            raise ProjectError(
                f"{NAME}: {view} is looked up by {name}, which can be spelled in several ways: make it an int, a str, "
                "a date, or one of a Literal."
            )


def check_names(views: Mapping[str, type[BaseModel]], entities: Collection[str], schema: type[BaseModel]) -> None:
    """A column is one feature's, and what PredictionData declares of the same name is the same. Raises ProjectError."""
    owners: dict[str, str] = {}
    own = {name: column_of(name, field) for name, field in schema.model_fields.items()}
    for view, features in views.items():
        for name, field in features.model_fields.items():
            column = column_of(name, field)
            if column in entities:
                raise ProjectError(f"{NAME}: {column} names an entity, and can't be a feature of {view} as well.")
            for known in {name, column} & owners.keys():
                raise ProjectError(f"{NAME}: {known} is a feature of {owners[known]} and of {view}: rename one.")
            owners |= {name: view, column: view}
            if own.get(name, column) != column or (column in own.values() and name not in own):
                raise ProjectError(f"{NAME}: {name} of {view} has another alias in PredictionData: use the same.")
            if name in own and schema.model_fields[name].get_default(call_default_factory=False) is not None:
                raise ProjectError(
                    f"{NAME}: {name} of {view} is a field of PredictionData too, whose value would always win: "
                    "leave it out there, or give it the default None."
                )


def _check_config(about: str, schema: type[BaseModel], fields: Mapping[str, FieldInfo], rules: Collection[str]) -> None:
    numbers = {"integer", "number", "boolean"}
    texts = any(branch["type"] not in numbers for field in fields.values() for branch in _branches(field))
    changing = sorted(rule for rule in {*rules} & schema.model_config.keys() if texts or not rule.startswith("str_"))
    if changing:
        raise ProjectError(
            f"{about} must not set {', '.join(changing)} in model_config, which holds for one class alone: put it into "
            "the field's type, as in Annotated[str, StringConstraints(to_lower=True)]."
        )


def _branches(field: FieldInfo) -> list[Schema]:
    """What a value may be, but for null."""
    shape = TypeAdapter(field.rebuild_annotation()).json_schema()
    return [branch for branch in branches(shape, shape.get("$defs", {})) if branch["type"] != "null"]
