"""Each action of each statement of each role is taken away in turn, and something breaks: none is there for nothing."""

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import httpx
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from app.main import create_app
from serving.aws.connect import AwsBackend
from serving.errors import ModelUnavailable, StoreUnavailable
from serving.local.event_source import Context
from serving.report import KEY, read_report
from tests.aws.account import Account, open_account
from tests.aws.emulator import running_emulator
from tests.aws.template import Template
from tests.making import pickled, write_project
from worker.dead_letters import DeadLetterHandler
from worker.main import Worker

SMALL: dict[str, Any] = {"x": 1.5}
LARGE: dict[str, Any] = {"x": 1.5, "note": random.Random(1).randbytes(600_000).hex()}  # beyond what a message carries
MANY = [{"x": random.Random(i).random()} for i in range(3000)]  # beyond what an item of the table carries
ELSEWHERE = {
    # AWS checks these, and the emulator does not: tests/aws/test_roles.py
    *((role, "WriteLogs") for role in ("ApiRole", "WorkerRole", "DeadLettersRole")),
    ("WorkerRole", "ReceiveWork"),
    ("DeadLettersRole", "ReceiveDeadLetters"),
    ("WorkerRole", "LeaveKeysAlone"),
    ("WorkerRole", "TellMissingWorkFromForbidden"),
    ("DeadLettersRole", "TellMissingWorkFromForbidden"),
    ("ApiRole", "TellMissingModelsFromForbidden"),
    ("WorkerRole", "TellMissingModelsFromForbidden"),
}
Deed = Callable[[Account, boto3.Session], object]


