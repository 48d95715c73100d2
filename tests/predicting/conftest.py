"""Two services more: one behind a gateway, one that takes 100 records at once."""

from collections.abc import Iterator

import pytest

from tests.predicting.gateway import Gateway, gateway_to
from tests.running import Service, running_service


@pytest.fixture
def gateway(service: Service) -> Iterator[Gateway]:
    with gateway_to(service) as made:
        yield made


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, iris_bucket: str) -> Iterator[Service]:
    """A service that takes 100 records at once, so that an input has many slices."""
    state_dir = tmp_path_factory.mktemp("small")
    with running_service(state_dir, environment={"MAX_RECORDS": "100", "BUCKET": iris_bucket}) as started:
        yield started
