"""What a job of GitHub Actions shows to AWS: a token of the right shape, which nobody's key has signed."""

import base64
import json
import time

import boto3

from tests.aws.emulator import REGION, Emulator

ISSUER = "https://token.actions.githubusercontent.com"


def token(subject: str, audience: str = "sts.amazonaws.com", issuer: str = ISSUER) -> str:
    """A JSON web token of this subject. The emulator reads it and trusts its signature."""
    now = int(time.time())
    claims = {"iss": issuer, "aud": audience, "sub": subject, "iat": now, "exp": now + 300}
    parts = ({"alg": "RS256", "typ": "JWT", "kid": "1"}, claims, {"signed": "by nobody"})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)


def taken(emulator: Emulator, role: str, shown: str) -> dict[str, str]:
    """The credentials, as environment variables, of whoever shows the token; raises what AWS answers to others."""
    sts = emulator.client("sts")
    arn = f"arn:aws:iam::000000000000:role/{role}"
    found = sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="github", WebIdentityToken=shown)
    keys = found["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


def session(credentials: dict[str, str]) -> boto3.Session:
    """For calls in this process."""
    return boto3.Session(*credentials.values(), REGION)
