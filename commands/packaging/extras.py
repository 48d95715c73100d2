"""What a project's requirements.txt asks for, beside what every worker carries."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from commands.packaging.target import Target
from serving.errors import ProjectError
from worker.libraries import installed


@dataclass(frozen=True, kw_only=True)
class Extras:
    """`requirements` are those that the target needs; `legible` is False when only uv understands all lines."""

    path: Path
    text: str
    requirements: Sequence[Requirement]
    legible: bool

    @classmethod
    def read(cls, project_dir: Path, target: Target) -> "Extras":
        """Of a folder without the file, or with an empty one: no requirements. Raises ProjectError."""
        path = project_dir / "requirements.txt"
        try:
            text = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
        except UnicodeDecodeError as error:  # what PowerShell makes of `pip freeze > requirements.txt`
            raise ProjectError(f"{path} is not UTF-8: save it as UTF-8.") from error
        lines = [line.split(" #")[0].strip() for line in text.splitlines()]
        found, legible = [], True
        for line in lines:
            if not line or line.startswith("#"):
                continue
            try:
                requirement = Requirement(line)
            except InvalidRequirement:
                legible = False
                continue
            if target.fits(str(requirement.marker) if requirement.marker else None):
                found.append(requirement)
        return cls(path=path, text=text, requirements=found, legible=legible)

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for on any target."""
        return all(not line.strip() or line.lstrip().startswith("#") for line in self.text.splitlines())

    @property
    def reads_another_file(self) -> bool:
        """Whether more than its own text decides."""
        return any(line.lstrip().startswith("-") for line in self.text.splitlines())

    @property
    def names(self) -> set[str]:
        """The distributions, as indexes write them."""
        return {str(canonicalize_name(requirement.name)) for requirement in self.requirements}

    @property
    def met_here(self) -> bool:
        """Whether all of it is installed in this Python, in versions that it allows."""
        return self.legible and all(_met(requirement) for requirement in self.requirements)


def _met(requirement: Requirement) -> bool:
    version = installed(str(canonicalize_name(requirement.name)))
    return version is not None and requirement.specifier.contains(version, prereleases=True)
