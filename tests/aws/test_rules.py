"""What no emulator shows: rules of AWS, and of ours, on the template that `cli deploy` would send."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.middleware.cors import CORSMiddleware

from app.main import create_app
from commands.deployment import Deployment
from serving.errors import SettingsError
from serving.settings import Settings
from tests.aws.template import BUCKET, Template
from tests.running import ROOT, run

DAY = 86_400
LINT = Path(sys.executable).with_name("cfn-lint")
NAMES = {
    "AWS::ApiGatewayV2::Api": "Name",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
}


def test_cfn_lint_finds_nothing_but_osls_own_dependencies(template: Template) -> None:
    run(str(LINT), "--ignore-checks", "W3005", "--regions", "eu-central-1", "--", str(template.path))


def test_a_message_stays_hidden_for_six_time_outs_and_the_window(template: Template) -> None:
    function, mapping = template["WorkerLambdaFunction"], template["WorkerEventSourceMappingSQSQueue"]
    window = mapping["MaximumBatchingWindowInSeconds"]
    assert template["Queue"]["VisibilityTimeout"] == 6 * function["Timeout"] + window
    assert template["DeadLetterQueue"]["VisibilityTimeout"] == 6 * template["DeadLettersLambdaFunction"]["Timeout"]


def test_every_queue_keeps_messages_for_14_days_encrypted_and_up_to_a_mebibyte(template: Template) -> None:
    queues = template.of("AWS::SQS::Queue")
    assert set(queues) == {"Queue", "DeadLetterQueue"}
    for queue in queues.values():
        assert queue["MessageRetentionPeriod"] == 14 * DAY
        assert queue["MaximumMessageSize"] == 1024 * 1024
        assert queue["SqsManagedSseEnabled"] is True


def test_what_was_tried_max_receives_times_moves_to_the_dead_letter_queue(template: Template) -> None:
    assert template["Queue"]["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]},
        "maxReceiveCount": template.deployment.max_receives,
    }
    assert "RedrivePolicy" not in template["DeadLetterQueue"]


def test_every_trigger_reports_single_messages_and_gives_a_large_batch_a_window(template: Template) -> None:
    mappings = template.of("AWS::Lambda::EventSourceMapping")
    assert len(mappings) == 2
    for mapping in mappings.values():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["BatchSize"] <= 10 or mapping["MaximumBatchingWindowInSeconds"] >= 1
        assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_the_workers_trigger_is_as_it_was_set(template: Template) -> None:
    deployment, mapping = template.deployment, template["WorkerEventSourceMappingSQSQueue"]
    gathered = (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"])
    assert gathered == (deployment.batch_size, deployment.batch_window)
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": deployment.worker_concurrency}


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"batch_size": 11}, "BATCH_WINDOW"),
        ({"worker_timeout": 901}, "WORKER_TIMEOUT"),
        ({"worker_memory": 10_241}, "WORKER_MEMORY"),
        ({"service": "a" * 40, "stage": "b" * 12}, "SERVICE and STAGE"),
    ],
)
def test_what_aws_does_not_take_is_refused_before_anything_is_built(settings: Any, variable: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        Deployment.read({}, backend="aws", **settings)


def test_the_longest_names_that_are_taken_fit_lambda() -> None:
    longest = Deployment.read({}, backend="aws", service="a" * 40, stage="b" * 10)
    assert len(f"{longest.stack}-dead-letters") == 64


def test_the_gateway_is_throttled_as_set(template: Template) -> None:
    stage = template["HttpApiStage"]["DefaultRouteSettings"]
    assert stage["ThrottlingRateLimit"] == template.deployment.throttle_rate
    assert stage["ThrottlingBurstLimit"] == template.deployment.throttle_burst


def test_the_gateway_answers_cors_as_the_app_does(template: Template) -> None:
    settings = Settings.read({}, cors_origins=template.deployment.cors_origins)
    (app,) = [m.kwargs for m in create_app(settings).user_middleware if m.cls is CORSMiddleware]
    cors = template["HttpApi"]["CorsConfiguration"]
    assert cors["AllowOrigins"] == app["allow_origins"]
    assert cors["AllowMethods"] == app["allow_methods"]
    assert cors["AllowHeaders"] == app["allow_headers"]
    assert cors["ExposeHeaders"] == app["expose_headers"]
    assert "AllowCredentials" not in cors


def test_every_function_is_as_it_was_set(template: Template) -> None:
    deployment = template.deployment
    functions = template.of("AWS::Lambda::Function")
    assert {f["FunctionName"] for f in functions.values()} == {
        f"{deployment.stack}-{name}" for name in ("api", "worker", "dead-letters")
    }
    for function in functions.values():
        assert function["Runtime"] == f"python{deployment.python_version}"
        assert function["Architectures"] == [deployment.architecture]
        assert set(function["Environment"]["Variables"]) >= {"QUEUE_URL", "TABLE", "FEATURES_TABLE", "PAYLOAD_BUCKET"}
    worker = template["WorkerLambdaFunction"]
    assert (worker["Timeout"], worker["MemorySize"]) == (deployment.worker_timeout, deployment.worker_memory)


def test_a_worker_that_returns_its_work_is_not_stopped_as_a_loop(template: Template) -> None:
    assert template["WorkerLambdaFunction"]["RecursiveLoop"] == "Allow"


def test_the_api_answers_before_the_gateway_gives_up(template: Template) -> None:
    longest_wait = max(limit.le for limit in Settings.model_fields["wait_limit"].metadata if hasattr(limit, "le"))
    function, integration = template["ApiLambdaFunction"], template["HttpApiIntegrationApi"]
    assert longest_wait < function["Timeout"] < integration["TimeoutInMillis"] / 1000 <= 30


def test_logs_are_json_kept_for_a_time_and_free_of_the_platforms_own(template: Template) -> None:
    groups = template.of("AWS::Logs::LogGroup")
    functions = template.of("AWS::Lambda::Function")
    names = {f"/aws/lambda/{function['FunctionName']}" for function in functions.values()}
    assert {group["LogGroupName"] for group in groups.values()} == names
    assert {group["RetentionInDays"] for group in groups.values()} == {template.deployment.log_days}
    for function in functions.values():
        assert function["LoggingConfig"] == {
            "LogFormat": "JSON",
            "ApplicationLogLevel": "DEBUG",
            "SystemLogLevel": "WARN",
        }


def test_every_table_is_billed_by_request_and_forgets(template: Template) -> None:
    tables = template.of("AWS::DynamoDB::Table")
    assert set(tables) == {"Table", "FeaturesTable"}
    for table in tables.values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
        assert table["KeySchema"] == [{"AttributeName": "key", "KeyType": "HASH"}]


def test_every_bucket_is_private_and_encrypted(template: Template) -> None:
    buckets = template.of("AWS::S3::Bucket")
    assert set(buckets) == {"PayloadBucket", "ServerlessDeploymentBucket"}
    for bucket in buckets.values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_payloads_outlive_every_receipt_and_leave_no_versions(template: Template) -> None:
    bucket = template["PayloadBucket"]
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    longest_ttl = max(limit.le for limit in Settings.model_fields["result_ttl"].metadata if hasattr(limit, "le"))
    assert rule["Status"] == "Enabled"
    assert rule["ExpirationInDays"] * DAY > longest_ttl
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert "VersioningConfiguration" not in bucket
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_queues_and_buckets_are_reached_over_tls_alone(template: Template) -> None:
    policies = {**template.of("AWS::S3::BucketPolicy"), **template.of("AWS::SQS::QueuePolicy")}
    assert len(policies) == 4
    for policy in policies.values():
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert str(statement["Condition"]["Bool"]["aws:SecureTransport"]).lower() == "false"


def test_the_model_bucket_is_never_in_the_stack(template: Template) -> None:
    named = [b["BucketName"] for b in template.of("AWS::S3::Bucket").values() if "BucketName" in b]
    assert BUCKET not in named
    assert template.document["Outputs"]["ModelBucket"]["Value"] == BUCKET


def test_two_stacks_share_no_name(plain: Template, chosen: Template) -> None:
    taken = [_names(template) for template in (plain, chosen)]
    assert not taken[0] & taken[1]


def test_names_that_are_not_generated_start_with_service_and_stage(template: Template) -> None:
    assert all(re.match(rf"(/aws/lambda/|sls-)?{template.deployment.stack}(-|$)", name) for name in _names(template))


def _names(template: Template) -> set[str]:
    """What must be unique in an account: every resource of ours could be given a name."""
    given = {
        properties[name]
        for kind, name in NAMES.items()
        for properties in template.of(kind).values()
        if name in properties
    }
    exports = {output["Export"]["Name"] for output in template.document["Outputs"].values() if "Export" in output}
    return given | exports


def test_package_json_pins_osls_and_is_never_published() -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    assert package["private"] is True
    version = package["devDependencies"]["osls"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert f"frameworkVersion: {version}\n" in (ROOT / "serverless.yml").read_text(encoding="utf-8")
