"""Receipts prove what the service accepted; keys rotate without a restart."""

import hashlib
import os
import secrets
from pathlib import Path

import pytest

from serving.errors import ServingError, StoreUnavailable
from serving.keys import REFRESH_SECONDS, KeyRing
from serving.local.connect import LocalBackend, connect_local
from serving.receipt import AT_ONCE, LENGTH, SigningKey, issue, verify
from serving.settings import Settings

KEY = SigningKey(secret=b"k" * 32, ttl=60, use_from=0)


def test_a_receipt_says_when_the_work_was_accepted_and_until_when_it_is_kept() -> None:
    receipt = issue(KEY, 1_700_000_000_123)
    assert len(receipt.prediction_id) == LENGTH == 32
    assert verify([KEY], receipt.prediction_id) == receipt
    assert receipt.accepted_at == 1_700_000_000_123
    assert receipt.expires_at == receipt.accepted_at + 60_000


def test_any_changed_character_makes_it_a_forgery() -> None:
    good = issue(KEY, 1_700_000_000_123).prediction_id
    for place in range(LENGTH):
        other = "B" if good[place] == "A" else "A"
        assert verify([KEY], good[:place] + other + good[place + 1 :]) is None
    for text in ("", good + "A", good[:-1], "=" * 32, "ä" * 32, " " * 32):
        assert verify([KEY], text) is None


def test_no_other_spelling_of_a_receipt_is_one() -> None:
    ids = [issue(KEY, 1_700_000_000_123).prediction_id for _ in range(50)]
    spelled = {id_.replace("-", "+").replace("_", "/") for id_ in ids} - {*ids}
    assert spelled
    assert [verify([KEY], id_) for id_ in spelled] == [None] * len(spelled)


def test_the_system_is_asked_for_random_bytes_once_for_many_receipts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    given = secrets.token_bytes

    def asking(size: int) -> bytes:
        asked.append(size)
        return given(size)

    monkeypatch.setattr("secrets.token_bytes", asking)
    for _ in range(3 * AT_ONCE):
        issue(KEY, 1_700_000_000_000)
    assert 3 <= len(asked) <= 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks on this system")
def test_a_fork_does_not_go_on_with_the_random_bytes_of_its_parent() -> None:
    issue(KEY, 0)
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writing, issue(KEY, 0).prediction_id.encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, LENGTH).decode() != issue(KEY, 0).prediction_id
    os.close(reading)
    os.close(writing)


def test_ten_thousand_receipts_of_one_moment_differ() -> None:
    assert len({issue(KEY, 1).prediction_id for _ in range(10_000)}) == 10_000


@pytest.fixture
def backend(tmp_path: Path) -> LocalBackend:
    return connect_local(Settings.read({}, state_dir=tmp_path))


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def ring(backend: LocalBackend, clock: Clock, ttl: int = 60) -> KeyRing:
    made = KeyRing(backend.predictions, ttl=ttl, clock=clock)
    made.refresh()
    return made


def test_processes_that_start_together_share_one_signing_key(backend: LocalBackend) -> None:
    rings = [ring(backend, Clock()) for _ in range(3)]
    assert len({r.signing_key().secret for r in rings}) == 1
    backend.close()


def test_a_rotated_key_signs_when_every_process_knows_it_and_old_ids_stay_readable(backend: LocalBackend) -> None:
    clock = Clock()
    here, there = ring(backend, clock), ring(backend, clock)
    old = issue(here.signing_key(), 1).prediction_id
    here.rotate()
    here.refresh()
    assert here.signing_key() == there.signing_key(), "not in use yet"
    clock.now += 2 * REFRESH_SECONDS + 1
    there.refresh()
    assert here.signing_key() == there.signing_key()
    new = issue(here.signing_key(), 1).prediction_id
    assert verify(there.reading_keys, new)
    assert verify(there.reading_keys, old)
    assert here.signing_key() == here.reading_keys[0]
    backend.close()


def test_another_result_ttl_holds_for_new_receipts_only(backend: LocalBackend) -> None:
    clock = Clock()
    old = issue(ring(backend, clock, ttl=60).signing_key(), 1)
    changed = ring(backend, clock, ttl=120)
    clock.now += 2 * REFRESH_SECONDS + 1
    new = issue(changed.signing_key(), 1)
    assert new.expires_at - new.accepted_at == 120_000
    assert verify(changed.reading_keys, old.prediction_id) == old
    assert len(changed.reading_keys) == 2
    assert len(ring(backend, clock, ttl=120).reading_keys) == 2, "once is enough"
    foreign = KeyRing(backend.predictions, ttl=7, clock=clock)
    assert foreign.rotate()[-1].ttl == 120, "a rotation from a shell with other settings keeps the service's"
    backend.close()


def test_keys_survive_a_store_that_is_down_but_can_not_start_without_one(backend: LocalBackend) -> None:
    class Failing:
        """A store that can be taken down."""

        down = False
        swap = backend.predictions.swap

        def get(self, keys: list[str]) -> object:
            if self.down:
                raise StoreUnavailable("down")
            return backend.predictions.get(keys)

    store = Failing()
    working = KeyRing(store, ttl=60)  # type: ignore[arg-type]
    working.refresh()
    before = working.signing_key()
    store.down = True
    working.refresh()
    assert working.signing_key() == before
    with pytest.raises(StoreUnavailable):
        KeyRing(store, ttl=60).refresh()  # type: ignore[arg-type]
    backend.close()


def test_a_service_whose_table_was_lost_signs_with_a_new_key(backend: LocalBackend) -> None:
    keys = ring(backend, Clock())
    keys.refresh()
    before = keys.signing_key()
    with backend.database.writing(StoreUnavailable) as connection:
        connection.execute("DELETE FROM predictions")
    keys.refresh()
    assert keys.signing_key() != before
    assert verify(keys.reading_keys, issue(before, 0).prediction_id) is None
    backend.close()


def test_an_api_key_is_kept_as_a_digest_and_refused_once_revoked(backend: LocalBackend) -> None:
    keys = ring(backend, Clock())
    assert keys.authenticate(None) == "", "no keys: everybody may"
    secret = keys.create_api_key("anna")
    keys.create_api_key("ben")
    keys.refresh()
    assert keys.authenticate(secret) == "anna"
    for shown in (None, "", secret + "x", "anna", "\udcff"):
        assert keys.authenticate(shown) is None
    (row,) = backend.predictions.get(["api-keys"])
    assert row is not None
    assert row.document is not None
    assert secret.encode() not in row.document
    assert hashlib.sha256(secret.encode()).hexdigest().encode() in row.document
    with pytest.raises(ServingError, match="already"):
        keys.create_api_key("anna")
    keys.revoke_api_key("anna")
    keys.refresh()
    assert keys.authenticate(secret) is None
    assert [key.name for key in keys.api_keys()] == ["ben"]
    for name in ("", "a" * 65, "two\nlines"):
        with pytest.raises(ServingError, match="1 to 64 printable"):
            keys.create_api_key(name)
    with pytest.raises(ServingError, match="no key named anna"):
        keys.revoke_api_key("anna")
    backend.close()
