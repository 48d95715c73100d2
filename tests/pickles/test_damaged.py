"""What is damaged, hostile to its reader or no pickle at all is refused in one sentence, and quickly."""

import io
import json
import pickle
import random
import struct
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from commands.pickles.content import opened
from commands.pickles.inspection import inspect_model
from serving.errors import ModelRefused
from tests.pickles.evil import joblib_bytes, pipeline
from tests.pickles.reading import inspected, names_of_dangers, told

PIPELINE = pipeline()
FORMS = {
    "pickle": pickle.dumps(PIPELINE, protocol=5),
    "text": pickle.dumps(PIPELINE, protocol=0),
    "joblib": joblib_bytes(PIPELINE),
    "zlib": joblib_bytes(PIPELINE, compress=3),
    "xz": joblib_bytes(PIPELINE, compress=("xz", 3)),
    "bz2": joblib_bytes(PIPELINE, compress=("bz2", 3)),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_truncated_file_is_refused_wherever_it_ends(form: str, tmp_path: Path) -> None:
    content = FORMS[form]
    for length in range(1, len(content) - 1, 13):
        with pytest.raises(ModelRefused, match=r"is cut off|is damaged|is no pickle"):
            inspected(tmp_path, content[:length])


@pytest.mark.parametrize("form", FORMS)
def test_a_file_with_wrong_bytes_raises_nothing_else(form: str, tmp_path: Path) -> None:
    chance = random.Random(1)
    for _ in range(300):
        content = bytearray(FORMS[form])
        for _ in range(chance.randint(1, 5)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        assert len(told(tmp_path, bytes(content)).splitlines()) <= 1


def test_noise_is_no_pickle(tmp_path: Path) -> None:
    chance = random.Random(2)
    for length in (1, 10, 1000, 100_000):
        for _ in range(20):
            with pytest.raises(ModelRefused):
                inspected(tmp_path, chance.randbytes(length))


def test_a_truncated_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused) as refused:
        inspected(tmp_path, FORMS["pickle"][:-200])
    assert str(refused.value) == (f"{tmp_path}/model.pkl is cut off, or is no pickle: copy or pickle the model again.")


def test_noise_says_what_to_do(tmp_path: Path) -> None:
    said = "is no pickle, or is damaged: pickle the model again."
    assert told(tmp_path, bytes(range(200, 250))) == f"{tmp_path}/model.pkl {said}"


SIZE = 1 << 60


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x05" + opcode + length
        for opcode, length in [
            (pickle.LONG4, struct.pack("<i", (1 << 31) - 1)),
            (pickle.BINBYTES, struct.pack("<I", (1 << 32) - 1)),
            (pickle.BINUNICODE, struct.pack("<I", (1 << 32) - 1)),
            (pickle.BINBYTES8, struct.pack("<Q", SIZE)),
            (pickle.BINUNICODE8, struct.pack("<Q", SIZE)),
            (pickle.BYTEARRAY8, struct.pack("<Q", SIZE)),
            (pickle.BYTEARRAY8, struct.pack("<Q", 1 << 34)),
            (pickle.FRAME, struct.pack("<Q", SIZE)),
            (pickle.NONE + pickle.LONG_BINPUT, struct.pack("<I", (1 << 32) - 1)),
        ]
    ],
)
def test_a_claimed_length_reserves_no_memory(content: bytes, tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        assert told(tmp_path, content)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def test_a_joblib_array_can_not_claim_more_than_the_file_has(tmp_path: Path) -> None:
    huge = joblib_bytes(np.arange(3, dtype="int64")).replace(b"K\x03\x85", b"J\xff\xff\xff\x7f\x85")
    with pytest.raises(ModelRefused, match="is cut off"):
        inspected(tmp_path, huge)


def test_what_decompresses_to_more_than_the_limit_is_refused() -> None:
    bomb = joblib_bytes(np.zeros(20 << 20, dtype="uint8"), compress=("zlib", 9))
    assert len(bomb) < 100_000
    with pytest.raises(ModelRefused, match="becomes larger than 10 MiB"):
        opened(Path("bomb.joblib"), bomb, largest=10 << 20)


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        (b"]", b"a"), (b"", b"\x85"), (b"", b"\x91"), (b"}K\x01", b"s"),
        (b"cfeatures\nCleaner\n", b"\x85R"), (b"cfeatures\nCleaner\n)\x81", b"b"), (b"cnumpy\ndtype\n", b"\x85R"),
    ],
)  # fmt: skip
def test_a_hundred_thousand_levels_are_read(opening: bytes, closing: bytes, tmp_path: Path) -> None:
    mark = b"(" if closing == b"\x91" else b""  # a set's items begin at a mark
    content = b"\x80\x04" + (mark + opening) * 100_000 + b"N" + closing * 100_000 + b"."
    started = time.monotonic()
    assert names_of_dangers(tmp_path, content) == []
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("put", [b"}%bK\x01s", b"}(%bK\x01u", b"(%bK\x01d", b"\x8f(%b\x90", b"(%b\x91"])
def test_a_key_of_a_million_levels_is_not_hashed(put: bytes, tmp_path: Path) -> None:
    deep = b"N" + b"\x85" * 1_000_000  # Python's own tuples would end this process
    assert names_of_dangers(tmp_path, b"\x80\x04" + put.replace(b"%b", deep) + b".") == []


