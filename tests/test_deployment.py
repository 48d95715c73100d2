"""What a deployment refuses before anything is changed, and how it goes back."""

from pathlib import Path

import pytest

from commands.aws.stack import Stack, check_deployable
from commands.building import building
from commands.deployment import Deployment
from commands.packaging.environment import environment
from serving.errors import ServingError, SettingsError
from serving.local.models import FolderBucket
from serving.models import ModelRegistry
from tests.manifests import manifest_of

MIB = 1024 * 1024


def read(tmp_path: Path, **changes: str) -> Deployment:
    return Deployment.read(
        {name.upper(): value for name, value in changes.items()}, project_dir=tmp_path, backend="aws"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"batch_size": "50"}, "needs a BATCH_WINDOW"),
        ({"worker_timeout": "901"}, "no Lambda runs longer"),
        ({"worker_memory": "20000"}, "from 128 to 10240"),
        ({"max_result": "33554432"}, "a Lambda carries 6 MB"),
        ({"max_body": "20000000"}, "a Lambda carries 6 MB"),
        ({"max_receives": "1001"}, "can't be over 1000"),
        ({"service": "s" * 40, "stage": "t" * 20}, "functions allow 50"),
        ({"python_version": "3.11"}, "PYTHON_VERSION"),
        ({"throttle_rate": "0"}, "THROTTLE_RATE"),
    ],
)
def test_what_aws_would_refuse_later_is_refused_at_once(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read(tmp_path, **changes)


def test_a_model_that_two_processes_have_no_memory_for_is_refused(tmp_path: Path) -> None:
    deployment = read(tmp_path)
    deployment.check_memory(172 * MIB)
    with pytest.raises(SettingsError, match="need 2424: set `memory` in service"):
        deployment.check_memory(500 * MIB)
    read(tmp_path, worker_memory="2500").check_memory(500 * MIB)


def test_what_the_environment_decides_wins_over_the_shipped_service_toml(tmp_path: Path) -> None:
    (tmp_path / "service.toml").write_text('name = "slow"\ntimeout = 120\nmemory = 4096\n')
    passed = environment(read(tmp_path, worker_timeout="60.9", worker_memory="2048"))
    assert passed["WORKER_TIMEOUT"] == "60"
    assert passed["WORKER_MEMORY"] == "2048"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("ROLLBACK_COMPLETE", "cli remove --stage dev"),
        ("DELETE_FAILED", "cli remove --stage dev"),
        ("UPDATE_IN_PROGRESS", "wait until CloudFormation has finished"),
        ("UPDATE_ROLLBACK_FAILED", "continue its rollback"),
    ],
)
def test_a_stack_that_can_not_be_changed_now_is_left_alone(tmp_path: Path, status: str, said: str) -> None:
    deployment = read(tmp_path)
    with pytest.raises(ServingError, match=said):
        check_deployable(Stack(name="s", status=status, changed_at="", outputs={}, tags={}), deployment)
    check_deployable(Stack(name="s", status="UPDATE_COMPLETE", changed_at="", outputs={}, tags={}), deployment)


def test_the_build_folder_belongs_to_one_command_at_a_time(tmp_path: Path) -> None:
    with building(tmp_path), pytest.raises(ServingError, match="is at work in"), building(tmp_path):
        pass
    with building(tmp_path):
        pass


@pytest.fixture
def registry(tmp_path: Path) -> ModelRegistry:
    bucket = FolderBucket(tmp_path / "models")
    bucket.create()
    made = ModelRegistry(bucket=bucket, service="iris", stage="dev")
    for tag in ("v1", "v2", "v3"):
        (tmp_path / "model.pkl").write_bytes(tag.encode())
        manifest = manifest_of(tag.encode(), tag=tag, libraries={})
        made.upload(tmp_path / "model.pkl", manifest)
    return made


def test_a_pointer_is_restored_with_its_history_as_if_nothing_had_been(registry: ModelRegistry) -> None:
    registry.promote("v1")
    before = registry.promote("v2")
    registry.promote("v3")
    assert registry.restore(before, instead_of="v3") is True
    assert registry.pointer() == before, "the one that failed is not the previous one, which workers fall back to"


def test_what_somebody_else_has_promoted_meanwhile_is_left(registry: ModelRegistry) -> None:
    before = registry.promote("v1")
    registry.promote("v2")
    registry.promote("v3")
    assert registry.restore(before, instead_of="v2") is False
    pointer = registry.pointer()
    assert pointer is not None
    assert pointer.tag == "v3"


def test_libraries_are_kept_beside_a_model(registry: ModelRegistry) -> None:
    assert registry.kept("v1", "requirements.txt") is None
    registry.keep("v1", "requirements.txt", b"numpy==2")
    registry.keep("v1", "requirements.txt", b"numpy==2")
    registry.keep("v1", "requirements.txt", b"numpy==3")
    assert registry.kept("v1", "requirements.txt") == b"numpy==3"
    assert [manifest.tag for manifest in registry.manifests()] == ["v1", "v2", "v3"]
