"""Which model a worker serves when the current one can't be loaded, and what is told of that."""

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from serving.errors import ModelRefused, ModelUnavailable
from serving.manifest import Scan
from serving.project import Project
from tests.making import Loop, loop_of, make_loop
from tests.spoiling import HERE, SPOILS, dangerous, doubling, info, of_another_scikit_learn, put, reported, served
from worker.child import model_source
from worker.model import ModelSource


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    """Serves v1, and looks for another model at every batch."""
    made = make_loop(tmp_path, "x: float = Field(examples=[1])", doubling(), model_refresh=0.0001)
    yield made
    made.close()


@pytest.mark.parametrize(("spoil", "why"), SPOILS)
def test_a_current_model_that_can_not_be_loaded_leaves_the_previous_serving_warm_and_cold(
    loop: Loop, spoil: Callable[[Loop], None], why: str
) -> None:
    assert served(loop)["tag"] == "v1"
    assert reported(loop) == ("v1", None, None)
    spoil(loop)
    assert served(loop)["tag"] == "v1", "warm"
    warm = reported(loop)
    again = loop_of(loop.settings)
    assert served(again)["tag"] == "v1", "cold"
    assert reported(again) == warm
    again.close()
    assert warm[:2] == ("v1", "v2")
    assert warm[2] is not None
    assert "model v2 can't be loaded" in warm[2]
    assert why in warm[2]
    model = info(loop)
    assert (model["tag"], model["wanted"], model["versions"]["scikit-learn"]) == ("v1", "v2", HERE)
    assert model["problem"] == "v2 can't be loaded: `cli status` says why."


def test_a_model_that_executes_something_is_not_even_opened(loop: Loop, tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    put(
        loop,
        "v2",
        b"cos\nsystem\n(Vtouch " + str(planted).encode() + b"\ntR.",
        scan=Scan(verdict="dangerous", scanner="s"),
    )
    assert served(loop)["tag"] == "v1"
    again = loop_of(loop.settings)
    assert served(again)["tag"] == "v1"
    again.close()
    assert not planted.exists()


def test_what_is_loaded_stays_when_it_is_not_even_the_previous_one_any_more(loop: Loop) -> None:
    for tag in ("v2", "v3"):
        put(loop, tag, b"no pickle, " + tag.encode())
        assert served(loop)["tag"] == "v1"
    assert reported(loop)[:2] == ("v1", "v3")


def test_when_neither_can_be_loaded_both_reasons_are_told(loop: Loop) -> None:
    for tag in ("v2", "v3"):
        put(loop, tag, b"no pickle, " + tag.encode())
    with pytest.raises(
        ModelUnavailable, match=r"model v3 can't be loaded: .*; nor can the previous one, v2: The file is"
    ):
        loop_of(loop.settings)
    assert reported(loop)[:2] == (None, "v3")
    assert info(loop) == {
        "tag": None,
        "sha256": None,
        "wanted": "v3",
        "problem": "v3 can't be loaded: `cli status` says why.",
    }


def test_going_back_ends_the_problem(loop: Loop) -> None:
    put(loop, "v2", b"no pickle")
    served(loop)
    loop.backend.registry.rollback()
    assert "problem" not in info(loop), "before a worker has seen it"
    assert served(loop)["tag"] == "v1"
    assert reported(loop) == ("v1", None, None)
    assert "wanted" not in info(loop)


def test_the_problem_of_a_tag_that_is_wanted_no_longer_is_not_told(loop: Loop) -> None:
    put(loop, "v2", b"no pickle")
    served(loop)
    put(loop, "v3")
    model = info(loop)
    assert (model["tag"], model["wanted"], "problem" in model) == ("v1", "v3", False), "v3 was not tried yet"
    assert served(loop)["tag"] == "v3"


def test_a_worker_that_slept_through_a_promotion_sets_the_report_right(loop: Loop) -> None:
    served(loop)
    other = loop_of(loop.settings)
    put(other, "v2")
    assert served(other)["tag"] == "v2"
    other.backend.registry.rollback()
    other.close()
    assert reported(loop)[0] == "v2"
    assert served(loop)["tag"] == "v1"
    assert reported(loop)[0] == "v1"


def test_a_mismatch_that_is_only_warned_of_stands_in_each_result(loop: Loop) -> None:
    of_another_scikit_learn(loop)
    tolerant = loop_of(loop.settings.model_copy(update={"version_mismatch": "warn"}))
    single, suspect = tolerant.send({"x": 1}), tolerant.send({"x": 2}, suspect=True)
    tolerant.drain()
    for prediction_id in (single, suspect):
        model = tolerant.answer(prediction_id)["model"]
        assert model["tag"] == "v2"
        assert f"needs scikit-learn 0.1, and this worker has {HERE}" in model["warning"]
    assert reported(tolerant) == ("v2", None, None)
    tolerant.close()
    assert "warning" not in served(loop)


def test_a_pickle_of_another_scikit_learn_is_loaded_where_that_is_only_warned_of(loop: Loop) -> None:
    older = b"1.0.9" + b"0" * (len(HERE) - 5)
    put(loop, "v2", pickle.dumps(doubling()).replace(HERE.encode(), older))
    assert served(loop)["tag"] == "v1"
    tolerant = loop_of(loop.settings.model_copy(update={"version_mismatch": "warn"}))
    assert served(tolerant)["tag"] == "v2"
    tolerant.close()


def test_a_dangerous_verdict_is_an_error_of_the_model(loop: Loop) -> None:
    dangerous(loop)
    version = loop.backend.registry.manifest("v2").version
    with pytest.raises(ModelRefused, match="must not be loaded"):
        model_source(loop.settings, loop.backend, loop.project).load(version)


def test_the_pointer_is_read_again_when_only_the_clock_on_the_wall_has_gone_on(loop: Loop) -> None:
    now = 0.0
    settings = loop.settings.model_copy(update={"model_refresh": 30.0})
    project = Project.load(settings.project_dir)
    source = ModelSource(loop.backend.registry, project, settings=settings, clock=lambda: now)
    assert source.current().version.tag == "v1"
    put(loop, "v2")
    assert source.current().version.tag == "v1", "a moment later"
    now += 3600  # in a snapshot
    assert source.current().version.tag == "v2"
    now -= 7200  # somebody has set it
    assert source.current().version.tag == "v2"
