"""Whose scikit-learn: poetry.lock's, the model's, and what a project's requirements.txt adds."""

import re
from pathlib import Path

import pytest

from commands.packaging.locked import locked, requirement_list
from commands.packaging.target import Target
from commands.packaging.uv import run_uv
from commands.packaging.versions import remember, worker_requirements
from serving.errors import ConfigurationError

TARGET = Target(python="3.13", architecture="arm64")


def of(**versions: str) -> dict[str, str]:
    return {name.replace("_", "-"): version for name, version in versions.items()}


def pins(listed: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", listed, re.MULTILINE))


def hashes(listed: str, name: str) -> set[str]:
    found = re.search(rf"^{name}==.*?(?=^\S|\Z)", listed, re.MULTILINE | re.DOTALL)
    assert found is not None
    return set(re.findall(r"--hash=(\S+)", found[0]))


def test_markers_are_read_for_the_target_and_not_for_this_python() -> None:
    newer = Target(python="3.14", architecture="x86_64")
    assert locked("worker", TARGET)["numpy"].version != locked("worker", newer)["numpy"].version
    assert "tzdata" not in locked("worker", TARGET)


def test_a_model_made_with_the_locks_versions_takes_the_lock_as_it_is(tmp_path: Path) -> None:
    lock = locked("worker", TARGET)
    same = of(scikit_learn=lock["scikit-learn"].version, numpy=lock["numpy"].version)
    listed = worker_requirements(tmp_path, TARGET, same, tmp_path / "cache")
    assert listed == requirement_list(lock)
    assert not (tmp_path / "cache").exists(), "uv was not asked"


def test_a_model_made_with_another_scikit_learn_gets_that_one_and_the_lock_for_the_rest(tmp_path: Path) -> None:
    listed = worker_requirements(tmp_path, TARGET, of(scikit_learn="1.6.1"), tmp_path / "cache")
    lock = locked("worker", TARGET)
    found = pins(listed)
    assert found["scikit-learn"] == "1.6.1"
    assert all(lock[name].version == version for name, version in found.items() if name != "scikit-learn")
    assert hashes(listed, "scikit-learn")
    assert hashes(listed, "numpy") == set(lock["numpy"].hashes)


def test_extras_are_added_and_move_nothing_of_the_lock(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(
        "# a booster\nxgboost-cpu; sys_platform == 'linux'\npyobjc; sys_platform == 'darwin'\n"
    )
    listed = worker_requirements(tmp_path, TARGET, {}, tmp_path / "cache")
    lock = {name: found.version for name, found in locked("worker", TARGET).items()}
    assert pins(listed).keys() - lock.keys() == {"xgboost-cpu"}
    assert lock.items() <= pins(listed).items()
    assert hashes(listed, "xgboost-cpu")
    assert worker_requirements(tmp_path, TARGET, {}, tmp_path / "cache") == listed
    remember(listed, tmp_path / "elsewhere")
    assert worker_requirements(tmp_path, TARGET, {}, tmp_path / "elsewhere") == listed


def test_an_empty_requirements_file_asks_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# nothing yet\n\n")
    listed = worker_requirements(tmp_path, TARGET, {}, tmp_path)
    assert listed == requirement_list(locked("worker", TARGET))


@pytest.mark.parametrize(
    ("extras", "said"),
    [("scikit-learn<1.6", "scikit-learn"), ("no-such-library-of-ours", "was not found"), ("what is this?", "is this")],
)
def test_extras_that_can_not_be_had_are_one_message_that_says_what_to_change(
    extras: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text(extras)
    with pytest.raises(ConfigurationError, match=f"(?s){said}.*Change requirements.txt") as raised:
        worker_requirements(tmp_path, TARGET, {}, tmp_path / "cache")
    assert "\n" not in str(raised.value)


def test_an_index_that_can_not_be_read_is_named_with_the_variable_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(ConfigurationError, match="Set UV_DEFAULT_INDEX to the index that pip uses"):
        run_uv("install", "--dry-run", "--no-cache", "--target", str(tmp_path / "nowhere"), "six")


def test_a_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"six==1.17.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(ConfigurationError, match="other files than"):
        run_uv(
            *("install", "--no-deps", "--require-hashes", "--target", str(tmp_path / "t")),
            TARGET.uv_options,
            *("-r", str(tmp_path / "list.txt")),
        )
