"""Features on their way to DynamoDB: many batches at the same time, and a load that breaks off says how far it came."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from commands.features import load_features
from serving.aws.connect import connect_aws
from serving.errors import StoreUnavailable
from serving.ports import FeatureStore
from serving.project import Project
from serving.settings import Settings
from serving.views import FINGERPRINT, FeatureView
from tests.aws.emulator import Emulator
from tests.aws.fixtures import make_stack
from tests.aws.wire import Answer, Call, Fault, Forward, Wire, throttled
from tests.shopping import write_shopping

COUNT = 3_000


@pytest.fixture
def users(tmp_path: Path) -> FeatureView:
    project = write_shopping(tmp_path / "project")
    lines = [f"{place},{place % 50},1.5" for place in range(1, COUNT + 1)]
    (project / "users.csv").write_text("\n".join(["user_id,orders,money spent", *lines]))
    return Project.load(project).views["users"]


@pytest.fixture
def store(emulator: Emulator, wire: Wire, session: boto3.Session, tmp_path: Path) -> Iterator[FeatureStore]:
    settings = Settings.read({}, project_dir=tmp_path / "project", **make_stack(emulator))
    backend = connect_aws(settings, session)
    yield backend.features
    backend.close()


def refusing_after(calls: int) -> Fault:
    """A fault that lets so many calls through; the rest is not allowed."""
    left = iter(range(calls))

    def fault(call: Call, forward: Forward) -> Answer:
        if next(left, None) is not None:
            return forward()
        body = {"__type": "com.amazon.coral.service#AccessDeniedException", "message": "It is not allowed."}
        return Answer(400, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(body).encode())

    return fault


def test_batches_travel_at_the_same_time(users: FeatureView, store: FeatureStore, wire: Wire, tmp_path: Path) -> None:
    lock = threading.Lock()
    under_way, most = 0, 0

    def slow(call: Call, forward: Forward) -> Answer:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.02)
        answer = forward()
        with lock:
            under_way -= 1
        return answer

    wire.breaks("BatchWriteItem", slow)
    assert load_features(store, users, tmp_path / "project" / "users.csv") == COUNT
    assert wire.operations == ["BatchWriteItem"] * (COUNT // 25)
    assert most >= 5
    found = store.read([("users", f"[{place}]") for place in range(1, COUNT + 1)])
    checked = {FINGERPRINT: users.fingerprint}
    assert found == [{"orders": n % 50, "money spent": 1.5, "vip": False, **checked} for n in range(1, COUNT + 1)]


def test_a_load_that_breaks_off_says_how_far_it_came(
    users: FeatureView, store: FeatureStore, wire: Wire, tmp_path: Path
) -> None:
    wire.breaks("BatchWriteItem", refusing_after(50))
    with pytest.raises(StoreUnavailable, match=r"not allowed\. 1,000 of 3,000 entities of users are written") as far:
        load_features(store, users, tmp_path / "project" / "users.csv")
    assert str(far.value).endswith("and maybe some more: run the same command again.")
    assert len(wire.operations) <= 80, "what is not written yet is not tried"
    first, last = store.read([("users", "[1000]"), ("users", "[3000]")])
    assert (first is None, last is None) == (False, True)
    wire.heals()
    assert load_features(store, users, tmp_path / "project" / "users.csv") == COUNT


def test_a_table_that_is_asked_too_much_is_waited_for(store: FeatureStore, wire: Wire) -> None:
    wire.breaks("BatchWriteItem", throttled, times=4)
    store.write("users", [(f"[{place}]", {"orders": place}) for place in range(20)])
    assert store.read([("users", "[19]")]) == [{"orders": 19}]
