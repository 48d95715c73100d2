"""cli form: the web form, built for this machine or written for a static host."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.console import err, fail, plain_errors, say
from commands.deployment import BUILD
from commands.options import DeployedOption, ProjectOption

if TYPE_CHECKING:
    from serving.settings import Settings

OUT = BUILD / "form"


def form(
    project: ProjectOption = None,
    stage: DeployedOption = None,
    api: Annotated[
        str | None, typer.Option("--api", metavar="URL", help="The API that it asks, wherever that is.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where it is written.", show_default="build/form", metavar="FOLDER")
    ] = None,
) -> None:
    """Build the web form; with --stage or --api for a static host.

    What is written can be put anywhere, such as GitHub Pages: its
    config.json says where the API is. Without either the form is built
    for `cli serve`, which serves it at /.
    """
    with plain_errors():
        from commands.webform.building import build_form
        from serving.settings import Settings

        if stage is not None and api is not None:
            fail("Give --stage or --api: each says which service the form asks.")
        if stage is not None:
            from commands.aws.stack import deployed

            there = deployed(project, stage)
            address: str = there.endpoint
            settings: Settings = there.deployment
        else:
            address, settings = api or "", Settings.read(project_dir=project)
        dist = build_form()
        if not address:
            if out is not None:
                fail("--out needs --stage or --api: a page elsewhere must know which service it asks.")
            err.print("`cli serve` serves it at /.", markup=False, highlight=False)
            say(str(dist))
            return
        folder = write_site(dist, out or OUT, address, settings)
        err.print(f"It asks {address}. Put the folder on any static host.", markup=False, highlight=False)
        say(str(folder))


def write_site(dist: Path, folder: Path, address: str, settings: "Settings") -> Path:
    """The form of the settings' project, for a service at `address`. Raises ServingError."""
    from app.info import description
    from commands.webform.writing import write_form
    from serving.project import Project

    service: dict[str, Any] = description(Project.load(settings.project_dir), settings)
    write_form(dist, folder, address, service)
    return folder
