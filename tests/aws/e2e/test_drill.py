"""The drill on the emulated AWS, a small one: `make drill-aws` holds the large one."""

from pathlib import Path

from bench.drill.aws.drill import drill
from tests.aws.emulator import Emulator


def test_two_hundred_predictions_survive_everything_that_can_break(emulated_account: Emulator, tmp_path: Path) -> None:
    report = drill(tmp_path, emulated_account, 200, seed=8, out=tmp_path / "out")
    assert report.ok, report.markdown()
    assert (tmp_path / "out" / "report.md").read_text(encoding="utf-8") == report.markdown()
    assert (tmp_path / "out" / "drill.png").read_bytes().startswith(b"\x89PNG")
