"""What a project's requirements.txt asks for, beside what every worker carries."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from commands.packaging.target import Target
from serving.errors import ProjectError
from serving.settings import Settings
from worker.libraries import installed

_COMMENT = re.compile(r"(^|\s+)#.*$", re.MULTILINE)
_CONTINUED = re.compile(r"\\\n\s*")
_HASH = re.compile(r"\s--hash[ =](\S+)")
_FILE = re.compile(r"(?:-r|--requirement)[ =]?\s*(.+)")
_NO_RELEASE = re.compile(r"-e\b|--editable\b|[./~]|(?!-)\S*(://|\.whl$|\.tar\.gz$)")
"""A project, a repository or a file."""


@dataclass(frozen=True, kw_only=True)
class Extras:
    """`requirements` are those that the target needs; `legible` is False when only uv understands all lines."""

    path: Path
    text: str
    requirements: Sequence[Requirement]
    hashes: Mapping[str, set[str]]  # by distribution, as requirements.txt gives them
    legible: bool

    @classmethod
    def read(cls, project_dir: Path, target: Target) -> "Extras":
        """Of a folder without the file, or with an empty one: no requirements.

        Raises ProjectError for what is not UTF-8, and for lines that ask for anything but releases.
        """
        path = Settings.read(project_dir=project_dir).requirements or project_dir / "requirements.txt"
        found: list[Requirement] = []
        hashes: dict[str, set[str]] = {}
        legible = True
        for file, line in _lines(path, set()):
            try:
                requirement = Requirement(_HASH.sub("", line))
            except InvalidRequirement as error:
                legible = False
                if _NO_RELEASE.match(line):
                    raise _no_release(file, line) from error
                continue
            if not target.fits(str(requirement.marker) if requirement.marker else None):
                continue
            if requirement.url:
                raise _no_release(file, line)
            found.append(requirement)
            given = _HASH.findall(line)
            if given:  # what is installed here can't be compared with them
                legible = False
                hashes.setdefault(str(canonicalize_name(requirement.name)), set()).update(given)
        text = _text(path) if path.is_file() else ""
        return cls(path=path, text=text, requirements=found, hashes=hashes, legible=legible)

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

    def reason(self, versions: Mapping[str, str]) -> str:
        """For people: what a model with these versions needs beside what is here, and who asks for it."""
        if self.empty:
            asked = [f"{name} {version}" for name, version in versions.items() if installed(name) != version]
            who = "what the model was made with"
        else:
            asked = [f"{one.name} {one.specifier}".replace("==", "").rstrip() for one in self.requirements]
            who = f"what {self.path.name} asks for"
        shown = ", ".join(asked[:3]) + (" …" if len(asked) > 3 else "")
        return f"{who} ({shown})" if shown else who


def _lines(path: Path, seen: set[Path]) -> Iterator[tuple[Path, str]]:
    """Each line that says something, continued ones as one, with the file it is in: this one, or one that it reads.

    The line that reads another file comes first; of one that is not there uv tells.
    """
    if not path.is_file() or path.resolve() in seen:
        return
    seen.add(path.resolve())
    for line in _CONTINUED.sub(" ", _COMMENT.sub("", _text(path))).splitlines():
        if line.strip():
            yield path, line.strip()
        other = _FILE.match(line.strip())
        if other:
            yield from _lines(path.parent / other[1], seen)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:  # what PowerShell makes of `pip freeze > requirements.txt`
        raise ProjectError(f"{path} is not UTF-8: save it as UTF-8.") from error


def _no_release(path: Path, line: str) -> ProjectError:
    return ProjectError(
        f"{path} asks for {line!r}, and a worker gets only what a package index has: name a release, such as "
        "NAME==1.0, or put the module beside validation.py."
    )


def _met(requirement: Requirement) -> bool:
    version = installed(str(canonicalize_name(requirement.name)))
    return version is not None and requirement.specifier.contains(version, prereleases=True)