@pytest.fixture(scope="module")
def account(plain: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("iam")
    project = write_project(folder / "project", 'x: float = Field(examples=[1])\nnote: str = ""')
    frame = pd.DataFrame({"x": [0.0, 1, 2]})
    model = pickled(folder / "model.pkl", make_pipeline(LinearRegression()).fit(frame, frame["x"] * 2))
    with running_emulator(folder, tls=True) as emulator, pytest.MonkeyPatch.context() as patch:
        for name, value in emulator.environment.items():
            patch.setenv(name, value)
        yield open_account(emulator, plain, project, model)


def ask(account: Account, session: boto3.Session, method: str, path: str, **options: Any) -> httpx.Response:
    """One request to a fresh API."""

    async def answer(backend: AwsBackend) -> httpx.Response:
        transport = httpx.ASGITransport(create_app(account.settings, backend))
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            return await client.request(method, path, **options)

    with account.backend(session) as backend:
        return asyncio.run(answer(backend))


def work(account: Account, session: boto3.Session, *, seconds: float = 60, **changes: Any) -> int:
    """Give the worker what waits; returns how many messages it could not handle."""
    with account.backend(session, **changes) as backend:
        worker = Worker.build(account.settings, backend)
        failures = worker({"Records": account.received()}, Context(seconds))["batchItemFailures"]
        worker.close()
        return len(failures)


def bury(account: Account, session: boto3.Session) -> int:
    """The same for the dead-letter function."""
    with account.backend(session) as backend:
        return len(
            DeadLetterHandler(backend, tries=20)({"Records": account.received()}, Context(30))["batchItemFailures"]
        )


def accepted(account: Account, records: Any) -> str:
    """The path of a prediction that is in the queue."""
    return str(ask(account, account.root, "POST", "/api/predict", json=records).headers["Location"])


def answered(account: Account, records: Any) -> str:
    """The path of a finished prediction."""
    path = accepted(account, records)
    assert work(account, account.root) == 0
    return path


def post(records: Any, **headers: str) -> Deed:
    return lambda account, session: (
        ask(account, session, "POST", "/api/predict", json=records, headers=headers).status_code
    )


def call(method: str, records: Any) -> Deed:
    """GET or DELETE a finished prediction."""
    return lambda account, session: ask(account, session, method, answered(account, records)).status_code


def health(account: Account, session: boto3.Session) -> object:
    return ask(account, session, "GET", "/api/health").json()["queue"]


def described(account: Account, session: boto3.Session) -> object:
    return ask(account, session, "GET", "/api/info").json()["model"] is not None


def handle(do: Callable[..., int], records: Any, **options: Any) -> Deed:
    """Let a function handle a message with these records."""

    def deed(account: Account, session: boto3.Session) -> object:
        accepted(account, records)
        return do(account, session, **options)

    return deed


def erase_dead(account: Account, session: boto3.Session) -> object:
    path = accepted(account, SMALL)
    assert bury(account, account.root) == 0
    return ask(account, session, "DELETE", path).status_code


def come_second(account: Account, session: boto3.Session) -> object:
    path = accepted(account, MANY)
    assert ask(account, account.root, "DELETE", path).status_code == 204
    return work(account, session)


def cannot_be_read(account: Account, session: boto3.Session) -> object:
    account.send("nothing that this service wrote")
    return work(account, session)


def come_back_soon(account: Account, session: boto3.Session) -> object:
    """Whether a message that met an outage is delivered again before its visibility ends."""
    accepted(account, SMALL)
    assert work(account, session, table="another-table") == 1
    account.emulator.passes(5)
    return len(account.received())


def look_up(*entities: str) -> Deed:
    def deed(account: Account, session: boto3.Session) -> object:
        with account.backend(session) as backend:
            try:
                return len(backend.features.read([("flowers", entity) for entity in entities]))
            except StoreUnavailable:
                return "unavailable"

    return deed


def start(account: Account, session: boto3.Session) -> object:
    try:
        return work(account, session)
    except ModelUnavailable:
        return "no model"


def report(account: Account, session: boto3.Session) -> object:
    """Whether a worker's start is reported."""
    table = account.emulator.client("dynamodb")
    table.delete_item(TableName=account.settings.table, Key={"key": {"S": KEY}})
    work(account, session)
    with account.backend(account.root) as backend:
        return read_report(backend.predictions) is not None


DEEDS: dict[tuple[str, str, str], tuple[Deed, object, object]] = {
    # role, statement, action: what it is for, what comes of it, what comes of it without
    ("ApiRole", "SendWork", "sqs:SendMessage"): (post(SMALL), 202, 503),
    ("ApiRole", "SendLargeWork", "s3:PutObject"): (post(LARGE), 202, 503),
    ("ApiRole", "TellHowMuchWaits", "sqs:GetQueueAttributes"): (health, "ok", "unavailable"),
    ("ApiRole", "ReadPredictionsAndKeys", "dynamodb:BatchGetItem"): (post(SMALL), 202, 503),
    ("ApiRole", "ReadPredictionsAndKeys", "dynamodb:GetItem"): (call("GET", SMALL), 200, 503),
    ("ApiRole", "WriteClaimsAndKeys", "dynamodb:PutItem"): (post(SMALL, **{"Idempotency-Key": "k"}), 202, 503),
    ("ApiRole", "ErasePredictions", "dynamodb:UpdateItem"): (call("DELETE", SMALL), 204, 503),
    ("ApiRole", "ReadLargeResults", "s3:GetObject"): (call("GET", MANY), 200, 503),
    ("ApiRole", "EraseLargeResults", "s3:DeleteObject"): (call("DELETE", MANY), 204, 503),
    ("ApiRole", "EraseLargeWork", "s3:DeleteObject"): (call("DELETE", LARGE), 204, 503),
    ("ApiRole", "EraseDeadLetters", "s3:DeleteObject"): (erase_dead, 204, 503),
    ("ApiRole", "FindWhatToErase", "s3:ListBucket"): (call("DELETE", SMALL), 204, 503),
    ("ApiRole", "DescribeModels", "s3:GetObject"): (described, True, False),
    ("WorkerRole", "PostponeWork", "sqs:ChangeMessageVisibility"): (come_back_soon, 1, 0),
    ("WorkerRole", "ReturnWork", "sqs:SendMessage"): (handle(work, SMALL, seconds=1), 0, 1),
    ("WorkerRole", "ReadLargeWork", "s3:GetObject"): (handle(work, LARGE), 0, 1),
    ("WorkerRole", "ReturnLargeWork", "s3:PutObject"): (handle(work, LARGE, seconds=1), 0, 1),
    ("WorkerRole", "WriteAnswers", "dynamodb:PutItem"): (handle(work, SMALL), 0, 1),
    ("WorkerRole", "CompareReport", "dynamodb:GetItem"): (report, True, False),
    ("WorkerRole", "WriteLargeAnswers", "s3:PutObject"): (handle(work, MANY), 0, 1),
    ("WorkerRole", "RemoveLargeAnswersThatCameSecond", "s3:DeleteObject"): (come_second, 0, 1),
    ("WorkerRole", "KeepWhatCannotBeRead", "s3:PutObject"): (cannot_be_read, 0, 1),
    ("WorkerRole", "ReadFeatures", "dynamodb:GetItem"): (look_up("a"), 1, "unavailable"),
    ("WorkerRole", "ReadFeatures", "dynamodb:BatchGetItem"): (look_up("a", "b"), 2, "unavailable"),
    ("WorkerRole", "LoadModels", "s3:GetObject"): (start, 0, "no model"),
    ("DeadLettersRole", "ReadLargeWork", "s3:GetObject"): (handle(bury, LARGE), 0, 1),
    ("DeadLettersRole", "KeepDeadLetters", "s3:PutObject"): (handle(bury, SMALL), 0, 1),
    ("DeadLettersRole", "WriteFailures", "dynamodb:PutItem"): (handle(bury, SMALL), 0, 1),
}


@pytest.mark.parametrize(("role", "sid", "action"), DEEDS)
def test_without_it_something_breaks(account: Account, role: str, sid: str, action: str) -> None:
    deed, works, breaks = DEEDS[role, sid, action]
    account.purge()
    assert deed(account, account.session(role)) == works
    account.purge()
    assert deed(account, account.session(role, without=(sid, action))) == breaks


def test_no_action_of_any_statement_is_left_out(account: Account) -> None:
    granted = {
        (role, statement["Sid"], action)
        for role, policy in account.policies.items()
        for statement in policy["Statement"]
        if (role, statement["Sid"]) not in ELSEWHERE
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert granted == set(DEEDS)
