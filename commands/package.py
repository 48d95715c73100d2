"""cli package: the zips for Lambda, and whether they fit."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from commands.building import building
from commands.console import err, out, plain_errors, say
from commands.deployment import BUILD, Deployment
from commands.models import open_registry
from commands.options import JsonOption, ProjectOption, StoredOption
from serving.errors import SettingsError

if TYPE_CHECKING:
    from commands.packaging.sizes import Size


def package(
    project: ProjectOption = None,
    python_version: Annotated[
        str | None, typer.Option("--python-version", help="3.12 or 3.13.", show_default="this one, else 3.13")
    ] = None,
    architecture: Annotated[
        str | None, typer.Option("--architecture", help="arm64 or x86_64.", show_default="arm64")
    ] = None,
    built_for: Annotated[
        Literal["lambda", "host"] | None,
        typer.Option("--for", help="Lambda, or this machine: what the emulator runs.", show_default="lambda"),
    ] = None,
    tag: Annotated[
        str | None,
        typer.Option("--tag", envvar="MODEL_TAG", help="Take the library versions of this model in the bucket."),
    ] = None,
    stored: StoredOption = False,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model", help="Or those that this pickle needs.", show_default="build/model.pkl, if it is there"
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Build the zips that Lambda runs, and check that they fit.

    Writes api.zip, worker.zip and deployment.json into build/. The worker's
    libraries are those that the model needs; the project's requirements.txt
    adds to them. What was downloaded and compiled is kept in build/.cache.
    """
    with plain_errors():
        from commands.packaging.build import build
        from commands.packaging.sizes import TooLargeForLambda

        deployment = Deployment.read(
            backend="aws",
            project_dir=project,
            python_version=python_version,
            architecture=architecture,
            package_for=built_for,
        )
        try:
            versions = _stored(project, tag, model) if stored else _versions(deployment, tag, model)
            with building(BUILD):
                built = build(deployment, versions=versions, host=deployment.package_for == "host", folder=BUILD)
        except TooLargeForLambda as error:
            _show(error.sizes, {}, as_json)
            raise
        _show(built.sizes, {"api": built.api, "worker": built.worker}, as_json)
        if built.left_out:
            shown = ", ".join(str(path) for path in built.left_out[:5])
            more = f" and {len(built.left_out) - 5} more" if len(built.left_out) > 5 else ""
            err.print(f"Left out as data: {shown}{more}.", markup=False, highlight=False, soft_wrap=True)
        if not as_json:
            say(f"{built.api}, {built.worker} and {built.deployment} are ready for Python {built.target.name}.")


def _stored(project: Path | None, tag: str | None, model: Path | None) -> Mapping[str, str]:
    """Of the libraries, as the manifest of the model names them that would be deployed."""
    if model is not None:
        raise SettingsError("--stored takes a model of the bucket and --model a file: give one of them.")
    from commands.aws.stored import Stored

    return Stored.find(project, None, tag).manifest.versions


def _versions(deployment: Deployment, tag: str | None, model: Path | None) -> Mapping[str, str]:
    """Of the libraries, as the model needs them on the target; poetry.lock's where there is no model."""
    if tag is not None and model is not None:
        raise SettingsError("--tag names a model in the bucket and --model a file: give one of them.")
    if tag is not None:
        if not deployment.bucket:
            raise SettingsError("--tag looks into the model bucket: set BUCKET, or `bucket` in service.toml.")
        return open_registry(deployment, deployment.models_at).manifest(tag).versions
    trained = deployment.project_dir / "build" / "model.pkl"
    path = model or (trained if trained.is_file() else None)
    if path is None:
        return {}
    from commands.environments.wanted import libraries_of
    from commands.packaging.build import target_of
    from commands.pickles.inspection import check_safe, inspect_model

    inspection = inspect_model(path)
    check_safe(inspection)
    found = libraries_of(
        deployment.project_dir, inspection, target_of(deployment, host=deployment.package_for == "host")
    )
    return {name: library.version for name, library in found.items()}


def _show(sizes: "Mapping[str, Sequence[Size]]", zips: Mapping[str, Path], as_json: bool) -> None:
    from commands.packaging.sizes import size_table, sizes_document

    if as_json:
        out.print_json(json.dumps(sizes_document(sizes, zips)))
        return
    for name, rows in sizes.items():
        out.print(size_table(name, rows, zips[name].stat().st_size if name in zips else None))
