"""Runs inside a bundle, on the local backend: `post RECORD`, `work` or `get PREDICTION_ID`."""

import asyncio
import json
import sys
from typing import Any


def request(method: str, path: str, body: str = "") -> Any:
    """A request through Mangum, as the HTTP API makes it."""
    from mangum import Mangum

    from app.main import create_app
    from serving.settings import Settings

    asyncio.set_event_loop(asyncio.new_event_loop())
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": "example.org"},
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": "127.0.0.1"}, "stage": "$default"},
        "body": body,
        "isBase64Encoded": False,
    }
    return json.loads(Mangum(create_app(Settings.read()), lifespan="off")(event, None)["body"])


def work() -> Any:
    """One batch through the worker."""
    from serving.backend import connect
    from serving.local.event_source import Context
    from serving.settings import Settings
    from worker.main import Worker

    settings = Settings.read()
    backend = connect(settings)
    queue: Any = backend.queue  # SQLite's, which has what an event source needs
    (received,) = queue.receive(owner="test", lease=60, most=10, most_bytes=1 << 20)
    attributes = {"ApproximateReceiveCount": str(received.receives)}
    record = {"messageId": received.id, "receiptHandle": received.id, "body": received.body, "attributes": attributes}
    return Worker.build(settings, backend)({"Records": [record]}, Context(60))


sys.path.insert(0, ".")
if sys.argv[1] == "post":
    answer = request("POST", "/api/predict", sys.argv[2])
elif sys.argv[1] == "work":
    answer = work()
else:
    answer = request("GET", f"/api/predict/{sys.argv[2]}")
print(json.dumps({"answer": answer, "files": sorted(str(getattr(m, "__file__", "")) for m in sys.modules.values())}))
