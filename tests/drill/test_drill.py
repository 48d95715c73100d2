"""The drill itself, a small one: `make drill` holds the large one."""

import sys
from pathlib import Path

from bench.drill.clock import jumping_clock
from bench.drill.embedded import drill


def test_two_thousand_predictions_survive_everything_that_can_break(tmp_path: Path) -> None:
    report = drill(2_000, kills=6, seed=8, out=tmp_path)
    assert report.ok, report.markdown()
    held = {fault.name: fault.count for fault in report.faults}
    assert sys.platform != "linux" or jumping_clock(), "make test installs libfaketime"
    assert not [name for name, count in held.items() if not count], "every fault was held"
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == report.markdown()
    assert (tmp_path / "drill.png").read_bytes().startswith(b"\x89PNG")
