"""`make drill-aws`: breaks the service and the AWS below it in every way we know, and checks that nothing was lost."""

import argparse
import secrets
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.drill.aws.drill import drill, own_emulator


def main() -> int:
    """The exit code: 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m bench.drill.aws", description=__doc__)
    parser.add_argument("--predictions", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="a drill can be held again")
    parser.add_argument("--out", type=Path, default=Path("build/drill-aws"), help="for report.md and drill.png")
    given = parser.parse_args()
    console = Console(stderr=True)
    console.print(f"A drill of {given.predictions:,} predictions on an emulated AWS, seed {given.seed}.")
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[what]}"), console=console) as progress:
        asked = progress.add_task("asked", total=given.predictions, what="")
        answered = progress.add_task("answered", total=given.predictions, what="")

        def look(what: str, done: int, finished: int) -> None:
            progress.update(asked, completed=done, what=what)
            progress.update(answered, completed=finished)

        with own_emulator() as (folder, emulator):
            report = drill(folder, emulator, given.predictions, seed=given.seed, out=given.out, look=look)
    report.show(Console())
    console.print(f"{given.out}/report.md, {given.out}/drill.png", highlight=False)
    return 0 if report.ok else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted: what was started is ended, and its account is gone.")
