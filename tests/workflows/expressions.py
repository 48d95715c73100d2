"""GitHub's expressions, as far as our workflows use them: names, texts, ==, !=, &&, ||, ! and status functions."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

TOKEN = re.compile(r"\s*(?:(==|!=|&&|\|\||!|\(|\)|,)|'((?:[^']|'')*)'|(\d+)|([A-Za-z_][\w.*-]*))")
INSERTED = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


class Expression:
    """One expression over contexts such as `inputs` and `steps`; `functions` by name."""

    def __init__(
        self, text: str, contexts: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] | None = None
    ) -> None:
        self.contexts, self.functions = contexts, {"startsWith": _starts_with, **(functions or {})}
        self.tokens = list(_tokens(text))
        self.place = 0

    def value(self) -> Any:
        """What it comes to. Raises AssertionError for what is no expression that is known here."""
        found = self._either()
        assert self.place == len(self.tokens), f"what is {self.tokens[self.place :]}?"
        return found

    def _next(self) -> tuple[str, str]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "")

    def _take(self, sign: str) -> bool:
        if self._next() != ("sign", sign):
            return False
        self.place += 1
        return True

    def _either(self) -> Any:
        found = self._both()
        while self._take("||"):
            other = self._both()
            found = found or other
        return found

    def _both(self) -> Any:
        found = self._compared()
        while self._take("&&"):
            other = self._compared()
            found = found and other
        return found

    def _compared(self) -> Any:
        found = self._single()
        if self._take("=="):
            return _plain(found) == _plain(self._single())
        if self._take("!="):
            return _plain(found) != _plain(self._single())
        return found

    def _single(self) -> Any:
        if self._take("!"):
            return not self._single()
        if self._take("("):
            found = self._either()
            assert self._take(")")
            return found
        kind, text = self._next()
        self.place += 1
        if kind == "text":
            return text
        if kind == "number":
            return int(text)
        assert kind == "name", f"what is {kind} {text!r}?"
        if self._take("("):
            return self._called(text)
        return {"true": True, "false": False, "null": None}.get(text, self._looked_up(text))

    def _called(self, name: str) -> Any:
        given = []
        while not self._take(")"):
            given.append(self._either())
            self._take(",")
        return self.functions[name](*given)

    def _looked_up(self, path: str) -> Any:
        first, *rest = path.split(".")
        assert first in {*self.contexts, "true", "false", "null"}, f"there is no context {first}"
        found = self.contexts.get(first)
        for step in rest:
            found = found.get(step) if isinstance(found, Mapping) else None
        return "" if found is None else found


def filled(text: Any, evaluate: Callable[[str], Any]) -> str:
    """A value of a workflow with what stands in ${{ }} put in."""
    if isinstance(text, bool):
        return str(text).lower()
    return INSERTED.sub(lambda match: _plain(evaluate(match[1])), str(text))


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _starts_with(text: Any, beginning: Any) -> bool:
    return str(text).lower().startswith(str(beginning).lower())


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while text[place:].strip():
        match = TOKEN.match(text, place)
        assert match, f"what is {text[place:]!r}?"
        place = match.end()
        for kind, found in zip(("sign", "text", "number", "name"), match.groups(), strict=True):
            if found is not None:
                yield kind, found.replace("''", "'") if kind == "text" else found
