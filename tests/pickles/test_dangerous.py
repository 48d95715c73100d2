"""A file that would run something is found out, and runs nothing while it is read."""

import io
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from commands.pickles.arrays import HIDDEN
from commands.pickles.inspection import check_safe, inspect_model
from serving.errors import ModelRefused
from tests.pickles.evil import joblib_bytes, plants
from tests.pickles.reading import inspected, names_of_dangers, told
from tests.running import ROOT, cli

MARK = Path(tempfile.gettempdir()) / f"planted-{os.getpid()}.npz"
PLANTS = plants(MARK)
LOAD = """
import sys
from pathlib import Path
from worker.model import unpickle
for path in map(Path, sys.argv[2:]):
    try:
        unpickle(path.read_bytes())
    except Exception:
        pass
    mark = Path(sys.argv[1])
    print(path.name if mark.exists() else "")
    mark.unlink(missing_ok=True)
"""


def test_each_of_them_would_leave_a_file_behind_if_it_were_loaded(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.pkl" for number in range(len(PLANTS))]
    for path, content in zip(paths, PLANTS.values(), strict=True):
        path.write_bytes(content)
    loaded = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD, MARK, *paths], cwd=ROOT, capture_output=True, text=True, check=True
    )
    ran = dict(zip(PLANTS, loaded.stdout.splitlines(), strict=True))
    assert [name for name, found in ran.items() if not found] == []


@pytest.mark.parametrize("name", PLANTS)
def test_it_is_dangerous_and_runs_nothing_while_it_is_read(name: str, tmp_path: Path) -> None:
    inspection = inspected(tmp_path, PLANTS[name])
    assert inspection.verdict == "dangerous"
    assert inspection.scan.scanner.startswith("picklescan ")
    with pytest.raises(ModelRefused, match="is dangerous and is not loaded"):
        check_safe(inspection)
    assert not MARK.exists()


