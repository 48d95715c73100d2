"""The AWS account that the commands work in: its session, its clients, and its errors in one sentence each."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from serving.aws.faults import DENIED, Fault, code_of, credentials_refused, said
from serving.errors import ServingError, SettingsError

_CONFIG = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 4})


class Account:
    """One account in one region, as the credentials in the environment say."""

    def __init__(self, region: str | None) -> None:
        with aws_errors():
            self.session = boto3.Session(region_name=region)
        if not self.session.region_name:
            raise SettingsError("No AWS region is set: put `region` into service.toml, or set AWS_REGION.")
        self.region: str = self.session.region_name

    def client(self, service: str) -> Any:
        with aws_errors():
            return self.session.client(service, config=_CONFIG)

    @cached_property
    def id(self) -> str:
        """The account's number; the first call that needs credentials. Raises ServingError."""
        with aws_errors():
            return str(self.client("sts").get_caller_identity()["Account"])


@contextmanager
def aws_errors() -> Iterator[None]:
    """Every error of AWS as a ServingError that says what to do."""
    try:
        yield
    except Fault as error:
        advice = credentials_refused(error)
        if advice is None and isinstance(error, ClientError) and code_of(error) in DENIED | {"UnauthorizedOperation"}:
            advice = f"AWS denies {said(error)}. These credentials need that permission."
        raise ServingError(advice or f"AWS: {said(error)}") from error
