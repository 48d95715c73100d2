"""Follows each column through the fitted steps of a Pipeline, for as long as it can be recognised."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from commands.fitted import steps
from commands.fitted.fact import Fact
from worker.missing import chosen_names


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A column of the input on its way."""

    column: int
    raw: bool = True  # its values are the client's
    filled: bool = False  # its gaps are gone


Flow = list[Feature | None]
"""What goes into a step, by position; None for what was derived. Empty where the positions are not known."""
Walk = Generator[tuple[int, Fact], None, Flow]


def walk(estimator: Any, flow: Flow) -> Walk:
    """Yields facts by column, and returns what comes out of the estimator."""
    if estimator is None or isinstance(estimator, str):
        return flow if estimator == "passthrough" or estimator is None else []
    if hasattr(estimator, "steps"):
        for _, step in estimator.steps:
            flow = yield from walk(step, flow)
        return flow
    if hasattr(estimator, "transformers_"):
        return (yield from _columns(estimator, flow))
    if hasattr(estimator, "transformer_list"):
        parts = []
        for _, transformer in estimator.transformer_list:
            parts.append((yield from walk(transformer, flow)))
        return [feature for part in parts for feature in part] if all(parts) else []
    inner = _inner(estimator)
    if inner:
        for part in inner:
            yield from walk(part, flow)
        return []
    yield from _facts(estimator, flow)
    return _out(estimator, flow)


def _columns(estimator: Any, flow: Flow) -> Walk:
    """A ColumnTransformer: each part has its columns, and its place in the output."""
    names = [str(name) for name in getattr(estimator, "feature_names_in_", range(len(flow)))]
    places = dict(zip(names, flow, strict=False))
    width = max((part.stop for part in estimator.output_indices_.values()), default=0)
    out: Flow = [None] * width
    for name, transformer, chosen in estimator.transformers_:
        part = yield from walk(transformer, [places.get(column) for column in chosen_names(chosen, names)])
        place = estimator.output_indices_.get(name, slice(0, 0))
        if len(part) == place.stop - place.start:
            out[place] = part
    return out


def _inner(estimator: Any) -> Sequence[Any]:
    """The models that a model consists of, where they may have encoders of their own."""
    if hasattr(estimator, "transform") and not hasattr(estimator, "predict"):
        return ()
    for attribute in ("best_estimator_", "regressor_"):
        if hasattr(estimator, attribute):
            return [getattr(estimator, attribute)]
    found = getattr(estimator, "estimators_", ())
    members = list(found.flat if isinstance(found, np.ndarray) else found)  # numpy would index a Pipeline's steps
    members += [member.estimator for member in getattr(estimator, "calibrated_classifiers_", ())]
    return [member for member in members if hasattr(member, "steps")]


def _facts(estimator: Any, flow: Flow) -> Generator[tuple[int, Fact], None, None]:
    told = steps.facts(estimator, len(flow))
    for feature, fact in zip(flow, told, strict=False):
        if feature is not None:
            seen = fact if feature.raw else fact.of_derived
            yield feature.column, replace(seen, missing_allowed=None) if feature.filled else seen


def _out(estimator: Any, flow: Flow) -> Flow:
    """Scalers and imputers keep the positions; what other steps make can't be recognised."""
    if steps.is_imputer(estimator):
        dropped = steps.dropped(estimator)
        kept: Flow = [
            feature and replace(feature, filled=True) for place, feature in enumerate(flow) if place not in dropped
        ]
        return kept if not getattr(estimator, "add_indicator", False) else [*kept, *[None] * len(flow)]
    if steps.is_scaler(estimator):
        return [feature and replace(feature, raw=False) for feature in flow]
    return flow if steps.passes_on(estimator) else []
