"""Promoting, going back and deleting: the registry's rules on every bucket."""

import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from serving.errors import ModelRefused, PointerMoved, RegistryError, TagMissing
from serving.manifest import Manifest, Pointer
from serving.models import ModelRegistry
from serving.ports import ModelBucket
from tests.contract.conftest import Ports
from tests.manifests import manifest_of


@pytest.fixture
def registry(ports: Ports, tmp_path: Path) -> ModelRegistry:
    """Four models, none of them current."""
    made = ModelRegistry(bucket=ports.bucket, service="iris", stage="dev")
    for tag in "ABCD":
        upload(made, tmp_path, tag)
    return made


def upload(registry: ModelRegistry, folder: Path, tag: str, content: bytes | None = None) -> None:
    path = folder / "model.pkl"
    path.write_bytes(content or tag.encode())
    registry.upload(path, manifest_of(path.read_bytes(), tag=tag))


def promoted(registry: ModelRegistry, tags: str) -> ModelRegistry:
    for tag in tags:
        registry.promote(tag)
    return registry


def told(pointer: Pointer | None) -> tuple[str, str | None, str]:
    """Current, previous, history."""
    assert pointer is not None
    history = "".join(version.tag for version in pointer.history)
    return pointer.tag, pointer.previous and pointer.previous.tag, history


def test_going_back_walks_through_the_history_to_its_beginning(registry: ModelRegistry) -> None:
    promoted(registry, "ABC")
    assert told(registry.rollback()) == told(registry.pointer()) == ("B", "A", "AB")
    assert told(registry.rollback()) == ("A", None, "A")
    with pytest.raises(RegistryError, match="There is nothing before A"):
        registry.rollback()
    assert told(registry.pointer()) == ("A", None, "A")


def test_what_is_promoted_after_going_back_comes_after_it(registry: ModelRegistry) -> None:
    promoted(registry, "ABC").rollback()
    assert told(registry.promote("D")) == ("D", "B", "ABD")
    assert told(registry.rollback()) == ("B", "A", "AB")


def test_promoting_what_is_current_adds_nothing(registry: ModelRegistry) -> None:
    promoted(registry, "AB")
    before = registry.pointer()
    assert registry.promote("B") == registry.pointer() == before
    assert told(before) == ("B", "A", "AB")


def test_to_and_fro_is_gone_back_step_by_step(registry: ModelRegistry) -> None:
    promoted(registry, "ABAB")
    assert [told(registry.rollback())[0] for _ in range(3)] == ["A", "B", "A"]


def test_each_move_is_told_from_the_one_before(registry: ModelRegistry) -> None:
    moves = [registry.promote("A"), registry.promote("B"), registry.rollback(), registry.promote("B")]
    assert told(moves[0]) == told(moves[2])
    assert len({move.moved_at for move in moves} - {None}) == 4, "who missed the time between sees that there was one"


def test_deleted_tags_are_passed_over(registry: ModelRegistry) -> None:
    promoted(registry, "ABCD")
    registry.delete("B")
    assert told(registry.rollback()) == ("C", "A", "ABC")
    assert told(registry.rollback()) == ("A", None, "A")


def test_what_is_current_is_not_gone_back_to(registry: ModelRegistry) -> None:
    promoted(registry, "ABACA")
    registry.delete("B")
    assert told(registry.rollback()) == ("C", "A", "ABAC")
    registry.rollback()
    with pytest.raises(RegistryError, match="There is nothing before A"):
        registry.rollback()


