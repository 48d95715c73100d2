"""A bucket of models on S3, made and removed: private, versioned, encrypted, reached by TLS only."""

import json
from typing import Any

from botocore.exceptions import ClientError

from serving.aws.faults import DENIED, code_of, status_of
from serving.errors import BucketMissing, RegistryError

OLD_VERSIONS_DAYS, UPLOAD_DAYS = 90, 7
FOLDERS = ("models/", "pointers/")
"""What we keep in it; a bucket with anything else is not ours to delete."""

_TLS_ONLY = "TlsOnly"
_LIFECYCLE = "old-versions"


def exists(client: Any, name: str, owner: str | None = None) -> bool:
    """Raises RegistryError for a bucket of somebody else, and for one in another region."""
    try:
        found = client.head_bucket(Bucket=name, **({"ExpectedBucketOwner": owner} if owner else {}))
    except ClientError as error:
        if status_of(error) == 404 or _missing(client, name):
            return False
        raise
    region = found.get("BucketRegion", client.meta.region_name)
    if region != client.meta.region_name:
        raise RegistryError(
            f"{name} is in {region}, and this is {client.meta.region_name}: set AWS_REGION, or `region` in "
            "service.toml, or take another bucket."
        )
    return True


def make(client: Any, name: str) -> None:
    """A new bucket in the client's region. Raises RegistryError for a name that is taken."""
    region = client.meta.region_name
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        client.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerEnforced", **place)
    except ClientError as error:
        if code_of(error) == "BucketAlreadyExists":
            raise RegistryError(f"{name} is taken by another account: choose another name.") from error
        if code_of(error) != "BucketAlreadyOwnedByYou":
            raise


def protect(client: Any, name: str) -> None:
    """Set what every bucket of models has; what else its owner has set stays."""
    client.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    owned = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    client.put_bucket_ownership_controls(Bucket=name, OwnershipControls=owned)
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if _present(client.get_bucket_encryption, name, "ServerSideEncryptionConfiguration") is None:
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    _refuse_plain_text(client, name)
    _let_old_versions_expire(client, name)


def remove(client: Any, name: str) -> None:
    """Delete every version of every model, then the bucket. Raises BucketMissing, RegistryError for other objects."""
    if not exists(client, name):
        raise BucketMissing(f"There is no bucket {name}.")
    pages = list(client.get_paginator("list_object_versions").paginate(Bucket=name))
    versions = [entry for page in pages for kind in ("Versions", "DeleteMarkers") for entry in page.get(kind, [])]
    foreign = next((entry["Key"] for entry in versions if not entry["Key"].startswith(FOLDERS)), None)
    if foreign is not None:
        raise RegistryError(f"{name} holds more than models ({foreign}): remove that yourself, then try again.")
    for start in range(0, len(versions), 1000):
        objects = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in versions[start : start + 1000]]
        answer = client.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
        for error in answer.get("Errors", []):
            raise RegistryError(f"{error['Key']} can't be deleted: {error['Code']}: {error['Message']}")
    client.delete_bucket(Bucket=name)


def _missing(client: Any, name: str) -> bool:
    """The answer to a HEAD has no body, and so no reason: asked in another way, it has one, which is raised."""
    try:
        client.list_objects_v2(Bucket=name, MaxKeys=1)
    except ClientError as error:
        if code_of(error) == "NoSuchBucket":
            return True
        if code_of(error) in DENIED:
            raise RegistryError(
                f"{name} can't be used: these credentials lack s3:ListBucket on it, or the name is taken by another "
                "account; then choose another one, `bucket` in service.toml."
            ) from error
        raise
    return False


def _refuse_plain_text(client: Any, name: str) -> None:
    partition = client.meta.partition
    statement = {
        "Sid": _TLS_ONLY,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:{partition}:s3:::{name}", f"arn:{partition}:s3:::{name}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    present = _present(client.get_bucket_policy, name, "Policy")
    policy: dict[str, Any] = json.loads(present) if present else {"Version": "2012-10-17", "Statement": []}
    others = [one for one in policy["Statement"] if one.get("Sid") != _TLS_ONLY]
    client.put_bucket_policy(Bucket=name, Policy=json.dumps({**policy, "Statement": [*others, statement]}))


def _let_old_versions_expire(client: Any, name: str) -> None:
    rule = {
        "ID": _LIFECYCLE,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_DAYS},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UPLOAD_DAYS},
    }
    present = _present(client.get_bucket_lifecycle_configuration, name, "Rules") or []
    others = [one for one in present if one.get("ID") != _LIFECYCLE]
    client.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [*others, rule]})


def _present(call: Any, name: str, field: str) -> Any:
    """A part of the bucket's configuration; None when it was never set."""
    try:
        return call(Bucket=name)[field]
    except ClientError as error:
        if status_of(error) == 404 and code_of(error) != "NoSuchBucket":
            return None
        raise
