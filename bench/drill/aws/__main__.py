"""`make drill-aws`: breaks the service and the AWS below it in every way we know, and checks that nothing was lost."""

import sys

from bench.drill.aws.drill import drill, own_emulator
from bench.drill.showing import concluded, err, options, progress


def main() -> int:
    """The exit code: 0 when every promise was kept."""
    given = options("bench.drill.aws", __doc__, predictions=2_000, out="build/drill-aws").parse_args()
    err.print(f"A drill of {given.predictions:,} predictions on an emulated AWS, seed {given.seed}.")
    with progress(given.predictions) as look, own_emulator() as (folder, emulator):
        report = drill(folder, emulator, given.predictions, seed=given.seed, out=given.out, look=look)
    return concluded(report, given.out)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted: what was started is ended, and its account is gone.")
