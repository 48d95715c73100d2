"""cli setup-ci: what lets GitHub Actions of one repository deploy one stage, without stored keys."""

import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.console import confirm, err, out, plain_errors, say
from commands.options import JsonOption, ProjectOption, StageOption, YesOption
from serving.errors import ServingError, SettingsError

if TYPE_CHECKING:
    from commands.github.setup import Setup


def setup_ci(
    repository: Annotated[
        str | None,
        typer.Option("--repository", metavar="OWNER/REPO", help="On GitHub.", show_default="the remote origin"),
    ] = None,
    branch: Annotated[
        str | None, typer.Option("--branch", help="The only branch that deploys.", show_default="main")
    ] = None,
    environment: Annotated[
        str | None,
        typer.Option("--environment", metavar="NAME", help="Or the environment that deploys.", show_default=False),
    ] = None,
    stage: StageOption = None,
    project: ProjectOption = None,
    account: Annotated[
        str | None, typer.Option("--account", help="Its number.", show_default="that of the credentials")
    ] = None,
    ids: Annotated[
        str | None,
        typer.Option(
            "--ids", metavar="OWNER_ID/REPO_ID", help="GitHub's numbers in its tokens.", show_default="GitHub is asked"
        ),
    ] = None,
    without_ids: Annotated[bool, typer.Option("--without-ids", help="Its tokens carry no such numbers.")] = False,
    template: Annotated[
        Path | None,
        typer.Option("--template", help="Write a CloudFormation template for an administrator.", show_default=False),
    ] = None,
    make: Annotated[bool, typer.Option("--make", help="Make it, with the credentials that are set.")] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Let GitHub Actions of one repository deploy one stage, without keys.

    Prints a role for AWS that only this repository's branch or environment
    may take, with the rights that a deployment needs and no more; and what is
    to be set on GitHub. --make makes the role, and run again brings it up to
    date.
    """
    with plain_errors():
        from commands.github.lookup import API
        from commands.github.setup import Setup

        setup = Setup.read(
            repository=repository,
            branch=branch,
            environment=environment,
            ids=ids,
            without_ids=without_ids,
            stage=stage,
            project=project,
            account=account,
            signed_in=make,
            api=os.environ.get("GITHUB_API_URL") or API,
        )
        if template is not None:
            _write(template, setup)
        made = _make(setup, yes) if make else None
        if as_json:
            out.print_json(json.dumps({**setup.told(), "made": made}))
            return
        if not make and template is None:
            _show_documents(setup)
        if not make:
            _show_ways(setup, template)
        _show_settings(setup)


def _tell(text: str) -> None:
    """Prose, which a terminal wraps; what is to be copied goes through say."""
    out.print(text, markup=False, highlight=False)


def _write(path: Path, setup: "Setup") -> None:
    try:
        path.write_text(json.dumps(setup.role.template(), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} can't be written: {error.strerror}.") from error


def _make(setup: "Setup", yes: bool) -> list[str]:
    """Ask, then do; what was done, empty when there was nothing to do."""
    from commands.github.making import changes

    iam = setup.iam()
    wanted = changes(iam, setup.role)
    where = f"in account {setup.role.names.account}"
    if not wanted:
        err.print(f"{setup.role.name} is {where} as it should be.", markup=False, highlight=False, soft_wrap=True)
        return []
    for change in wanted:
        err.print(f"  {change.what}", markup=False, highlight=False, soft_wrap=True)
    confirm(f"Do these {len(wanted)} {where}?" if len(wanted) > 1 else f"Do this {where}?", yes)
    for done, change in enumerate(wanted):
        try:
            change.take()
        except ServingError as error:
            raise ServingError(f"{done} of {len(wanted)} are done, and this is not: {change.what}: {error}") from error
    err.print(f"{setup.role.name} is {where} as it should be now.", markup=False, highlight=False, soft_wrap=True)
    return [change.what for change in wanted]


def _show_documents(setup: "Setup") -> None:
    from commands.github.policy import LARGEST, shown, size
    from commands.github.setup import UNBOUNDED, UNKNOWN_ACCOUNT

    role = setup.role
    _tell(f"The role {role.name} lets GitHub Actions of {setup.repository} deploy {role.names.stack}.")
    _tell(f"Only {role.subject} may take it: {setup.source}.")
    if setup.nobody_signed_in:
        _tell(f"Without credentials, {UNKNOWN_ACCOUNT} stands for the account's number; --account tells it.")
    documents: list[tuple[str, Any]] = [
        ("Trust policy", role.trust()),
        *((f"Policy {name}", policy) for name, policy in role.policies().items()),
        (f"Permissions boundary {role.boundary_name}, for the Lambdas' roles", role.boundary()),
    ]
    for title, found in documents:
        counted = "" if title == "Trust policy" else f" ({size(found)} of {LARGEST} characters)"
        say(f"\n{title}{counted}:\n{shown(found)}")
    _tell("\nWhat it reaches beyond the stage:")
    for line in UNBOUNDED:
        _tell(f"- {line}")


def _show_ways(setup: "Setup", template: Path | None) -> None:
    path = template or Path("ci.json")
    if template is None:
        say("\nTo make all of it, with an administrator's credentials:\n")
        say(f"  {setup.again('--make')}")
        say("\nor, for an administrator who is somebody else:\n")
        say(f"  {setup.again(f'--template {shlex.quote(str(path))}')}")
    else:
        _tell(f"{path} is a template of all of it. An administrator deploys it with\n")
    say(f"  {setup.deploy_template(path)}")
    _tell("\nadding `--parameter-overrides ProviderIs=there` where the account knows GitHub's tokens already.")


def _show_settings(setup: "Setup") -> None:
    from commands.github.settings_to_make import OPTIONAL

    settings = setup.settings
    say(f"\nOn GitHub, in {setup.repository}:\n")
    for name, value in settings.variables.items():
        say(f"  {name:<20} {value}")
    for number, line in enumerate(settings.by_hand, start=1):
        _tell(f"\n{number}. {line}" if number == 1 else f"{number}. {line}")
    say("\nor, with GitHub's own command line tool:\n")
    for command in settings.commands:
        say(f"  {command}")
    say("\nVariables that may be set, too:\n")
    for name, meaning in OPTIONAL.items():
        say(f"  {name:<20} {meaning}")
    say("")
    for line in settings.mind:
        _tell(line)
