"""Records -> what the Pipeline was fitted on: a DataFrame, a Series of one text column, or a numpy array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from serving.errors import ModelRefused
from serving.project import Project
from worker.columns import Kind, column_kinds
from worker.missing import NAN, missing_markers

Record = Mapping[str, Any]
_DURATIONS = TypeAdapter(list[timedelta | None])  # ISO 8601 as pydantic writes it: pandas knows no years
# What each pandas gives for a date read from text: a transformer that counts in units has to meet the one it was
# fitted with. Zones are folded into UTC.
_UNIT = "us" if int(pd.__version__.split(".")[0]) >= 3 else "ns"


class Frame:
    """Builds the Pipeline's input. Every dtype is fixed when the model is loaded."""

    def __init__(self, project: Project, pipeline: Any) -> None:
        """Raises ModelRefused when the schema lacks a column of the model."""
        self.kinds = column_kinds(project)
        fitted = getattr(pipeline, "feature_names_in_", None)
        self.feature_names = None if fitted is None else [str(name) for name in fitted]
        without_entities = [name for name in self.kinds if name not in project.entities]
        self.columns = without_entities if self.feature_names is None else self.feature_names
        self._width = getattr(pipeline, "n_features_in_", None)
        self.undetermined = self.feature_names is None and self._width is None and len(self.columns) > 1
        """The first step is the user's own and does not say what it was fitted on: a DataFrame or an array."""
        self.named = self.feature_names is not None or self.undetermined
        self._check(project)
        self._missing = missing_markers(pipeline, self.columns)

    def build(
        self, columns: Mapping[str, list[Any]], count: int
    ) -> pd.DataFrame | pd.Series[Any] | np.ndarray[Any, Any]:
        """The input for `predict`: `count` rows, in order."""
        index = pd.RangeIndex(count)  # one for all: pandas need not compare them
        made = {name: self._column(name, columns[name], index) for name in self.columns}
        if self.named:
            return pd.DataFrame(made, index=index)  # copied into a block for each dtype: many blocks slow transformers
        if self._width is None and len(made) == 1:
            (name, column), *_ = made.items()
            return pd.Series(column, index=index, name=name, copy=False)
        dtype = np.float64 if all(self.kinds[name].numeric for name in made) else object
        return np.column_stack([np.asarray(column, dtype=dtype) for column in made.values()])

    def matrix(self, columns: Mapping[str, list[Any]], count: int) -> np.ndarray[Any, Any]:
        """The same rows as an array of objects: of numbers and texts, what a DataFrame of them holds."""
        made = np.empty((len(self.columns), count), dtype=object)
        for place, name in enumerate(self.columns):
            kind = self.kinds[name]
            values = columns[name]
            made[place] = np.array(values, dtype=kind.value) if kind.numeric else self._objects(name, values)
        return made.T

    def _objects(self, name: str, values: list[Any]) -> list[Any]:
        marker = self._missing.get(name, NAN)
        return values if marker is None else [marker if value is None else value for value in values]

    def _column(self, name: str, values: list[Any], index: pd.RangeIndex) -> pd.Series[Any] | np.ndarray[Any, Any]:
        """A Series where pandas would choose another dtype than the schema's: to make one takes 15 µs."""
        kind = self.kinds[name]
        if kind.numeric:
            return np.array(values, dtype=kind.value)
        if kind is Kind.DATE:
            moments = pd.to_datetime(pd.Series(values, dtype=object), format="ISO8601", utc=True)
            return moments.dt.tz_localize(None).astype(f"datetime64[{_UNIT}]").rename(name)
        if kind is Kind.DURATION:
            spans = pd.Series(_DURATIONS.validate_python(values), dtype=f"timedelta64[{_UNIT}]")
            return spans.rename(name)
        objects = np.empty(len(values), dtype=object)
        objects[:] = self._objects(name, values)
        return pd.Series(objects, dtype=object, index=index, name=name, copy=False)

    def _check(self, project: Project) -> None:
        if self.feature_names is not None:
            missing = [name for name in self.feature_names if name not in self.kinds]
            if missing:
                known = {*self.feature_names, *project.entities}
                unused = [name for name in self.kinds if name not in known]
                owner = "validation.py" if project.views else "PredictionData"
                hint = f"; {owner} has {', '.join(unused)}, which the model does not know" if unused else ""
                raise ModelRefused(
                    f"The model was fitted with {_listed(missing)}, which {owner} lacks{hint}. "
                    "A field's alias, else its name, is its column."
                )
        elif self._width is not None and self._width != len(self.columns):
            raise ModelRefused(
                f"The model was fitted on {self._width} columns without names, and "
                f"{'validation.py' if project.views else 'PredictionData'} has {len(self.columns)} "
                f"{'fields and features besides its entities' if project.views else 'fields'}: "
                "they must be as many, in the same order."
            )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"the columns {shown}{' …' if len(names) > 5 else ''}" if len(names) > 1 else f"the column {shown}"
