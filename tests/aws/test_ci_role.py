"""Each right that a deployment uses is taken away in turn, and a step of it is denied: none is there for nothing.

What CloudFormation does with the caller's rights is in tests/aws/test_stack_rights.py: the emulator's asks for none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import boto3
import pandas as pd
import pytest
from botocore.exceptions import ClientError
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from commands.aws import stack as stacks
from commands.aws.account import Account as SignedIn
from commands.aws.rollback import served_now
from commands.github.policy import compact, document
from commands.github.role import Role
from commands.github.stack_rights import functions, storage
from serving.aws import bucket as model_bucket
from serving.errors import ServingError
from serving.keys import KeyRing
from tests.aws.account import Account, open_account
from tests.aws.emulator import REGION, running_emulator
from tests.aws.iam_rules import without
from tests.aws.roles import role_of
from tests.aws.template import BUCKET, Template
from tests.making import pickled, write_project
from tests.manifests import manifest_of

_numbers = count(1)
DENIED = ("AccessDenied", "not authorized", "AWS denies", "can't be used: these credentials lack")
ELSEWHERE = {
    # The emulator knows neither iam:PermissionsBoundary nor iam:PassedToService: tests/aws/test_ci_boundary.py
    *("MakeRolesUnderBoundary", "KeepAndDeleteRoles", "GiveRolesToLambdas"),
}
NOT_ASKED = {("ChangeStack", "cloudformation:TagResource")}  # by the emulator, for the tags of a stack


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage that is there, without its functions, and the role that deploys it."""

    account: Account
    template: Template
    role: Role

    def session(self, sid: str = "", action: str = "") -> boto3.Session:
        """What the role may do; without one action of one statement."""
        iam, sts = self.account.emulator.client("iam"), self.account.emulator.client("sts")
        name = f"ci-{next(_numbers)}"
        trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=compact(document([trust])))["Role"]
        for policy, found in without(self.role.policies(), sid, action).items():
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=compact(found))
        keys = sts.assume_role(RoleArn=made["Arn"], RoleSessionName="test")["Credentials"]
        return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION)

    def named(self, logical: str) -> str:
        """What a resource of the stack is called."""
        cloudformation = self.account.emulator.client("cloudformation")
        found = cloudformation.describe_stack_resource(StackName=self.role.names.stack, LogicalResourceId=logical)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])


Step = Callable[[Stage, boto3.Session], object]


