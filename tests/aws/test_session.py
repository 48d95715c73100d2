"""What botocore is told in a quicker way is what it would have found itself; whom functions trust signs for AWS."""

import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.session
import certifi
import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

from commands.packaging.roots import NAMES, amazon_roots
from serving.aws.clients import LateClient, client
from serving.aws.session import Descriptions, Reader, quick_session

YEAR = 365 * 86_400
SERVICES = ["dynamodb", "s3", "sqs", "sts"]
"""Ours, and the one that credentials of a role come from."""


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_described_as_by_botocore_itself(service: str) -> None:
    quick, own = Descriptions(file_loader=Reader()), Loader()
    for kind in ("service-2", "endpoint-rule-set-1", "paginators-1"):
        assert quick.load_service_model(service, kind) == own.load_service_model(service, kind)


def test_partitions_and_other_plain_files_are_read_alike() -> None:
    quick, own = Descriptions(file_loader=Reader()), Loader()
    for name in ("endpoints", "partitions", "_retry"):
        assert quick.load_data(name) == own.load_data(name)


@pytest.mark.parametrize("service", SERVICES)
def test_a_quick_client_can_do_what_an_ordinary_one_can(service: str) -> None:
    quick = client(quick_session("eu-central-1"), service)
    own = botocore.session.get_session().create_client(service, region_name="eu-central-1")
    assert quick.meta.service_model.operation_names == own.meta.service_model.operation_names
    assert quick.meta.endpoint_url == own.meta.endpoint_url


def test_a_service_that_is_none_is_still_refused() -> None:
    with pytest.raises(UnknownServiceError):
        client(quick_session("eu-central-1"), "sqss")


def test_a_late_client_is_made_by_its_first_call_and_once() -> None:
    made: list[Any] = []

    def make() -> Any:
        made.append(client(quick_session("eu-central-1"), "sqs"))
        return made[-1]

    late = LateClient(make)
    late.close()
    assert made == []
    with ThreadPoolExecutor(8) as pool:
        found = {id(answer) for answer in pool.map(lambda number: late.meta, range(8))}
    assert found == {id(made[0].meta)}
    assert len(made) == 1
    late.close()


def test_functions_trust_five_roots_that_everybody_trusts_and_that_last_for_a_year() -> None:
    trusted, everybody = (ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) for _ in range(2))
    trusted.load_verify_locations(cadata=amazon_roots())
    everybody.load_verify_locations(certifi.where())
    roots = trusted.get_ca_certs()
    assert {root["subject"][-1][0][1] for root in roots} == NAMES
    assert len(roots) == 5
    assert set(trusted.get_ca_certs(binary_form=True)) <= set(everybody.get_ca_certs(binary_form=True))
    assert all(ssl.cert_time_to_seconds(str(root["notAfter"])) > time.time() + YEAR for root in roots)
