"""The keys of a service, kept in its own prediction store: those that sign receipts and those that clients show."""

import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic_core import from_json, to_json

from serving.errors import ServingError, StoreUnavailable
from serving.ports import PredictionStore
from serving.receipt import SigningKey

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 60
SIGNING, API = "signing-keys", "api-keys"
LONGEST_NAME = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    """A client's key: only its digest is kept."""

    name: str
    digest: str
    created_at: int


class KeyRing:
    """Both kinds of keys, read again every minute, so that a change is in force without a restart."""

    def __init__(self, store: PredictionStore, *, ttl: int, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._ttl = ttl
        self._clock = clock
        self._signing: tuple[SigningKey, ...] = ()
        self._api: tuple[ApiKey, ...] = ()
        self._read_at = float("-inf")

    @property
    def stale(self) -> bool:
        return time.monotonic() - self._read_at > REFRESH_SECONDS

    def refresh(self) -> None:
        """Read the keys; make the first signing key, or the next one at a start under another RESULT_TTL.

        Keys that were read before stay in force while the store is down. Raises StoreUnavailable without any.
        """
        starting = not self._signing
        try:
            signing, api = self._read()
            if not signing or (starting and signing[-1].ttl != self._ttl):  # none: at first, or the table was lost
                signing = self.rotate(self._ttl, needed=lambda keys: not keys or keys[-1].ttl != self._ttl)
            self._signing, self._api = signing, api
        except StoreUnavailable:
            if starting:
                raise
            logger.warning("keys could not be refreshed; those of the last minute stay in force")
        self._read_at = time.monotonic()

    def rotate(
        self,
        ttl: int | None = None,
        *,
        needed: Callable[[tuple[SigningKey, ...]], bool] = lambda keys: True,
    ) -> tuple[SigningKey, ...]:
        """Add a signing key; the old ones stay for reading, and until every process knows the new one, for signing.

        Without `ttl` (seconds) it is that of the key before.
        """
        while True:
            before = self._document(SIGNING)
            keys = _signing_keys(before)
            if not needed(keys):
                return keys  # another process was faster
            delay = 2 * REFRESH_SECONDS if keys else 0
            lifetime = ttl or (keys[-1].ttl if keys else self._ttl)
            use_from = int((self._clock() + delay) * 1000)
            keys += (SigningKey(secret=secrets.token_bytes(32), ttl=lifetime, use_from=use_from),)
            document = [{"secret": k.secret.hex(), "ttl": k.ttl, "use_from": k.use_from} for k in keys]
            if self._store.swap(SIGNING, to_json(document), expected=before):
                return keys

    def signing_key(self) -> SigningKey:
        """The newest key that is in use."""
        now = self._clock() * 1000
        usable = [key for key in self._signing if key.use_from <= now]
        return usable[-1] if usable else self._signing[0]

    @property
    def reading_keys(self) -> Sequence[SigningKey]:
        """Every signing key, newest first."""
        return self._signing[::-1]

    @property
    def required(self) -> bool:
        """Whether clients must show an API key."""
        return bool(self._api)

    def authenticate(self, shown: str | None) -> str | None:
        """The name of the API key that was shown; "" when the service has no API keys; None when it is refused."""
        if not self._api:
            return ""
        digest = _digest(shown or "")
        # Every digest is compared, so that the time taken does not tell which one was close.
        names = [key.name for key in self._api if hmac.compare_digest(key.digest, digest)]
        return names[0] if names else None

    def api_keys(self) -> Sequence[ApiKey]:
        """As the store has them now."""
        return _api_keys(self._document(API))

    def create_api_key(self, name: str) -> str:
        """Make a key and return it; it can't be shown again. Raises ServingError when the name can't be had."""
        if not name.isprintable() or not 1 <= len(name) <= LONGEST_NAME:
            raise ServingError(f"A key's name has 1 to {LONGEST_NAME} printable characters: it stands in the log.")
        key = secrets.token_urlsafe(32)
        made = ApiKey(name=name, digest=_digest(key), created_at=int(self._clock() * 1000))

        def add(keys: tuple[ApiKey, ...]) -> tuple[ApiKey, ...]:
            if name in {k.name for k in keys}:
                raise ServingError(f"There is a key named {name} already: revoke it first, or take another name.")
            return (*keys, made)

        self._change_api_keys(add)
        return key

    def revoke_api_key(self, name: str) -> None:
        """Raises ServingError when there is no such key."""

        def remove(keys: tuple[ApiKey, ...]) -> tuple[ApiKey, ...]:
            kept = tuple(k for k in keys if k.name != name)
            if len(kept) == len(keys):
                raise ServingError(f"There is no key named {name}: see `cli keys list`.")
            return kept

        self._change_api_keys(remove)

    def _change_api_keys(self, change: Callable[[tuple[ApiKey, ...]], tuple[ApiKey, ...]]) -> None:
        while True:
            before = self._document(API)
            keys = change(_api_keys(before))
            document = [{"name": k.name, "digest": k.digest, "created_at": k.created_at} for k in keys]
            if self._store.swap(API, to_json(document), expected=before):
                return

    def _read(self) -> tuple[tuple[SigningKey, ...], tuple[ApiKey, ...]]:
        signing, api = self._store.get([SIGNING, API])
        return _signing_keys(signing.document if signing else None), _api_keys(api.document if api else None)

    def _document(self, name: str) -> bytes | None:
        (row,) = self._store.get([name])
        return row.document if row else None


def _signing_keys(document: bytes | None) -> tuple[SigningKey, ...]:
    rows = from_json(document) if document else []
    return tuple(SigningKey(secret=bytes.fromhex(r["secret"]), ttl=r["ttl"], use_from=r["use_from"]) for r in rows)


def _api_keys(document: bytes | None) -> tuple[ApiKey, ...]:
    return tuple(ApiKey(**row) for row in (from_json(document) if document else []))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
