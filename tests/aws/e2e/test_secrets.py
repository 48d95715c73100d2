"""Secrets planted where the stack was deployed from are looked for in all that is there, and in all that it says."""

import json
from collections.abc import Iterator

import httpx

from tests.aws.e2e.conftest import Site
from tests.aws.e2e.project import EXAMPLE
from tests.planted import DOTENV, ENVIRONMENT, RECORD, files, found

FUNCTIONS = ("ApiFunction", "WorkerFunction", "DeadLetterFunction")
WAIT = {"Prefer": "wait=5"}


def of_the_machine(site: Site) -> list[str]:
    """What stands in the environment and in the folder that was deployed from."""
    return [ENVIRONMENT["DATABASE_PASSWORD"], DOTENV, str(site.project)]


def signing_keys(site: Site) -> list[str]:
    key = {"key": {"S": "signing-keys"}}
    item = site.emulator.client("dynamodb").get_item(TableName=site.outputs()["Table"], Key=key)["Item"]
    document = item["document"]
    return [found["secret"] for found in json.loads(document.get("S") or document["B"])]


def deployed(site: Site) -> Iterator[tuple[str, bytes]]:
    """The template, the outputs, what the functions are told, and every file of the stack's buckets, zips opened."""
    cloudformation, functions, s3 = (site.emulator.client(name) for name in ("cloudformation", "lambda", "s3"))
    yield "template", json.dumps(cloudformation.get_template(StackName=site.stack)["TemplateBody"]).encode()
    yield "outputs", json.dumps(site.outputs()).encode()
    for name in FUNCTIONS:
        told = functions.get_function_configuration(FunctionName=site.outputs()[name])
        yield name, json.dumps(told, default=str).encode()
    for resource in cloudformation.list_stack_resources(StackName=site.stack)["StackResourceSummaries"]:
        if resource["ResourceType"] != "AWS::S3::Bucket" or "Deployment" not in resource["LogicalResourceId"]:
            continue
        bucket = resource["PhysicalResourceId"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for entry in page.get("Contents", []):
                yield from files(entry["Key"], s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())


def test_nothing_secret_of_the_machine_is_deployed(site: Site) -> None:
    contents = dict(deployed(site))
    assert any(name.endswith("worker.zip/project/deeds.py") for name in contents)
    assert any("cloudformation-template" in name for name in contents)
    assert found(of_the_machine(site), contents) == []
    assert not [name for name in contents if name.endswith(".env")]
    assert found(signing_keys(site), {name: contents[name] for name in ("template", "outputs", *FUNCTIONS)}) == []
    for name in FUNCTIONS:
        variables = json.loads(contents[name])["Environment"]["Variables"]
        assert not {"DATABASE_PASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"} & variables.keys()


def test_answers_and_logs_say_nothing_secret_and_logs_no_word_of_a_record(site: Site, api: httpx.Client) -> None:
    record = {**EXAMPLE, "note": RECORD}
    bodies: dict[str, str] = {}

    def post(name: str, body: object, status: int, **headers: str) -> httpx.Response:
        answer = api.post("/api/predict", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        bodies[name] = f"{answer.headers}{answer.text}"
        return answer

    accepted = post("202", [record, {**record, "deed": "refuse"}], 202)
    refused = site.finished(api, accepted.headers["Location"])["result"][1]["error"]["message"]
    assert refused == f"ValueError: this row asks to be refused: {RECORD} is not in [path]"
    post("422", {**record, "x": RECORD}, 422)
    post("415", record, 415, **{"Content-Type": "text/plain"})
    post("413", [record] * 1_001, 413)
    with site.without("Api", "sqs:SendMessage"):
        post("503", record, 503)
    for path in ("/api/info", "/api/schema", "/openapi.json", "/docs", f"/api/predict/{'A' * 32}", "/nothing"):
        answer = api.get(path)
        bodies[path] = f"{answer.headers}{answer.text}"
    assert api.get("/docs").headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'sha256-")

    log = site.cli("logs", "--since", "15m", "--stage", "dev", "--json").stdout
    status = site.cli("status", "--stage", "dev", "--json").stdout
    secrets = [*of_the_machine(site), *signing_keys(site), "/project/deeds.py", "Traceback"]
    assert found([*secrets, RECORD], bodies) == []
    assert found([*secrets[:-2], RECORD], {"the log": log, "status": status}) == []
    prediction_id = accepted.json()["prediction_id"]
    (line,) = [line for line in log.splitlines() if prediction_id in line and " raised on " in line]
    assert "the model raised on row 1: ValueError at " in line
    assert "/project/deeds.py:" in line
