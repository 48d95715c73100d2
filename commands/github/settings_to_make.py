"""What is still to be set on GitHub, where only its owner may: variables, Pages, an environment."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from commands.github.repository import Repository
from commands.github.role import Role

PAGES = "Settings > Pages > Build and deployment > Source: GitHub Actions, for the web form"
PRIVATE = (
    "A private repository has Pages and environments on a paid plan only, and required reviewers on GitHub "
    "Enterprise only; the deployment itself works on any plan."
)
OPTIONAL = {
    "MODEL_TAG": "the model to deploy; else the current one",
    "CORS_ORIGINS": "whose pages may call the API",
    "ALARM_EMAIL": "who is told of dead letters, delays and errors",
}


@dataclass(frozen=True, kw_only=True)
class SettingsToMake:
    """For one repository that deploys with the role; `environment` where its jobs name one."""

    repository: Repository
    role: Role
    environment: str | None
    private: bool | None

    @property
    def variables(self) -> Mapping[str, str]:
        """Repository variables, or those of the environment: none of them is a secret."""
        return {
            "AWS_ROLE_ARN": self.role.arn,
            "AWS_REGION": self.role.names.region,
            "PERMISSIONS_BOUNDARY": self.role.boundary_arn,
            "STAGE": self.role.names.stage,
        }

    @property
    def commands(self) -> list[str]:
        """The same by GitHub's own command line tool."""
        where = ["--repo", str(self.repository)]
        path = f"repos/{self.repository}"
        made = [["gh", "api", "-X", "POST", f"{path}/pages", "-f", "build_type=workflow"]]
        if self.environment is not None:
            made.insert(0, ["gh", "api", "-X", "PUT", f"{path}/environments/{quote(self.environment, safe='')}"])
            where += ["--env", self.environment]
        variables = [["gh", "variable", "set", name, *where, "--body", value] for name, value in self.variables.items()]
        return [shlex.join(command) for command in (*made[:-1], *variables, made[-1])]

    @property
    def by_hand(self) -> list[str]:
        """Where each of them is in a browser."""
        names = ", ".join(self.variables)
        if self.environment is None:
            place = f"Settings > Secrets and variables > Actions > Variables: {names}"
            return [place, PAGES]
        environment = f"Settings > Environments > New environment: {self.environment}; its variables: {names}"
        return [environment, PAGES]

    @property
    def mind(self) -> list[str]:
        """What else its owner should know."""
        deploys = f"Whoever may push to the branch deploys {self.role.names.stack}: protect it (Settings > Rules)."
        if self.environment is not None:
            deploys = (
                f"Any branch may name the environment {self.environment}: say which may, and who must agree, under "
                "Settings > Environments > Deployment branches and Required reviewers."
            )
        return [deploys, *([] if self.private is False else [PRIVATE])]

    def told(self) -> Mapping[str, Any]:
        """As JSON."""
        return {
            "variables": self.variables,
            "optional_variables": OPTIONAL,
            "commands": self.commands,
            "by_hand": self.by_hand,
            "mind": self.mind,
        }
