"""Cold starts of both Lambdas beside their floors: what bench.cold_start finds, as rows."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from bench.cold_start import SUBJECTS
from bench.row import Goal, Row
from bench.setting import Setting
from tests.running import ROOT

TITLE = "cold: s of CPU from a Lambda's start to its first answer, beside its floor"
GOALS = {(s.name, s.against[0]): Goal(limit=s.goal) for s in SUBJECTS if s.goal is not None}


def measure(setting: Setting) -> list[Row]:
    """In a process of its own, which packages both. Raises RuntimeError when it fails."""
    setting.say("cold: packaging both Lambdas")
    command = [sys.executable, "-m", "bench.cold_start", "--json", "--rounds", str(setting.rounds)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if not done.stdout:
        raise RuntimeError("cold starts could not be measured: see above")
    return rows(json.loads(done.stdout))


def rows(found: Mapping[str, Any]) -> list[Row]:
    """A row for each floor that a Lambda is compared with."""

    def seconds(name: str) -> list[float]:
        return [run["answered"]["cpu_seconds"] for run in found["runs"][name]]

    return [
        Row(
            name=name if number == 0 else f"  beside {floor}",
            unit="s",
            ours=seconds(name),
            beside=seconds(floor),
            goal=GOALS.get((name, floor)),
            notes={"MiB": own["peak_mib"]} if number == 0 else {},
        )
        for name, own in found["summary"].items()
        for number, floor in enumerate(own["ratios"])
    ]