@pytest.mark.parametrize("name", ["protocol 4", "joblib, compressed with zlib"])
def test_the_command_says_so_and_runs_nothing(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(PLANTS[name])
    shown = cli("inspect", str(path), check=False)
    assert shown.returncode == 1
    assert "dangerous" in shown.stdout
    assert "don't load it" in shown.stdout
    assert "Traceback" not in shown.stderr
    assert not MARK.exists()


def test_the_message_names_what_and_why(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused) as refused:
        check_safe(inspected(tmp_path, PLANTS["protocol 4"]))
    assert str(refused.value) == (
        f"{tmp_path}/model.pkl is dangerous and is not loaded: posix.system can run code or touch files."
    )


def test_what_honest_people_use_is_told_how_to_do_it_instead(tmp_path: Path) -> None:
    import functools
    import operator

    for value in (functools.partial(np.clip, a_min=0), operator.itemgetter(0), str.lower, pd.DataFrame.abs):
        inspection = inspected(tmp_path, pickle.dumps(value))
        (danger,) = inspection.dangers
        assert not inspection.harmful
        with pytest.raises(ModelRefused, match="is not loaded, because it could do anything: "):
            check_safe(inspection)
        assert danger.reason.endswith("write a named function in a module of the project and use that instead")


@pytest.mark.parametrize(
    "name", ["cloudpickle.cloudpickle\n_make_function", "joblib.externals.cloudpickle\nloads", "dill._dill\n_load_type"]
)
def test_a_lambda_that_is_carried_in_the_file_is_told_to_move(name: str, tmp_path: Path) -> None:
    (danger,) = inspected(tmp_path, b"c" + name.encode() + b"\n.").dangers
    assert "carries a function's code inside the file" in danger.reason


TYPE = b"\x80\x04cbuiltins\ntype\n"
VECTORIZE = b"cnumpy\nvectorize\n)\x81"
PARTIAL = b"\x80\x04cfunctools\npartial\nc%s\n\x85R"
SCALAR = "a call of numpy._core.multiarray.scalar"
GENERATOR = "a call of numpy.random._pickle.__generator_ctor"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x80\x02\x82\x01.", "a copyreg extension code"),
        (b"Pelsewhere\n.", "a persistent id"),
        (b"\x80\x04\x8c\x01aQ.", "a persistent id"),
        (b"\x80\x04cnumpy\nndarray\n}\x8c\x01aK\x01sb.", "a change of numpy.ndarray"),
        (b"cbuiltins\ntype\n(Vx\n)}tR.", "a call of builtins.type"),
        (b"cbuiltins\ngetattr\n(cfeatures\nThing\n)RVrun\ntR.", "builtins.getattr"),
        (b"cbuiltins\ngetattr\nq\x00(cscipy.stats._d\npoisson_gen\n)RV_ppf\ntRh\x00\x86.", "builtins.getattr"),
        (b"ctools\npick\n)R)R.", "a call of what another call returned"),
        (b"c__main__\nmain\n(Vos\ntR.", "__main__.main"),
        (b"\x80\x04\x8c\x08__main__\x8c\x09os.system\x93.", "__main__.os.system"),
        (b"\x80\x04cnumpy\nmemmap\n\x8c\x01x\x85\x81.", "numpy.memmap"),
        (b"\x80\x04\x8c\x05tools\x8c\x09os.system\x93.", "tools.os.system"),
        (b"\x80\x04\x8c\x04yaml\x8c\x0bunsafe_load\x93.", "yaml.unsafe_load"),
        (b"cserving.settings\nSettings\n.", "serving.settings.Settings"),
        (b"cnumpy\nload\n.", "numpy.load"),
        (b"csix.moves\ngetoutput\n.", "six.moves.getoutput"),
        (b"csklearn.gaussian_process._gpc\nitemgetter\n.", "sklearn.gaussian_process._gpc.itemgetter"),
        (b"cscipy.sparse._construct\nos\n.", "scipy.sparse._construct.os"),
        (TYPE + VECTORIZE + b"\x85R.", "a call of builtins.type"),
        (TYPE + VECTORIZE + b"\x85RN}\x8c\x01aK\x01s\x86b.", "a state of builtins.type"),
        (b"cpandas.core.arrays.arrow.accessors\nABCMeta\n.", "pandas.core.arrays.arrow.accessors.ABCMeta"),
        (b"cpandas._libs.lib\nEnum\n.", "pandas._libs.lib.Enum"),
        (b"cdateutil.tz.tz\nwarn\n.", "dateutil.tz.tz.warn"),
        (b"cscipy.sparse\nsave_npz\n.", "scipy.sparse.save_npz"),
        (b"cscipy.sparse._matrix_io\nload_npz\n.", "scipy.sparse._matrix_io.load_npz"),
        (b"cscipy.stats\ntest\n.", "scipy.stats.test"),
        (b"cnumpy\nDataSource\n)\x81}V_istmpdest\nI1\nsb.", "numpy.DataSource"),
        (b"cpandas\nExcelWriter\n.", "pandas.ExcelWriter"),
        (b"csklearn.utils.fixes\nrv_continuous\n.", "sklearn.utils.fixes.rv_continuous"),
        (b"cbuiltins\nmax\n(Va\ntR.", "builtins.max"),
        (b"clogging\ngetLogger\n)R}Vhandlers\nNsb.", "a state of logging.getLogger"),
        (VECTORIZE + b"}V__setstate__\ncnumpy\nsin\nsb.", "a state of numpy.vectorize"),
        (VECTORIZE + b"}b}b.", "a state of numpy.vectorize"),
        (VECTORIZE + b"N}Va\nI1\ns\x86b.", "a state of numpy.vectorize"),
        (b"csklearn.utils._bunch\nBunch\n)\x81Vappend\ncnumpy\nsin\nsI1\na.", "items of sklearn.utils._bunch.Bunch"),
        (b"cfeatures\nBag\n)\x81}Vappend\ncnumpy\nsin\nsbI1\na.", "items of features.Bag"),
        (b"cnumpy._core.multiarray\nscalar\n(cnumpy\ndtype\n(VO\ntRcnumpy\nvectorize\ntR.", SCALAR),
        (b"cnumpy.random._pickle\n__generator_ctor\n(Vx\ncnumpy\nsin\ntR.", GENERATOR),
        (b"ccopyreg\n_reconstructor\n(cfeatures\nA\ncfeatures\nB\nVx\ntR.", "a call of copyreg._reconstructor"),
        (b"cfeatures\nPath.touch\n(Vx\ntR.", "features.Path.touch"),
        (b"cfeatures\nrun\n(Vx\ntR.", "features.run"),
        (PARTIAL % b"numpy\nclip" + b".", "functools.partial"),
        (PARTIAL % b"sklearn.utils.validation\ncheck_array" + b"(cnumpy\nsin\n)}Ntb.", "functools.partial"),
    ],
)
def test_what_no_honest_pickle_does_is_a_danger(content: bytes, what: str, tmp_path: Path) -> None:
    assert what in names_of_dangers(tmp_path, content)


