"""schemathesis on the served OpenAPI document, all its checks; `make fuzz` sends ten thousand requests."""

from pathlib import Path

from bench.fuzz import PROJECT, fuzz, write_model
from tests.running import cli, running_service


def test_no_request_made_from_the_openapi_document_gets_an_answer_that_it_does_not_describe(tmp_path: Path) -> None:
    state = tmp_path / "state"
    key = cli("keys", "create", "fuzz", "--state-dir", str(state), "--project", str(PROJECT)).stdout.split()[-1]
    with running_service(state, project=PROJECT, model=write_model(tmp_path)) as service:
        found = fuzz(service.url, examples=15, seed=8, key=key)
        assert not found.failures, found.text
        assert found.cases > 300
        assert "Traceback" not in service.log
