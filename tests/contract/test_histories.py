"""Histories that nobody thought of: generated, played on each backend, and compared with the reference step by step.

The same ones each time. `HISTORIES=2000 pytest tests/contract/test_histories.py` looks for as many that are new.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import boto3
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.aws.emulator import Emulator
from tests.contract.conftest import Clock
from tests.contract.histories import STARTED, AwsHistories, LocalHistories
from tests.contract.places import AwsPlace, LocalPlace, stack_for_one

HISTORIES = os.environ.get("HISTORIES")
STEPS = 40


def test_any_history_of_the_local_backend_is_as_promised(tmp_path: Path) -> None:
    class Played(LocalHistories):
        def __init__(self) -> None:
            self.stack = ExitStack()
            place = LocalPlace(tmp_path / "home", Clock(started=STARTED))
            self.stack.callback(shutil.rmtree, tmp_path / "home")
            self.stack.callback(place.close)
            super().__init__(place)

        def teardown(self) -> None:
            self.stack.close()

    play(Played, histories=150)


def test_any_history_of_the_aws_backend_is_as_promised(emulator: Emulator, session: boto3.Session) -> None:
    """On the emulator, whose SQS delivers in order, once, all that it has, and ignores a handle that is not the last.

    SQS itself may do otherwise, and the reference allows it. Nor does DynamoDB's deletion of expired items come here.
    """

    class Played(AwsHistories):
        def __init__(self) -> None:
            self.stack = ExitStack()
            clock = Clock(started=STARTED, others=[emulator.passes])
            place = AwsPlace(self.stack.enter_context(stack_for_one(emulator)), session, clock)
            self.stack.callback(place.close)
            super().__init__(place)

        def teardown(self) -> None:
            self.stack.close()

    play(Played, histories=20)


def play(machine: Callable[[], RuleBasedStateMachine], *, histories: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=int(HISTORIES or histories),
            stateful_step_count=STEPS,
            derandomize=HISTORIES is None,
            database=None,
            deadline=None,  # a step takes as long as the machine needs
        ),
    )