def test_a_dtype_that_holds_itself_is_refused(tmp_path: Path) -> None:
    wrapped = joblib_bytes(np.zeros(1, dtype=[("a", "i4"), ("b", "f8")]))
    assert names_of_dangers(tmp_path, wrapped) == []
    dtype = b"cnumpy\ndtype\n(\x8c\x02V8\x89\x88t R".replace(b" ", b"") + b"q\x00"
    state = b"(K\x03\x8c\x01|NNN}\x8c\x01ah\x00K\x00\x86sK\x08K\x01K\x00tb"
    loop = b"\x80\x04cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(\x8c\x05shapeK\x01\x85\x8c\x05dtype" + dtype
    with pytest.raises(ModelRefused):
        inspected(tmp_path, loop + state + b"ub" + bytes(64) + b".")


def test_a_file_that_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match=r"is a folder: give the pickled model itself\."):
        inspect_model(tmp_path)
    with pytest.raises(ModelRefused, match=r"can't be read: No such file or directory\. Train a model first"):
        inspect_model(tmp_path / "absent.pkl")
    with pytest.raises(ModelRefused, match=r"is empty: pickle the model again\."):
        inspected(tmp_path, b"")


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for name in names:
            zipped.writestr(name, b"{}")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (archive("schema.json"), "looks like a skops file, and models are served as pickles"),
        (archive("archive/data.pkl"), "looks like a PyTorch file: pickle the fitted scikit-learn Pipeline instead"),
        (archive("config.json"), "looks like a Keras file"),
        (archive("a.txt"), "is a zip archive: unpack it and give the pickle in it"),
        (b"\x89HDF\r\n\x1a\n....", "looks like an HDF5 file, as Keras writes them"),
        (b"\x93NUMPY\x01\x00", r"looks like a numpy array \(.npy\)"),
        (b"\x08\x07\x12\x04onnx", "looks like an ONNX model"),
        (json.dumps({"learner": {}, "version": [3, 0, 0]}).encode(), "looks like an XGBoost model as JSON"),
        (b"{L\0\0\0\0\0\0\0\x07learner{", "looks like an XGBoost model as UBJSON"),
        (b"tree\nversion=v4\n", "looks like a LightGBM model in text form"),
        (b"version https://git-lfs.github.com/spec/v1\n", "run `git lfs pull`"),
        (b"\x04\x22M\x18....", "is compressed with lz4"),
        (b"ZF0x10", "is cut off, or is no pickle|is no pickle, or is damaged"),
        (b"cjoblib.numpy_pickle\nNDArrayWrapper\n.", "made by joblib before 0.10: save the model again"),
    ],
)
def test_another_kind_of_file_is_told_by_name(content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match=said):
        inspected(tmp_path, content)


def test_a_skops_file_is_told_the_lines_that_pickle_it(tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    path.write_bytes(archive("schema.json"))
    with pytest.raises(ModelRefused) as refused:
        inspect_model(path)
    _, *lines = str(refused.value).splitlines()
    compile("\n".join(line.strip() for line in lines), "printed", "exec")
    assert repr(str(path)) in lines[1]
    assert repr(str(tmp_path / "model.pipeline.pkl")) in lines[1]
