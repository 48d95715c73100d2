"""What takes the place of everything that a pickle names or makes, so that reading one runs nothing."""

from collections.abc import Mapping
from typing import Any

PLAIN = (str, int, float, bytes, bool, type(None))


class Global:
    """A class or function that is named: never imported."""

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    @property
    def qualified(self) -> str:
        return f"{self.module}.{self.name}"


class Made:
    """What a call would have returned: never called."""

    __slots__ = ("arguments", "maker", "states")

    def __init__(self, maker: Any, arguments: tuple[Any, ...]) -> None:
        self.maker = maker
        self.arguments = arguments
        self.states: list[Any] = []

    @property
    def qualified(self) -> str:
        """The name of its class, or of the function that would have returned it."""
        return self.maker.qualified if isinstance(self.maker, Global) else ""

    @property
    def module(self) -> str:
        return self.maker.module if isinstance(self.maker, Global) else ""

    @property
    def name(self) -> str:
        return self.maker.name if isinstance(self.maker, Global) else ""

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What it would have in its __dict__ and __slots__."""
        found: dict[str, Any] = {}
        for state in self.states:
            for part in state if isinstance(state, tuple) else (state,):
                if isinstance(part, dict):
                    found |= {key: value for key, value in part.items() if isinstance(key, str)}
        return found


class Key:
    """A key that is no plain value: hashing a tuple that is nested deeply enough would end this process."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def key(value: Any) -> Any:
    """As a dictionary's or set's own."""
    return value if type(value) in PLAIN else Key(value)
