"""What a worker reports of the model that it serves: once, whoever else reports, and never at a batch's cost."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.errors import StoreUnavailable
from serving.local.connect import LocalBackend, connect_local
from serving.prediction import ModelVersion
from serving.report import KEY, Report, read_report
from serving.settings import Settings
from worker.reporter import Reporter


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[LocalBackend]:
    made = connect_local(Settings.read({}, state_dir=tmp_path))
    yield made
    made.close()


def report(problem: str | None = None, at: str = "2026-11-20T09:00:00Z") -> Report:
    return Report(
        model=ModelVersion(tag="v1", sha256="0" * 64),
        wanted=problem and "v2",
        problem=problem,
        schema_hash="0123456789abcdef",
        libraries={"scikit-learn": "1.9.1"},
        python="3.13.1",
        at=at,
    )


class Counted:
    """A store that counts its calls, and can be down."""

    def __init__(self, backend: LocalBackend) -> None:
        self._store = backend.predictions
        self.down = False
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        if self.down:
            raise StoreUnavailable("down")
        self.calls[name] += 1
        return getattr(self._store, name)


def test_what_is_told_can_be_read(backend: LocalBackend) -> None:
    assert read_report(backend.predictions) is None
    Reporter(backend.predictions).tell(report())
    assert read_report(backend.predictions) == report()


def test_what_was_told_already_is_not_told_again(backend: LocalBackend) -> None:
    store = Counted(backend)
    reporter = Reporter(store)
    for _ in range(3):
        reporter.tell(report(at="first"))
    assert store.calls == {"get": 1, "swap": 1}
    Reporter(store).tell(report(at="later"))
    assert store.calls == {"get": 2, "swap": 1}, "another worker that says the same has nothing to write"
    assert read_report(backend.predictions) == report(at="first")


def test_what_another_worker_wrote_meanwhile_is_noticed_when_the_pointer_moves(backend: LocalBackend) -> None:
    one, two = Reporter(backend.predictions), Reporter(backend.predictions)
    one.tell(report("first"))
    two.tell(report("second"))
    one.tell(report("first"))
    assert read_report(backend.predictions) == report("second")
    one.forget()
    one.tell(report("first"))
    assert read_report(backend.predictions) == report("first")


def test_a_report_that_can_not_be_written_costs_nothing_and_is_written_later(backend: LocalBackend) -> None:
    store, moment = Counted(backend), [0.0]
    reporter = Reporter(store, clock=lambda: moment[0])
    store.down = True
    reporter.tell(report("new"))
    store.down = False
    reporter.tell(report("new"))
    assert not store.calls, "not at every batch while the store may still be down"
    moment[0] = 61
    reporter.tell(report("new"))
    assert read_report(backend.predictions) == report("new")


def test_what_another_version_of_this_project_wrote_is_no_report_and_is_replaced(backend: LocalBackend) -> None:
    backend.predictions.swap(KEY, b'{"of": "another version"}', expected=None)
    assert read_report(backend.predictions) is None
    Reporter(backend.predictions).tell(report())
    assert read_report(backend.predictions) == report()
