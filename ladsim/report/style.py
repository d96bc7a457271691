"""How every figure looks: type, colors, title, and the line below that says what is shown."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from ladsim.core.text import one_line, plain
from ladsim.report.letters import FAMILY, drawable, families_for, make_drawable
from ladsim.results.run_result import RunResult

# Okabe and Ito (2008), Color Universal Design: told apart with every common form of color blindness.
SCENARIO, REFERENCE, OBSERVED, DIFFERENCE = "#0072B2", "#D55E00", "#222222", "#0072B2"
SEA, AIR, LAND_FILL, SEA_FILL = "#009E73", "#CC79A7", "#EFEDE6", "#FFFFFF"
GRAY, FAINT = "#595959", "#D9D9D9"
DPI = 150

_RC: dict[str, Any] = {
    # Titles and names are users' text: a dollar sign is a dollar sign, no mathematics.
    "text.parse_math": False,
    "text.usetex": False,
    "font.family": FAMILY,
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.labelcolor": GRAY,
    "axes.edgecolor": "#8C8C8C",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.8,
    "xtick.color": GRAY,
    "ytick.color": GRAY,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


class ReportFigure(Figure):
    """A figure that shows itself in a notebook and belongs to no pyplot window, so that none has to be closed.

    Attributes:
        free: Bottom and top of the space between the captions, as shares of the height.
    """

    free: tuple[float, float] = (0.0, 1.0)

    def draw(self, renderer: RendererBase) -> None:
        """Draw the figure, every text with letters that are at hand; see `ladsim.report.letters`."""
        for text in self.findobj(Text):
            make_drawable(text)
        super().draw(renderer)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=DPI)
        return buffer.getvalue()


@contextmanager
def house_style() -> Iterator[None]:
    """Apply the type and colors within a block, whatever the caller's own settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)  # type: ignore[arg-type]
        yield


def wrap(text: str, inches: float, *, size: float, weight: str = "normal") -> list[str]:
    """Return the lines of a text, none wider than so many inches at that size of type."""
    shown = drawable(plain(text))
    font = FontProperties(family=families_for(shown), size=size, weight=weight)

    def fits(line: str) -> bool:
        return bool(text_to_path.get_text_width_height_descent(line, font, ismath=False)[0] <= inches * 72)

    lines: list[str] = []
    for word in shown.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and fits(longer):
            lines[-1] = longer
            continue
        while len(word) > 1 and not fits(word):  # a script without spaces, or a row of codes
            cut = next(n for n in range(1, len(word)) if not fits(word[: n + 1]))
            lines.append(word[:cut])
            word = word[cut:]
        lines.append(word)
    return lines


def new_figure(
    width: float,
    height: float,
    *,
    title: str,
    subtitle: str,
    caption: str,
    handles: Sequence[Artist] = (),
) -> ReportFigure:
    """Return a figure with title, subtitle, legend and caption set, and the space between left for the axes.

    Args:
        width: Inches.
        height: Inches, of everything together.
        title: What is shown.
        subtitle: Unit and how to read it.
        caption: Seeds, scale, interval, sources; wrapped.
        handles: What the legend below the subtitle shows.
    """
    figure = ReportFigure(figsize=(width, height))
    FigureCanvasAgg(figure)
    # What is drawn is a little wider than what its outlines measure.
    inches = 0.96 * (width - 0.24)
    heads = wrap(one_line(title), inches, size=12.5, weight="bold")
    subs = wrap(subtitle, inches, size=9.5)
    lines = [line for part in caption.split("\n") for line in wrap(part, inches, size=7.5)]
    left = 0.12 / width
    y = 0.12
    for line in heads:
        y += 0.215
        figure.text(left, 1 - y / height, line, fontsize=12.5, fontweight="bold", va="baseline")
    y += 0.03
    for line in subs:
        y += 0.175
        figure.text(left, 1 - y / height, line, fontsize=9.5, color=GRAY, va="baseline")
    if handles:
        place = (left, 1 - (y + 0.08) / height)
        options: dict[str, Any] = {"borderaxespad": 0.0, "borderpad": 0.2, "columnspacing": 1.6}
        legend = figure.legend(handles=handles, loc="upper left", bbox_to_anchor=place, ncols=len(handles), **options)
        legend.set_in_layout(False)
        y += 0.27
    below = 0.1 + 0.145 * len(lines)
    for i, line in enumerate(lines):
        figure.text(left, (below - 0.145 * (i + 1) + 0.03) / height, line, fontsize=7.5, color=GRAY, va="baseline")
    figure.free = ((below + 0.08) / height, 1 - (y + 0.1) / height)
    return figure


