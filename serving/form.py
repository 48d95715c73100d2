"""form.yml: what dresses the web form, in today's format or the older one with `schema.fields`, read into one shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from serving.errors import ProjectError

VALUES = ("example", "value", "default")
"""What a field's value to begin with is called, the first one that is there counts."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """`fields` says of a column what the schema does not: its title, units, texts, a value to begin with."""

    title: str | None = None
    units: Any = None
    home: Sequence[Mapping[str, Any]] = ()  # sections: title, subtitle, content
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    order: Sequence[str] = ()  # columns that come first; the others follow in the schema's order

    @classmethod
    def read(cls, path: Path) -> "Form":
        """An empty one where there is no file. Raises ProjectError for what is no form."""
        import yaml  # workers show no form: 10 ms of their start

        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls()
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ProjectError(f"{path} can't be read: {error}") from error
        if content is None:
            return cls()
        if not isinstance(content, dict):
            raise ProjectError(f"{path} must be a mapping with title, units, home and fields.")
        content = from_json(to_json(content, inf_nan_mode="null"))  # YAML has dates and .nan, and JSON has not
        title = content.get("title")
        return cls(
            title=None if title is None else str(title),
            units=content.get("units"),
            home=_sections(content.get("home")),
            fields=_fields(content),
            order=_order(content, path),
        )

    @property
    def values(self) -> dict[str, Any]:
        """The value that each field begins with, where the form gives one."""
        return {
            name: next(about[key] for key in VALUES if key in about)
            for name, about in self.fields.items()
            if any(key in about for key in VALUES)
        }

    def to_dict(self) -> dict[str, Any]:
        """As `/api/info` shows it, whatever format it was written in."""
        return {
            "title": self.title,
            "units": self.units,
            "home": list(self.home),
            "fields": dict(self.fields),
            "order": list(self.order),
        }


def _sections(home: Any) -> list[Mapping[str, Any]]:
    """A list of sections; one section or a text alone count as one."""
    parts = home if isinstance(home, list) else [] if home is None else [home]
    return [
        {str(name): str(text) for name, text in part.items() if text is not None}
        if isinstance(part, dict)
        else {"content": str(part)}
        for part in parts
    ]


def _order(content: Mapping[str, Any], path: Path) -> Sequence[str]:
    """Raises ProjectError for what is no list of names."""
    order = content.get("order") or []
    if not isinstance(order, list) or not all(isinstance(name, str) for name in order):
        raise ProjectError(f"{path}: order must be a list of columns.")
    return order


def _fields(content: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """By column; a list of fields has each one's name inside. Without texts of its own, a bare value is its value."""
    old = content.get("schema")
    fields = content.get("fields") or (old.get("fields") if isinstance(old, dict) else None) or {}
    if isinstance(fields, list):
        named = [about for about in fields if isinstance(about, dict)]
        fields = {about.get("name") or about.get("id"): about for about in named}
    if not isinstance(fields, dict):
        return {}
    return {
        str(name): about if isinstance(about, dict) else {"value": about}
        for name, about in fields.items()
        if name is not None
    }
