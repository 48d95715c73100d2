"""cli ci: what a workflow needs to know and to show. Each is a line of action.yml, and runs at home as well."""

from pathlib import Path
from typing import Annotated

import typer

from commands.console import annotate, plain_errors, say
from commands.options import ProjectOption

app = typer.Typer(no_args_is_help=True, help="What a workflow needs to know and to show.")

DeployedFile = Annotated[Path, typer.Argument(metavar="FILE", help="What `cli deploy --json` printed.")]


@app.command()
def settings(project: ProjectOption = None) -> None:
    """Say what a push deploys, and whether it can.

    Prints NAME=VALUE lines for $GITHUB_OUTPUT from what the repository has
    set; without credentials for AWS, ready=false and a notice of what to set.
    """
    with plain_errors():
        from commands.workflow.settings import WorkflowSettings

        found = WorkflowSettings.read(project)
        for line in found.lines():
            say(line)
        if not found.ready:
            annotate("notice", found.missing, title="Nothing is deployed")


@app.command()
def summary(
    sizes: Annotated[
        Path | None, typer.Option("--sizes", metavar="FILE", help="What `cli package --json` printed.")
    ] = None,
    deployed: Annotated[
        Path | None, typer.Option("--deployed", metavar="FILE", help="What `cli deploy --json` printed.")
    ] = None,
    form: Annotated[str, typer.Option("--form", metavar="URL", help="Where the form will be.")] = "",
) -> None:
    """Write a run's page in Markdown: endpoint, form, model, sizes, starts."""
    with plain_errors():
        from commands.workflow.summary import deployment_part, read_document, sizes_part

        if deployed is not None:
            say(deployment_part(read_document(deployed), form))
        if sizes is not None:
            say(sizes_part(read_document(sizes)))


@app.command()
def outputs(file: DeployedFile) -> None:
    """Print endpoint and model of a deployment as NAME=VALUE lines."""
    with plain_errors():
        from commands.workflow.summary import output_lines, read_document

        for line in output_lines(read_document(file)):
            say(line)
