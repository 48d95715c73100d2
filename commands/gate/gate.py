"""Runs the checks in their order, each on what the ones before have shown, and stops where going on would be unsafe."""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TypeVar

from commands.environments.environment import Environment, environment_for, environment_of
from commands.gate.agreement import agreement
from commands.gate.api_imports import check_api_imports
from commands.gate.covered import covered
from commands.gate.finding import Finding, Findings, failed, passed, warned
from commands.gate.weight import bundle, memory
from commands.pickles.advice import advice
from commands.pickles.inspection import Inspection, inspect_model
from commands.trial.trial import Tried, try_model
from serving.errors import ProjectError, ServingError
from serving.project import Project
from serving.settings import Settings

Made = TypeVar("Made")
Watch = Callable[[Finding], None]


@dataclass
class Gate:
    """One model in front of one project. What it has shown is kept: it need not be found out twice."""

    settings: Settings
    model: Path
    watch: Watch = lambda finding: None
    versions: Mapping[str, str] | None = None  # that a manifest names; else the file is asked
    findings: Findings = field(default_factory=Findings)
    project: Project | None = None
    inspection: Inspection | None = None
    environment: Environment | None = None
    tried: Tried | None = None

    def run(self) -> Findings:
        """Every check that can be made; see the findings for how they ended. Raises nothing of its own."""
        return self._run(self._checks())

    def run_without_model(self) -> Findings:
        """What can be said of the project alone."""
        return self._run(chain(self._of_the_project(), self._of_the_example()))

    def _run(self, checks: Iterator[Finding]) -> Findings:
        for finding in checks:
            self.watch(finding)
            if not self.findings.add(finding):
                break
        return self.findings

    def require(self, force: str | None = None) -> tuple[Inspection, Environment, Tried, str | None]:
        """Run, and what has been shown; the reason to keep when it was needed. Raises ModelRefused."""
        forced = self.run().require(force)
        assert self.inspection is not None
        assert self.environment is not None
        assert self.tried is not None
        return self.inspection, self.environment, self.tried, forced

    def _checks(self) -> Iterator[Finding]:
        yield from self._of_the_project()
        yield from self._of_the_file()
        yield from self._of_the_model()

    def _of_the_project(self) -> Iterator[Finding]:
        self.project = yield from _made("project", lambda: Project.load(self.settings.project_dir))
        if self.project is None:
            return
        yield passed("project", f"validation.py has {_fields(len(self.project.own_columns))}{_views(self.project)}.")
        try:
            check_api_imports(self.project.folder)
        except ServingError as error:
            yield failed("imports", str(error))
        else:
            yield passed("imports", "validation.py needs only what the API carries.")

    def _of_the_example(self) -> Iterator[Finding]:
        project = self.project
        assert project is not None
        example = yield from _made("example", lambda: project.example)
        if example is not None:
            origin = "example.json" if project.example_is_given else "The example made from the schema"
            yield passed("example", f"{origin} fits the schema.")

    def _of_the_file(self) -> Iterator[Finding]:
        self.inspection = yield from _made("file", lambda: inspect_model(self.model))
        if self.inspection is None:
            return
        found = self.inspection
        yield passed("file", f"{self.model} is {found.shape.text}, {_size(found.size)}, as {found.format}.")
        if found.dangers:
            danger = found.dangers[0]
            more = f" ({len(found.dangers) - 1} more: `cli inspect`)" if len(found.dangers) > 1 else ""
            verdict = "is dangerous, and" if found.harmful else "could do anything when it is loaded, so it"
            yield failed("scan", f"The pickle {verdict} was not loaded: {danger.name} {danger.reason}{more}.")
            return
        yield passed("scan", f"{found.scanner} and the list of known names find nothing dangerous.")
        yield _pipeline(found)
        vouched = yield from _made("requirements", lambda: covered(self.settings.project_dir, found))
        if vouched is not None:
            yield vouched

    def _of_the_model(self) -> Iterator[Finding]:
        assert self.project is not None
        assert self.inspection is not None
        found, project = self.inspection, self.project
        versions = self.versions
        self.environment = yield from _made(
            "versions",
            lambda: (
                environment_for(project.folder, found) if versions is None else environment_of(project.folder, versions)
            ),
        )
        if self.environment is None:
            return
        environment = self.environment
        yield passed("versions", _versions(environment))
        try:
            tried = self.tried = try_model(self.settings, found, environment)
        except ServingError as error:
            yield failed("example", _why(project, str(error)))
            return
        if tried.problem:
            text = f"The model can't predict the example that was made from the schema: {tried.problem}"
            yield warned("example", f"{text} Put a real record into {project.folder / 'example.json'}.")
        else:
            origin = "example.json" if project.example_is_given else "the example made from the schema"
            yield passed("example", f"To {origin} the model answers {tried.answer['prediction']!r}.")
        yield from agreement(project, tried)
        yield memory(self.settings, held=tried.memory, size=found.size)
        weighed = yield from _made("bundle", lambda: bundle(project.folder, environment))
        if weighed is not None:
            yield weighed


def _made(check: str, make: Callable[[], Made]) -> Generator[Finding, None, Made | None]:
    """What `make` returns; None after a failure, which is yielded."""
    try:
        return make()
    except ServingError as error:
        yield failed(check, str(error))
        return None


def _why(project: Project, refusal: str) -> str:
    """What the model's process says; where that is only that the example is wrong, what is wrong with it."""
    try:
        _ = project.example
    except ProjectError as error:
        return str(error) if "the project's example" in refusal else refusal
    return refusal


def _versions(environment: Environment) -> str:
    listed = ", ".join(f"{name} {library.version}" for name, library in environment.libraries.items())
    if environment.folder is None:
        return f"{listed}: as they are here."
    chosen = [name for name, library in environment.libraries.items() if library.read_from == "resolved"]
    why = f" {', '.join(chosen)}: chosen to go with it; requirements.txt can fix them." if chosen else ""
    return f"{listed}: brought along for this model.{why}"


def _pipeline(found: Inspection) -> Finding:
    lines = advice(found) or ""
    only_words = all(line.startswith("#") for line in lines.splitlines())
    if found.main:
        names = ", ".join(found.main)
        return failed("pipeline", f"The pickle needs {names} of the script or notebook that made it:", lines)
    if found.shape.kind == "pipeline" and not lines:
        return passed("pipeline", "It is a scikit-learn Pipeline.")
    text = f"The file holds {found.shape.text}, not a Pipeline that predicts"
    if only_words:
        return failed("pipeline", f"{text}. {lines.removeprefix('# ')}")
    return failed("pipeline", f"{text}. These lines make one of it:", lines)


def _views(project: Project) -> str:
    """The features that are looked up."""
    found = ", ".join(f"{len(view.columns)} in {name}" for name, view in project.views.items())
    return f", and features to look up: {found}" if found else ""


def _fields(count: int) -> str:
    return "1 field" if count == 1 else f"{count} fields"


def _size(count: int) -> str:
    return f"{count / 1024 / 1024:.1f} MiB" if count >= 1024 * 1024 else f"{count / 1024:.1f} KiB"