def test_a_name_that_is_no_text_is_refused_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="dangerous and not loaded: a name that is no text hides what is loaded"):
        inspected(tmp_path, b"\x80\x04K\x01K\x02\x93.")


def test_a_class_of_the_users_own_module_is_custom_and_clean(tmp_path: Path) -> None:
    inspection = inspected(tmp_path, b"\x80\x04\x8c\x08features\x8c\x0dOuter.Cleaner\x93)\x81.")
    assert (inspection.verdict, inspection.custom, inspection.imports) == (
        "clean",
        ["features.Outer.Cleaner"],
        ["features"],
    )


def test_a_second_pickle_behind_the_first_is_looked_at(tmp_path: Path) -> None:
    evil = PLANTS["protocol 4"]
    assert names_of_dangers(tmp_path, pickle.dumps(1) + evil) == ["posix.system"]
    assert names_of_dangers(tmp_path, pickle.dumps(1) + joblib_bytes([np.arange(3), 1])) == []
    assert names_of_dangers(tmp_path, pickle.dumps(1) + b"\x82garbage") == []


WRAPPED = joblib_bytes(np.arange(3, dtype="int64"))
FLAGS = b"K\x00t\x94b"
MAKES = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81"


@pytest.mark.parametrize(
    "content",
    [
        WRAPPED.replace(FLAGS, b"K\x3ft\x94b"),  # numpy would believe that it holds objects
        WRAPPED.replace(b"allow_mmap", b"read_array"),  # its own method would be called
        b"\x80\x04ctoolz\nidentity\n" + MAKES + b"\x85R}b.",  # another function hands it through
        b"\x80\x04" + MAKES + b".",  # never followed by its array
        b"\x80\x04" + MAKES + b"q\x00h\x00\x86.",  # twice
        b"\x80\x04cjoblib.numpy_pickle\nNumpyArrayWrapper\n.",  # the class itself
        b"\x80\x04cjoblib.numpy_pickle\nNumpyArrayWrapper\n(NNNNtR.",  # with its __init__
    ],
)
def test_an_array_that_joblib_would_read_elsewhere_than_the_scan_is_dangerous(content: bytes, tmp_path: Path) -> None:
    assert b"joblib.numpy_pickle" in content
    assert HIDDEN in told(tmp_path, content)


def test_raw_bytes_of_an_array_are_passed_by_whatever_they_are(tmp_path: Path) -> None:
    evil = np.frombuffer(PLANTS["protocol 4"] * 8, dtype="uint8")
    file = io.BytesIO()
    joblib.dump([evil, evil.astype("f4"), evil.astype("U1"), np.array(["a", None], dtype=object)], file)
    assert names_of_dangers(tmp_path, file.getvalue()) == []
    path = tmp_path / "model.pkl"
    assert inspect_model(path).shape.text == "list(ndarray, ndarray, ndarray, ndarray)"
