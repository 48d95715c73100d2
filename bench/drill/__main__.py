"""`make drill`: breaks the service on this machine in every way we know, and checks that nothing was lost."""

import argparse
import secrets
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.drill.embedded import drill
from bench.drill.plan import requests_for


def main() -> int:
    """The exit code: 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m bench.drill", description=__doc__)
    parser.add_argument("--predictions", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="a drill can be held again")
    parser.add_argument("--out", type=Path, default=Path("build/drill"), help="for report.md and drill.png")
    given = parser.parse_args()
    console = Console(stderr=True)
    console.print(f"A drill of {given.predictions:,} predictions with {given.kills} kills, seed {given.seed}.")
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[fault]}"), console=console) as progress:
        asked = progress.add_task("asked", total=requests_for(given.predictions), fault="")
        answered = progress.add_task("answered", total=requests_for(given.predictions), fault="")

        def look(done: int, finished: int, fault: str) -> None:
            progress.update(asked, completed=done, fault=fault)
            progress.update(answered, completed=finished)

        report = drill(given.predictions, kills=given.kills, seed=given.seed, out=given.out, look=look)
    report.show(Console())
    console.print(f"{given.out}/report.md, {given.out}/drill.png", highlight=False)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
