"""cli serve, cli demo: the API and its workers on this machine."""

import hashlib
import logging
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.info import snippets
from commands.address import announced
from commands.console import err, fail, log_to_stderr, out, plain_errors, say
from commands.models import open_registry
from commands.options import ForceOption, ProjectOption, StateOption
from commands.reach import options_for
from commands.supervisor import Supervisor, check_port
from commands.train import script_of, train_model
from serving.errors import ConfigurationError, ProjectError, ServingError
from serving.local.connect import connect_local
from serving.local.lock import locked
from serving.local.models import FolderBucket
from serving.manifest import Pointer
from serving.project import Project
from serving.settings import Settings

if TYPE_CHECKING:
    from commands.environments.environment import Environment

HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]
PortOption = Annotated[int, typer.Option("--port", envvar="PORT", help="Port to listen on.", min=1, max=65535)]
ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104  # to listen on, not to call
WorkersOption = Annotated[int, typer.Option("--workers", help="Worker processes.", min=1)]


def serve(
    project: ProjectOption = None,
    model: Annotated[
        Path | None, typer.Option("--model", help="Serve this pickle: upload it and make it current.")
    ] = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    workers: WorkersOption = 1,
    state_dir: StateOption = None,
    force: ForceOption = None,
) -> None:
    """Serve a project on this machine: the API and its workers."""
    with plain_errors():
        settings = Settings.read(project_dir=project, state_dir=state_dir, backend="local")

        def prepare() -> "Environment":
            if model is not None:
                _upload(settings, model, force)
            else:
                _mention_trained(settings)
            return _environment(settings)

        _serve(settings, prepare, host, port, workers)


def demo(
    project: ProjectOption = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    workers: WorkersOption = 1,
    state_dir: StateOption = None,
) -> None:
    """Train a project's model, upload it to this machine, and serve it."""
    with plain_errors():
        settings = Settings.read(project_dir=project, state_dir=state_dir, backend="local")
        script_of(settings.project_dir)

        def prepare() -> "Environment":
            with _form_built():
                model = train_model(settings.project_dir)
                _load_features(settings, model.parent / "features")
                _upload(settings, model)
                return _environment(settings)

        _serve(settings, prepare, host, port, workers)


@contextmanager
def _form_built() -> Iterator[None]:
    """Build the web form while the block runs; without it the API is served all the same."""
    from commands.webform.building import build_form

    with ThreadPoolExecutor(1) as others:
        building = others.submit(build_form)
        yield
        try:
            building.result()
        except (ServingError, OSError) as error:
            err.print(f"There is no web form: {error} `cli form` tries again.", markup=False, highlight=False)


def _upload(settings: Settings, model: Path, force: str | None = None) -> None:
    """Into the registry of this machine, under a tag made of the content, as the current one."""
    from commands.storing import store

    bucket = FolderBucket(settings.models_at)
    if not bucket.exists():
        bucket.create()
    store(open_registry(settings, settings.models_at), settings, model, tag=None, promote=True, force=force)


def _load_features(settings: Settings, folder: Path) -> None:
    """What train.py has written for each feature view of the project, into the store of this machine."""
    views = Project.load(settings.project_dir).views.values()
    if not views:
        return
    from commands.features import load_features, loaded

    with closing(connect_local(settings)) as backend:
        for view in views:
            path = folder / f"{view.name}.csv"
            if not path.is_file():
                raise ProjectError(f"train.py wrote no {path}: it must write the features of {view.name} there.")
            say(f"{loaded(view.name, load_features(backend.features, view, path))}.")


def _loading(settings: Settings, project: Project) -> Sequence[str]:
    """The commands that load what the example needs: none where it can be answered."""
    if not project.views:
        return []
    from commands.entities.lacking import lacking

    with closing(connect_local(settings)) as backend:
        names = [view.name for view in lacking(project, backend.features)]
    files = {name: settings.project_dir / "build" / "features" / f"{name}.csv" for name in names}
    options = options_for(settings)
    return [
        shlex.join(["cli", "features", "load", name, str(file) if file.is_file() else "FILE.csv", *options])
        for name, file in files.items()
    ]


def _current(settings: Settings) -> Pointer | None:
    """What this machine's registry has as current, if there is one."""
    if not FolderBucket(settings.models_at).exists():
        return None
    return open_registry(settings, settings.models_at).pointer()


def _mention_trained(settings: Settings) -> None:
    """Say it when another model was trained than the one that will be served."""
    trained, pointer = settings.project_dir / "build" / "model.pkl", _current(settings)
    if pointer is None or not trained.is_file():
        return
    with trained.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() == pointer.sha256:
            return
    serving = shlex.join(["cli", "serve", *options_for(settings), "--model", str(trained)])
    text = f"{trained} is another model than {pointer.tag}, which is current: `{serving}` serves it."
    err.print(text, markup=False, highlight=False, soft_wrap=True)


def _environment(settings: Settings) -> "Environment":
    """The libraries of the current model, or of the previous one where those can't be had."""
    from commands.environments.environment import Environment, environment_of

    registry = open_registry(settings, settings.models_at)
    pointer = _current(settings)
    if pointer is None:
        fail(
            f"{settings.models_at} has no model for {settings.service}, {settings.stage}: "
            "`cli demo` trains one, `cli serve --model PATH` takes yours."
        )
    try:
        return environment_of(settings.project_dir, registry.manifest(pointer.tag).versions)
    except ServingError as error:
        text = f"{pointer.tag} can't have its libraries: {error}"
        if settings.version_mismatch == "warn":
            err.print(text, "It is tried with those that are here.", markup=False, highlight=False, soft_wrap=True)
            return Environment(folder=None, libraries={})
        if pointer.previous is None:
            raise
        previous = pointer.previous.tag
        err.print(text, f"{previous}, the model before, is served.", markup=False, highlight=False, soft_wrap=True)
        return environment_of(settings.project_dir, registry.manifest(previous).versions)


def _serve(settings: Settings, prepare: "Callable[[], Environment]", host: str, port: int, workers: int) -> None:
    project = Project.load(settings.project_dir)
    check_port(host, port)
    log_to_stderr("serve", settings.log_level)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    shown = "localhost" if host in ANYWHERE else f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{port}"

    def ready(announce: Callable[[str], object]) -> None:
        announce(url)
        loading = _loading(settings, project)
        how = "Load the features of the example, then try:" if loading else "Try:"
        out.print(f"\n[bold]{project.title}[/bold] is served at {url} (docs: {url}/docs). Ctrl-C ends it. {how}\n")
        say("\n".join([*loading, snippets(url, project)["curl"], ""]))
        sys.stdout.flush()

    try:
        with locked(settings.state_dir / "serve.lock", wait=False), announced(settings.state_dir) as announce:
            Supervisor(settings, host=host, port=port, workers=workers).run(prepare, lambda: ready(announce))
    except BlockingIOError:
        fail(f"Another `cli serve` uses {settings.state_dir}: end it, or choose another folder with --state-dir.")
    except OSError as error:
        fail(f"{settings.state_dir} can't be used: {error.strerror}.")
    except ConfigurationError as error:
        if str(error):
            fail(str(error))
        raise typer.Exit(1) from error  # the worker has said why
    except ServingError as error:
        fail(str(error))
    err.print("Ended. What is still queued is predicted at the next start.")
