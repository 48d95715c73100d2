"""Values as JSON, a column of them at a time: a call for each row would take three times as long."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from pydantic_core import to_json

_BARE = {int, float, bool, type(None)}
"""Types whose JSON has no comma."""


def encode(value: Any) -> bytes:
    """One value; NaN and infinity are null, numpy's are native. Raises ValueError for what JSON has no place for."""
    return to_json(value, inf_nan_mode="null", fallback=_plain)


def encode_each(values: Sequence[Any]) -> list[bytes]:
    """The same of each value, in order."""
    kinds = set(map(type, values))
    if kinds <= _BARE:
        return encode(values)[1:-1].split(b",") if values else []
    if kinds == {str}:
        texts = {value: encode(value) for value in set(values)}
        return [texts[value] for value in values]
    return [encode(value) for value in values]


def label_text(label: Any) -> str:
    """A class label as the key of a JSON object: a string as it is, anything else as its JSON text."""
    return str(label) if isinstance(label, str) else to_json(label, fallback=_plain).decode().strip('"')


class RowTemplate:
    """Writes rows of a prediction and its probabilities, whose labels are the same in each of them."""

    def __init__(self, labels: Sequence[Sequence[str]], *, several: bool) -> None:
        """`labels` of each output; `several`: whether each row has a list of outputs."""
        self.widths = [len(names) for names in labels]
        last = [{name: place for place, name in enumerate(names)} for names in labels]  # two labels may have one text
        self._places = [list(places.values()) for places in last]
        outputs = b",".join(b"{%b}" % b",".join(_slot(name) for name in places) for places in last)
        self._text = b'{"prediction":%%b,"probabilities":%b}' % (b"[%b]" % outputs if several else outputs)

    def rows(self, predictions: Iterable[bytes], matrices: Sequence[np.ndarray[Any, Any]]) -> list[bytes]:
        """One JSON object for each of the encoded predictions, with its row of each output's matrix."""
        kept = [
            m if m.shape[1] == len(places) else m[:, places] for m, places in zip(matrices, self._places, strict=True)
        ]
        matrix = np.hstack(kept)
        numbers = iter(encode_each(matrix.ravel().tolist()))
        return [self._text % row for row in zip(predictions, *[numbers] * matrix.shape[1], strict=True)]


def _slot(label: str) -> bytes:
    return to_json(label).replace(b"%", b"%%") + b":%b"


def _plain(value: Any) -> Any:
    """What pydantic can't encode: numpy's values as Python's, anything else as its text."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return str(value)
