"""Makes plain text of a review that was taken from a web page: the Pipeline's first step, so that clients need not."""

import html
import re

TAG = re.compile(r"</?[a-zA-Z][^<>]*>")  # and not a heart: <3


def plain_text(review: str) -> str:
    """In lower case, without tags; `&amp;` and its like are what they stand for."""
    return html.unescape(TAG.sub(" ", review)).lower()
