"""What a push deploys: the stage of its branch, the pages that may call, and the credentials that are there."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from commands.deployment import Deployment
from serving.errors import SettingsError

STAGES = "stage/"
"""A branch `stage/prod` deploys the stage prod, whatever STAGE is."""


@dataclass(frozen=True, kw_only=True)
class WorkflowSettings:
    """`login` is oidc, keys, or empty when the repository has set neither.

    In the names of role and boundary `{stack}` stands for the stack's own, so that several stages need no variables of
    their own.
    """

    login: str
    region: str
    stage: str
    cors_origins: str
    form: str  # where GitHub Pages shows the form
    role: str
    boundary: str
    missing: str = ""

    @property
    def ready(self) -> bool:
        """Whether something can be deployed."""
        return not self.missing

    @classmethod
    def read(cls, project: Path | None, environ: Mapping[str, str] = os.environ) -> "WorkflowSettings":
        """From the variables of the workflow and of GitHub. Raises SettingsError."""
        branch = environ.get("GITHUB_REF_NAME", "")
        stage = branch.removeprefix(STAGES) if branch.startswith(STAGES) else environ.get("STAGE") or None
        others = {name: value for name, value in environ.items() if name != "PERMISSIONS_BOUNDARY"}
        deployment = Deployment.read(others, project_dir=project, stage=stage, backend="aws")
        login = _login(environ)
        region = deployment.aws_region or environ.get("AWS_DEFAULT_REGION", "")
        origin, form = pages(environ.get("GITHUB_REPOSITORY", ""))
        return cls(
            login=login,
            region=region,
            stage=deployment.stage,
            cors_origins=environ.get("CORS_ORIGINS") or origin,
            form=form,
            role=environ.get("AWS_ROLE_ARN", "").replace("{stack}", deployment.stack),
            boundary=environ.get("PERMISSIONS_BOUNDARY", "").replace("{stack}", deployment.stack),
            missing=_missing(login, region),
        )

    def lines(self) -> Iterator[str]:
        """NAME=VALUE, as $GITHUB_OUTPUT takes them."""
        yield f"ready={str(self.ready).lower()}"
        yield f"login={self.login}"
        yield f"region={self.region}"
        yield f"stage={self.stage}"
        yield f"cors-origins={self.cors_origins}"
        yield f"form={self.form}"
        yield f"role={self.role}"
        yield f"boundary={self.boundary}"


def pages(repository: str) -> tuple[str, str]:
    """Origin and address of a repository's GitHub Pages; empty where nobody says which repository it is.

    OWNER/OWNER.github.io is the owner's own site, at /; any other repository has its name for a folder.
    """
    owner, _, name = repository.lower().partition("/")
    if not name:
        return "", ""
    origin = f"https://{owner}.github.io"
    return origin, f"{origin}/" if name == f"{owner}.github.io" else f"{origin}/{repository.partition('/')[2]}/"


def _login(environ: Mapping[str, str]) -> str:
    """Raises SettingsError for half of a pair of keys."""
    if environ.get("AWS_ROLE_ARN"):
        return "oidc"
    given = [bool(environ.get(name)) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
    if any(given) and not all(given):
        raise SettingsError("Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY one is set and the other is not: set both.")
    return "keys" if all(given) else ""


def _missing(login: str, region: str) -> str:
    if not login:
        return (
            "Set the repository's variable AWS_ROLE_ARN (`cli setup-ci` makes the role and lists what else to set), or "
            "the secrets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    return "" if region else "Set the repository's variable AWS_REGION, or `region` in service.toml."
