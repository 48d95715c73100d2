"""A model bucket on S3: how it is made, whose it is, and one line for each thing that goes wrong."""

import io
import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest

from serving.aws.models import S3Bucket
from serving.errors import BucketMissing, ModelUnavailable, RegistryError, ServingError
from tests.aws.emulator import REGION, Emulator

_numbers = count(1)
OTHER_ACCOUNT = {"aws_access_key_id": "222222222222", "aws_secret_access_key": "x"}


@pytest.fixture
def name() -> str:
    return f"models-{next(_numbers)}"


@pytest.fixture
def s3(emulator: Emulator) -> Iterator[Any]:
    client = emulator.client("s3")
    yield client
    client.close()


Open = Callable[..., S3Bucket]


@pytest.fixture
def open_bucket(session: boto3.Session, name: str) -> Iterator[Open]:
    """Opens the bucket of this test, with what a session is given."""
    opened = []

    def open_it(bucket: str = name, **options: str) -> S3Bucket:
        made = S3Bucket(bucket, boto3.Session(**{"region_name": REGION, **options}))
        opened.append(made)
        return made

    yield open_it
    for bucket in opened:
        bucket.client.close()


def refusal(call: Callable[[], object], kind: type[ServingError] = RegistryError) -> str:
    """The one line that the call ends with."""
    with pytest.raises(kind) as raised:
        call()
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_new_bucket_is_private_versioned_and_encrypted(open_bucket: Open, s3: Any, name: str) -> None:
    bucket = open_bucket(f"s3://{name}")
    assert not bucket.exists()
    assert bucket.create() is True
    assert bucket.exists()
    blocked = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert (len(blocked), set(blocked.values())) == (4, {True})
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    owned = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
    assert owned == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    (lifecycle,) = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert lifecycle["NoncurrentVersionExpiration"]["NoncurrentDays"] == 90
    assert lifecycle["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 7
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == REGION


def test_our_own_bucket_again_is_put_right_and_what_its_owner_added_stays(
    open_bucket: Open, s3: Any, name: str
) -> None:
    open_bucket().create()
    added = {
        "Sid": "Mine",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteBucket",
        "Resource": f"arn:aws:s3:::{name}",
    }
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [added]}))
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    assert open_bucket().create() is False
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    statements = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
    assert [one["Sid"] for one in statements] == ["Mine", "TlsOnly"]


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-2"])
def test_a_bucket_is_made_in_any_region(open_bucket: Open, s3: Any, name: str, region: str) -> None:
    assert open_bucket(region_name=region).create() is True
    assert (s3.get_bucket_location(Bucket=name)["LocationConstraint"] or "us-east-1") == region
    assert open_bucket(region_name=region).create() is False


def test_a_bucket_is_deleted_with_every_version(open_bucket: Open, s3: Any) -> None:
    bucket = open_bucket()
    bucket.create()
    for content in (b"1", b"2"):
        found = bucket.read("pointers/iris/dev.json")
        bucket.write("pointers/iris/dev.json", io.BytesIO(content), replaces=found[1] if found else None)
    bucket.write("models/v1/model.pkl", io.BytesIO(b"model"), replaces=None)
    bucket.remove("models/v1/model.pkl")
    bucket.delete()
    assert not bucket.exists()
    assert "There is no bucket" in refusal(bucket.delete, BucketMissing)


def test_a_bucket_with_anything_else_in_it_is_not_deleted(open_bucket: Open, s3: Any, name: str) -> None:
    bucket = open_bucket()
    bucket.create()
    bucket.write("models/v1/model.pkl", io.BytesIO(b"model"), replaces=None)
    s3.put_object(Bucket=name, Key="photos/cat.png", Body=b"cat")
    assert "holds more than models (photos/cat.png)" in refusal(bucket.delete)
    assert bucket.names("") == ["models/v1/model.pkl", "photos/cat.png"]


def test_a_name_that_is_taken(open_bucket: Open, emulator: Emulator, name: str) -> None:
    place = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    other = emulator.client("s3", **OTHER_ACCOUNT)
    other.create_bucket(Bucket=name, **place)
    other.close()
    assert "the name is taken by another account" in refusal(open_bucket().create)
    assert f"AWS denies access to the bucket {name}" in refusal(lambda: open_bucket().read("a"))


@pytest.mark.parametrize("wrong", ["Upper", "a", "under_score", "a/b", "with space"])
def test_a_name_that_can_be_none(open_bucket: Open, wrong: str) -> None:
    assert "can't be a bucket's name" in refusal(open_bucket(wrong).create)


def test_a_bucket_that_is_missing(open_bucket: Open, name: str) -> None:
    bucket = open_bucket()
    for call in (lambda: bucket.read("a"), lambda: bucket.names(""), lambda: bucket.remove("a"), bucket.delete):
        assert f"There is no bucket {name}" in refusal(call, BucketMissing)
    missing = refusal(lambda: bucket.write("a", io.BytesIO(b"1"), replaces=None), BucketMissing)
    assert "`cli create-bucket" in missing


def test_the_wrong_region(open_bucket: Open, name: str) -> None:
    open_bucket(region_name="eu-west-1").create()
    assert f"{name} is in eu-west-1, and this is {REGION}: set AWS_REGION" in refusal(open_bucket().create)


def test_no_credentials(open_bucket: Open, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, str(tmp_path / "none"))
    assert "No AWS credentials were found: run `aws configure`" in refusal(open_bucket().create)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    assert "The AWS credentials are incomplete" in refusal(open_bucket)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert "The config profile (nobody) could not be found: see AWS_PROFILE" in refusal(lambda: S3Bucket(name))


def test_credentials_that_aws_does_not_know(open_bucket: Open) -> None:
    stranger = open_bucket(aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x" * 40)
    for call in (stranger.create, lambda: stranger.read("a"), lambda: stranger.names("")):
        assert "AWS does not know these credentials" in refusal(call)


def test_denied_access_names_the_permission(open_bucket: Open, emulator: Emulator, name: str) -> None:
    open_bucket().create()
    iam = emulator.client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    iam.close()
    denied = open_bucket(aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    for call, permission in (
        (lambda: denied.read("a"), "s3:GetObject"),
        (lambda: denied.names(""), "s3:ListBucket"),
        (lambda: denied.write("a", io.BytesIO(b"1"), replaces=None), "s3:PutObject"),
        (lambda: denied.remove("a"), "s3:DeleteObject"),
        (denied.create, "s3:ListBucket"),
        (denied.delete, "s3:ListBucket"),
    ):
        assert permission in refusal(call)


def test_an_endpoint_that_can_not_be_reached(open_bucket: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert "S3 can't be reached" in refusal(lambda: open_bucket().read("a"), ModelUnavailable)
