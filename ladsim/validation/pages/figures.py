"""Figures of the score: paths with honest intervals, natural experiments, rolling origins, and nationalities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ladsim import data
from ladsim.report import style
from ladsim.report.style import ReportFigure
from ladsim.results.intervals import ALL
from ladsim.results.run_result import RunResult
from ladsim.series.panel import OTHERS, SERIES, SHORT, Line, records
from ladsim.validation import backtest, metrics
from ladsim.validation.backtest import METHODS
from ladsim.validation.score import Score

OUTER, INNER = 0.9, 0.5
COLORS = dict(zip(METHODS, ("#0072B2", "#56B4E9", "#8C8C8C", "#CC79A7", "#E69F00", "#D55E00"), strict=True))
MOST = 12
PAGE_DPI = 110
"""Dots per inch of a page's figures, which are kept in the repository: fewer than in a results folder."""


def draw(scored: Score, result: RunResult) -> dict[str, ReportFigure]:
    """Return the figures by name."""
    return {
        "score_paths": paths(scored, result),
        "score_experiments": experiments(scored, result),
        "score_origins": origins(scored),
        "score_nationalities": nationalities(scored, result),
    }


def save(figures: dict[str, ReportFigure], folder: Path) -> list[Path]:
    """Write figures as PNG and return their paths; the same score gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, figure in figures.items():
        written.append(folder / f"{name}.png")
        figure.savefig(written[-1], dpi=PAGE_DPI, metadata={"Software": None})
    return written


def paths(scored: Score, result: RunResult) -> ReportFigure:
    """Draw the three totals against the record, with intervals that hold the model's own misses."""
    months = list(scored.settings.months)
    totals = [line for line in scored.lines if line.label == ALL]
    with style.house_style():
        figure = style.new_figure(
            9,
            8.8,
            title="History as simulated and as observed",
            subtitle="Events (encounters) or persons (Darién) per month. An encounter is an event, not a person.",
            caption=_caption(scored, result),
            handles=_handles(rivals=True),
        )
        grid = style.panels(figure, len(totals), 1, left=0.75)
        for axes, line in zip(grid[:, 0], totals, strict=True):
            _path(axes, scored, line, months)
            _rivals(axes, scored, line, months)
            axes.set_title(SHORT[line.series])
            style.name_axis(axes, "per month", 0.56)
            style.count_axis(axes)
            style.month_axis(axes, months)
    return figure


