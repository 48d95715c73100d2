"""The columns of a fitted Pipeline, in the order in which it wants them."""

from collections.abc import Iterator, Sequence
from typing import Any

from commands.fitted.column import Column
from commands.fitted.fact import Fact, column_of
from commands.fitted.text import text_kind, vocabulary
from commands.fitted.walk import Feature, walk

ONE_TEXT = "text"
ONE_LIST = "words"
"""What the one column of a Pipeline that was fitted on a Series is called."""


def columns(pipeline: Any) -> list[Column]:
    """Named x0, x1 … where it was fitted on an array; none where it does not tell what it was fitted on."""
    names = _names(pipeline)
    facts: list[list[Fact]] = [[] for _ in names]
    for place, fact in walk(pipeline, [Feature(column=place) for place in range(len(names))]):
        facts[place].append(fact)
    return [column_of(name, place, facts[place]) for place, name in enumerate(names)]


def takes_one_text(pipeline: Any) -> bool:
    """Whether it was fitted on texts as they are, and not on a table."""
    return not hasattr(pipeline, "feature_names_in_") and not hasattr(pipeline, "n_features_in_") and _reads(pipeline)


def words(pipeline: Any) -> Sequence[str]:
    """Some that its vectorizer knows."""
    return next((found for step in _vectorizers(pipeline) if (found := vocabulary(step))), [])


def _names(pipeline: Any) -> list[str]:
    named = getattr(pipeline, "feature_names_in_", None)
    if named is not None:
        return [str(name) for name in named]
    width = getattr(pipeline, "n_features_in_", None)
    if width is not None:
        return [f"x{place}" for place in range(width)]
    vectorizer = next(_vectorizers(pipeline), None)
    if vectorizer is None:
        return []
    return [ONE_TEXT if text_kind(vectorizer) == "text" else ONE_LIST]


def _reads(pipeline: Any) -> bool:
    return any(True for _ in _vectorizers(pipeline))


def _vectorizers(estimator: Any) -> Iterator[Any]:
    """Those that the texts come to first."""
    if hasattr(estimator, "build_analyzer"):
        yield estimator
    for _, step in [*getattr(estimator, "steps", ()), *getattr(estimator, "transformer_list", ())]:
        yield from _vectorizers(step)
