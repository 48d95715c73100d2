"""Finds what the user's modules import and a Lambda does not carry, before a cold start does."""

import ast
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from commands.packaging.sources import has_module
from serving.errors import ProjectError

OF_LAMBDA = {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six"}
"""What Lambda's Python runtime brings."""


FOR_THE_API = (
    "which the API does not carry: import it inside the function that needs it, or in a module that only the model "
    "uses, not validation.py"
)
FOR_THE_WORKER = "which the worker does not carry: put its package into the project's requirements.txt"


def check_imports(
    project: Path, carried: Collection[str], *, modules: Collection[str] = ("validation",), advice: str = FOR_THE_API
) -> None:
    """`project`: the folder as it will be in the zip; `carried`: what can be imported, by its first name.

    Begins with `modules` and follows them. Raises ProjectError that names the line to change.
    """
    known = {*carried, *sys.stdlib_module_names, *OF_LAMBDA, "serving"}
    waiting, seen = sorted(modules), set(modules)
    while waiting:
        module = waiting.pop()
        path = _source(project, module)
        if path is None:
            continue
        for name, line in _imports(path, module):
            top = name.split(".")[0]
            if has_module(project, top):
                new = {name, *_above(name)} - seen
                seen |= new
                waiting += sorted(new)
            elif top not in known:
                raise ProjectError(f"{path.relative_to(project)}, line {line}, imports {top}, {advice}.")


def _source(project: Path, module: str) -> Path | None:
    path = project.joinpath(*module.split("."))
    candidates = (path.with_name(f"{path.name}.py"), path / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)


def _above(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[:depth]) for depth in range(1, len(parts)))


def _imports(path: Path, module: str) -> Iterator[tuple[str, int]]:
    """What is imported along with the module, by absolute names, with lines."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise ProjectError(f"{path.name} can't be read: {error}") from error
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    yield from _in_body(tree.body, package)


def _in_body(body: Collection[ast.stmt], package: list[str]) -> Iterator[tuple[str, int]]:
    """Functions run later and attempts may fail: what they import does not count."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((f"{base}.{alias.name}" if base else alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.If):
            typing_only = "TYPE_CHECKING" in ast.unparse(node.test)
            yield from _in_body(node.orelse if typing_only else [*node.body, *node.orelse], package)
        elif isinstance(node, ast.ClassDef | ast.With):
            yield from _in_body(node.body, package)
