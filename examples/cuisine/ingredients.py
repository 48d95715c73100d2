"""Turns a recipe's ingredients into the words that are counted; the pickled Pipeline names this module."""

import re
import unicodedata
from itertools import pairwise

WORD = re.compile(r"[^\W\d_]+")


def words(ingredients: list[str]) -> list[str]:
    """The words of each ingredient, and its pairs of neighbours: `soy`, `sauce` and `soy sauce`.

    A pair never reaches over to the next ingredient, so their order makes no difference.
    """
    found = []
    for ingredient in ingredients:
        parts = WORD.findall(plain(ingredient))
        found += parts
        found += [f"{one} {other}" for one, other in pairwise(parts)]
    return found


def plain(text: str) -> str:
    """Lower case, without accents: people write `jalapeño`, `Jalapeño` and `jalapeno`."""
    letters = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
