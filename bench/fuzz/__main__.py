"""make fuzz: at least CASES requests, half of them to a service with API keys; prints what was found.

python -m bench.fuzz --cases 10000 --seed 1
"""

import argparse
import itertools
import sys
import tempfile
import time
from pathlib import Path

from bench.fuzz import PROJECT, fuzz, write_model
from tests.running import cli, running_service

EXAMPLES = 400
"""For each operation in a round; each round has a seed of its own."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="how many requests, at least")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first round")
    options = parser.parse_args()
    failures = 0
    for keyed in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            failures += _service(Path(folder), options.cases // 2, options.seed, keyed=keyed)
    return 1 if failures else 0


def _service(folder: Path, cases: int, seed: int, *, keyed: bool) -> int:
    state = folder / "state"
    key = None
    if keyed:
        made = cli("keys", "create", "fuzz", "--state-dir", str(state), "--project", str(PROJECT)).stdout
        key = made.split()[-1]
    failures = done = 0
    started = time.monotonic()
    with running_service(state, project=PROJECT, model=write_model(folder)) as service:
        for number in itertools.count(seed):
            found = fuzz(service.url, examples=EXAMPLES, seed=number, key=key)
            done += found.cases
            failures += len(found.failures)
            if found.failures:
                sys.stdout.write(found.text)
            sys.stdout.write(f"seed {number}: {found.cases} requests, {len(found.failures)} failures\n")
            sys.stdout.flush()
            if done >= cases:
                break
    with_keys = "with API keys" if keyed else "without API keys"
    sys.stdout.write(f"{with_keys}: {done} requests in {time.monotonic() - started:.0f} s, {failures} failures\n")
    return failures


if __name__ == "__main__":
    sys.exit(main())
