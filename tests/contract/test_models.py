"""What every bucket promises, and the registry's rules on top of it."""

import io
import random
from pathlib import Path

import pytest

from serving.errors import ModelRefused, PointerMoved, RegistryError, TagMissing, TagTaken
from serving.manifest import Manifest
from serving.models import ModelRegistry
from tests.contract.conftest import Ports
from tests.manifests import manifest_of


@pytest.fixture
def registry(ports: Ports) -> ModelRegistry:
    return ModelRegistry(bucket=ports.bucket, service="iris", stage="dev")


def model(folder: Path, tag: str, content: bytes = b"a model") -> tuple[Path, Manifest]:
    path = folder / "model.pkl"
    path.write_bytes(content)
    return path, manifest_of(content, tag=tag)


def test_a_file_that_changed_after_it_was_checked_is_not_stored(registry: ModelRegistry, tmp_path: Path) -> None:
    path, manifest = model(tmp_path, "v1")
    path.write_bytes(b"trained again meanwhile")
    with pytest.raises(ModelRefused, match="has changed while it was checked and sent"):
        registry.upload(path, manifest)
    assert registry.manifests() == []
    path.write_bytes(b"a model")
    assert registry.upload(path, manifest), "and the tag is as free as before"


def test_an_object_is_written_only_over_the_version_that_was_meant(ports: Ports) -> None:
    bucket = ports.bucket
    assert bucket.read("pointers/a.json") is None
    bucket.write("pointers/a.json", io.BytesIO(b"1"), replaces=None)
    found = bucket.read("pointers/a.json")
    assert found is not None
    assert found[0] == b"1"
    with pytest.raises(PointerMoved):
        bucket.write("pointers/a.json", io.BytesIO(b"2"), replaces=None)
    bucket.write("pointers/a.json", io.BytesIO(b"2"), replaces=found[1])
    with pytest.raises(PointerMoved):
        bucket.write("pointers/a.json", io.BytesIO(b"3"), replaces=found[1])
    assert bucket.names("pointers/") == ["pointers/a.json"]
    bucket.remove("pointers/a.json")
    bucket.remove("pointers/a.json")
    assert bucket.names("") == []


def test_an_uploaded_model_is_listed_and_read_back(registry: ModelRegistry, tmp_path: Path) -> None:
    path, manifest = model(tmp_path, "v1")
    sent: list[int] = []
    assert registry.upload(path, manifest, sent.append) is True
    assert sum(sent) == manifest.size
    assert registry.manifests() == [manifest]
    assert registry.content(manifest.version) == b"a model"


def test_the_same_bytes_again_are_already_there_and_others_are_refused(registry: ModelRegistry, tmp_path: Path) -> None:
    registry.upload(*model(tmp_path, "v1"))
    assert registry.upload(*model(tmp_path, "v1")) is False
    with pytest.raises(TagTaken):
        registry.upload(*model(tmp_path, "v1", b"another"))


def test_an_upload_that_broke_off_is_no_model_and_can_be_repeated(registry: ModelRegistry, tmp_path: Path) -> None:
    registry.bucket.write("models/v1/model.pkl", io.BytesIO(b"half"), replaces=None)
    assert registry.manifests() == []
    path, manifest = model(tmp_path, "v1")
    assert registry.upload(path, manifest) is True
    assert registry.content(manifest.version) == b"a model"


def test_a_pointer_remembers_what_was_current(registry: ModelRegistry, tmp_path: Path) -> None:
    assert registry.pointer() is None
    for tag in ("v1", "v2"):
        registry.upload(*model(tmp_path, tag, tag.encode()))
        registry.promote(tag)
    registry.promote("v2")
    pointer = registry.pointer()
    assert pointer is not None
    assert pointer.tag == "v2"
    assert pointer.previous is not None
    assert pointer.previous.tag == "v1"
    assert [version.tag for version in pointer.history] == ["v1", "v2"]


def test_services_and_stages_have_pointers_of_their_own(registry: ModelRegistry, tmp_path: Path) -> None:
    registry.upload(*model(tmp_path, "v1"))
    registry.promote("v1")
    assert ModelRegistry(bucket=registry.bucket, service="iris", stage="prod").pointer() is None


def test_an_interrupted_write_leaves_nothing(ports: Ports, tmp_path: Path) -> None:
    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ports.bucket.write("models/v1/model.pkl", Interrupted(), replaces=None)
    assert ports.bucket.read("models/v1/model.pkl") is None
    assert ports.bucket.names("") == []


def test_bytes_that_changed_on_their_way_are_refused(registry: ModelRegistry, tmp_path: Path) -> None:
    _, manifest = model(tmp_path, "v1")
    registry.bucket.write("models/v1/model.pkl", io.BytesIO(b"tampered"), replaces=None)
    with pytest.raises(ModelRefused, match="sha256 differs"):
        registry.content(manifest.version)


@pytest.mark.parametrize("tag", ["", "a/b", "..", "-v1", "v 1", "x" * 64, "v1\n"])
def test_a_tag_that_names_no_folder_is_refused(registry: ModelRegistry, tag: str) -> None:
    with pytest.raises(RegistryError, match="can't be a tag"):
        registry.manifest(tag)


def test_an_unknown_tag_is_missing(registry: ModelRegistry) -> None:
    with pytest.raises(TagMissing):
        registry.promote("v9")


def test_a_large_model_says_how_much_of_it_was_sent(registry: ModelRegistry, tmp_path: Path) -> None:
    content = random.Random(1).randbytes(20 * 1024 * 1024 + 1)
    path, manifest = model(tmp_path, "v1", content)
    sent: list[int] = []
    registry.upload(path, manifest, sent.append)
    assert sum(sent) == manifest.size
    assert len([count for count in sent if count]) > 2
    assert registry.content(manifest.version) == content


def test_a_large_object_is_written_only_over_the_version_that_was_meant(ports: Ports) -> None:
    first, second = (random.Random(number).randbytes(9 * 1024 * 1024) for number in (1, 2))
    ports.bucket.write("models/a/model.pkl", io.BytesIO(first), replaces=None)
    with pytest.raises(PointerMoved):
        ports.bucket.write("models/a/model.pkl", io.BytesIO(second), replaces=None)
    found = ports.bucket.read("models/a/model.pkl")
    assert found is not None
    assert found[0] == first
    ports.bucket.write("models/a/model.pkl", io.BytesIO(second), replaces=found[1])
    with pytest.raises(PointerMoved):
        ports.bucket.write("models/a/model.pkl", io.BytesIO(first), replaces=found[1])
    with pytest.raises(PointerMoved):
        ports.bucket.write("models/b/model.pkl", io.BytesIO(first), replaces=found[1])
    assert ports.bucket.names("models/") == ["models/a/model.pkl"]
