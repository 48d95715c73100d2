"""What a library needs to be built, tested or typed, but not to run."""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

TESTS = {"test", "tests"}
BUILD_FILES = {
    *(".pyi", ".pyx", ".pxd", ".pxi", ".tp", ".pyc"),
    *(".c", ".cc", ".cpp", ".h", ".hpp", ".f", ".f90", ".a", ".build", ".pc"),
}
SAMPLE_DATA = ("sklearn/datasets/data", "sklearn/datasets/descr", "sklearn/datasets/images")
FOR_DEVELOPERS = ("bin", "scipy/special/_precompute", "numpy/_core/include")
# METADATA stays, since versions are read from it; entry points are looked up; licences go with what they license.
DIST_INFO = {"RECORD", "INSTALLER", "REQUESTED", "WHEEL", "direct_url.json"}
_IMPORT_OF_TESTS = re.compile(rb"^[ \t]*(?:from|import)[ \t]+(\.*[\w.]*\btests?\b)", re.MULTILINE)


def prune(root: Path, *, without: Iterable[str] = ()) -> None:
    """Delete what does not run below `root`; `without` are further glob patterns."""
    files = sorted(path for path in root.rglob("*") if path.is_file() or path.is_symlink())
    kept = []
    for path in files:
        name = PurePosixPath(path.relative_to(root).as_posix())
        if unneeded(name) or any(name.match(pattern) for pattern in without):
            path.unlink()
        else:
            kept.append(path)
    needed = _imported_test_folders(root, kept)
    for path in kept:
        folder = _test_folder(PurePosixPath(path.relative_to(root).as_posix()))
        if folder is not None and folder not in needed:
            path.unlink()
    for directory in sorted((path for path in root.rglob("*") if path.is_dir()), reverse=True):
        if not any(directory.iterdir()):
            directory.rmdir()


def unneeded(name: PurePosixPath) -> bool:
    """Whether a file is for building or developing only, test folders aside."""
    text = str(name)
    if name.parent.name.endswith(".dist-info") and name.name in DIST_INFO:
        return True
    return (
        name.suffix in BUILD_FILES
        or name.name == "conftest.py"
        or any(part.startswith(".") for part in name.parts)
        or "sboms" in name.parts
        or any(text.startswith(f"{folder}/") for folder in (*SAMPLE_DATA, *FOR_DEVELOPERS))
    )


def _test_folder(name: PurePosixPath) -> str | None:
    """The outermost test folder inside a package that holds the file."""
    for depth, part in enumerate(name.parts[:-1]):
        if depth and part in TESTS:
            return "/".join(name.parts[: depth + 1])
    return None


def _imported_test_folders(root: Path, files: Iterable[Path]) -> set[str]:
    """Test folders that a library's own code imports: some keep tools there."""
    needed = set()
    for path in files:
        name = PurePosixPath(path.relative_to(root).as_posix())
        if path.suffix != ".py" or _test_folder(name) is not None:
            continue
        for found in _IMPORT_OF_TESTS.findall(path.read_bytes()):
            module = found.decode()
            dots = len(module) - len(module.lstrip("."))
            above = name.parents[dots - 1].parts if dots else ()
            folder = _test_folder(PurePosixPath(*above, *module.lstrip(".").split("."), "any.py"))
            if folder is not None:
                needed.add(folder)
    return needed
