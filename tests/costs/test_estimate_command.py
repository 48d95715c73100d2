"""cli estimate as it is typed: tables for people, all numbers for machines, errors that say what to do."""

import io
import json
import os
import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from commands.costs.assumptions import Assumptions
from commands.costs.prices import PRICES
from commands.deployment import Deployment
from tests.running import ROOT, cli

SETTINGS = {name.upper() for name in Deployment.model_fields}


def estimate(*options: object, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """`cli estimate`, with no settings but those of `environment`."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    finished = cli("estimate", *map(str, options), check=False, cwd=ROOT, env={**kept, **environment})
    assert finished.returncode == code, f"{finished.stdout}\n{finished.stderr}"
    assert "Traceback" not in finished.stderr
    return finished


def document(*options: object, **environment: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(estimate(*options, "--json", **environment).stdout)
    return found


def test_a_million_is_told_by_service_with_limits_and_assumptions() -> None:
    shown = estimate("--per-month", 1_000_000).stdout
    assert "1,000,000 predictions a month: 1,000,000 requests of 1 record; each is read 2 times" in shown
    assert re.search(r"SQS +polls of idle triggers +1,296,000 \$0.400/million +0.52", shown)
    assert re.search(r"HTTP API +calls +3,000,000 \$1.000/million +3.00", shown)
    assert "$9.47 a month: $0.53 whatever happens, and $8.94 for predictions, $0.0089 for a thousand." in shown
    assert "More load meets THROTTLE_RATE first, at about 8,640,000 predictions a month" in shown
    told = " ".join(shown.split())
    assert "AWS's free tier is not subtracted" in told
    for one in Assumptions().found():
        assert one["what"] in told


def test_zero_shows_the_fixed_cost_alone() -> None:
    shown = estimate("--per-month", 0).stdout
    assert "$0.53 a month." in shown
    assert "Limits" not in shown
    assert "Lambda  " not in shown
    found = document("--per-month", 0)
    assert found["usd"]["variable"] == 0
    assert found["usd"]["total"] == found["usd"]["fixed"] == pytest.approx(0.52852)
    assert not [line for line in found["lines"] if line["usd"] and not line["fixed"]]


def test_json_lets_anybody_redo_the_sums() -> None:
    found = document("--per-month", 123_456, "--records-per-request", 7, "--polls", 3)
    assert (found["per_month"], found["records_per_request"], found["polls"], found["wait"]) == (123_456, 7, 3, False)
    assert (found["currency"], found["region"]) == ("USD", "us-east-1")
    for line in found["lines"]:
        assert set(line) == {"service", "what", "fixed", "quantity", "unit", "how", "price", "usd"}
        assert line["usd"] == pytest.approx(line["quantity"] / line["price"]["per"] * line["price"]["usd"], abs=1e-8)
    for kind, fixed in (("fixed", True), ("variable", False)):
        of_kind = [line for line in found["lines"] if line["fixed"] is fixed]
        assert found["usd"][kind] == pytest.approx(sum(line["usd"] for line in of_kind), abs=1e-7)
        for service, sums in found["services"].items():
            own = sum(line["usd"] for line in of_kind if line["service"] == service)
            assert sums[kind] == pytest.approx(own, abs=1e-7)
    assert found["usd"]["total"] == pytest.approx(found["usd"]["fixed"] + found["usd"]["variable"])
    assert found["counts"]["posts"] == 17_637
    assert found["counts"]["reads"] == 3 * 17_637


def test_json_says_what_the_numbers_are_made_of() -> None:
    found = document("--per-month", 1000)
    known = {"counts", "bytes", "flow", "settings"}
    names = {name for part in known for name in found[part]} | {one["name"] for one in found["assumes"]}
    for line in found["lines"]:
        for name in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", line["how"]):
            assert name in names, line["how"]
    for one in found["assumes"]:
        assert set(one) == {"name", "value", "unit", "group", "what", "source"}
        assert one["source"]
    assert set(found["limits"][0]) == {
        *("what", "set_by", "most", "average", "peak", "then", "grows", "headroom", "headroom_of_average")
    }
    assert found["settings"]["worker_memory"] == 1769


def test_every_price_has_a_day_and_a_page() -> None:
    for price in PRICES.values():
        assert date.fromisoformat(f"{price.as_of}-01" if len(price.as_of) == 7 else price.as_of)
        assert price.source.startswith("https://aws.amazon.com/")
        assert price.usd > 0


def test_settings_come_from_the_project_and_the_environment(tmp_path: Path) -> None:
    (tmp_path / "validation.py").write_text(
        "from pydantic import BaseModel\n\nclass PredictionData(BaseModel):\n    x: int\n"
    )
    (tmp_path / "service.toml").write_text('memory = 3008\nregion = "eu-central-1"\n')
    found = document("--per-month", 1000, "--project", tmp_path, "--stage", "prod", ALARM_EMAIL="ops@example.org")
    assert found["settings"]["worker_memory"] == 3008
    assert found["settings"]["stage"] == "prod"
    assert found["settings"]["alarm_email"] is True, "an estimate may be shown around"
    assert found["bytes"]["record"] < 12
    assert "those of eu-central-1 differ" in estimate("--per-month", 1000, "--project", tmp_path).stdout


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--per-month", -1], 2, "--per-month"),
        (["--per-month", 5, "--polls", -1], 2, "--polls"),
        (["--per-month", 5, "--records-per-request", 0], 2, "--records-per-request"),
        (["--per-month", 10**13], 2, "--per-month"),
        ([], 2, "--per-month"),
        (["--per-month", 5, "--records-per-request", 1001], 1, "takes 1000 records at most. Send several requests"),
        (["--per-month", 5, "--wait", "--polls", 2], 1, "Give one of them"),
    ],
)
def test_what_can_not_be_is_one_clear_error(options: list[object], code: int, said: str) -> None:
    assert said in estimate(*options, code=code).stderr


def test_no_polls_go_with_waiting() -> None:
    assert document("--per-month", 5, "--wait", "--polls", 0) == document("--per-month", 5, "--wait")
    assert "each waits for its answer" in estimate("--per-month", 5, "--wait").stdout


def test_all_of_it_fits_80_columns() -> None:
    from rich.console import Console

    from commands.costs.limits import limits
    from commands.costs.report import report
    from tests.costs.estimating import bill

    for per_month in (0, 1, 1_000_000, 1_000_000_000):
        made = bill(per_month, ALARM_EMAIL="ops@example.org", DASHBOARD="true")
        console = Console(width=80, record=True, file=io.StringIO())
        for part in report(made, limits(made.course, made.counts), console.width):
            console.print(part)
        shown = console.export_text()
        assert "…" not in shown
        assert max(map(len, shown.splitlines())) <= 80
