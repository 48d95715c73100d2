"""Reads a pickle as Python would, opcode by opcode, with stand-ins for everything that it names, calls and makes."""

import _compat_pickle
import pickle
import struct
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from commands.pickles.calls import WHY, strange_call, strange_state
from commands.pickles.findings import GETATTR, MEMMAP, PARTIAL, Findings
from commands.pickles.known import is_library, is_python
from commands.pickles.source import Source
from commands.pickles.stand_ins import Global, Made, key

DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    pickle.PickleError,
    struct.error,
)
"""What a damaged pickle raises in a reader that makes nothing but Python's own plain types."""

ARRAYS = {"numpy.core.multiarray", "numpy._core.multiarray"}
REBUILDERS = {("copyreg", "_reconstructor"), ("copyreg", "__newobj__"), ("copyreg", "__newobj_ex__")}
"""Functions that make an instance of their first argument, without its __init__."""


class Reader(pickle._Unpickler):
    """`load` gives back the file's object, made of plain values, lists, tuples, dicts, sets, Global and Made."""

    stack: list[Any]
    read: Callable[[int], bytes]
    append: Callable[[Any], None]
    pop_mark: Callable[[], list[Any]]
    watched: ClassVar[frozenset[tuple[str, str]]] = frozenset({GETATTR, MEMMAP, PARTIAL})
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(pickle._Unpickler.dispatch)

    def __init__(self, source: Source, findings: Findings) -> None:
        super().__init__(source)
        self.source = source
        self.findings = findings
        self.pushes: Counter[tuple[str, str]] = Counter()  # how often a watched name came onto the stack
        self.uses: Counter[tuple[str, str]] = Counter()  # and how often it was put to its one good use

    def load(self) -> Any:
        result = super().load()
        self.findings.misused |= {watched for watched in self.watched if self.pushes[watched] != self.uses[watched]}
        return result

    def find_class(self, module: str, name: str) -> Any:
        if self.proto < 3:  # type: ignore[attr-defined]
            # Python reads old pickles under today's names, too.
            module, name = _compat_pickle.NAME_MAPPING.get(
                (module, name), (_compat_pickle.IMPORT_MAPPING.get(module, module), name)
            )
        return self.pushed(self.findings.named.setdefault((module, name), Global(module, name)))

    def pushed(self, value: Any) -> Any:
        """Called for what comes onto the stack by its name or from the memo."""
        if isinstance(value, Global) and (value.module, value.name) in self.watched:
            self.pushes[value.module, value.name] += 1
        return value

    def persistent_load(self, pid: Any) -> Any:
        return self.trick("a persistent id", "points to something outside the file")

    def get_extension(self, code: int) -> None:
        self.append(self.trick("a copyreg extension code", "hides a name behind a number"))

    def load_stack_global(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if type(name) is not str or type(module) is not str:
            self.trick("a name that is no text", "hides what is loaded")
            raise pickle.UnpicklingError("STACK_GLOBAL requires str")
        self.append(self.find_class(module, name))

    def load_reduce(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = self.made(self.stack[-1], arguments)

    def load_newobj(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = self.made(self.stack[-1], arguments, only_new=True)

    def load_newobj_ex(self) -> None:
        named, arguments = self.stack.pop(), self.stack.pop()
        self.stack[-1] = self.made(self.stack[-1], (*arguments, named), only_new=True)

    def _instantiate(self, klass: Any, args: Any) -> None:
        self.append(self.made(klass, tuple(args)))

    def made(self, maker: Any, arguments: Any, *, only_new: bool = False) -> Any:
        """The stand-in for what a call returns; `only_new`: of a class, by __new__ without __init__."""
        if type(arguments) is not tuple:
            raise pickle.UnpicklingError("arguments that are no tuple")
        if not isinstance(maker, Global):
            self.trick("a call of what another call returned", "hides what is run")
        elif not only_new:
            if (maker.module, maker.name) == GETATTR and (attribute := _attribute(arguments)) is not None:
                self.uses[GETATTR] += 1
                return attribute
            if strange_call(maker, arguments):
                self.strange("a call of", maker)
            elif (maker.module, maker.name) == PARTIAL:
                self.uses[PARTIAL] += 1
            elif maker.name == "_reconstruct" and maker.module in ARRAYS:
                self.used(arguments[:1])
            if (maker.module, maker.name) in REBUILDERS and arguments:
                return self.made(arguments[0], arguments[1:], only_new=True)
            self.findings.called.add(maker)
        else:
            self.findings.built.add(maker)
        return Made(maker, arguments)

    def load_build(self) -> None:
        state = self.stack.pop()
        made = self.stack[-1]
        if isinstance(made, Global):
            self.trick(f"a change of {made.qualified}", "alters a class or function of this process")
        elif not isinstance(made, Made):
            raise pickle.UnpicklingError("a state for what has none")
        else:
            if strange_state(made, state, python=is_python(made.module), library=is_library(made.module)):
                self.strange("a state of", made.maker)
            made.states.append(state)
            if made.name == "Booster":
                self.findings.boosters.append(made)
            if type(state) is dict and type(version := state.get("_sklearn_version")) is str:
                self.findings.scikit_learn.add(version)

    def load_append(self) -> None:
        self._extend([self.stack.pop()])

    def load_appends(self) -> None:
        self._extend(self.pop_mark())

    def _extend(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is list:
            self.stack[-1].extend(items)
        else:
            self._filled("list")

    def load_additems(self) -> None:
        items = self.pop_mark()
        if type(self.stack[-1]) is set:
            self.stack[-1].update(key(item) for item in items)
        else:
            self._filled("set")

    def load_frozenset(self) -> None:
        items = self.pop_mark()  # which puts another `append` in place
        self.append(frozenset(key(item) for item in items))

    def load_setitem(self) -> None:
        value, name = self.stack.pop(), self.stack.pop()
        self._update([name, value])

    def load_setitems(self) -> None:
        self._update(self.pop_mark())

    def load_dict(self) -> None:
        items = self.pop_mark()
        self.append({})
        self._update(items)

    def _update(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is dict:
            target.update((key(items[i]), items[i + 1]) for i in range(0, len(items), 2))
        else:
            self._filled("dictionary")

    def _filled(self, kind: str) -> None:
        """Items of another class's: honest pickles have them before its state, which could say how they are added."""
        target = self.stack[-1]
        if not isinstance(target, Made):
            raise pickle.UnpicklingError(f"items for what is no {kind}")
        own = is_library(target.module) and kind != "dictionary"  # they'd be looked up by name: append, extend, add
        if target.states or own or not isinstance(target.maker, Global):
            self.strange("items of", target.maker)

    def used(self, arguments: Any) -> None:
        """A memmap, as the class of an array that is held in memory."""
        if any(isinstance(value, Global) and (value.module, value.name) == MEMMAP for value in arguments):
            self.uses[MEMMAP] += 1

    def load_bytearray8(self) -> None:
        (size,) = struct.unpack("<Q", self.read(8))
        self.append(bytearray(self.read(size)))  # Python's own reserves the memory first

    def load_readonly_buffer(self) -> None:
        """A stand-in is as read-only as can be."""

    def strange(self, what: str, maker: Any) -> None:
        if not isinstance(maker, Global):
            self.trick(f"{what} what another call returned", WHY)
        elif (maker.module, maker.name) in self.watched:
            self.findings.misused.add((maker.module, maker.name))  # told by its own name
        else:
            self.trick(f"{what} {maker.qualified}", WHY)

    def trick(self, what: str, why: str) -> Global:
        self.findings.tricks[what] = why
        return Global("", what)


def _attribute(arguments: tuple[Any, ...]) -> Any:
    """What getattr returns in the two uses that honest pickles make of it; None for every other."""
    if len(arguments) != 2 or type(arguments[1]) is not str or arguments[1].startswith("__"):
        return None
    owner, name = arguments
    if isinstance(owner, Made) and owner.module.startswith("scipy.stats.") and name == "_entropy" and not owner.states:
        return Made(None, ())  # what a discrete distribution keeps of itself, in a random search
    if isinstance(owner, Global) and (owner.qualified, name) == ("zoneinfo.ZoneInfo", "_unpickle"):
        return Global("zoneinfo", "ZoneInfo._unpickle")  # a time zone
    return None


def _watching(opcode: int) -> Callable[[Any], None]:
    """The same, and what it puts onto the stack is looked at."""
    load = pickle._Unpickler.dispatch[opcode]

    def load_and_look(reader: Reader) -> None:
        load(reader)  # type: ignore[arg-type]
        reader.pushed(reader.stack[-1])

    return load_and_look


OVERRIDDEN = {
    "BUILD": "build", "REDUCE": "reduce", "NEWOBJ": "newobj", "NEWOBJ_EX": "newobj_ex", "APPEND": "append",
    "APPENDS": "appends", "ADDITEMS": "additems", "FROZENSET": "frozenset", "SETITEM": "setitem",
    "SETITEMS": "setitems", "DICT": "dict", "BYTEARRAY8": "bytearray8", "READONLY_BUFFER": "readonly_buffer",
    "STACK_GLOBAL": "stack_global",
}  # fmt: skip
Reader.dispatch.update({getattr(pickle, op)[0]: getattr(Reader, f"load_{name}") for op, name in OVERRIDDEN.items()})
Reader.dispatch.update({op[0]: _watching(op[0]) for op in (pickle.GET, pickle.BINGET, pickle.LONG_BINGET, pickle.DUP)})
