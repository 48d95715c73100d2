"""Bills for the default project, made in this process."""

from typing import Any

from commands.architecture import Stack
from commands.costs.assumptions import Assumptions
from commands.costs.bill import Bill
from commands.costs.workload import Workload
from commands.deployment import Deployment
from tests.running import ROOT

RECORD = 95
"""Bytes of the default project's example."""
ASKED = {"records": 1, "polls": 2, "wait": False, "record_bytes": RECORD, "views": 0}


def bill(per_month: int, stack: Stack | None = None, assumes: Assumptions | None = None, **changes: Any) -> Bill:
    """With the settings' defaults; what is in capitals changes a setting, the rest the workload."""
    settings = {name.lower(): value for name, value in changes.items() if name.isupper()}
    workload = {**ASKED, **{name: value for name, value in changes.items() if name.islower()}}
    deployment = Deployment.read({}, project_dir=ROOT, backend="aws", **settings)
    asked = Workload(per_month=per_month, **workload)
    return Bill.of(asked, deployment, stack or Stack.read(), assumes or Assumptions())


def total(made: Bill) -> float:
    return made.fixed + made.variable


def quantity(made: Bill, what: str) -> float:
    """Of the line that is called so."""
    (found,) = [line.quantity for line in made.lines if line.what == what]
    return found
