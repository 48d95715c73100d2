"""The raw bytes that joblib writes between two opcodes, and the reader that finds its way past them."""

import math
import pickle
import re
from collections.abc import Callable
from typing import Any, ClassVar

from commands.pickles.reader import Reader
from commands.pickles.stand_ins import Global, Made

WRAPPER = ("joblib.numpy_pickle", "NumpyArrayWrapper")
OLD_WRAPPERS = {"NDArrayWrapper", "ZNDArrayWrapper"}
"""Of joblib before 0.10: their arrays lie in files of their own."""

HIDDEN = "a joblib array that is not written as joblib writes it"
WHY = "could hide what follows from this scan"

_CODE = re.compile(r"([biufcmMSUVO])(\d{1,9})")
_KEYS = {"subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"}
_HAS_OBJECTS = 1  # numpy's NPY_ITEM_REFCOUNT, in a dtype's flags


class Unreadable(pickle.UnpicklingError):
    """A dtype or a wrapper whose raw bytes can't be told."""


def item_size(dtype: Any) -> int | None:
    """Bytes of one element; None when they are Python objects, which joblib pickles. Raises Unreadable."""
    if not isinstance(dtype, Made) or dtype.qualified != "numpy.dtype" or len(dtype.states) > 1:
        raise Unreadable("no dtype")
    code = dtype.arguments[0] if dtype.arguments else None
    found = _CODE.fullmatch(code) if type(code) is str else None
    if found is None or not all(type(flag) in {bool, int} for flag in dtype.arguments[1:]):
        raise Unreadable("an unknown dtype")
    kind, size = found[1], int(found[2]) * (4 if found[1] == "U" else 1)
    objects = kind == "O"
    if dtype.states:
        objects = _agreed(dtype.states[0], kind, size)
    if objects:
        return None
    if size == 0:
        raise Unreadable("elements of no bytes")
    return size


def _agreed(state: Any, kind: str, size: int) -> bool:
    """Whether it has objects; numpy believes the state, so it must say what the code says."""
    if type(state) is not tuple or len(state) not in {8, 9} or state[0] not in {3, 4}:
        raise Unreadable("an unknown dtype state")
    _, _, base, _, fields, stated, _, flags = state[:8]
    inner = [base[0]] if type(base) is tuple else []
    if type(fields) is dict:
        inner += [field[0] for field in fields.values()]
    if (inner and kind != "V") or (kind in "SUV" and stated != size) or type(flags) is not int:
        raise Unreadable("a dtype that contradicts itself")
    objects = kind == "O" or any(item_size(part) is None for part in inner)
    if bool(flags & _HAS_OBJECTS) != objects:
        raise Unreadable("a dtype that contradicts itself")
    return objects


class JoblibReader(Reader):
    """Does at BUILD what joblib does; how arrays are wrapped must be exactly as joblib's own pickler wraps them."""

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(Reader.dispatch)
    watched = Reader.watched | {WRAPPER}
    _passed = 0  # how many arrays

    def load(self) -> Any:
        result = super().load()
        if not self.pushes[WRAPPER] == self.uses[WRAPPER] == self._passed:
            self.trick(HIDDEN, WHY)
        return result

    def find_class(self, module: str, name: str) -> Any:
        if module == WRAPPER[0] and name in OLD_WRAPPERS:
            raise Unreadable("made by joblib before 0.10: save the model again with a newer one")
        return super().find_class(module, name)

    def made(self, maker: Any, arguments: Any, *, only_new: bool = False) -> Any:
        result = super().made(maker, arguments, only_new=only_new)
        if isinstance(result, Made) and _is_wrapper_class(result.maker):
            self.uses[WRAPPER] += 1
            if not only_new or not _no_arguments(arguments):
                self.trick(HIDDEN, WHY)  # its __init__ would set what is not in its state
        return result

    def load_build(self) -> None:
        super().load_build()
        made = self.stack[-1]
        if isinstance(made, Made) and _is_wrapper_class(made.maker):
            try:
                self._pass(made)
            except Unreadable:
                self.trick(HIDDEN, WHY)
                raise

    def _pass(self, wrapper: Made) -> None:
        """Read past the array that follows, and leave its stand-in on the stack."""
        (state,) = wrapper.states if len(wrapper.states) == 1 else (None,)
        if type(state) is not dict or not set(state) <= _KEYS or not {"shape", "dtype"} <= set(state):
            raise Unreadable("an unknown wrapper")
        shape = state["shape"]
        if type(shape) is not tuple or not all(type(length) is int and length >= 0 for length in shape):
            raise Unreadable("an unknown shape")
        size = item_size(state["dtype"])
        if size is None:
            content = Reader(self.source, self.findings).load()
        else:
            content = None
            if state.get("numpy_array_alignment_bytes") is not None:
                self.source.read(self.source.read(1)[0])
            self.source.skip(math.prod(shape) * size)
        self.used([state.get("subclass")])
        self._passed += 1
        self.stack[-1] = Made(Global("numpy", "ndarray"), (content,))

    def pushed(self, value: Any) -> Any:
        if isinstance(value, Made) and _is_wrapper_class(value.maker):
            self.trick(HIDDEN, WHY)
        return super().pushed(value)


def _no_arguments(arguments: tuple[Any, ...]) -> bool:
    """None, or those of copyreg._reconstructor for a plain object."""
    if len(arguments) == 2:
        base, state = arguments
        return isinstance(base, Global) and base.qualified == "builtins.object" and state is None
    return not arguments


def _is_wrapper_class(value: Any) -> bool:
    return isinstance(value, Global) and (value.module, value.name) == WRAPPER


JoblibReader.dispatch[pickle.BUILD[0]] = JoblibReader.load_build
