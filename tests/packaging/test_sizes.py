"""Must fit: the size table on both processors, with and without a booster, and the gate before a deploy."""

from pathlib import Path

import pytest
from rich.console import Console

from commands.packaging.libraries import assembled
from commands.packaging.locked import locked, requirement_list
from commands.packaging.sizes import LIMIT, MIB, Size, TooLargeForLambda, check_limit, counted, size_table
from commands.packaging.target import Target
from commands.packaging.versions import worker_requirements


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
@pytest.mark.parametrize("extras", ["", "xgboost-cpu"], ids=["plain", "xgboost-cpu"])
def test_the_worker_stays_under_240_mib_with_bytecode_counted(architecture: str, extras: str, tmp_path: Path) -> None:
    target = Target(python="3.13", architecture=architecture)
    (tmp_path / "requirements.txt").write_text(extras)
    listed = worker_requirements(tmp_path, target, {}, tmp_path)
    with assembled("worker", listed, target, tmp_path) as (root, contents):
        on_disk = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    Console(width=100).print(size_table("worker", contents.sizes, None))
    assert sum(size.unpacked for size in contents.sizes) == on_disk
    assert 150 * MIB < counted(contents.sizes) < 239 * MIB, "our own code and the project take less than one more"
    assert any(size.package.startswith("xgboost-cpu ") for size in contents.sizes) == bool(extras)
    assert {"numpy", "pandas", "scikit-learn", "scipy"} <= {size.package.split()[0] for size in contents.sizes}


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_the_api_stays_under_12_mib_with_bytecode_counted(architecture: str, tmp_path: Path) -> None:
    target = Target(python="3.13", architecture=architecture)
    with assembled("api", requirement_list(locked("api", target)), target, tmp_path) as (_, contents):
        assert 5 * MIB < counted(contents.sizes) < 11.5 * MIB


def test_what_is_too_large_is_refused_with_the_largest_packages_named() -> None:
    sizes = {
        "api": [Size(package="fastapi 1", unpacked=MIB, compiled=MIB)],
        "worker": [
            Size(package="torch 2.9", unpacked=200 * MIB, compiled=210 * MIB),
            Size(package="scipy 1.17", unpacked=39 * MIB, compiled=41 * MIB),
        ],
    }
    with pytest.raises(TooLargeForLambda, match=r"worker\.zip unpacks to 251 MiB .* torch 2\.9 210 MiB, scipy"):
        check_limit(sizes)
    check_limit({"worker": sizes["worker"][:1]})


def test_more_of_source_and_bytecode_is_what_counts() -> None:
    assert counted([Size(package="a", unpacked=3, compiled=2), Size(package="b", unpacked=1, compiled=1)]) == 4
    assert counted([Size(package="a", unpacked=2, compiled=3)]) == 3
    assert LIMIT == 262_144_000