def panels(figure: ReportFigure, rows: int, columns: int, *, left: float = 0.5, between: float = 0.5) -> NDArray[Any]:
    """Return a grid of axes that share their horizontal axis, placed in the figure's free space.

    Args:
        figure: The figure.
        rows: Rows.
        columns: Columns.
        left: Inches for the vertical axis' numbers and name, left of all.
        between: Inches for the numbers between two columns.
    """
    width, height = figure.get_size_inches()
    bottom, top = figure.free[0] + 0.42 / height, figure.free[1] - 0.28 / height
    right = 1 - 0.14 / width
    wide = (width * right - left - between * (columns - 1)) / columns
    title = 0.36
    high = (height * (top - bottom) - title * (rows - 1)) / rows
    return figure.subplots(
        rows,
        columns,
        sharex=True,
        squeeze=False,
        gridspec_kw={
            "left": left / width,
            "right": right,
            "bottom": bottom,
            "top": top,
            "wspace": between / wide,
            "hspace": title / high,
        },
    )


def runs_line(result: RunResult, *, what: str = "Lines") -> str:
    """Return the sentence on seeds, scale and interval that every figure carries."""
    n, more = len(result.seeds), "".join(f" {note}" for note in result.scenario.notes)
    if n < 2:
        return f"{what}: one seed, {result.scale:,} persons per agent, no interval.{more}"
    note = result.interval_note
    return f"{what}: mean of {n} seeds, {result.scale:,} persons per agent; shaded: {note}.{more}"


def short(value: float, _position: int = 0) -> str:
    """Return a number short enough for an axis: 1,500 as 1.5k, 2,000,000 as 2M."""
    size = abs(value)
    for unit, letter in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if size >= unit * 0.9995:
            return f"{value / unit:.3g}{letter}".replace("-", "\N{MINUS SIGN}")
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def name_axis(axes: Axes, name: str, inches: float) -> None:
    """Name the vertical axis, so far left of it; the same in every panel, so that the names are aligned."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    wide = axes.get_position().width * figure.get_size_inches()[0]
    axes.set_ylabel(name)
    axes.yaxis.set_label_coords(-inches / wide, 0.5)


def count_axis(axes: Axes, *, from_zero: bool = True, ticks: int = 5) -> None:
    """Give an axis short numbers, few ticks, and zero as its floor."""
    axes.yaxis.set_major_locator(MaxNLocator(nbins=ticks, min_n_ticks=3))
    axes.yaxis.set_major_formatter(FuncFormatter(short))
    if from_zero:
        axes.set_ylim(bottom=0)


def month_axis(axes: Axes, months: list[str], *, few: bool = False) -> None:
    """Label an axis of month positions: years where they begin, months between where there is room."""
    n = len(months)
    step = 1 if n <= 9 else 3 if n <= 30 else 6
    if few:
        step = 3 if n <= 9 else 6 if n <= 20 else 12
    positions = [i for i, m in enumerate(months) if (int(m[5:]) - 1) % step == 0]
    if len(positions) < 2:
        positions = sorted({0, n - 1})
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    labels = []
    for k, i in enumerate(positions):
        year, month = months[i][:4], int(months[i][5:])
        with_year = k == 0 or months[positions[k - 1]][:4] != year
        if step == 12:
            labels.append(year)
        else:
            labels.append(names[month - 1] + (f"\n{year}" if with_year else ""))
    axes.set_xticks(positions, labels)
    axes.set_xlim(-0.4, n - 0.6 if n > 1 else 0.4)
