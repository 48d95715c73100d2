"""`cli serve` of the benchmarks' model on a free port, with a state folder that is gone afterwards.

python -m bench serve [--model PATH]

prints `URL PID`, and serves until Ctrl-C. Any load can be pointed at it: POST one record of UCI Adult or an array of
them to URL, with `Prefer: wait=10` or read from `Location`. PID is that of `cli serve`; the API and the worker are its
children, whose CPU time and memory have to be counted with it. To compare with another server, give both the same
pickle: `--model PATH` serves any Pipeline over the columns of bench/adult.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.adult_model import PROJECT, trained
from tests.running import Service, running_service


@contextmanager
def serving(model: Path) -> Iterator[Service]:
    """A healthy service with one worker and the default settings, ended with the block."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        elsewhere = {"BUCKET": "", "VERSION_MISMATCH": "warn"}  # what another environment has trained is served, too
        with running_service(Path(folder) / "state", project=PROJECT, model=model, environment=elsewhere) as service:
            yield service


def serve(model: Path | None) -> int:
    """Until Ctrl-C, or the service's own end, which is 1."""
    try:
        with serving(trained(model)) as service:
            sys.stdout.write(f"{service.url}/api/predict {service.process.pid}\n")
            sys.stdout.flush()
            service.process.wait()
            sys.stderr.write(service.log)
    except KeyboardInterrupt:
        return 0
    return 1
