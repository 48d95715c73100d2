"""Model files that would leave a file behind if they were loaded."""

import copyreg
import functools
import importlib
import io
import marshal
import operator
import os
import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import scipy.sparse
import scipy.stats
import sklearn
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler


class Holds:
    """Pickled as an object of a class, made without its __init__, with such a state."""

    def __init__(self, kind: type, state: Any) -> None:
        self.kind, self.state = kind, state

    def __reduce__(self) -> Any:
        return copyreg._reconstructor, (self.kind, object, None), self.state  # type: ignore[attr-defined]


class Calls:
    """Pickled as a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __call__(self) -> None:
        """What is called at load must look callable to the pickler."""

    def __reduce__(self) -> Any:
        return self.call


def pipeline(**extra: Any) -> Pipeline:
    """Fitted, with arrays, and more in its attributes."""
    made = make_pipeline(StandardScaler(), LogisticRegression()).fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    made.__dict__.update(extra)
    return made


def joblib_bytes(value: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    joblib.dump(value, file, **options)
    return file.getvalue()


def text_pickle(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def planted(mark: Path) -> bytes:
    """One that would make `mark`."""
    return pickle.dumps(Calls(os.system, f"touch {mark}"))


def plants(mark: Path) -> dict[str, bytes]:
    """By the way in which they would make `mark`."""
    command = f"touch {mark}"
    system = Calls(os.system, command)
    text = b"X" + len(command).to_bytes(4, "little") + command.encode()
    inner = pickle.dumps(system)
    code = marshal.dumps(compile(f"import os; os.system({command!r})", "x", "exec"))
    array = io.BytesIO()
    np.save(array, np.array([system], dtype=object), allow_pickle=True)
    objects = np.array([system], dtype=object)
    deep: Any = system
    for _ in range(50):
        deep = [{"a": (deep,)}]
    found: dict[str, bytes] = {f"protocol {n}": pickle.dumps(system, protocol=n) for n in range(6)}
    found |= {f"in a Pipeline, protocol {n}": pickle.dumps(pipeline(extra=system), protocol=n) for n in range(6)}
    dumped: dict[str, Any] = {
        "getattr chain": Calls(Calls(getattr, Calls(importlib.import_module, "os"), "system"), command),
        "eval": Calls(eval, f"__import__('os').system({command!r})"),
        "exec": Calls(exec, f"open({str(mark)!r}, 'w')"),
        "open": Calls(open, str(mark), "w"),
        "partial": Calls(functools.partial(os.system, command)),
        "methodcaller": Calls(operator.methodcaller("system", command), Calls(importlib.import_module, "posix")),
        "marshal": Calls(exec, Calls(marshal.loads, code)),
        "a pickle inside": Calls(pickle.loads, inner),
        "numpy.load": Calls(np.load, Calls(io.BytesIO, array.getvalue()), None, True),
        "pandas.read_pickle": Calls(pd.read_pickle, Calls(io.BytesIO, inner)),
        "joblib.load": Calls(joblib.load, Calls(io.BytesIO, inner)),
        "numpy's runstring": Calls(np.testing._private.utils.runstring, f"open({str(mark)!r}, 'w')", {}),
        "a memmap": Calls(np.memmap, str(mark), "uint8", "w+", 0, (1,)),
        "a distribution's own text": Holds(
            scipy.stats.rv_continuous,
            {"numargs": 0, "moment_type": 0, "_parse_arg_template": f"open({str(mark)!r}, 'w')"},
        ),
        "the same, as pairs": Holds(
            scipy.stats.rv_continuous,
            [("numargs", 0), ("moment_type", 0), ("_parse_arg_template", f"open({str(mark)!r}, 'w')")],
        ),
        "an index that is a memmap": Calls(
            pd.core.indexes.datetimes._new_DatetimeIndex,
            np.memmap,
            {"filename": str(mark), "mode": "w+", "shape": (1,)},
        ),
        "a method among the attributes": Holds(
            IsotonicRegression,
            {
                "_sklearn_version": sklearn.__version__,
                "_build_f": scipy.sparse.save_npz,
                "X_thresholds_": str(mark),
                "y_thresholds_": scipy.sparse.eye_array(2),
            },
        ),
        "nested deeply": deep,
        "in a set": {system},
        "as a key": {system: 1},
    }
    found |= {name: pickle.dumps(value) for name, value in dumped.items()}
    found |= {f"{name}, in joblib": joblib_bytes(pipeline(zz=value)) for name, value in dumped.items()}
    found |= {
        "joblib, compressed with zlib": joblib_bytes(pipeline(zz=system), compress=3),
        "joblib, compressed with gzip": joblib_bytes(pipeline(zz=system), compress=("gzip", 3)),
        "joblib, compressed with bz2": joblib_bytes(pipeline(zz=system), compress=("bz2", 3)),
        "joblib, compressed with lzma": joblib_bytes(pipeline(zz=system), compress=("lzma", 3)),
        "joblib, compressed with xz": joblib_bytes(pipeline(zz=system), compress=("xz", 3)),
        "joblib, before its first array": joblib_bytes([system, np.arange(3)]),
        "joblib, after its first array": joblib_bytes([np.arange(3), system]),
        "joblib, between arrays of many kinds": joblib_bytes([np.array(["a"]), np.array(1.5), system, np.arange(3)]),
        "joblib, in an array of objects": joblib_bytes(pipeline(zz=objects)),
        "joblib, in a record of an array": joblib_bytes(np.array([(1, system)], dtype=[("a", int), ("b", object)])),
        "instance": text_pickle("(S" + repr(command), "ios", "system", "."),
        "text": text_pickle("cos", "system", "(S" + repr(command), "tR."),
        "object": b"(cos\nsystem\nS" + repr(command).encode() + b"\no.",
        "under Python 2's name": text_pickle("c__builtin__", "eval", f"(V__import__('os').system({command!r})", "tR."),
        "a class's own __new__": text_pickle(
            "ccopyreg", "__newobj__", f"(cnumpy\nmemmap\nV{mark}", "Vuint8", "Vw+", "I0", "(I1", "ttR."
        ),
        "through a dotted name": b"\x80\x04\x8c\x05numpy\x8c\x19lib._npyio_impl.os.system\x93" + text + b"\x85R.",
        "names from the memo": b"\x80\x04\x8c\x02os\x94\x8c\x06system\x9400h\x00h\x01\x93" + text + b"\x85R.",
    }  # fmt: skip
    return found
