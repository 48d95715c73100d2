"""`make drill`: breaks the service on this machine in every way we know, and checks that nothing was lost."""

import sys

from bench.drill.embedded import drill
from bench.drill.plan import requests_for
from bench.drill.showing import concluded, err, options, progress


def main() -> int:
    """The exit code: 0 when every promise was kept."""
    parser = options("bench.drill", __doc__, predictions=100_000, out="build/drill")
    parser.add_argument("--kills", type=int, default=50)
    given = parser.parse_args()
    err.print(f"A drill of {given.predictions:,} predictions with {given.kills} kills, seed {given.seed}.")
    with progress(requests_for(given.predictions)) as look:
        report = drill(given.predictions, kills=given.kills, seed=given.seed, out=given.out, look=look)
    return concluded(report, given.out)


if __name__ == "__main__":
    sys.exit(main())
