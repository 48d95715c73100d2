"""The bucket commands on S3, and what they say when AWS refuses."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.aws.emulator import REGION, Emulator
from tests.running import cli


def on(emulator: Emulator, *arguments: str, check: bool = False, **changes: str) -> subprocess.CompletedProcess[str]:
    """A command as the account's root, or as `changes` to the environment say."""
    return cli(*arguments, check=check, env={**os.environ, **emulator.environment, **changes})


def refused(finished: subprocess.CompletedProcess[str]) -> str:
    """The one message of a command that failed."""
    assert finished.returncode == 1, finished.stdout
    assert "Traceback" not in finished.stderr
    assert len(finished.stderr.strip().splitlines()) == 1, finished.stderr
    return finished.stderr


def test_a_bucket_on_s3_is_made_filled_listed_and_deleted(emulator: Emulator, iris_model: Path) -> None:
    assert "is made" in on(emulator, "create-bucket", "models-of-iris", check=True).stdout
    assert "is a bucket already" in on(emulator, "create-bucket", "s3://models-of-iris", check=True).stdout
    uploaded = on(emulator, "upload", "models-of-iris", str(iris_model), "--tag", "v1", check=True)
    assert "v1 is current." in uploaded.stderr
    assert "uploading v1" in uploaded.stderr
    assert 'Deployments look elsewhere: put `bucket = "models-of-iris"` into service.toml.' in uploaded.stderr
    again = on(
        emulator, "upload", "s3://models-of-iris", str(iris_model), "--tag", "v1", BUCKET="models-of-iris", check=True
    )
    assert "v1 is already there" in again.stderr
    assert "Deployments look elsewhere" not in again.stderr
    (listed,) = json.loads(on(emulator, "list-objects", "models-of-iris", "--json", check=True).stdout)
    assert listed["tag"] == "v1"
    assert listed["current"] is True
    assert listed["size"] == iris_model.stat().st_size
    assert "v1" in on(emulator, "list-objects", "models-of-iris").stdout
    assert "Delete models-of-iris and its 1 models?" in refused(on(emulator, "delete-bucket", "models-of-iris"))
    assert "is deleted" in on(emulator, "delete-bucket", "models-of-iris", "--yes", check=True).stdout
    assert "There is no bucket" in refused(on(emulator, "list-objects", "models-of-iris"))


def test_a_bucket_is_private_versioned_encrypted_and_reached_by_tls_only(emulator: Emulator) -> None:
    on(emulator, "create-bucket", "guarded-models", check=True)
    s3 = emulator.client("s3")
    assert all(s3.get_public_access_block(Bucket="guarded-models")["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_versioning(Bucket="guarded-models")["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket="guarded-models")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket="guarded-models")["Policy"]


def test_a_bucket_is_made_in_the_region_that_was_asked_for(emulator: Emulator) -> None:
    on(emulator, "create-bucket", "models-in-oregon", check=True, AWS_REGION="us-west-2")
    assert emulator.client("s3").get_bucket_location(Bucket="models-in-oregon")["LocationConstraint"] == "us-west-2"
    message = refused(on(emulator, "create-bucket", "models-in-oregon"))
    assert "us-west-2" in message
    assert REGION in message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}, "aws configure"),
        ({"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"}, "does not know these credentials"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "No AWS region is set"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "can't be reached"),
        ({"AWS_PROFILE": "nobody"}, "nobody"),
    ],
    ids=["no credentials", "unknown credentials", "no region", "no network", "no such profile"],
)
def test_what_aws_refuses_is_one_message_that_says_what_to_do(
    emulator: Emulator, changes: dict[str, str], said: str
) -> None:
    assert said in refused(on(emulator, "create-bucket", "some-models", **changes))


def test_a_denied_right_is_named(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    iam.create_user(UserName="guest")
    key = iam.create_access_key(UserName="guest")["AccessKey"]
    keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    on(emulator, "create-bucket", "not-for-guests", check=True)
    message = refused(on(emulator, "list-objects", "not-for-guests", **keys))
    assert "these credentials need s3:ListBucket" in message


def test_a_name_that_s3_does_not_allow_is_refused(emulator: Emulator) -> None:
    assert "can't be a bucket's name" in refused(on(emulator, "create-bucket", "My_Models"))
