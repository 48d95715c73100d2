"""Two hundred inputs that mean harm: each gets its status, and the API stays as it was."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.hostile import MAY_GROW, Watched
from tests.hostile.bodies import bodies
from tests.hostile.heads import heads
from tests.hostile.wire import Hostile, exchange, statuses
from tests.running import ROOT, Service

INPUTS = [*bodies(), *heads()]


@dataclass
class Attack:
    """What came back, by the name of the input, and how the API took it."""

    said: dict[str, bytes]
    growth: int
    survived: bool


@pytest.fixture(scope="module")
def attack(echoing: Service) -> Attack:
    (process,) = echoing.processes("api")
    with Watched(process) as watched, ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda each: exchange(echoing.port, each.data), INPUTS)
        said = dict(zip((each.name for each in INPUTS), found, strict=True))
    return Attack(said=said, growth=watched.growth, survived=echoing.processes("api") == [process])


def test_there_are_two_hundred_and_each_has_a_name_of_its_own() -> None:
    assert len(INPUTS) >= 200
    assert len({each.name for each in INPUTS}) == len(INPUTS)


@pytest.mark.parametrize("hostile", INPUTS, ids=lambda each: each.name)
def test_a_hostile_input_gets_its_status(attack: Attack, hostile: Hostile) -> None:
    said = attack.said[hostile.name]
    assert statuses(said) == hostile.statuses, said[-300:]


def test_they_take_no_more_than_50_mb_at_any_moment(attack: Attack) -> None:
    assert attack.growth < MAY_GROW


def test_the_api_lives_on_and_its_log_has_no_traceback(attack: Attack, echoing: Service) -> None:
    assert attack.survived
    assert "Traceback" not in echoing.log
    with echoing.client() as client:
        assert client.get("/api/health").json()["status"] == "ok"


def test_what_is_refused_is_told_in_json_without_a_path_or_a_traceback(attack: Attack) -> None:
    refused = {name: said for name, said in attack.said.items() if statuses(said)[-1] >= 400}
    assert len(refused) > 150
    for name, said in refused.items():
        body = said.rpartition(b"\r\n\r\n")[2]
        if not body and name.startswith("line: 'TRACE"):
            continue
        assert json.loads(body)["detail"], name
        for told in (b"Traceback", b"site-packages", b".py", str(ROOT).encode()):
            assert told not in body, name
