"""Makes projects and the loop around them in this process: API parts aside, everything is as it is served."""

import importlib
import pickle
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from serving.local.connect import LocalBackend, connect_local
from serving.local.event_source import Context, EventSource
from serving.manifest import Manifest
from serving.message import Message
from serving.project import Project
from serving.settings import Settings
from tests.manifests import manifest_of
from worker.dead_letters import DeadLetterHandler
from worker.main import Worker

_numbers = count(1)


def write_project(folder: Path, schema: str, modules: Mapping[str, str] | None = None) -> Path:
    """A folder whose validation.py holds `schema`: the body of PredictionData, or a whole module."""
    folder.mkdir(parents=True, exist_ok=True)
    source = textwrap.dedent(schema).strip()
    if "class PredictionData" not in source:
        body = textwrap.indent(source, "    ")
        source = (
            "from datetime import date, datetime, timedelta\nfrom decimal import Decimal\n"
            "from typing import Annotated, Literal\n"
            f"from pydantic import BaseModel, Field\n\n\nclass PredictionData(BaseModel):\n{body}\n"
        )
    (folder / "validation.py").write_text(source + "\n", encoding="utf-8")
    for name, text in (modules or {}).items():
        (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


def function_of(project: Path, module: str, name: str) -> Callable[..., Any]:
    """A function as a pickle will refer to it: by the name of the project's module."""
    sys.modules.pop(module, None)
    sys.path.insert(0, str(project))
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def pickled(path: Path, pipeline: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(pipeline))
    return path


@dataclass
class Loop:
    """A project's queue, worker and store; `ask` goes through all of them."""

    settings: Settings
    project: Project
    backend: LocalBackend
    worker: Worker
    source: EventSource

    def send(self, records: Any, **changes: Any) -> str:
        """Queue valid records as the API would; returns the prediction_id."""
        if isinstance(records, list):
            payload, columns = self.project.pack(self.project.many.validate_json(to_json(records)))
        else:
            payload, columns = self.project.dump(self.project.one.validate_json(to_json(records))), 0
        moment = int(time.time() * 1000)
        fields: dict[str, Any] = {
            "prediction_id": f"prediction-{next(_numbers)}",
            "accepted_at": moment,
            "expires_at": moment + 3_600_000,
            "schema_hash": self.project.schema_hash,
            "many": isinstance(records, list),
            "payload": payload,
            "columns": columns,
        }
        message = Message(**{**fields, **changes})
        self.backend.queue.send([message])
        return message.prediction_id

    def drain(self, seconds: float = 200) -> None:
        """Handle batches until the queue is empty."""
        until = time.monotonic() + seconds
        while self.backend.queue.next_visible() is not None:
            if not self.source.poll():
                time.sleep(0.01)
            assert time.monotonic() < until, "the queue did not drain"

    def answer(self, prediction_id: str) -> dict[str, Any]:
        (row,) = self.backend.predictions.get([prediction_id])
        assert row is not None, f"{prediction_id} is pending"
        assert row.document is not None
        answer: dict[str, Any] = from_json(row.document)
        return answer

    def ask(self, records: Any) -> Any:
        """The result of records, or the error of the whole prediction."""
        prediction_id = self.send(records)
        self.drain()
        answer = self.answer(prediction_id)
        return answer.get("result", answer.get("error"))

    def call(self, *, seconds: float = 600, most: int = 1000) -> dict[str, Any]:
        """One call of the worker with what is visible, `most` messages; what did not fail is acknowledged."""
        received = self.backend.queue.receive(owner="test", lease=60, most=most, most_bytes=1 << 30)
        records = [
            {
                "messageId": r.id,
                "receiptHandle": r.id,
                "body": r.body,
                "attributes": {"ApproximateReceiveCount": str(r.receives)},
            }
            for r in received
        ]
        answer = self.worker({"Records": records}, Context(seconds))
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        self.backend.queue.delete([r.id for r in received if r.id not in failed])
        return answer

    def close(self) -> None:
        self.worker.close()
        self.source.close()
        self.backend.close()


def upload(settings: Settings, model: Path, tag: str = "v1", **changes: Any) -> Manifest:
    """A model in the registry of `settings`, current, without the CLI's checks."""
    backend = connect_local(settings)
    backend.registry.bucket.create()  # type: ignore[attr-defined]  # a folder
    content = model.read_bytes()
    manifest = manifest_of(content, tag=tag, project=settings.project_dir, **changes)
    backend.registry.upload(model, manifest)
    backend.registry.promote(tag)
    backend.close()
    return manifest


def make_loop(
    folder: Path, schema: str, pipeline: Any, modules: Mapping[str, str] | None = None, **settings: Any
) -> Loop:
    """A loop for a pipeline and its schema, below `folder`."""
    project = write_project(folder / "project", schema, modules)
    made = Settings.read({}, project_dir=project, state_dir=folder / "state", **settings)
    upload(made, pickled(folder / "model.pkl", pipeline))
    return loop_of(made)


def loop_of(settings: Settings) -> Loop:
    """A loop for what the settings name; its model is in the registry."""
    backend = connect_local(settings)
    worker = Worker.build(settings, backend)
    source = EventSource(
        backend,
        worker=worker,
        dead_letters=DeadLetterHandler(backend, tries=settings.max_receives),
        name="worker-1",
        timeout=settings.worker_timeout,
        max_receives=settings.max_receives,
        batch_bytes=settings.batch_bytes,
    )
    return Loop(settings, Project.load(settings.project_dir), backend, worker, source)
