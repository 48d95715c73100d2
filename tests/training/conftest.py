"""A web server that publishes a data set, and no DATA_DIR that has one already."""

from collections.abc import Iterator

import pytest

from tests.training.fetching import CONTENT
from tests.training.publisher import Publisher, published


@pytest.fixture
def site() -> Iterator[Publisher]:
    with published(CONTENT) as publisher:
        yield publisher


@pytest.fixture(autouse=True)
def no_data_dir(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATA_DIR", raising=False)
