"""The bytes of a model file as a reader gets them: decompressed, and refused where they are no pickle at all."""

import bz2
import lzma
import zlib
from pathlib import Path
from typing import Any, Literal

from serving.errors import ModelRefused
from serving.pickle_format import by_joblib, compression

LARGEST = 4 << 30
"""Bytes that a compressed file may become."""

_CHUNK = 1 << 20
_JOBLIBS_OWN = (b"x", b"BZ", b"ZF")
"""How files begin that joblib takes for compressed, or for its own of before 0.10, and that are neither."""

# skops could read these without running them, but it would be one more dependency for a format that few use.
_SKOPS = (
    "{path} looks like a skops file, and models are served as pickles: write one from it, with\n"
    "  import pickle, skops.io as sio\n"
    "  pickle.dump(sio.load({path!r}, trusted=sio.get_untrusted_types(file={path!r})), open({new!r}, 'wb'))"
)
_TRAIN = "pickle the fitted scikit-learn Pipeline instead."
_FOREIGN = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes them"),
    (b"\x93NUMPY", "a numpy array (.npy)"),
    (b"tree\nversion=", "a LightGBM model in text form"),
    (b"CBM1", "a CatBoost model"),
    (b"PMML", "a PMML file"),
    (b"<", "an XML or HTML file"),
    (b"\x7fELF", "a program"),
    (b"PAR1", "a Parquet file"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself: run `git lfs pull`"),
)


def read(path: Path) -> bytes:
    """The file as it is. Raises ModelRefused."""
    if path.is_dir():
        raise ModelRefused(f"{path} is a folder: give the pickled model itself.")
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ModelRefused(f"{path} can't be read: {reason}. Train a model first, or give another path.") from error
    if not content:
        raise ModelRefused(f"{path} is empty: pickle the model again.")
    _check_kind(path, content)
    return content


def opened(path: Path, content: bytes, largest: int = LARGEST) -> tuple[bytes, Literal["pickle", "joblib"], str | None]:
    """What its reader gets, which reader that is, and how it was compressed. Raises ModelRefused."""
    kind = compression(content)
    if kind == "lz4":
        raise ModelRefused(
            f"{path} is compressed with lz4, which can't be read here: use joblib.dump(..., compress=3)."
        )
    if kind is not None:
        return _decompressed(path, content, kind, largest), "joblib", kind
    if not by_joblib(content):
        return content, "pickle", None
    if content.startswith(_JOBLIBS_OWN):
        raise ModelRefused(f"{path} is damaged, or was written by joblib before 0.10: save the model again.")
    return content, "joblib", None


def _decompressed(path: Path, content: bytes, kind: str, largest: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    decompressor: Any = {
        "gzip": lambda: zlib.decompressobj(31),
        "zlib": zlib.decompressobj,
        "bz2": bz2.BZ2Decompressor,
        "xz": lzma.LZMADecompressor,
        "lzma": lzma.LZMADecompressor,
    }[kind]()
    rest = content
    try:
        while not decompressor.eof:
            part = decompressor.decompress(rest, _CHUNK)
            rest = decompressor.unconsumed_tail if kind in {"gzip", "zlib"} else b""
            if not part and not rest and not decompressor.eof:
                break
            parts.append(part)
            size += len(part)
            if size > largest:
                raise ModelRefused(f"{path} becomes larger than {largest >> 20:,} MiB when it is decompressed.")
    except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
        raise ModelRefused(f"{path} is damaged: it can't be decompressed ({error}). Save the model again.") from error
    if not decompressor.eof:
        raise ModelRefused(f"{path} is cut off: copy it or save the model again.")
    return b"".join(parts)


def _check_kind(path: Path, content: bytes) -> None:
    """Raises ModelRefused for files that are known to be something else."""
    if content.startswith(b"PK\x03\x04"):
        if b"schema.json" in content[-65536:]:
            raise ModelRefused(_SKOPS.format(path=str(path), new=str(path.with_name(f"{path.stem}.pipeline.pkl"))))
        if b"data.pkl" in content[:4096]:
            raise ModelRefused(f"{path} looks like a PyTorch file: {_TRAIN}")
        if b"config.json" in content[:4096]:
            raise ModelRefused(f"{path} looks like a Keras file: {_TRAIN}")
        raise ModelRefused(f"{path} is a zip archive: unpack it and give the pickle in it.")
    for start, what in _FOREIGN:
        if content.startswith(start):
            raise ModelRefused(f"{path} looks like {what}: {_TRAIN}")
    if content.startswith(b"\x08") and b"onnx" in content[:4096].lower():
        raise ModelRefused(f"{path} looks like an ONNX model: {_TRAIN}")
    if content.startswith(b"{L") and b"learner" in content[:64]:
        raise ModelRefused(f"{path} looks like an XGBoost model as UBJSON: {_TRAIN}")
    if content.lstrip()[:1] == b"{":
        what = "an XGBoost model as JSON" if b'"learner"' in content[:65536] else "JSON"
        raise ModelRefused(f"{path} looks like {what}: {_TRAIN}")
