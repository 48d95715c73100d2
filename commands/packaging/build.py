"""build(deployment): api.zip, worker.zip and deployment.json, or the reason why they can't be."""

import json
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from commands.deployment import BUILD, CACHE, Deployment
from commands.packaging.archive import write_zip
from commands.packaging.bytecode import compile_below
from commands.packaging.environment import carried, deployment_document
from commands.packaging.imports import FOR_THE_WORKER, check_imports
from commands.packaging.libraries import libraries
from commands.packaging.locked import Lambda, locked, requirement_list
from commands.packaging.sizes import Size, check_limit, size_below
from commands.packaging.sources import PROJECT, copy_ours, copy_project
from commands.packaging.steps import step
from commands.packaging.target import Target
from commands.packaging.versions import worker_requirements
from serving.project import Project


@dataclass(frozen=True, kw_only=True)
class Package:
    """What was built. `requirements` is the worker's hashed list, to be kept beside the model's tag."""

    api: Path
    worker: Path
    deployment: Path
    requirements: Path
    target: Target
    sizes: Mapping[str, Sequence[Size]]
    left_out: Sequence[Path]

    @property
    def requirements_name(self) -> str:
        """The list's name beside the tag."""
        return requirements_name(self.target)


def requirements_name(target: Target) -> str:
    """What the list of a model's libraries is called beside its tag."""
    return f"requirements-{target.python}-{target.architecture}.txt"


def target_of(deployment: Deployment, *, host: bool) -> Target:
    """What is built for: Lambda as the deployment wants it, or this machine."""
    return Target.here() if host else Target(python=deployment.python_version, architecture=deployment.architecture)


def build(
    deployment: Deployment,
    *,
    versions: Mapping[str, str] = MappingProxyType({}),
    modules: Collection[str] = (),
    host: bool = False,
    folder: Path = BUILD,
) -> Package:
    """Build for Lambda, or for this machine; with the library `versions` that a model asks for.

    `modules` are those of the project that the model needs: the worker must carry what they import.
    Raises ConfigurationError; TooLargeForLambda when a zip is over Lambda's limit.
    """
    target = target_of(deployment, host=host)
    project = deployment.project_dir
    paths = {"api": folder / "api.zip", "worker": folder / "worker.zip"}
    schema_hash = Project.load(project).schema_hash
    lists: dict[Lambda, str] = {
        "api": requirement_list(locked("api", target)),
        "worker": worker_requirements(project, target, versions, CACHE),
    }
    carries = carried(lists["worker"], versions)
    document = deployment_document(deployment, **paths, schema_hash=schema_hash, libraries=carries)
    sizes: dict[str, list[Size]] = {}
    left_out: Sequence[Path] = ()
    folder.mkdir(parents=True, exist_ok=True)
    for name, listed in lists.items():
        zipped, contents = libraries(name, listed, target, CACHE)
        with (
            tempfile.TemporaryDirectory(dir=CACHE) as made,
            step(f"{name}: adding the service and {project.resolve().name}"),
        ):
            ours = Path(made)
            copy_ours(name, ours)
            own = size_below(ours, "the service")
            left_out = copy_project(project, ours)
            if name == "api":
                check_imports(ours / PROJECT, contents.modules)
            else:
                check_imports(ours / PROJECT, contents.modules, modules=modules, advice=FOR_THE_WORKER)
            if target.compiled:
                compile_below(ours, sourceless=False)
            rows = [*contents.sizes, own, size_below(ours / PROJECT, "the project")]
            sizes[name] = sorted(rows, key=lambda size: size.compiled, reverse=True)
            write_zip(paths[name], ours, after=zipped)
    requirements = folder / "requirements.txt"
    requirements.write_text(lists["worker"], encoding="utf-8")
    check_limit(sizes)
    deployment_json = folder / "deployment.json"
    deployment_json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return Package(
        **paths,
        deployment=deployment_json,
        requirements=requirements,
        target=target,
        sizes=sizes,
        left_out=left_out,
    )
