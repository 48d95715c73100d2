"""What a deployed service takes for its current model without a deployment, and what it refuses and says instead."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import boto3
import pytest

from commands.aws.account import Account
from commands.aws.stack import Deployed, Stack
from commands.deployment import Deployment
from commands.packaging.environment import carried
from commands.switching import deployed_service
from serving.errors import RegistryError
from serving.models import ModelRegistry
from serving.report import Report
from tests.aws.emulator import REGION, Emulator
from tests.aws.fixtures import make_bucket, make_stack
from tests.manifests import libraries, manifest_of
from worker.reporter import Reporter

OUTPUTS = {"SchemaHash": "0123456789abcdef", "Libraries": "numpy==2.4.1 scikit-learn==1.9.1 xgboost-cpu==3.0.1"}


class Place:
    """A stack's table and a bucket with models of several kinds; `service` is the stack with these outputs."""

    def __init__(self, emulator: Emulator, session: boto3.Session, folder: Path) -> None:
        self.deployment = Deployment.read({}, service="iris", **make_stack(emulator))
        make_bucket(str(self.deployment.bucket), session).client.close()
        self.folder = folder

    def service(self, outputs: dict[str, str] | MappingProxyType[str, str] = MappingProxyType(OUTPUTS)) -> Deployed:
        stack = Stack(name="iris-dev", status="UPDATE_COMPLETE", changed_at="", outputs=outputs, tags={})
        return Deployed(account=Account(REGION), deployment=self.deployment, stack=stack)

    def put(self, registry: ModelRegistry, tag: str, **changes: object) -> None:
        path = self.folder / "model.pkl"
        path.write_bytes(tag.encode())
        fitting = {"libraries": libraries(scikit_learn="1.9.1", numpy="2.4.1")}
        registry.upload(path, manifest_of(path.read_bytes(), tag=tag, **{**fitting, **changes}))


@pytest.fixture
def place(emulator: Emulator, session: boto3.Session, tmp_path: Path) -> Place:
    return Place(emulator, session, tmp_path)


@pytest.fixture
def registry(place: Place) -> Iterator[ModelRegistry]:
    """ "old" is of scikit-learn 1.5.2, "other" of another schema; v1 and v2 fit; the history is old, other, v1, v2."""
    backend = place.service().backend()
    place.put(backend.registry, "old", libraries=libraries(scikit_learn="1.5.2", pandas="2.2.3"))
    place.put(backend.registry, "other", schema_hash="f" * 16)
    place.put(backend.registry, "v1")
    place.put(backend.registry, "v2", libraries=libraries(xgboost="3.0.1"))
    for tag in ("old", "other", "v1", "v2"):
        backend.registry.promote(tag)
    yield backend.registry
    backend.close()  # type: ignore[attr-defined]  # one on AWS


def current(registry: ModelRegistry) -> str:
    pointer = registry.pointer()
    assert pointer is not None
    return pointer.tag


def test_going_back_stops_at_what_needs_a_deployment(place: Place, registry: ModelRegistry) -> None:
    service = deployed_service(place.service())
    assert registry.rollback(fits=service.check).tag == "v1"
    with pytest.raises(RegistryError) as refused:
        registry.rollback(fits=service.check)
    assert str(refused.value) == (
        "other was made for another validation.py than what is deployed: "
        "`cli deploy --tag other --stage dev` deploys it with the project as it is."
    )
    assert current(registry) == "v1"


def test_going_back_across_an_upgrade_of_scikit_learn_is_refused(place: Place, registry: ModelRegistry) -> None:
    registry.promote("old")
    registry.promote("v1")
    service = deployed_service(place.service())
    for move in (lambda: registry.rollback(fits=service.check), lambda: registry.promote("old", fits=service.check)):
        with pytest.raises(RegistryError) as refused:
            move()
        assert str(refused.value) == (
            "old needs scikit-learn 1.5.2 and pandas 2.2.3, and what is deployed has 1.9.1 and no pandas: "
            "`cli deploy --tag old --stage dev` brings what is needed."
        )
    assert current(registry) == "v1"


def test_where_a_mismatch_is_only_warned_of_it_stops_nobody(place: Place, registry: ModelRegistry) -> None:
    place.deployment = place.deployment.model_copy(update={"version_mismatch": "warn"})
    assert registry.promote("old", fits=deployed_service(place.service()).check).tag == "old"


def test_a_library_under_its_other_name_is_the_same(place: Place, registry: ModelRegistry) -> None:
    registry.promote("v1")
    assert registry.promote("v2", fits=deployed_service(place.service()).check).tag == "v2"


def test_without_the_stacks_record_what_workers_report_is_taken(place: Place, registry: ModelRegistry) -> None:
    with pytest.raises(RegistryError, match=r"What iris-dev runs is not known: `cli deploy --tag TAG --stage dev`"):
        deployed_service(place.service({}))
    backend = place.service().backend()
    report = Report(
        model=None,
        schema_hash="0123456789abcdef",
        libraries={"scikit-learn": "1.5.2", "pandas": "2.2.3"},
        python="",
        at="",
    )
    Reporter(backend.predictions).tell(report)
    backend.close()  # type: ignore[attr-defined]  # one on AWS
    service = deployed_service(place.service({}))
    assert registry.promote("old", fits=service.check).tag == "old"
    with pytest.raises(
        RegistryError, match=r"v1 needs scikit-learn 1\.9\.1 and numpy 2\.4\.1, and what is deployed has 1"
    ):
        registry.promote("v1", fits=service.check)


def test_the_record_holds_what_the_worker_carries() -> None:
    hashes = " \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\n"
    listed = f"# resolved from abc\nnumpy==2.4.1{hashes}scikit-learn==1.9.1{hashes}"
    assert carried(listed, {}) == "numpy==2.4.1 scikit-learn==1.9.1"
    many = "".join(f"library-number-{number}==1.2.3{hashes}" for number in range(100))
    assert carried(many, {"scikit-learn": "1.9.1", "numpy": "2.4.1"}) == "numpy==2.4.1 scikit-learn==1.9.1"