@pytest.fixture(scope="module")
def stage(plain: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("ci")
    project = write_project(folder / "project", "x: float = Field(examples=[1])")
    frame = pd.DataFrame({"x": [0.0, 1, 2]})
    model = pickled(folder / "model.pkl", make_pipeline(LinearRegression()).fit(frame, frame["x"] * 2))
    with running_emulator(folder, tls=True) as emulator, pytest.MonkeyPatch.context() as patch:
        for name, value in emulator.environment.items():
            patch.setenv(name, value)
        account = open_account(emulator, plain, project, model)
        cloudformation = emulator.client("cloudformation")
        cloudformation.update_termination_protection(StackName=plain.deployment.stack, EnableTerminationProtection=True)
        yield Stage(account=account, template=plain, role=role_of(plain.deployment))


def signed_in(session: boto3.Session) -> SignedIn:
    account = SignedIn(REGION)
    account.session = session
    return account


def find(stage: Stage, session: boto3.Session) -> object:
    return stacks.find(signed_in(session), stage.template.deployment)


def earlier(stage: Stage, session: boto3.Session) -> object:
    found = stacks.Stack(name=stage.role.names.stack, status="UPDATE_COMPLETE", changed_at="", outputs={}, tags={})
    return served_now(signed_in(session), found)


def osls(service: str, operation: str, **parameters: Any) -> Step:
    """A call that osls makes; {stack}, {packages}, {payloads} and {table} stand for names."""

    def step(stage: Stage, session: boto3.Session) -> object:
        names = {
            "stack": stage.role.names.stack,
            "packages": stage.named("ServerlessDeploymentBucket"),
            "payloads": stage.named("PayloadBucket"),
            "table": stage.named("Table"),
        }
        given = {key: v.format(**names) if isinstance(v, str) else v for key, v in parameters.items()}
        return getattr(session.client(service), operation)(**given)

    return step


def protect(stage: Stage, session: boto3.Session) -> None:
    model_bucket.protect(session.client("s3"), BUCKET)


def make(stage: Stage, session: boto3.Session) -> None:
    model_bucket.make(session.client("s3"), BUCKET)


def registry(do: Callable[[Any, Stage], object]) -> Step:
    def step(stage: Stage, session: boto3.Session) -> object:
        with stage.account.backend(session) as backend:
            return do(backend, stage)

    return step


def upload(backend: Any, stage: Stage) -> object:
    model = stage.account.settings.project_dir.parent / "model.pkl"
    tag = f"v-{next(_numbers)}"
    return backend.registry.upload(model, manifest_of(model.read_bytes(), tag=tag, project=model.parent / "project"))


def keys(backend: Any, stage: Stage) -> KeyRing:
    return KeyRing(backend.predictions, ttl=stage.account.settings.result_ttl)


def abort(bucket: str, key: str) -> Step:
    def step(stage: Stage, session: boto3.Session) -> object:
        name = bucket or stage.named("ServerlessDeploymentBucket")
        upload = stage.account.root.client("s3").create_multipart_upload(Bucket=name, Key=key)["UploadId"]
        return session.client("s3").abort_multipart_upload(Bucket=name, Key=key, UploadId=upload)

    return step


CHANGE = {"StackName": "{stack}", "ChangeSetName": "change"}
DAY = {"StartTime": datetime.now(UTC) - timedelta(days=1), "EndTime": datetime.now(UTC), "Period": 3600}
METRIC: dict[str, Any] = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistics": ["Sum"], **DAY}
STEPS: dict[tuple[str, str], Step] = {
    # statement, action: the step of cli deploy, status, logs or remove that takes it
    ("ChangeStack", "cloudformation:CreateChangeSet"): osls(
        "cloudformation", "create_change_set", **CHANGE, UsePreviousTemplate=True
    ),
    ("ChangeStack", "cloudformation:DescribeChangeSet"): osls("cloudformation", "describe_change_set", **CHANGE),
    ("ChangeStack", "cloudformation:ExecuteChangeSet"): osls("cloudformation", "execute_change_set", **CHANGE),
    ("ChangeStack", "cloudformation:DeleteChangeSet"): osls("cloudformation", "delete_change_set", **CHANGE),
    ("RemoveStack", "cloudformation:DeleteStack"): osls("cloudformation", "delete_stack", StackName="{stack}"),
    ("SeeStack", "cloudformation:DescribeStacks"): find,
    ("SeeStack", "cloudformation:GetTemplate"): earlier,
    ("SeeStack", "cloudformation:DescribeStackEvents"): osls(
        "cloudformation", "describe_stack_events", StackName="{stack}"
    ),
    ("SeeStack", "cloudformation:DescribeStackResource"): osls(
        "cloudformation", "describe_stack_resource", StackName="{stack}", LogicalResourceId="PayloadBucket"
    ),
    ("SeeStack", "cloudformation:ListStackResources"): osls(
        "cloudformation", "list_stack_resources", StackName="{stack}"
    ),
    ("ValidateTemplate", "cloudformation:ValidateTemplate"): osls(
        "cloudformation", "validate_template", TemplateBody='{{"Resources": {{}}}}'
    ),
    ("MakeModelBucket", "s3:CreateBucket"): make,
    **{
        ("ProtectModelBucket", f"s3:{name}"): protect
        for name in (
            *("PutBucketPublicAccessBlock", "PutBucketOwnershipControls", "PutBucketVersioning"),
            *("GetEncryptionConfiguration", "GetBucketPolicy", "PutBucketPolicy"),
            *("GetLifecycleConfiguration", "PutLifecycleConfiguration"),
        )
    },
    ("FindModels", "s3:ListBucket"): registry(lambda backend, _: backend.registry.tags()),
    ("StoreModels", "s3:GetObject"): registry(lambda backend, _: backend.registry.pointer()),
    ("StoreModels", "s3:PutObject"): registry(upload),
    ("StoreModels", "s3:AbortMultipartUpload"): abort(BUCKET, "models/v9/model.pkl"),
    ("StorePackages", "s3:PutObject"): osls("s3", "put_object", Bucket="{packages}", Key="serverless/a.zip", Body=b""),
    ("StorePackages", "s3:GetObject"): osls("s3", "get_object", Bucket="{packages}", Key="serverless/a.zip"),
    ("StorePackages", "s3:DeleteObject"): osls(
        "s3", "delete_objects", Bucket="{packages}", Delete={"Objects": [{"Key": "serverless/a.zip"}]}
    ),
    ("StorePackages", "s3:AbortMultipartUpload"): abort("", "serverless/b.zip"),
    ("EmptyPayloads", "s3:DeleteObject"): osls(
        "s3", "delete_objects", Bucket="{payloads}", Delete={"Objects": [{"Key": "results/a"}]}
    ),
    ("FindWhatBucketsHold", "s3:ListBucket"): osls("s3", "list_objects_v2", Bucket="{packages}"),
    ("ProveWithKeyOfItsOwn", "dynamodb:GetItem"): registry(lambda backend, stage: keys(backend, stage).api_keys()),
    ("ProveWithKeyOfItsOwn", "dynamodb:PutItem"): registry(
        lambda backend, stage: keys(backend, stage).create_api_key(f"smoke-test-{next(_numbers)}")
    ),
    ("CountPredictions", "dynamodb:Scan"): osls("dynamodb", "scan", TableName="{table}", Select="COUNT"),
    ("ReadLogs", "logs:FilterLogEvents"): osls("logs", "filter_log_events", logGroupName="/aws/lambda/{stack}-api"),
    ("CountErrors", "cloudwatch:GetMetricStatistics"): osls("cloudwatch", "get_metric_statistics", **METRIC),
    ("MakeQueues", "sqs:GetQueueAttributes"): registry(lambda backend, _: backend.queue.depth()),
    ("MakeFunctions", "lambda:GetFunction"): osls("lambda", "get_function", FunctionName="{stack}-api"),
}


def denied(step: Step, stage: Stage, session: boto3.Session) -> bool:
    """Whether it was denied; what else may be wrong, such as a missing function, is none of IAM's business."""
    try:
        answer = step(stage, session)
    except (ServingError, ClientError) as error:
        return any(said in f"{error} {error.__cause__}" for said in DENIED)
    return isinstance(answer, dict) and any(found["Code"] == "AccessDenied" for found in answer.get("Errors", []))


@pytest.mark.parametrize(("sid", "action"), STEPS)
def test_without_it_a_step_is_denied(stage: Stage, sid: str, action: str) -> None:
    assert not denied(STEPS[sid, action], stage, stage.session())
    assert denied(STEPS[sid, action], stage, stage.session(sid, action))


def test_no_action_of_any_statement_is_left_out(stage: Stage) -> None:
    of_stack = {found["Sid"] for part in (functions, storage) for found in part(stage.role.names)}
    granted = {
        (statement["Sid"], action)
        for policy in stage.role.policies().values()
        for statement in policy["Statement"]
        if statement["Sid"] not in ELSEWHERE | of_stack
        for action in statement["Action"]
    }
    assert granted == {tested for tested in STEPS if tested[0] not in of_stack} | NOT_ASKED
