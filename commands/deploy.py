"""cli deploy, cli remove: a service's stage on AWS, from one command to a prediction."""

import json
from pathlib import Path
from typing import Annotated

import typer

from commands.building import building
from commands.console import confirm, err, fail, out, plain_errors, say
from commands.deployment import BUILD, Deployment
from commands.options import ForceOption, JsonOption, ProjectOption, StageOption, YesOption
from serving.errors import ServingError


def deploy(
    stage: StageOption = None,
    tag: Annotated[
        str | None,
        typer.Option("--tag", envvar="MODEL_TAG", help="The model to serve.", show_default="the current one"),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option("--model", help="Upload this pickle first.", show_default="build/model.pkl, if none is current"),
    ] = None,
    project: ProjectOption = None,
    force: ForceOption = None,
    with_form: Annotated[bool, typer.Option("--form/--no-form", help="Write the web form for it, too.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Put a project on AWS and prove it with a prediction.

    Checks the model, packages, uploads, deploys the stack, makes the model
    current, and sends the project's example to the new endpoint. When that
    fails, what was served before is served again.
    """
    with plain_errors():
        from app.info import snippets
        from commands.aws.deploying import Deploying  # boto3 takes a fifth of a second
        from serving.project import Project

        deploying = Deploying.begin(project, stage)
        try:
            with building(BUILD):
                answer = deploying.run(model=model, tag=tag, force=force)
        except KeyboardInterrupt:
            fail(
                "Interrupted. CloudFormation may still be at work; later, the same command goes on.",
                code=130,
            )
        endpoint = deploying.endpoint
        if not as_json:
            err.print(f"\n{deploying.deployment.stack} is served at", highlight=False)
            say(endpoint)
        form = _form(deploying.deployment, endpoint) if with_form else None
        curl = snippets(endpoint, Project.load(deploying.deployment.project_dir), keyed=deploying.keyed)["curl"]
        if as_json:
            told = {
                "endpoint": endpoint,
                "stack": deploying.deployment.stack,
                "form": form,
                "smoke_test": answer,
                "seconds": deploying.seconds,
                "curl": curl,
            }
            out.print_json(json.dumps(told))
            return
        err.print("Try:\n", highlight=False)
        err.print(curl, markup=False, highlight=False, soft_wrap=True)


def _form(deployment: Deployment, endpoint: str) -> str | None:
    """The folder of the form that asks the endpoint; None where it can't be built, which harms no deployment."""
    from commands.form import OUT, write_site
    from commands.webform.building import build_form

    try:
        folder = write_site(build_form(), OUT, endpoint, deployment)
    except (ServingError, OSError) as error:
        err.print(f"There is no web form: {error}", markup=False, highlight=False, soft_wrap=True)
        return None
    err.print(f"The web form for it is in {folder}: put it on any static host.", markup=False, highlight=False)
    return str(folder)


def remove(stage: StageOption = None, project: ProjectOption = None, yes: YesOption = False) -> None:
    """Remove a stage from AWS with its predictions; the models stay."""
    with plain_errors():
        from commands.aws.removing import Removing

        removing = Removing.begin(project, stage)
        name, bucket = removing.deployment.stack, removing.deployment.bucket
        left = removing.contents()
        confirm(
            f"Remove {name} with {left.pending} pending and {left.finished} finished predictions, "
            f"{left.dead_letters} dead letters and all keys?",
            yes,
        )
        with building(BUILD):
            removing.run()
        say(f"{name} is removed. Its models stay in {bucket}.")
