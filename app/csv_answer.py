"""A finished array as CSV: one row for each record, in order."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import from_json


def to_csv(document: bytes) -> str | None:
    """The result of a succeeded prediction as CSV text; None for a prediction that has none."""
    result = from_json(document).get("result")
    if result is None:
        return None
    rows = [_flat(row) for row in (result if isinstance(result, list) else [result])]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    if "error" in row:
        return {"prediction": "", "error": f"{row['error']['code']}: {row['error']['message']}"}
    flat = _columns("prediction", row["prediction"])
    chances = row.get("probabilities", {})
    for place, output in enumerate(chances if isinstance(chances, list) else [chances]):
        prefix = f"probability_{place}" if isinstance(chances, list) else "probability"
        flat |= {f"{prefix}:{label}": chance for label, chance in output.items()}
    return flat


def _columns(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return {f"{name}_{place}": part for place, part in enumerate(value)}
    return {name: json.dumps(value) if isinstance(value, dict | bool) else value}