def test_a_deleted_tag_that_came_back_with_other_bytes_is_another_model(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    promoted(registry, "ABCD")
    registry.delete("B")
    upload(registry, tmp_path, "B", b"other bytes")
    promoted(registry, "C")
    assert told(registry.rollback())[0] == "D"
    assert told(registry.rollback())[:2] == ("C", "A")


def test_without_any_model_there_is_nothing_to_go_back_to(registry: ModelRegistry) -> None:
    with pytest.raises(TagMissing, match="iris/dev has no model yet"):
        registry.rollback()


def refuse(manifest: Manifest) -> None:
    raise ModelRefused(f"{manifest.tag} does not fit")


def test_what_does_not_fit_moves_nothing(registry: ModelRegistry) -> None:
    promoted(registry, "AB")
    for move in (lambda: registry.promote("C", fits=refuse), lambda: registry.rollback(fits=refuse)):
        with pytest.raises(ModelRefused, match="does not fit"):
            move()
    assert told(registry.pointer()) == ("B", "A", "AB")


def test_what_serves_or_is_fallen_back_to_is_not_deleted_in_any_service(registry: ModelRegistry) -> None:
    promoted(registry, "ABC")
    promoted(ModelRegistry(bucket=registry.bucket, service="wine", stage="prod"), "D")
    for tag, who in (("C", "current in iris/dev"), ("B", "previous in iris/dev"), ("D", "current in wine/prod")):
        with pytest.raises(RegistryError, match=f"{tag} is {who}"):
            registry.delete(tag)
    promoted(ModelRegistry(bucket=registry.bucket, service="wine", stage="prod"), "B")
    with pytest.raises(RegistryError, match="B is previous in iris/dev and current in wine/prod"):
        registry.delete("B")
    assert registry.tags() == ["A", "B", "C", "D"]


def test_a_deleted_model_is_gone_with_all_that_was_kept_beside_it(registry: ModelRegistry, tmp_path: Path) -> None:
    registry.keep("A", "requirements-3.13.txt", b"numpy==2")
    registry.delete("A")
    assert registry.bucket.names("models/A/") == []
    assert registry.tags() == ["B", "C", "D"]
    with pytest.raises(TagMissing):
        registry.delete("A")
    upload(registry, tmp_path, "A", b"other bytes")
    assert registry.content(registry.manifest("A").version) == b"other bytes"


class Meddled:
    """A bucket in which somebody else does something right before a key is read, written or removed, once."""

    def __init__(self, bucket: ModelBucket, before: tuple[str, str], deed: Callable[[], object]) -> None:
        self._bucket = bucket
        self.name = bucket.name
        self._before = before
        self._deed = deed
        self._done = False

    def _meddle(self, *call: str) -> None:
        if call == self._before and not self._done:
            self._done = True
            self._deed()

    def read(self, key: str) -> tuple[bytes, str] | None:
        self._meddle("read", key)
        return self._bucket.read(key)

    def write(self, key: str, content: io.BytesIO, *, replaces: str | None) -> None:
        self._meddle("write", key)
        self._bucket.write(key, content, replaces=replaces)

    def names(self, prefix: str) -> Sequence[str]:
        return self._bucket.names(prefix)

    def remove(self, key: str) -> None:
        self._meddle("remove", key)
        self._bucket.remove(key)


POINTER = "pointers/iris/dev.json"


def meddled(registry: ModelRegistry, before: tuple[str, str], deed: Callable[[], object]) -> ModelRegistry:
    return ModelRegistry(bucket=Meddled(registry.bucket, before, deed), service="iris", stage="dev")  # type: ignore[arg-type]


def crash() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("where", ["manifest.json", "model.pkl", "requirements.txt"])
def test_a_deletion_that_broke_off_leaves_no_half_model(registry: ModelRegistry, tmp_path: Path, where: str) -> None:
    registry.keep("A", "requirements.txt", b"numpy==2")
    with pytest.raises(KeyboardInterrupt):
        meddled(registry, ("remove", f"models/A/{where}"), crash).delete("A")
    whole = where == "manifest.json"
    assert ("A" in registry.tags()) is whole
    if whole:
        assert registry.content(registry.manifest("A").version) == b"A"
        registry.delete("A")
    upload(registry, tmp_path, "A", b"anew")
    assert registry.content(registry.manifest("A").version) == b"anew"


def test_what_a_broken_off_deletion_left_can_be_deleted(registry: ModelRegistry) -> None:
    with pytest.raises(KeyboardInterrupt):
        meddled(registry, ("remove", "models/A/model.pkl"), crash).delete("A")
    registry.delete("A")
    assert registry.bucket.names("models/A/") == []


def test_a_model_that_is_promoted_while_it_is_deleted_stays(registry: ModelRegistry) -> None:
    promoted(registry, "B")
    slow = meddled(registry, ("remove", "models/A/manifest.json"), lambda: registry.promote("A"))
    with pytest.raises(RegistryError, match="A is current in iris/dev"):
        slow.delete("A")
    assert registry.content(registry.manifest("A").version) == b"A"
    assert told(registry.pointer())[0] == "A"


def test_a_model_that_is_deleted_while_it_is_promoted_does_not_become_current(registry: ModelRegistry) -> None:
    promoted(registry, "B")
    with pytest.raises(TagMissing, match="A was deleted just now"):
        meddled(registry, ("write", POINTER), lambda: registry.delete("A")).promote("A")
    assert told(registry.pointer()) == ("B", None, "B")


def test_a_tag_that_is_uploaded_anew_while_it_is_deleted_is_whole(registry: ModelRegistry, tmp_path: Path) -> None:
    def upload() -> None:
        (tmp_path / "model.pkl").write_bytes(b"A")
        registry.upload(tmp_path / "model.pkl", manifest_of(b"A", tag="A"))

    promoted(registry, "B")
    with suppress(RegistryError):
        meddled(registry, ("remove", "models/A/model.pkl"), upload).delete("A")
    (tmp_path / "model.pkl").write_bytes(b"A")
    registry.upload(tmp_path / "model.pkl", manifest_of(b"A", tag="A"))
    registry.promote("A")
    assert registry.content(registry.manifest("A").version) == b"A"


@pytest.mark.parametrize("move", ["promote", "rollback"])
def test_two_who_move_at_once_are_told_of_each_other(registry: ModelRegistry, move: str) -> None:
    promoted(registry, "AB")
    slow = meddled(registry, ("write", POINTER), lambda: registry.promote("C"))
    with pytest.raises(PointerMoved, match="Somebody else moved the current model of iris/dev just now"):
        slow.promote("D") if move == "promote" else slow.rollback()
    assert told(registry.pointer()) == ("C", "B", "ABC")
