"""What is still to be set on GitHub, where only its owner may: variables, Pages, an environment."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from commands.github.repository import Repository
from commands.github.role import Role

VARIABLES = "Settings > Secrets and variables > Actions > Variables"
PAGES = "Settings > Pages > Build and deployment > Source: GitHub Actions, for the web form"
KEYS = "The secrets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are needed no longer: delete them, if they are there."
SEVERAL = (
    "For several stages: a branch stage/NAME deploys NAME. Run this again with --branch stage/NAME --stage NAME, and "
    "write {stack} in both values for what differs; or take --environment for each, whose variables win over the "
    "repository's."
)
PRIVATE = (
    "A private repository has Pages and environments on a paid plan only, and required reviewers on GitHub "
    "Enterprise only; the deployment itself works on any plan."
)
OPTIONAL = {
    "MODEL_TAG": "the model to deploy; else the current one",
    "CORS_ORIGINS": "whose pages may call the API; else GitHub Pages",
    "ALARM_EMAIL": "who is told of dead letters, delays and errors",
}


@dataclass(frozen=True, kw_only=True)
class SettingsToMake:
    """For one repository that deploys with the role from `branch`, or in `environment`.

    `project` is its folder in the repository, empty for the root; `private` is None where nobody told.
    """

    repository: Repository
    role: Role
    branch: str
    environment: str | None
    project: str
    private: bool | None

    @property
    def variables(self) -> Mapping[str, str]:
        """Of the environment, if there is one, else of the repository; none of them is a secret."""
        names = self.role.names
        found = {
            "AWS_ROLE_ARN": self.role.arn,
            "AWS_REGION": names.region,
            "PERMISSIONS_BOUNDARY": self.role.boundary_arn,
            "STAGE": names.stage if self.environment is not None or self.branch != f"stage/{names.stage}" else "",
            "PROJECT_DIR": self.project,
        }
        return {name: value for name, value in found.items() if value}

    @property
    def commands(self) -> list[str]:
        """All of it by GitHub's own command line tool."""
        path, where = f"repos/{self.repository}", ["--repo", str(self.repository)]
        commands = []
        if self.environment is not None:
            commands.append(["gh", "api", "-X", "PUT", f"{path}/environments/{quote(self.environment, safe='')}"])
            commands.append(["gh", "variable", "set", "DEPLOY_ENVIRONMENT", *where, "--body", self.environment])
            where += ["--env", self.environment]
        commands += [["gh", "variable", "set", name, *where, "--body", value] for name, value in self.variables.items()]
        commands.append(["gh", "api", "-X", "POST", f"{path}/pages", "-f", "build_type=workflow"])
        return [shlex.join(command) for command in commands]

    @property
    def by_hand(self) -> list[str]:
        """Where each of them is in a browser."""
        names = ", ".join(self.variables)
        if self.environment is None:
            return [f"{VARIABLES}: {names}", PAGES]
        return [
            f"Settings > Environments > New environment: {self.environment}; in it the variables {names}",
            f"{VARIABLES}: DEPLOY_ENVIRONMENT, which is {self.environment}",
            PAGES,
        ]

    @property
    def mind(self) -> list[str]:
        """What else its owner should know."""
        stack = self.role.names.stack
        deploys = f"Whoever may push to {self.branch} deploys {stack}: protect it under Settings > Rules."
        if self.environment is not None:
            deploys = (
                f"A job of any branch may name the environment {self.environment}, and so deploy {stack}: say which "
                "branches may, and who must agree, in its Deployment branches and Required reviewers."
            )
        several = [SEVERAL] if self.environment is None else []
        return [deploys, KEYS, *several, *([] if self.private is False else [PRIVATE])]

    def told(self) -> Mapping[str, Any]:
        """As JSON."""
        return {
            "variables": self.variables,
            "optional_variables": OPTIONAL,
            "environment": self.environment,
            "commands": self.commands,
            "by_hand": self.by_hand,
            "mind": self.mind,
        }
