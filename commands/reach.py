"""The service that a command works on: the one of this machine, or with --stage the one that is deployed."""

from collections.abc import Sequence
from pathlib import Path

from serving.adapters import Backend
from serving.backend import connect
from serving.settings import Settings


def reach(project: Path | None, state_dir: Path | None, stage: str | None) -> tuple[Settings, Backend]:
    """Its settings and adapters. Raises ServingError when it is not deployed."""
    if stage is None:
        settings = Settings.read(project_dir=project, state_dir=state_dir)
        return settings, connect(settings)
    from commands.aws.stack import deployed  # boto3 takes a fifth of a second

    service = deployed(project, stage)
    return service.deployment, service.backend()


def options_for(settings: Settings) -> Sequence[str]:
    """What leads a command to this machine's service of the settings, typed in the same folder."""
    folder, state = settings.project_dir, settings.state_dir
    options = [] if folder == Path() else ["--project", str(folder)]
    return options if state == folder / ".state" else [*options, "--state-dir", str(state)]
