"""The form of the iris service, in both of its places."""

from collections.abc import Iterator

import pytest

from tests.running import ROOT, Service
from tests.webform.fixtures import BESIDE, ELSEWHERE, form_at


@pytest.fixture(scope="module", params=[BESIDE, ELSEWHERE])
def address(
    request: pytest.FixtureRequest, service: Service, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with form_at(request.param, service.url, ROOT, tmp_path_factory.mktemp("form")) as found:
        yield found
