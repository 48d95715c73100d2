"""What boto3 raises, translated: into an Unavailable of ours, or a sentence that says what to do."""

import time
from collections.abc import Iterator, Set
from contextlib import contextmanager

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from serving.errors import Unavailable

Fault = (BotoCoreError, ClientError)
"""Everything that a call of boto3 raises; connections that break and answers that can't be read are among them."""

STREAM_BROKE = (
    exceptions.ReadTimeoutError,
    exceptions.IncompleteReadError,
    exceptions.ResponseStreamingError,
)
"""An object's content that ended early: boto3 repeats calls, but not the reading of their bodies."""

DENIED = {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "403"}
_ADVICE = {
    "InvalidAccessKeyId": "AWS does not know these credentials: log in again, or set others.",
    "InvalidClientTokenId": "AWS does not know these credentials: log in again, or set others.",
    "UnrecognizedClientException": "AWS does not know these credentials: log in again, or set others.",
    "SignatureDoesNotMatch": "AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID: set both anew.",
    "ExpiredToken": "The AWS session has expired: log in again.",
    "ExpiredTokenException": "The AWS session has expired: log in again.",
    "InvalidToken": "The AWS session token is not valid: log in again.",
    "RequestTimeTooSkewed": "This machine's clock is wrong, and AWS refuses its signatures: set the clock.",
}
_LOG_IN = "run `aws configure` or `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_SSO = (
    exceptions.UnauthorizedSSOTokenError,
    exceptions.SSOError,
    exceptions.TokenRetrievalError,
    exceptions.CredentialRetrievalError,
)


@contextmanager
def translated(kind: type[Unavailable], part: str) -> Iterator[None]:
    """Raise `kind`, with what the `part` of the service said."""
    try:
        yield
    except Fault as error:
        raise kind(f"{part}: {said(error)}") from error


class Rest:
    """After a call that failed, those of the next second fail at once.

    Calls for each message of a batch are made one after the other: when none is answered, ten would take longer than
    their Lambda has. A message that failed comes back after a second at the earliest.
    """

    SECONDS = 1.0

    def __init__(self, kind: type[Unavailable], part: str) -> None:
        self._kind = kind
        self._part = part
        self._until = float("-inf")

    @contextmanager
    def translated(self, *, but: Set[str] = frozenset()) -> Iterator[None]:
        """As the function of that name; errors whose code is in `but` are none."""
        if time.monotonic() < self._until:
            raise self._kind(f"{self._part}: it failed a moment ago")
        try:
            yield
        except Fault as error:
            if code_of(error) in but:
                return
            self._until = time.monotonic() + self.SECONDS
            raise self._kind(f"{self._part}: {said(error)}") from error


def code_of(error: BotoCoreError | ClientError) -> str:
    """AWS's own name of the error: a number when the answer had no body, empty when there was no answer."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def status_of(error: ClientError) -> int:
    """The HTTP status."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def credentials_refused(error: BotoCoreError | ClientError) -> str | None:
    """What to do when the credentials are the reason, None when they are not."""
    if isinstance(error, ClientError):
        return _ADVICE.get(code_of(error))
    if isinstance(error, exceptions.NoCredentialsError):
        return f"No AWS credentials were found: {_LOG_IN}."
    if isinstance(error, exceptions.PartialCredentialsError):
        return f"The AWS credentials are incomplete: {_LOG_IN}."
    if isinstance(error, exceptions.ProfileNotFound):
        return f"{error}: see AWS_PROFILE and ~/.aws/config."
    if isinstance(error, exceptions.NoRegionError):
        return "No AWS region is set: put `region` into service.toml, or set AWS_REGION."
    return f"The AWS login can't be used: {error} Log in again." if isinstance(error, _SSO) else None


def said(error: BotoCoreError | ClientError) -> str:
    """The error in a line."""
    advice = credentials_refused(error)
    if advice is not None:
        return advice
    if isinstance(error, ClientError):
        message = str(error.response.get("Error", {}).get("Message", "")).rstrip(".")
        return f"{error.operation_name}: {code_of(error)}: {message}"
    return str(error)
