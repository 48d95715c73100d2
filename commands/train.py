"""cli train: runs a project's train.py, under the libraries that its requirements.txt asks for."""

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from commands.console import err, fail, plain_errors
from commands.options import ProjectOption
from serving.errors import ProjectError
from serving.settings import Settings

if TYPE_CHECKING:
    from commands.environments.environment import Environment

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
RUNNER = Path(__file__).parent / "training" / "run.py"
HELP = {"-h", "--help"}
INTERRUPTED = 128 + signal.SIGINT
GRACE = 3.0
"""Seconds that Ctrl-C leaves train.py to end by itself; a second Ctrl-C leaves it none."""


def train(context: typer.Context, project: ProjectOption = None) -> None:
    """Train a project's model into its build folder.

    Other options are its train.py's; `cli train -- --help` lists them.
    """
    with plain_errors():
        train_model(Settings.read(project_dir=project, backend="local").project_dir, context.args)


def script_of(project_dir: Path) -> Path:
    """The project's train.py. Raises ProjectError when there is none."""
    script = project_dir / "train.py"
    if not script.is_file():
        raise ProjectError(f"There is no {script}: train the model yourself, then `cli serve --model PATH`.")
    return script


def train_model(project_dir: Path, options: Sequence[str] = (), *, folder: Path | None = None) -> Path:
    """The model.pkl that train.py has written into `folder`, else the project's build; what it prints is seen.

    Ends the command, with its exit code, when it fails or is only asked for its help. Raises ProjectError when it is
    missing or writes no model, ConfigurationError when the libraries can't be had.
    """
    script = script_of(project_dir)
    folder = (folder or project_dir / "build").resolve()
    model = folder / "model.pkl"
    environment = _environment(project_dir)
    before = _written(model)
    command = [str(script), str(folder), *options]
    if HELP.intersection(options):
        raise typer.Exit(_ran(command, environment.variables()))
    err.print("Training: python", *command, markup=False, highlight=False, soft_wrap=True)
    code = _ran(command, environment.variables())
    if code == INTERRUPTED:
        raise typer.Exit(code)  # Ctrl-C, which the user knows of
    if code < 0:
        fail(f"{script} was killed by {signal.Signals(-code).name}: is there memory enough?", 128 - code)
    if code:
        fail(f"{script} failed with exit code {code}: see above.", code)
    if _written(model) in {None, before}:
        raise ProjectError(f"{script} wrote no {model}: it must write the model into the folder that it is given.")
    return model


def _ran(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """The exit code; INTERRUPTED where Ctrl-C ended it, whatever it made of that."""
    with subprocess.Popen([sys.executable, "-P", str(RUNNER), *command], env=variables) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:  # the terminal sends it to train.py as well
            code = _ending(process)
    if code == -signal.SIGINT:  # before or after it could speak for itself
        err.show_cursor()
        err.print("Training was ended.")
    return INTERRUPTED if code == -signal.SIGINT else code


def _ending(process: "subprocess.Popen[bytes]") -> int:
    """INTERRUPTED where it has ended by itself in time, else -SIGINT."""
    try:
        code = process.wait(GRACE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        return -signal.SIGINT
    return INTERRUPTED if code >= 0 else -signal.SIGINT


def _environment(project_dir: Path) -> "Environment":
    """This Python's own libraries where they will do, else what requirements.txt asks for beside its data stack."""
    from commands.environments.environment import environment_of
    from worker.libraries import DATA_STACK, installed

    asked = _pinned(project_dir)
    if "scikit-learn" in asked:  # what goes with another one is uv's to find
        return environment_of(project_dir, asked)
    here = {name: version for name in DATA_STACK if (version := installed(name))}
    return environment_of(project_dir, {**here, **asked})


def _pinned(project_dir: Path) -> Mapping[str, str]:
    """The versions of the data stack that requirements.txt names, where this Python has others."""
    from packaging.utils import canonicalize_name

    from commands.packaging.extras import Extras
    from commands.packaging.target import Target
    from worker.libraries import DATA_STACK, installed

    found = {}
    for requirement in Extras.read(project_dir, Target.here()).requirements:
        name = str(canonicalize_name(requirement.name))
        exact = [each.version for each in requirement.specifier if each.operator == "=="]
        if name in DATA_STACK and exact and installed(name) != exact[0]:
            found[name] = exact[0]
    return found


def _written(path: Path) -> tuple[int, int] | None:
    """Changes when a file is written, even with the same content; None while there is none."""
    if not path.is_file():
        return None
    found = path.stat()
    return found.st_mtime_ns, found.st_ino
