"""What a call or a state is given: functions that are allowed may still do anything with the wrong arguments."""

import re
from collections.abc import Iterator
from typing import Any

from commands.pickles.stand_ins import PLAIN, Global, Key, Made

CHECK_ARRAY = "sklearn.utils.validation.check_array"
"""The one function that scikit-learn keeps in a partial: what its gradient boosting of categories does first."""

WHY = "is not as honest pickles have it, and can reach any function"

_SINGLETONS = {"builtins.Ellipsis", "builtins.NotImplemented"}
_KINDS = ("object", "dict", "list", "tuple", "set", "frozenset", "str", "bytes", "int", "float", "complex")
_BASES = {f"builtins.{name}" for name in _KINDS}
_SCALAR = re.compile(r"[<>|=]?[biufcmMSUV]\d*")
_INDEX = re.compile(r"pandas(\.core\.indexes\.\w+)?\.\w*Index")
_GENERATORS = re.compile(r"numpy\.random\.(_[a-z]\w*\.[A-Z]\w*|[A-Z]\w*)")
_STATEFUL = re.compile(r"collections\.\w+|types\.SimpleNamespace|functools\.partial")
"""Of what Python's own library makes, what keeps a state that is written beside it."""

_TEMPLATE = "_parse_arg_template"
_NAMES = r"((?:[A-Za-z_]\w*, )*)"
_METHODS = re.compile(
    rf"\ndef _parse_args\(self, {_NAMES} loc=0(, scale=1)?\):\n    return \(\1\), loc, (?:scale|1)\n\n"
    r"def _parse_args_rvs\(self, \1 loc=0(?:, scale=1)?, size=None\):\n"
    r"    return self\._argcheck_rvs\(\1 loc, (?:scale|1), size=size\)\n\n"
    r"def _parse_args_stats\(self, \1 loc=0(?:, scale=1)?, moments='mv'\):\n"
    r"    return \(\1\), loc, (?:scale|1), moments\n"
)
"""What scipy writes for a distribution, and runs when that is loaded."""

_OWN = re.compile(r"__(setstate|class|dict|reduce\w*|getattr\w*|getstate|new|init|call|del)__|_build_f|_attach_\w+")
"""Methods that loading calls: as an attribute, anything could stand in their place."""


def strange_call(maker: Global, arguments: tuple[Any, ...]) -> bool:
    """Whether the function would do more with these than make what it is there for."""
    first, *more = arguments or (None,)
    if maker.module.startswith("pandas.core.indexes.") and maker.name.startswith("_new_"):
        return not _INDEX.fullmatch(_named(first))  # it calls that class's __new__ by keyword
    match maker.qualified:
        case "builtins.type":
            strange = bool(more) or not (first is None or _named(first) in _SINGLETONS)
        case "functools.partial":
            strange = len(arguments) != 1 or _named(first) != CHECK_ARRAY
        case "copyreg._reconstructor":
            strange = len(arguments) != 3 or _named(arguments[1]) not in _BASES
        case "numpy.random._pickle.__bit_generator_ctor":
            strange = bool(arguments) and type(first) is not str and not _GENERATORS.fullmatch(_named(first))
        case "numpy.random._pickle.__generator_ctor" | "numpy.random._pickle.__randomstate_ctor":
            strange = any(_named(other) != "numpy.random._pickle.__bit_generator_ctor" for other in more)
        case "numpy.core.multiarray.scalar" | "numpy._core.multiarray.scalar":
            strange = not _plain_dtype(first)  # of objects, it gives back what it is given
        case _:
            strange = False
    return strange


def strange_state(made: Made, state: Any, *, python: bool, library: bool) -> bool:
    """Whether loading would run what is in the state, or change what is not this object's own.

    `python`, `library`: where the object's class or maker comes from.
    """
    if made.states or not isinstance(made.maker, Global):
        return True
    if made.qualified == "functools.partial":
        return not _of_partial(state)
    if python and not _STATEFUL.fullmatch(made.qualified):
        return True
    if made.module.startswith("scipy.stats") and made.name[:1] in {"_", "r"} and type(state) is not dict:
        return True
    if library and type(state) is tuple and len(state) == 2 and state[0] is None and state[1]:
        return True
    return any(_strange_key(key, value) for part in _dicts(state) for key, value in part.items())


def _strange_key(key: Any, value: Any) -> bool:
    if isinstance(key, Key) or (type(key) is str and _OWN.fullmatch(key)):
        return True
    return key == _TEMPLATE and not (type(value) is str and _METHODS.fullmatch(value))


def _dicts(state: Any) -> Iterator[dict[Any, Any]]:
    """The state's own, those of a tuple that has one for slots, and what dict.update would make of pairs."""
    if type(state) is dict:
        yield state
    elif type(state) in {tuple, list}:
        pairs = [part for part in state if type(part) in {tuple, list} and len(part) == 2 and type(part[0]) is str]
        yield from (part for part in state if type(part) is dict)
        yield dict(pairs)


def _of_partial(state: Any) -> bool:
    if type(state) is not tuple or len(state) != 4 or _named(state[0]) != CHECK_ARRAY or state[1] != () or state[3]:
        return False
    return type(state[2]) is dict and all(type(key) is str and _plain(value) for key, value in state[2].items())


def _plain(value: Any) -> bool:
    """A plain value, a dtype, or a list of these."""
    if type(value) in {list, tuple}:
        return all(type(item) not in {list, tuple} and _plain(item) for item in value)
    if isinstance(value, Made):
        return value.qualified == "numpy.dtype"
    return type(value) in PLAIN or bool(re.fullmatch(r"numpy\.\w+|builtins\.(object|int|float|bool)", _named(value)))


def _plain_dtype(value: Any) -> bool:
    if not isinstance(value, Made) or not value.arguments:
        return False
    code = value.arguments[0]
    return value.qualified == "numpy.dtype" and type(code) is str and bool(_SCALAR.fullmatch(code))


def _named(value: Any) -> str:
    return value.qualified if isinstance(value, Global) else ""
