"""A bucket on S3 as a bucket of models."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO
from uuid import uuid4

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from serving.aws import bucket
from serving.aws.clients import PATIENT, Session, client
from serving.aws.faults import DENIED, STREAM_BROKE, Fault, code_of, credentials_refused, said, status_of
from serving.aws.session import quick_session
from serving.errors import BucketMissing, ModelUnavailable, PointerMoved, RegistryError, ServingError
from serving.ports import ABSENT

PART = 8 * 1024 * 1024
"""Bytes. What is larger is uploaded in parts of this size, each tried again by itself; S3 takes 10,000 of them."""
READS = 3
_MOVED = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "NoSuchUpload"}
_ELSEWHERE = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"}
_LATER = {"SlowDown", "RequestTimeout", "OperationAborted"}


class S3Bucket:
    """The ModelBucket port. An object's version is its ETag. Raises RegistryError for what only its owner can mend."""

    def __init__(self, name: str, session: Session | None = None, *, s3: Any = None) -> None:
        """By the client `s3` if there is one already, else by a patient one of its own."""
        self.name = name.removeprefix("s3://").strip("/")
        with self._translated("s3:ListBucket"):
            self.client = s3 or client(session or quick_session(), "s3", PATIENT)

    def create(self) -> bool:
        """Make the bucket; False when it is there already, and ours: then its settings are made sure of."""
        with self._translated("s3:CreateBucket and s3:PutBucket…"):
            made = not bucket.exists(self.client, self.name)
            if made:
                bucket.make(self.client, self.name)
            bucket.protect(self.client, self.name)
        return made

    def exists(self, owner: str | None = None) -> bool:
        """With `owner`, an account's number, a bucket of somebody else is refused, even if we may read it."""
        with self._translated("s3:ListBucket"):
            return bucket.exists(self.client, self.name, owner)

    def delete(self) -> None:
        """Remove the bucket and every model in it, all versions. Raises BucketMissing."""
        with self._translated("s3:DeleteBucket, s3:ListBucketVersions and s3:DeleteObjectVersion"):
            bucket.remove(self.client, self.name)

    def read(self, key: str) -> tuple[bytes, str] | None:
        with self._translated("s3:GetObject and s3:ListBucket"):
            for attempt in range(READS):
                try:
                    found = self.client.get_object(Bucket=self.name, Key=key, ChecksumMode="ENABLED")
                    return found["Body"].read(), found["ETag"]
                except STREAM_BROKE:
                    if attempt == READS - 1:
                        raise
                except ClientError as error:
                    if code_of(error) == "NoSuchKey":
                        return None
                    raise
        raise AssertionError("unreachable")

    def write(self, key: str, content: BinaryIO, *, replaces: str | None) -> None:
        mark = uuid4().hex
        condition = {"IfNoneMatch": "*"} if replaces is ABSENT else {"IfMatch": replaces}
        place = {"Bucket": self.name, "Key": key}
        described = {"ChecksumAlgorithm": "SHA256", "Metadata": {"mark": mark}}
        with self._translated("s3:PutObject"):
            try:
                first = _part(content)
                if len(first) < PART:
                    self.client.put_object(**place, **described, **condition, Body=io.BytesIO(first))
                else:
                    self._write_parts(place, described, condition, first, content)
            except ClientError as error:
                if code_of(error) not in _MOVED:
                    raise
                # The answer to our first try may be what was lost: then the object carries our own mark.
                if self._mark(key) != mark:
                    raise PointerMoved(f"{key} was changed by somebody else just now: look, and try again.") from error

    def names(self, prefix: str) -> Sequence[str]:
        with self._translated("s3:ListBucket"):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
            return sorted(found["Key"] for page in pages for found in page.get("Contents", []))

    def remove(self, key: str) -> None:
        with self._translated("s3:DeleteObject"):
            self.client.delete_object(Bucket=self.name, Key=key)

    def _write_parts(
        self, place: dict[str, str], described: dict[str, Any], condition: dict[str, str], first: bytes, rest: BinaryIO
    ) -> None:
        upload = self.client.create_multipart_upload(**place, **described)["UploadId"]
        try:
            parts: list[dict[str, Any]] = []
            content = first
            while content:
                number = len(parts) + 1
                sent = self.client.upload_part(
                    **place, UploadId=upload, PartNumber=number, Body=io.BytesIO(content), ChecksumAlgorithm="SHA256"
                )
                parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": sent["ChecksumSHA256"]})
                content = _part(rest)
            self.client.complete_multipart_upload(
                **place, **condition, UploadId=upload, MultipartUpload={"Parts": parts}
            )
        except BaseException:  # an interrupted upload is paid for until it is aborted
            self._abort(place, upload)
            raise

    def _abort(self, place: dict[str, str], upload: str) -> None:
        try:
            self.client.abort_multipart_upload(**place, UploadId=upload)
        except Fault:
            return  # the bucket's lifecycle does it

    def _mark(self, key: str) -> str | None:
        try:
            mark: str | None = self.client.head_object(Bucket=self.name, Key=key)["Metadata"].get("mark")
        except ClientError as error:
            if status_of(error) == 404:
                return None
            raise
        return mark

    @contextmanager
    def _translated(self, permission: str) -> Iterator[None]:
        try:
            yield
        except Fault as error:
            raise self._explained(error, permission) from error

    def _explained(self, error: BotoCoreError | ClientError, permission: str) -> ServingError:
        advice = credentials_refused(error)
        if advice is not None:
            return RegistryError(advice)
        if isinstance(error, exceptions.ParamValidationError) or code_of(error) == "InvalidBucketName":
            return RegistryError(f"{self.name!r} can't be a bucket's name: use lower-case letters, digits and hyphens.")
        if not isinstance(error, ClientError):
            return ModelUnavailable(f"S3 can't be reached: {error}")
        return self._refused(error, permission)

    def _refused(self, error: ClientError, permission: str) -> ServingError:
        code = code_of(error)
        if code == "NoSuchBucket":
            return BucketMissing(f"There is no bucket {self.name}: make it with `cli create-bucket {self.name}`.")
        if code in DENIED:
            return RegistryError(f"AWS denies access to the bucket {self.name}: these credentials need {permission}.")
        if code in _ELSEWHERE:
            return RegistryError(f"{self.name} is in {_region(error)}: set AWS_REGION, or `region` in service.toml.")
        if code in _LATER or status_of(error) >= 500 or status_of(error) == 429:
            return ModelUnavailable(f"S3: {said(error)}")
        return RegistryError(f"S3 refuses this: {said(error)}")


def _part(content: BinaryIO) -> bytes:
    """The next PART bytes; fewer at the end."""
    part = bytearray()
    while len(part) < PART and (chunk := content.read(PART - len(part))):
        part += chunk
    return bytes(part)


def _region(error: ClientError) -> str:
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    named = headers.get("x-amz-bucket-region") or error.response.get("Error", {}).get("Region")
    return str(named or "another region")