def nationalities(scored: Score, result: RunResult) -> ReportFigure:
    """Draw encounters between ports of the largest nationalities against the record."""
    months = list(scored.settings.months)
    found = [x for x in scored.lines if x.series == next(iter(SERIES)) and x.label not in (ALL, OTHERS)]
    found = sorted(found, key=lambda x: -x.real(months).sum())[:MOST]
    names = data.table("nationalities").set_index("nationality")["name"]
    columns = 4
    with style.house_style():
        figure = style.new_figure(
            10,
            6.8,
            title="Encounters between ports by nationality, simulated and observed",
            subtitle="Events per month, largest first; each panel has its own scale.",
            caption=_caption(scored, result),
            handles=_handles(rivals=False),
        )
        grid = style.panels(figure, -(-len(found) // columns), columns, between=0.44)
        for axes, line in zip(grid.flat, found, strict=False):
            _path(axes, scored, line, months, width=1.3, dot=1.6)
            axes.set_title(str(names[line.label]), fontsize=9)
            style.count_axis(axes, ticks=3)
            style.month_axis(axes, months, few=True)
        for axes in grid.flat[len(found) :]:
            axes.set_visible(False)
    return figure


def experiments(scored: Score, result: RunResult) -> ReportFigure:
    """Draw observed and simulated log ratios of the natural experiments."""
    found = scored.experiments
    factor = scored.settings.factor
    handles = [
        Line2D([], [], color=style.OBSERVED, marker="o", linestyle="", label="observed"),
        Line2D([], [], color=style.SCENARIO, marker="D", linestyle="-", label="simulated, 90 percent over replicates"),
        Patch(color=style.FAINT, label=f"within a factor {factor:g} of the observed size"),
    ]
    caption = (
        f"{_runs(result)}, {result.scale:,} persons per agent. -0.7 "
        f"is a halving, -3 a fall by 95 percent. Months after {scored.settings.fit[-1]} were never fitted: those after "
        "Mexico's visa on Peruvians, the June 2024 rule, Panama's removals and Ecuador's visa on Chinese nationals."
    )
    with style.house_style():
        figure = style.new_figure(
            9,
            6.6,
            title="Natural experiments: what a dated change of policy did, and does in the model",
            subtitle="Log of the month after over the month before.",
            caption=caption,
            handles=handles,
        )
        axes = style.panels(figure, 1, 1, left=4.3)[0, 0]
        y = np.arange(len(found))[::-1]
        truth, made = found["observed_log"].to_numpy(), found["simulated_log"].to_numpy()
        ends = np.sort(np.vstack([truth / factor, truth * factor]), axis=0)
        axes.barh(y, ends[1] - ends[0], left=ends[0], height=0.62, color=style.FAINT)
        low, high = found["low"].to_numpy(float), found["high"].to_numpy(float)
        axes.hlines(
            y, np.where(np.isfinite(low), low, made), np.where(np.isfinite(high), high, made), color=style.SCENARIO
        )
        axes.plot(made, y, "D", color=style.SCENARIO, markersize=4.5)
        axes.plot(truth, y, "o", color=style.OBSERVED, markersize=4.5)
        axes.axvline(0, color=style.OBSERVED, linewidth=0.8)
        axes.set_yticks(y, [style_title(t) for t in found["title"]])
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
    return figure


def style_title(title: str) -> str:
    """Return a title in at most two lines."""
    return "\n".join(style.wrap(title, 4.0, size=8.5)[:2])


def origins(scored: Score) -> ReportFigure:
    """Draw the errors of rolling origins by months ahead, and those of the validation months."""
    s = scored.settings
    inside = backtest.summary(
        scored.backtest[scored.backtest["month"] <= s.fit[-1]].query("label == @ALL"), ["series", "ahead"]
    )
    later = scored.backtest[(scored.backtest["origin"] == s.fit[-1]) & (scored.backtest["label"] == ALL)]
    unseen = backtest.summary(later, ["series"]).assign(ahead=0)
    caption = (
        f"Origins {s.first_origin} to {s.fit[-1]}. Within the fit ladsim's parameters have seen the months, rivals "
        f"have not; the last group, {s.validation[0]} to {s.validation[-1]} from {s.fit[-1]}, was fitted by neither."
    )
    with style.house_style():
        figure = style.new_figure(
            9,
            6.2,
            title="Errors some months ahead, beside forecasts that know nothing of policy",
            subtitle="WAPE of totals, percent, by months ahead of the origin. Lower is better.",
            caption=caption,
            handles=[Patch(color=color, label=name) for name, color in COLORS.items()],
        )
        grid = style.panels(figure, len(SERIES), 1, left=0.65)
        groups = [*s.horizons, 0]
        for axes, series in zip(grid[:, 0], SERIES, strict=True):
            rows = pd.concat([inside, unseen])
            rows = rows[rows["series"] == series]
            wape = {(r["ahead"], r["method"]): 100 * r["wape"] for r in records(rows)}
            wide = 0.8 / len(METHODS)
            for i, method in enumerate(METHODS):
                heights = [wape.get((g, method), np.nan) for g in groups]
                axes.bar(np.arange(len(groups)) + (i - 2.5) * wide, heights, wide * 0.92, color=COLORS[method])
            axes.set_title(SHORT[series])
            axes.set_xticks(range(len(groups)), [*(f"{h} ahead" for h in s.horizons), "validation"])
            style.count_axis(axes, ticks=4)
    return figure


def _path(
    axes: Axes, scored: Score, line: Line, months: Sequence[str], *, width: float = 1.8, dot: float = 3.0
) -> None:
    x = np.arange(len(months))
    sample = scored.samples[line.series, line.label]
    for level, shade in ((OUTER, 0.15), (INNER, 0.25)):
        low, high = metrics.interval(sample, level)
        axes.fill_between(x, low, high, color=style.SCENARIO, alpha=shade, linewidth=0)
    axes.plot(x, line.path(months), color=style.SCENARIO, linewidth=width)
    axes.plot(x, line.real(months), color=style.OBSERVED, linewidth=0.9, marker="o", markersize=dot, zorder=4)
    axes.axvspan(len(scored.settings.fit) - 0.5, len(months) - 0.5, color=style.LAND_FILL, zorder=0)


def _rivals(axes: Axes, scored: Score, line: Line, months: Sequence[str]) -> None:
    rows = scored.backtest
    rows = rows[(rows["series"] == line.series) & (rows["label"] == ALL) & (rows["origin"] == scored.settings.fit[-1])]
    for name in METHODS[2:]:
        held = rows[rows["method"] == name].sort_values("month")
        x = [list(months).index(m) for m in held["month"]]
        axes.plot(x, held["predicted"], color=COLORS[name], linewidth=1.2, linestyle=(0, (3, 1.5)))


def _handles(*, rivals: bool) -> list[Line2D | Patch]:
    lines: list[Line2D | Patch] = [
        Line2D([], [], color=style.OBSERVED, linewidth=0.9, marker="o", markersize=3, label="observed"),
        Line2D([], [], color=style.SCENARIO, label="simulated"),
        Patch(color=style.SCENARIO, alpha=0.3, label="50, 90%"),
    ]
    if rivals:
        dashed = (0, (3, 1.5))
        lines += [Line2D([], [], color=COLORS[m], linewidth=1.2, linestyle=dashed, label=m) for m in METHODS[2:]]
    return lines


def _runs(result: RunResult) -> str:
    sets = result.n_parameter_sets
    return f"{len(result.seeds)} seeds, {sets} fitted parameter set{'s in turn' if sets > 1 else ''}"


def _caption(scored: Score, result: RunResult) -> str:
    s = scored.settings
    return (
        f"Line: mean of {_runs(result)}, {result.scale:,} "
        "persons per agent, run free. Shaded: 50 and 90 percent intervals of chance, fitted parameters and the model's "
        "own past misses (a year's do not widen its own). Ground shaded: "
        f"{s.validation[0]} to {s.validation[-1]}, never fitted; there, how far wishes may have moved too."
    )
