"""cli status: how a service is doing, in one look."""

import json
from typing import Any

from rich.table import Table

from commands.console import out, plain_errors
from commands.options import DeployedOption, JsonOption, ProjectOption, StateOption
from commands.reach import reach
from commands.switching import is_served
from serving.adapters import Backend
from serving.errors import ServingError
from serving.report import read_report
from serving.settings import Settings


def status(
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show queue, dead letters, model, errors and last deployment."""
    with plain_errors():
        if stage is None:
            settings, backend = reach(project, state_dir, None)
            running = is_served(settings.state_dir)
            found = {"running": "yes" if running else "no: `cli serve` starts it", **_common(settings, backend)}
        else:
            from commands.aws.health import health
            from commands.aws.stack import deployed

            service = deployed(project, stage)
            found = {**_common(service.deployment, service.backend()), **health(service)}
        if as_json:
            out.print_json(json.dumps(found))
            return
        table = Table(show_header=False, box=None)
        for name, value in found.items():
            shown = ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else value
            table.add_row(name.replace("_", " "), "–" if shown is None else str(shown))
        out.print(table)


def _common(settings: Settings, backend: Backend) -> dict[str, Any]:
    """What both backends know. Raises Unavailable."""
    depth = backend.queue.depth()
    model, previous = _models(backend)
    return {
        "service": settings.service,
        "stage": settings.stage,
        "backend": settings.backend,
        "waiting": depth.waiting,
        "in_flight": depth.in_flight,
        "dead_letters": len(backend.dead_letters.keys()),
        "model": model,
        "previous_model": previous,
        **_served(backend, model),
    }


def _served(backend: Backend, current: str | None) -> dict[str, str | None]:
    """What the workers say that they serve, and why it is not the current model."""
    report = read_report(backend.predictions)
    if report is None:
        return {"served_model": None, "model_problem": None}
    problem = report.problem if report.wanted == current else None  # the one of a tag that is wanted no longer is old
    return {"served_model": report.model.tag if report.model else None, "model_problem": problem}


def _models(backend: Backend) -> tuple[str | None, str | None]:
    """The current tag and the one before; a registry that can't be read hides nothing else."""
    try:
        pointer = backend.registry.pointer()
    except ServingError as error:
        return f"unknown: {error}", None
    if pointer is None:
        return None, None
    return pointer.tag, pointer.previous.tag if pointer.previous else None
