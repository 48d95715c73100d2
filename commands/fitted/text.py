"""Whether a fitted text vectorizer takes texts, or texts that are cut into a list of words already: both are tried."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from commands.fitted.column import Kind

TRIED = 50
"""Words of the vocabulary."""


def text_kind(vectorizer: Any) -> Kind:
    """What the vectorizer recognises more of its own words in."""
    words = vocabulary(vectorizer) or ["some", "words"]
    of_text = _recognised(vectorizer, " ".join(words), words)
    return "list" if _recognised(vectorizer, words, words) > of_text else "text"


def vocabulary(vectorizer: Any) -> list[str]:
    """Some of the words that it was fitted with, longer ones first: single letters tell nothing."""
    known = list(islice(getattr(vectorizer, "vocabulary_", ()), 20 * TRIED))
    words = [word for word in known if isinstance(word, str)]
    return sorted(words, key=lambda word: (-min(len(word), 4), " " in word))[:TRIED]


def _recognised(vectorizer: Any, document: str | list[str], words: Sequence[str]) -> int:
    try:
        return len(set(words) & set(vectorizer.build_analyzer()(document)))
    except Exception:  # noqa: BLE001  # the user's tokenizer may raise anything
        return -1
