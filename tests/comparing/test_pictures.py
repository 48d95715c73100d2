"""The picture of a comparison: a real PNG or SVG, with its texts in it, whatever the labels and numbers are."""

import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from commands.comparing.differences import Comparison
from commands.comparing.labels import Labels
from commands.comparing.missed import Missed
from commands.comparing.numbers import Numbers
from commands.comparing.picture import POINTS, PictureRefused, check_picture, draw
from commands.comparing.report import tables
from tests.running import run

random = np.random.default_rng(2)


def labels(pairs: list[tuple[Any, Any]]) -> Labels:
    gathered = Labels(clusters=False)
    for before, after in pairs:
        gathered.add(before, after, None, None)
    return gathered


def numbers(before: Any, after: Any) -> Numbers:
    gathered = Numbers()
    for one, other in zip(before, after, strict=True):
        gathered.add(one, other)
    return gathered


def comparison(count: int, *gathered: Labels | Numbers) -> Comparison:
    outputs = [one.compared(range(1, count + 1)) for one in gathered]
    return Comparison(
        file="some/folder/rows.csv",
        tags=("v1", "v2"),
        read=count,
        refused=Missed(),
        left_out=[],
        failed=(Missed(), Missed()),
        compared=count,
        equal=min(output.equal for output in outputs),
        only_one=0,
        outputs=outputs,
    )


def svg(path: Path, found: Comparison) -> str:
    draw(found, path)
    return path.read_text(encoding="utf-8")


def test_a_label_is_no_mathematics_and_counts_have_separators(tmp_path: Path) -> None:
    pairs = [("$5 to $10", "$5 to $10")] * 1_234 + [("$5 to $10", "a <very> long name of an occupation")]
    text = svg(tmp_path / "labels.svg", comparison(1_235, labels(pairs)))
    assert ">1,234</text>" in text
    assert ">$5 to $10</text>" in text
    assert ">a &lt;very&gt; long name of a…</text>" in text
    assert ">rows.csv</text>" in text
    assert ">1,235 rows, agreement 0.9992</text>" in text


def test_long_tags_keep_their_ends(tmp_path: Path) -> None:
    tags = (f"{'a' * 40}-0001", f"{'a' * 40}-0002")
    text = svg(tmp_path / "tags.svg", replace(comparison(1, labels([("a", "b")])), tags=tags))
    assert f">prediction of {'a' * 13}…{'a' * 9}-0002</text>" in text


def test_of_many_labels_the_rare_ones_are_joined(tmp_path: Path) -> None:
    names = [f"class {place:02}" for place in range(30)]
    pairs = [(name, name) for place, name in enumerate(names) for _ in range(40 - place)]
    gathered = labels([*pairs, ("class 29", "class 00")])
    found = comparison(len(pairs) + 1, gathered)
    (output,) = found.outputs
    assert output.labels == [*names[:19], "11 others"]  # type: ignore[union-attr]
    assert output.counts[19][0] == 1  # type: ignore[union-attr]
    assert sum(map(sum, output.counts)) == len(pairs) + 1  # type: ignore[union-attr]
    assert ">11 others</text>" in svg(tmp_path / "labels.svg", found)


@pytest.mark.parametrize("count", [1, 500, POINTS, POINTS + 1])
def test_numbers_are_points_or_counted_in_hexagons(tmp_path: Path, count: int) -> None:
    before = random.lognormal(12, 0.5, count)
    text = svg(tmp_path / "numbers.svg", comparison(count, numbers(before, before * random.normal(1, 0.1, count))))
    assert (">rows in a cell</text>" in text) == (count > POINTS)
    assert ">prediction of v1</text>" in text
    assert f">{count:,} rows, agreement " in text
    assert len(text) < 1_000_000


def test_constant_and_missing_numbers_are_drawn(tmp_path: Path) -> None:
    for before, after in [
        ([3.0] * 5, [3.0] * 5),
        ([0.0] * 5, [0.0] * 5),
        ([None, 1.0], [1.0, None]),
        ([1e300], [-1e300]),
    ]:
        draw(comparison(len(before), numbers(before, after)), tmp_path / "numbers.png")
        assert (tmp_path / "numbers.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_each_of_several_outputs_has_its_place(tmp_path: Path) -> None:
    outputs = [labels([("a", "a"), ("a", "b")]), *(numbers([1.0, 2.0], [1.0, 2.5]) for _ in range(9))]
    text = svg(tmp_path / "several.svg", comparison(2, *outputs))
    assert ">output 9: agreement 0.5000</text>" in text
    assert "output 10" not in text
    assert "the first 9 of 10 outputs" in text


def test_the_tables_fit_the_terminal() -> None:
    pairs = [(f"class {a:02}", f"class {b:02}") for a in range(20) for b in range(20)]
    found = comparison(len(pairs), labels(pairs))
    for width, shown in {80: "The whole table is too wide for here", 120: " 20 class 19"}.items():
        console = Console(width=width, record=True, file=io.StringIO())
        for table in tables(found, width):
            console.print(table)
        text = console.export_text()
        assert shown in text
        assert max(map(len, text.splitlines())) <= width


def test_a_picture_needs_its_suffix_and_a_folder(tmp_path: Path) -> None:
    check_picture(tmp_path / "COMPARE.PNG")
    with pytest.raises(PictureRefused, match=r"ends with .png or .svg"):
        check_picture(tmp_path / "compare.pdf")
    with pytest.raises(PictureRefused, match="There is no folder"):
        check_picture(tmp_path / "none" / "compare.png")


def test_drawing_leaves_nothing_behind_in_matplotlib(tmp_path: Path) -> None:
    code = (
        "import sys\nimport matplotlib\n"
        "from tests.comparing.test_pictures import *\n"
        "before = matplotlib.rcParams.copy()\n"
        f"draw(comparison(1, labels([('a', 'b')])), Path({str(tmp_path / 'x.svg')!r}))\n"
        "assert matplotlib.rcParams.copy() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    run(sys.executable, "-W", "error", "-c", code)
