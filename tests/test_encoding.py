"""What is encoded by column is, byte for byte, what each row would be by itself."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_json
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from worker.encoding import RowTemplate, encode_each, label_text
from worker.output import Output

text = st.text(st.characters(exclude_categories=["Cs"]))
values = st.one_of(
    *(st.lists(kind) for kind in (st.integers(), st.floats(), st.booleans(), text)),
    st.lists(st.one_of(st.none(), st.integers(), st.floats(), text, st.lists(st.floats()), st.datetimes())),
)


def one_by_one(rows: list[Any]) -> list[bytes]:
    """As rows were encoded before: each a dict."""
    return [to_json(row, inf_nan_mode="null", fallback=str) for row in rows]


@settings(deadline=None)
@given(values)
def test_a_column_is_its_values(column: list[Any]) -> None:
    assert encode_each(column) == one_by_one(column)


@st.composite
def predictions(draw: st.DrawFn) -> tuple[list[Any], list[list[str]], list[np.ndarray[Any, Any]]]:
    """Labels of one to three outputs, some of them twice; a matrix for each, and a prediction for each row."""
    count = draw(st.integers(1, 5))
    labels = draw(
        st.lists(st.lists(st.sampled_from(["a", "a b", "%b", "é", '"', "1"]), max_size=4), min_size=1, max_size=3)
    )
    chances = [
        np.array(
            draw(
                st.lists(
                    st.lists(st.floats(), min_size=len(names), max_size=len(names)), min_size=count, max_size=count
                )
            )
        )
        for names in labels
    ]
    return draw(st.lists(text, min_size=count, max_size=count)), labels, [c.reshape(count, -1) for c in chances]


@settings(deadline=None)
@given(predictions(), st.booleans())
def test_a_row_with_probabilities_is_the_object_that_it_was(found: Any, several: bool) -> None:
    column, labels, matrices = found
    if not several:
        labels, matrices = labels[:1], matrices[:1]
    outputs = [
        [dict(zip(names, row, strict=True)) for row in matrix.tolist()]
        for names, matrix in zip(labels, matrices, strict=True)
    ]
    chances = list(zip(*outputs, strict=True)) if several else outputs[0]
    expected = [{"prediction": p, "probabilities": c} for p, c in zip(column, chances, strict=True)]
    assert RowTemplate(labels, several=several).rows(encode_each(column), matrices) == one_by_one(expected)


@pytest.mark.parametrize("labels", [["no", "yes"], [3, 5], [False, True], [0.0, 1.0]], ids=str)
def test_every_kind_of_label_is_a_prediction_and_a_key(labels: list[Any]) -> None:
    rows = np.array([[-2.0], [-1.5], [1], [2]])
    pipeline = make_pipeline(GaussianNB()).fit(rows, np.array(labels).repeat(2))
    predictions, chances = pipeline.predict(rows).tolist(), pipeline.predict_proba(rows).tolist()
    names = [label_text(label) for label in labels]
    assert Output(pipeline).answers(rows, 4) == one_by_one(
        [
            {"prediction": prediction, "probabilities": dict(zip(names, row, strict=True))}
            for prediction, row in zip(predictions, chances, strict=True)
        ]
    )


def test_what_json_has_no_place_for_is_an_error_and_not_half_a_column() -> None:
    assert encode_each([datetime(2026, 1, 31, tzinfo=UTC), b"x"]) == [b'"2026-01-31T00:00:00Z"', b'"x"']
    with pytest.raises(ValueError, match="surrogates"):
        encode_each(["fine", "\ud800"])
