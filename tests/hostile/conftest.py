"""One service for all hostile tests."""

from collections.abc import Iterator

import pytest

from tests.hostile import EASY, echoing_service
from tests.running import Service


@pytest.fixture(scope="session")
def echoing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with echoing_service(tmp_path_factory.mktemp("hostile"), **EASY) as service:
        yield service
