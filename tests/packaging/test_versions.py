"""Whose scikit-learn: poetry.lock's, the model's, and what a project's requirements.txt adds."""

import re
from pathlib import Path

import pytest
from packaging.version import Version

from commands.packaging.ceilings import minor
from commands.packaging.extras import Extras
from commands.packaging.locked import locked, requirement_list
from commands.packaging.target import Target
from commands.packaging.uv import run_uv
from commands.packaging.versions import pins, remember, worker_requirements
from serving.errors import ConfigurationError, ModelRefused, ProjectError
from worker.libraries import DATA_STACK

TARGET = Target(python="3.13", architecture="arm64")


def of(**versions: str) -> dict[str, str]:
    return {name.replace("_", "-"): version for name, version in versions.items()}


def asking(project: Path, *lines: str) -> Path:
    (project / "requirements.txt").write_text("\n".join(lines) + "\n")
    return project


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


@pytest.mark.parametrize(
    ("version", "limits"),
    [
        ("1.5.2", of(numpy="2.2", scipy="1.15", pandas="2.3")),
        ("1.6.1", of(numpy="2.3", scipy="1.16", pandas="2.3")),
        ("1.7.2", of(numpy="2.4", scipy="1.17", pandas="3")),
        ("1.8.0", of(numpy="2.5", scipy="1.18", pandas="3.1")),
    ],
)
def test_an_older_scikit_learn_gets_what_came_out_in_its_time_and_the_lock_for_the_rest(
    version: str, limits: dict[str, str], tmp_path: Path
) -> None:
    listed = worker_requirements(tmp_path, TARGET, of(scikit_learn=version), tmp_path / "cache")
    lock = locked("worker", TARGET)
    found = pins(listed)
    assert found["scikit-learn"] == version
    assert all(Version(found[name]) < Version(limit) for name, limit in limits.items())
    assert all(lock[n].version == v for n, v in found.items() if n in lock and n not in DATA_STACK)
    assert hashes(listed, "scikit-learn")
    assert hashes(listed, "joblib") == set(lock["joblib"].hashes)


def test_another_patch_of_the_locks_scikit_learn_gets_the_lock_for_the_rest(tmp_path: Path) -> None:
    lock = locked("worker", TARGET)
    other = f"{minor(lock['scikit-learn'].version)}.0"
    listed = worker_requirements(tmp_path, TARGET, of(scikit_learn=other), tmp_path / "cache")
    assert pins(listed) == {name: found.version for name, found in lock.items()} | {"scikit-learn": other}


def test_what_a_manifest_names_is_carried_whether_requirements_ask_for_it_or_not(tmp_path: Path) -> None:
    listed = worker_requirements(tmp_path, TARGET, of(sortedcontainers="2.4.0"), tmp_path / "cache")
    assert pins(listed)["sortedcontainers"] == "2.4.0"


def test_a_library_of_two_names_is_carried_under_the_one_that_requirements_have_for_the_target(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(
        "xgboost-cpu; sys_platform == 'linux'\nxgboost; sys_platform == 'darwin'\n"
    )
    listed = worker_requirements(tmp_path, TARGET, of(xgboost="3.0.5"), tmp_path / "cache")
    assert pins(listed)["xgboost-cpu"] == "3.0.5"
    assert "xgboost" not in pins(listed)


@pytest.mark.parametrize(
    ("target", "version", "said"),
    [
        (Target.here(), "9.9.9", "needs scikit-learn 9.9.9, which the package index does not have: train it again"),
        (
            Target(python="3.14", architecture="x86_64"),
            "1.5.2",
            "needs scikit-learn 1.5.2, which has no wheel for Python 3.14 on Lambda, x86_64: set PYTHON_VERSION",
        ),
    ],
)
def test_a_version_that_can_not_be_had_is_one_sentence_that_says_what_to_do(
    target: Target, version: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelRefused, match=re.escape(said)) as raised:
        worker_requirements(tmp_path, target, of(scikit_learn=version), tmp_path / "cache")
    assert "\n" not in str(raised.value)


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


def test_only_files_with_the_hashes_of_requirements_are_carried(tmp_path: Path) -> None:
    listed = worker_requirements(asking(tmp_path, "sortedcontainers==2.4.0"), TARGET, {}, tmp_path / "cache")
    known = sorted(hashes(listed, "sortedcontainers"))
    lines = ("-r more.txt  # one of its files, and one that the index does not have",)
    more = f"sortedcontainers==2.4.0 \\\n    --hash={known[0]} \\\n    --hash=sha256:{'1' * 64}\n"
    (tmp_path / "more.txt").write_text(more)
    narrowed = worker_requirements(asking(tmp_path, *lines), TARGET, {}, tmp_path / "cache")
    assert len(known) > 1
    assert hashes(narrowed, "sortedcontainers") == {known[0]}
    assert pins(narrowed) == pins(listed)
    assert hashes(narrowed, "joblib") == hashes(listed, "joblib")


@pytest.mark.parametrize("kept", [False, True])
def test_hashes_that_no_file_has_are_refused(kept: bool, tmp_path: Path) -> None:
    asking(tmp_path, f"sortedcontainers==2.4.0 --hash=sha256:{'0' * 64}")
    for _ in range(1 + kept):
        with pytest.raises(ProjectError, match="hashes for sortedcontainers that no wheel of version 2"):
            worker_requirements(tmp_path, TARGET, {}, tmp_path / "cache")


@pytest.mark.parametrize(
    "line",
    [
        "git+https://example.com/mine.git",
        "mine @ git+https://example.com/mine.git@v1",
        "mine @ https://example.com/mine-1.0-py3-none-any.whl",
        "https://example.com/mine-1.0-py3-none-any.whl",
        "mine @ file:///mine",
        "-e .",
        "--editable=../mine",
        "./mine",
        "wheels/mine-1.0-py3-none-any.whl",
    ],
)
def test_what_is_no_release_of_an_index_is_one_sentence(line: str, tmp_path: Path) -> None:
    asking(tmp_path, "-r more.txt")
    (tmp_path / "more.txt").write_text(f"six\n{line}  # ours\n")
    with pytest.raises(ProjectError, match=re.escape(f"more.txt asks for {line!r}, and a worker gets only")) as raised:
        worker_requirements(tmp_path, TARGET, {}, tmp_path / "cache")
    assert "name a release" in str(raised.value)


def test_what_another_platform_asks_for_and_options_of_pip_are_left_to_uv(tmp_path: Path) -> None:
    foreign = "mine @ https://example.com/mine-1.0.whl ; sys_platform == 'win32'"
    asking(tmp_path, foreign, "--extra-index-url https://example.com/simple", "--find-links=https://example.com/wheels")
    assert Extras.read(tmp_path, TARGET).requirements == []


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
