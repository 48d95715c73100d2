"""Which files of ours and of the user's project go into a zip; they keep their source."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from commands.packaging.locked import Lambda
from commands.packaging.roots import ROOTS, amazon_roots
from serving.declared import OURS

PACKAGES = {"api": ("app", "serving"), "worker": ("worker", "serving")}
# The dead-letter function runs from api.zip, so that it can report a worker that can't start.
DEAD_LETTERS = ("worker/__init__.py", "worker/dead_letters.py", "worker/dead_letter_handler.py")
PROJECT = "project"
PROJECT_FILES = ("validation.py", "form.yml", "example.json", "service.toml", "requirements.txt")
NOT_SERVED = {"train.py", "cli.py", "conftest.py", "setup.py"}
NOT_PACKAGES = {
    *("app", "worker", "serving", "commands", "tests", "test", "webform", "bench", "examples", "docs", "resources"),
    *("build", "dist", "node_modules", "__pycache__", "venv", "env"),
}
OURS_ONLY = {"app", "worker", "serving", "commands", "webform", "bench", "examples", "resources"}
DATA = {
    *(".pkl", ".pickle", ".joblib", ".csv", ".tsv", ".parquet", ".feather", ".arrow", ".h5", ".hdf5", ".npy", ".npz"),
    *(".xlsx", ".xls", ".db", ".sqlite", ".sqlite3", ".zip", ".gz", ".ipynb", ".pyc"),
}


def has_module(project: Path, name: str) -> bool:
    """Whether a module, by its first name, is the project's own."""
    return (project / f"{name}.py").is_file() or (project / name).is_dir()


def copy_ours(name: Lambda, to: Path) -> None:
    """Our packages that this Lambda runs."""
    for package in PACKAGES[name]:
        for path in sorted((OURS / package).rglob("*.py")):
            _copy(path, to / path.relative_to(OURS))
    (to / ROOTS).write_text(amazon_roots(), encoding="utf-8")
    for file in DEAD_LETTERS if name == "api" else ():
        if (OURS / file).exists():
            _copy(OURS / file, to / file)


def copy_project(folder: Path, to: Path) -> tuple[Path, ...]:
    """The project, without what trains or tests it; returns the data sets and pickles that stay behind."""
    folder = folder.resolve()
    left_out = []
    for path in sorted(_of_project(folder)):
        name = path.relative_to(folder)
        if path.suffix in DATA and len(name.parts) > 1:
            left_out.append(name)
        else:
            _copy(path, to / PROJECT / name)
    return tuple(path for path in left_out if path.suffix != ".pyc")


def _of_project(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in PROJECT_FILES if (folder / name).is_file())
    for path in folder.glob("*.py"):
        if path.name not in {*NOT_SERVED, *PROJECT_FILES} and not path.name.startswith(("test_", ".")):
            yield path
    skipped = NOT_PACKAGES if folder == OURS else NOT_PACKAGES - OURS_ONLY
    for path in folder.iterdir():
        if path.is_dir() and path.name not in skipped and _is_package(path):
            yield from _files_of_package(path)


def _is_package(folder: Path) -> bool:
    hidden = folder.name.startswith(".") or folder.name.endswith((".egg-info", ".dist-info"))
    return not hidden and not (folder / "pyvenv.cfg").exists() and any(folder.rglob("*.py"))


def _files_of_package(folder: Path) -> Iterator[Path]:
    for above, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in NOT_PACKAGES and not name.startswith("."))
        yield from (Path(above) / name for name in files if not name.startswith((".", "test_")))


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, to)
