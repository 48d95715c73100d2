"""A comparison as a picture, PNG or SVG: for labels a table of counts in colours, for numbers one against the other."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from commands.comparing.differences import Compared, Comparison, LabelsCompared, NumbersCompared
from commands.comparing.report import number, share, short_tag
from serving.errors import ServingError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg")
MOST = 9
"""Outputs that are drawn."""
POINTS = 20_000
"""More than that would cover each other: they are counted in hexagons."""
LONGEST = 24
SAME, OTHER, UNKNOWN = (
    "Blues",
    "Oranges",
    "Greys",
)  # told apart by colour-blind people, and by their places in black and white


class PictureRefused(ServingError):
    """--out is no place for a picture."""


def check_picture(path: Path) -> None:
    """Before any work is done. Raises PictureRefused."""
    if path.suffix.lower() not in SUFFIXES:
        raise PictureRefused(f"{path} is no picture: --out takes a name that ends with .png or .svg.")
    if not path.parent.is_dir():
        raise PictureRefused(f"There is no folder {path.parent} for {path.name}: make it first.")


def draw(comparison: Comparison, path: Path) -> None:
    """Write the picture. Raises PictureRefused when it can't be written."""
    from matplotlib import rc_context

    # Text stays text in an SVG; a label may hold a dollar sign, which is no mathematics.
    with rc_context({"svg.fonttype": "none", "text.parse_math": False, "font.size": 10}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a script that the font lacks
        figure = _figure(comparison)
        try:
            figure.savefig(
                path, dpi=160, facecolor="white", bbox_inches="tight", metadata={"Date": None} if _is_svg(path) else {}
            )
        except OSError as error:
            raise PictureRefused(f"{path} can't be written: {error.strerror or error}.") from error


def _is_svg(path: Path) -> bool:
    return path.suffix.lower() == ".svg"


def _figure(comparison: Comparison) -> "Figure":
    from matplotlib.figure import Figure

    outputs = comparison.outputs[:MOST]
    columns = min(3, len(outputs))
    rows = -(-len(outputs) // columns)
    side = max(_side(output) for output in outputs)
    figure = Figure(figsize=(side * columns, side * rows), layout="compressed")
    tags = short_tag(comparison.tags[0]), short_tag(comparison.tags[1])
    for place, output in enumerate(outputs, 1):
        axes = figure.add_subplot(rows, columns, place)
        title = f"output {place}: agreement {share(output.equal, output.compared)}{_figures(output)}"
        axes.set_title(title if len(outputs) > 1 else f"{_title(comparison)}{_figures(output)}", fontsize=10)
        _draw(axes, output, tags)
    if len(outputs) > 1:
        figure.suptitle(_title(comparison))
    if any(isinstance(output, LabelsCompared) for output in outputs):
        figure.supxlabel("blue: the same, orange: another; the darker, the more of its row", fontsize=9, color="0.3")
    return figure


def _title(comparison: Comparison) -> str:
    of = comparison.compared + comparison.only_one
    outputs = len(comparison.outputs)
    left_out = f", the first {MOST} of {outputs} outputs" if outputs > MOST else ""
    return (
        f"{short_tag(comparison.tags[0])} → {short_tag(comparison.tags[1])}\n{_short(Path(comparison.file).name, 40)}\n"
        f"{of:,} rows, agreement {share(comparison.equal, of)}{left_out}"
    )


def _figures(output: Compared) -> str:
    if isinstance(output, LabelsCompared):
        return ""
    return f"\nmean absolute difference {number(output.mean_absolute)}, correlation {number(output.correlation)}"


def _side(output: Compared) -> float:
    """Inches."""
    if isinstance(output, NumbersCompared):
        return 5.6
    longest = max(len(_short(label)) for label in output.labels)
    return min(15.0, max(4.6, 2.4 + 0.07 * longest + 0.52 * len(output.labels)))


def _draw(axes: "Axes", output: Compared, tags: tuple[str, str]) -> None:
    if isinstance(output, LabelsCompared):
        _heat_map(axes, output)
        axes.set_xlabel(f"prediction of {tags[1]}")
        axes.set_ylabel(f"prediction of {tags[0]}")
    else:
        _scatter(axes, output)
        axes.set_xlabel(f"prediction of {tags[0]}")
        axes.set_ylabel(f"prediction of {tags[1]}")


def _heat_map(axes: "Axes", output: LabelsCompared) -> None:
    """Each cell has its count; its shade is its share of the row, its colour tells equal from different."""
    import numpy as np
    from matplotlib import colormaps

    counts = np.asarray(output.counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = len(counts)
    same = np.eye(size, dtype=bool)
    shades = np.where(counts > 0, 0.08 + 0.82 * shares, 0.0)
    colours = np.where(same[:, :, None], colormaps[SAME](shades), colormaps[OTHER](shades))
    if output.joined:
        colours[-1, -1] = colormaps[UNKNOWN](shades[-1, -1])  # which of the others became which is not to be seen
    colours[counts == 0] = 1.0
    axes.imshow(colours, aspect="equal")
    names = [_short(label) for label in output.labels]
    slanted = max(map(len, names)) * size > 40
    axes.set_xticks(range(size), names, rotation=45 if slanted else 0, ha="right" if slanted else "center")
    if slanted:
        for label in axes.get_xticklabels():
            label.set_rotation_mode("anchor")
    axes.set_yticks(range(size), names)
    axes.set_xticks(np.arange(size + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="0.85", linewidth=0.8)
    axes.tick_params(which="both", length=0)
    longest = len(f"{counts.max():,}")
    for row, column in np.argwhere(counts > 0):
        axes.text(
            column,
            row,
            f"{counts[row, column]:,}",
            ha="center",
            va="center",
            fontsize=min(10.0, 56 / longest),
            color="white" if shades[row, column] > 0.55 else "black",
        )


def _scatter(axes: "Axes", output: NumbersCompared) -> None:
    import numpy as np
    from matplotlib.ticker import MaxNLocator

    before, after = np.asarray(output.before), np.asarray(output.after)
    both = np.isfinite(before) & np.isfinite(after)
    before, after = before[both], after[both]
    if not len(before):
        axes.text(0.5, 0.5, "no row with two numbers", ha="center", transform=axes.transAxes)
        return
    low, high = min(before.min(), after.min()), max(before.max(), after.max())
    margin = (high - low) * 0.04 or max(abs(high) * 0.04, 1e-9)
    ends = (low - margin, high + margin)
    axes.plot(ends, ends, color="0.35", linewidth=1, linestyle="--", label="equal", zorder=1)
    if len(before) > POINTS:
        cells = axes.hexbin(before, after, gridsize=60, bins="log", mincnt=1, cmap="viridis_r", extent=(*ends, *ends))
        bar = axes.figure.colorbar(cells, ax=axes, label="rows in a cell", shrink=0.8, format=_plain)
        bar.minorticks_off()
    else:
        many = len(before) > 1_000
        axes.scatter(
            before, after, s=10 if many else 20, alpha=0.35 if many else 0.6, linewidths=0, rasterized=many, zorder=2
        )
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6))
        axis.set_major_formatter(_plain)
    axes.tick_params(axis="x", rotation=30)
    axes.legend(loc="upper left", edgecolor="none")


def _plain(value: float, _: object = None) -> str:
    """A tick's number, without the last digits that adding steps leaves."""
    return number(float(f"{value:.10g}"))


def _short(text: str, longest: int = LONGEST) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
