"""Secrets that tests plant, to look for them wherever the service says something."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

RECORD = "planted-in-a-record"
"""A client's own words: in its own answers, and nowhere else."""
FOLDER = "planted-folder"
"""A part of the project's path: no client learns where the service keeps its files."""
DOTENV = "planted-in-dotenv"
ENVIRONMENT = {
    "AWS_SECRET_ACCESS_KEY": "plantedInTheEnvironment/of+AWS0000000000",
    "DATABASE_PASSWORD": "planted-in-the-environment",
}


def plant(project: Path) -> Path:
    """A .env beside the project's files, as people keep one."""
    (project / ".env").write_text(f"DATABASE_PASSWORD={DOTENV}\n", encoding="utf-8")
    return project


def found(secrets: Iterable[str], told: Mapping[str, str | bytes]) -> list[tuple[str, str]]:
    """Which secret stands where; `told` has what was said, by what said it."""
    texts = {name: text if isinstance(text, bytes) else text.encode() for name, text in told.items()}
    return [(secret, name) for secret in secrets for name, text in texts.items() if secret.encode() in text]


def files(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """A file as it is, and what it holds if it is a zip."""
    yield name, content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield f"{name}/{member}", archive.read(member)
