"""The signed prediction_id: proves that this service accepted the work, and when, without a row in any store.

24 bytes as 32 URL-safe characters: 6 bytes of time (milliseconds since 1970), 10 random, 8 of HMAC-SHA256 over both.

An event loop issues and verifies them, so neither may let go of the interpreter's lock: while another thread computes,
each such call waits for it, up to 5 ms. `hmac.digest` lets go, and so does the system's randomness.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

_TIME, _RANDOM, _SIGNATURE = 6, 10, 8
LENGTH = (_TIME + _RANDOM + _SIGNATURE) * 4 // 3
AT_ONCE = 64
"""Receipts whose random bytes are asked of the system together."""
_random: list[bytes] = []  # empty in a snapshot of Lambda's, which is taken before anyone asks
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_random.clear)  # else two processes would go on with the same


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningKey:
    """A secret, and how long what it signs is kept: a changed RESULT_TTL takes effect with a new key only."""

    secret: bytes
    ttl: int  # seconds
    use_from: int  # milliseconds since 1970: every process knows the key before anyone signs with it


class Receipt(NamedTuple):
    """A prediction_id that this service gave out."""

    prediction_id: str
    accepted_at: int
    expires_at: int


def issue(key: SigningKey, now: int) -> Receipt:
    """A new receipt; `now` in milliseconds since 1970."""
    body = now.to_bytes(_TIME) + _next_random()
    prediction_id = base64.urlsafe_b64encode(body + _sign(key, body)).decode()
    return Receipt(prediction_id=prediction_id, accepted_at=now, expires_at=now + key.ttl * 1000)


def verify(keys: Sequence[SigningKey], prediction_id: str) -> Receipt | None:
    """The receipt, or None for anything that none of the keys has signed."""
    if len(prediction_id) != LENGTH or "+" in prediction_id or "/" in prediction_id:  # these are decoded, too
        return None
    try:
        raw = base64.b64decode(prediction_id, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
    for key in keys:
        if hmac.compare_digest(_sign(key, body), signature):
            accepted_at = int.from_bytes(body[:_TIME])
            return Receipt(
                prediction_id=prediction_id, accepted_at=accepted_at, expires_at=accepted_at + key.ttl * 1000
            )
    return None


def _next_random() -> bytes:
    try:
        return _random.pop()
    except IndexError:
        several = secrets.token_bytes(_RANDOM * AT_ONCE)
        _random.extend(several[start : start + _RANDOM] for start in range(_RANDOM, len(several), _RANDOM))
        return several[:_RANDOM]


def _sign(key: SigningKey, body: bytes) -> bytes:
    signing = _hmac(key.secret).copy()
    signing.update(body)
    return signing.digest()[:_SIGNATURE]


@lru_cache(maxsize=16)
def _hmac(secret: bytes) -> hmac.HMAC:
    return hmac.new(secret, digestmod=hashlib.sha256)
