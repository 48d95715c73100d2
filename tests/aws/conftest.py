"""The template that a deployment sends, with the defaults and with everything set to something else."""

from typing import Any

import pytest

from tests.aws.template import Template, packaged

CHOSEN: dict[str, Any] = {
    "service": "wine",
    "stage": "prod",
    "worker_timeout": 120,
    "worker_memory": 3008,
    "batch_size": 100,
    "batch_window": 5,
    "worker_concurrency": 4,
    "max_receives": 7,
    "throttle_rate": 20,
    "throttle_burst": 40,
    "cors_origins": "https://a.example, https://b.example",
    "log_days": 90,
    "alarm_email": "ops@example.org",
    "dashboard": True,
    "snap_start": True,
    "architecture": "x86_64",
}


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """With the defaults."""
    return packaged(tmp_path_factory.mktemp("plain"), service="iris")


@pytest.fixture(scope="session")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """With everything set to something else."""
    return packaged(tmp_path_factory.mktemp("chosen"), **CHOSEN)


@pytest.fixture(params=["plain", "chosen"])
def template(request: pytest.FixtureRequest) -> Template:
    """Each of them."""
    found: Template = request.getfixturevalue(request.param)
    return found
