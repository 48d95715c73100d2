"""Large documents travel through a bucket: gzipped, under a key that ends in the hash of what was stored."""

import base64
import gzip
import hashlib
import io
import zlib
from typing import Any

from botocore.exceptions import ClientError

from serving.aws.faults import code_of

LEVEL = 4
"""Of gzip: half the time of the usual 6, and a few percent more bytes."""
_DIGITS = 32


class Payloads:
    """One bucket without versions, whose objects expire by themselves. Its methods raise what boto3 raises."""

    def __init__(self, client: Any, bucket: str) -> None:
        self.client = client
        self.bucket = bucket

    def put(self, folder: str, id: str, content: bytes) -> str:
        """Store `content`; returns its key."""
        digest = hashlib.sha256(content)
        key = f"{folder}/{id}-{digest.hexdigest()[:_DIGITS]}"
        self.client.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=io.BytesIO(content),  # sent in pieces, each with a time-out of its own
            ChecksumSHA256=base64.b64encode(digest.digest()).decode(),
        )
        return key

    def get(self, key: str) -> bytes | None:
        """What `put` stored; None when it is gone or has changed."""
        content = self.read(key)
        if content is None or not key.endswith("-" + hashlib.sha256(content).hexdigest()[:_DIGITS]):
            return None
        return content

    def read(self, key: str) -> bytes | None:
        """Any object."""
        try:
            content: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if code_of(error) == "NoSuchKey":
                return None
            raise
        return content

    def names(self, folder: str, id: str | None = None) -> list[str]:
        """The keys of what is there, or of what belongs to one id: `<folder>/<id>-<what tells them apart>`."""
        prefix = f"{folder}/" if id is None else f"{folder}/{id}-"
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
        return [key for key in keys if id is None or key.rpartition("-")[0] + "-" == prefix]

    def delete(self, key: str) -> None:
        """Also when it is gone already."""
        self.client.delete_object(Bucket=self.bucket, Key=key)


def zipped(content: bytes) -> bytes:
    """The same bytes for the same content."""
    return gzip.compress(content, compresslevel=LEVEL, mtime=0)


def unzipped(content: bytes) -> bytes:
    """Raises ValueError for what is not gzipped, or damaged."""
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"not gzipped, or damaged: {error}") from error
