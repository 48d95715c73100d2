"""What the service costs, beside the least that it could cost.

python -m bench [PART...] [--rounds N] [--json]     all parts, or those that are named: a table of ratios
python -m bench serve [--model PATH]                serve the benchmarks' model, for a load of your own

`make bench` runs all parts and draws docs/bench.png. The exit code is 1 when a goal is missed.
"""

import argparse
import importlib
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.adult_model import trained
from bench.picture import draw
from bench.row import Found, Row
from bench.serve import serve
from bench.setting import Setting
from bench.table import disturbed, missed, table
from bench.usage import busy
from tests.running import ROOT

PARTS = ("micro", "worker", "served", "drain", "growth", "cold")


def main(given: Sequence[str] | None = None) -> int:
    """Measure what is asked for, and say it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="What the service costs.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}, or serve; all parts without one")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    parser.add_argument("--json", action="store_true", help="print every figure")
    parser.add_argument("--model", type=Path, help="another Pipeline over the columns of bench/adult")
    parser.add_argument("--picture", type=Path, help="draw the ratios and the growth into this file")
    chosen = parser.parse_args(given)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, so that no service is left behind
    if chosen.parts == ["serve"]:
        return serve(chosen.model)
    unknown = [part for part in chosen.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(PARTS)} and serve")
    setting = Setting(model=trained(chosen.model), rounds=chosen.rounds)
    if len(chosen.parts) == 1:
        tried: list[Found | None] = [measured(chosen.parts[0], setting)]
    else:
        tried = all_of(chosen.parts or PARTS, setting)
    found = [part for part in tried if part is not None]
    if chosen.json:
        machine = {"python": platform.python_version(), "machine": platform.machine(), "processors": os.cpu_count()}
        print(json.dumps({"machine": machine, "parts": [part.to_json() for part in found]}, indent=2))
    else:
        print(table(found))
        print(f"\nPython {platform.python_version()}, {os.cpu_count()} processors, medians of {chosen.rounds} rounds")
        for sentence in filter(None, [*missed(found), disturbed(found)]):
            print(sentence, file=sys.stderr)
    if chosen.picture is not None:
        draw(chosen.picture, found)
    return int(bool(missed(found)) or len(found) < len(tried))


def measured(part: str, setting: Setting) -> Found:
    """A part, in this process."""
    module = importlib.import_module(f"bench.parts.{part}")
    taken = busy()
    rows: list[Row] = module.measure(setting)
    return Found(title=module.TITLE, rows=rows, busy=taken)


def all_of(parts: Sequence[str], setting: Setting) -> list[Found | None]:
    """One after the other, and how long it has taken so far."""
    began = time.monotonic()
    found = []
    for number, part in enumerate(parts, 1):
        setting.say(f"{time.monotonic() - began:4.0f} s, part {number} of {len(parts)}")
        found.append(measured_apart(part, setting))
    setting.say(f"{time.monotonic() - began:4.0f} s")
    return found


def measured_apart(part: str, setting: Setting) -> Found | None:
    """A part in a process of its own, so that none meets what another has left in memory.

    None when it could not be measured, which is said: the others are measured all the same.
    """
    command = [sys.executable, "-m", "bench", part, "--json", "--rounds", str(setting.rounds)]
    process = subprocess.Popen(
        [*command, "--model", str(setting.model)], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        written, _ = process.communicate()
    except KeyboardInterrupt:  # it is told once, and left the time to end what it has started
        process.terminate()
        process.wait()
        raise
    if not written:
        setting.say(f"{part} could not be measured: see above")
        return None
    return Found.from_json(json.loads(written)["parts"][0])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
