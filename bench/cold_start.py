"""Cold starts of both Lambdas beside a floor.

python -m bench.cold_start [--rounds N] [--plain] [--json]      `make bench` runs it
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.runtime_api import Taken
from bench.site import Site, post, running_site
from tests.running import ROOT

RECORD: dict[str, Any] = json.loads((ROOT / "example.json").read_bytes())


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A handler that is started again and again; `goal` is the most that it may take of the first floor."""

    name: str
    handler: str
    bundle: str
    event: Callable[[Site], Any]
    against: Sequence[str] = ()
    goal: float | None = None


SUBJECTS = (
    Subject(name="API floor", handler="api_floor.handler", bundle="api", event=lambda site: post(RECORD)),
    Subject(
        name="API",
        handler="app.lambda_handler.handler",
        bundle="api",
        event=lambda site: post(RECORD),
        against=["API floor"],
        goal=1.10,
    ),
    Subject(
        name="worker floor", handler="worker_floor.handler", bundle="worker", event=lambda site: {"record": RECORD}
    ),
    Subject(
        name="floor + clients",
        handler="worker_clients_floor.handler",
        bundle="worker",
        event=lambda site: {"record": RECORD},
    ),
    Subject(  # it is given what the API has queued in the same round
        name="worker",
        handler="worker.lambda_handler.handler",
        bundle="worker",
        event=lambda site: site.batch(),
        against=["worker floor", "floor + clients"],
        goal=1.05,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One cold start."""

    init: Taken
    answered: Taken


def cold_start(site: Site, subject: Subject) -> Run:
    """A fresh process, and its first answer. Raises RuntimeError when that is not a right one."""
    event = subject.event(site)
    with site.function(subject.handler, subject.bundle) as function:
        init = function.ready()
        answer = function(event)
    if answer.body.get("statusCode", 202) != 202 or answer.body.get("batchItemFailures"):
        raise RuntimeError(f"{subject.name} answered {answer.body}")
    return Run(init=init, answered=answer.taken)


def measured(site: Site, rounds: int, said: Callable[[int], None]) -> dict[str, list[Run]]:
    """The runs of each subject. They take turns, so that what else the machine does is shared out evenly."""
    runs: dict[str, list[Run]] = {subject.name: [] for subject in SUBJECTS}
    for number in range(rounds + 1):
        said(number)
        for subject in SUBJECTS:
            run = cold_start(site, subject)
            if number:  # the first round only makes the signing key, and fills the system's cache of files
                runs[subject.name].append(run)
    return runs


def summary(runs: Mapping[str, Sequence[Run]]) -> dict[str, Any]:
    """Medians, and each ratio as the median of those within a round."""
    found: dict[str, Any] = {}
    for subject in SUBJECTS:
        own = runs[subject.name]
        cpu = [run.answered.cpu_seconds for run in own]
        found[subject.name] = {
            "cpu_seconds": statistics.median(cpu),
            "cpu_spread": [min(cpu), max(cpu)],
            "cpu_init": statistics.median(run.init.cpu_seconds for run in own),
            "cpu_first": statistics.median(run.answered.cpu_seconds - run.init.cpu_seconds for run in own),
            "wall_seconds": statistics.median(run.answered.wall_seconds for run in own),
            "peak_mib": statistics.median(run.answered.peak_mib for run in own),
            "ratios": {
                floor: statistics.median(
                    run.answered.cpu_seconds / below.answered.cpu_seconds
                    for run, below in zip(own, runs[floor], strict=True)
                )
                for floor in subject.against
            },
        }
    return found


def table(found: Mapping[str, Any]) -> Table:
    """The summary for people, within 80 columns. A second ratio has a line of its own."""
    shown = Table(title="CPU seconds from a process's start to its first answer: medians", box=box.SIMPLE)
    for column in ("", "CPU s", "spread", "init", "first", "wall s", "MiB", "ratio"):
        shown.add_column(column, justify="right" if column else "left", no_wrap=True)
    for name, row in found.items():
        least, most = row["cpu_spread"]
        spread = f"{(most - least) / row['cpu_seconds']:.0%}"
        seconds = [f"{row[key]:.3f}" for key in ("cpu_seconds", "cpu_init", "cpu_first", "wall_seconds")]
        ratios = [f"{ratio:.2f}" for ratio in row["ratios"].values()]
        below = [f"  of {floor}" for floor in row["ratios"]][1:]
        cells = [seconds[0], spread, *seconds[1:], f"{row['peak_mib']:.0f}", "\n".join(ratios)]
        shown.add_row("\n".join([name, *below]), *cells)
    return shown


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="Cold starts under Lambda's own runtime client, beside a floor.")
    parser.add_argument("--rounds", type=int, default=9, help="cold starts of each")
    parser.add_argument("--plain", action="store_true", help="reach the emulated AWS without TLS")
    parser.add_argument("--json", action="store_true", help="print every run as JSON")
    chosen = parser.parse_args()
    console = Console(stderr=True, highlight=False)
    with tempfile.TemporaryDirectory() as folder, running_site(Path(folder), tls=not chosen.plain) as site:
        runs = measured(
            site,
            chosen.rounds,
            lambda number: console.print(f"round {number} of {chosen.rounds}"),
        )
    found = summary(runs)
    if chosen.json:
        machine = {"python": platform.python_version(), "machine": platform.machine(), "processors": os.cpu_count()}
        every = {name: [asdict(run) for run in own] for name, own in runs.items()}
        print(json.dumps({"machine": machine, "summary": found, "runs": every}, indent=2))
    else:
        Console().print(table(found))
        print(f"Python {platform.python_version()}, {os.cpu_count()} processors, {chosen.rounds} rounds")
    over = [
        f"{subject.name} takes more than {subject.goal} of the {subject.against[0]}."
        for subject in SUBJECTS
        if subject.goal is not None and found[subject.name]["ratios"][subject.against[0]] > subject.goal
    ]
    for sentence in over:
        print(sentence, file=sys.stderr)
    return int(bool(over))


if __name__ == "__main__":
    sys.exit(main())
