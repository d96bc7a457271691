"""Who fared differently: persons by their fate under the reference and under the scenario, as bands."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from ladsim.core.errors import UserError
from ladsim.report import style
from ladsim.report.style import ReportFigure
from ladsim.results.fates import LABELS, ORDER, changes
from ladsim.results.run_result import RunResult

# Okabe and Ito (2008): a color for each kind of end, the same on both sides.
COLORS = {
    "paroled_at_port": "#009E73",
    "lawful_pathway": "#00C08B",
    "released": "#0072B2",
    "transferred_and_released": "#56B4E9",
    "transferred_and_removed": "#A65628",
    "sent_home_from_border": "#D55E00",
    "entered_undetected": "#CC79A7",
    "asylum_on_the_way": "#F0E442",
    "settled_on_the_way": "#E0C040",
    "turned_back": "#999999",
    "removed_on_the_way": "#E69F00",
    "left_by_sea": "#4B4B9B",
    "dead": "#000000",
    "still_on_the_way": "#C9C9C9",
    "stayed": "#7F7F7F",
}
MOST_FLOWS = 24
_GAP = 0.018
_BAR = 0.02


def fates(result: RunResult) -> ReportFigure:
    """Draw who fared differently because of the scenario, and what became of them instead.

    The same persons are followed in both. People whose fate is the same in both are not drawn.

    Raises:
        UserError: The run has no reference, or follows nobody's fate.
    """
    paired = result.changed_fates
    other = result.reference
    if paired is None or other is None:
        raise UserError(
            "this run paired nobody's fate", expected="a run with a reference, at 10 persons per agent or more"
        )
    table = changes(paired)
    shown = table[table["mean"] > 0].head(MOST_FLOWS)
    everybody, moved = _persons(paired), float(table["mean"].sum())
    with style.house_style():
        figure = style.new_figure(
            9,
            6.2 if len(shown) else 2.4,
            title=f"{result.scenario.title}: who fares differently",
            subtitle=f"Left: fate under {other.scenario.label}; right: fate of the same persons under "
            f"{result.scenario.label}.",
            caption=_caption(result, moved, everybody, len(table)),
        )
        low, high = figure.free
        axes = figure.add_axes((0.01, low, 0.98, high - low))
        axes.set_axis_off()
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        if len(shown):
            _bands(axes, shown)
        else:
            axes.text(0.5, 0.5, "Nobody fares differently.", ha="center", va="center", color=style.GRAY)
    return figure


def _caption(result: RunResult, moved: float, everybody: float, flows: int) -> str:
    n = len(result.seeds)
    seeds = f"mean of {n} seeds" if n > 1 else "one seed"
    more = f" The {MOST_FLOWS} largest of {flows} flows." if flows > MOST_FLOWS else ""
    notes = "".join(f" {note}" for note in result.scenario.notes)
    return (
        f"Persons, {seeds}, {result.scale:,} persons per agent; intervals are in fates_changed.csv.{more} "
        f"{moved:,.0f} of {everybody:,.0f} persons who formed a wish fare differently; the others are not drawn. "
        f"A person's fate is how the last departure ended, or that they stayed.{notes}"
    )


def _persons(paired: pd.DataFrame) -> float:
    return float(paired.groupby("seed")["value"].sum().mean())


def _bands(axes: Any, flows: pd.DataFrame) -> None:
    total = float(flows["mean"].sum())
    sides = {}
    for side, column in (("left", "reference_fate"), ("right", "scenario_fate")):
        sums = flows.groupby(column)["mean"].sum()
        names = [name for name in ORDER if name in sums.index]
        scale = (1 - _GAP * (len(names) - 1)) / total
        top, places = 1.0, {}
        for name in names:
            height = float(sums[name]) * scale
            places[name] = [top, top - height]
            top -= height + _GAP
        sides[side] = (places, scale)
        _bars(axes, places, sums, side)
    (left, ls), (right, rs) = sides["left"], sides["right"]
    at_left, at_right = {k: v[0] for k, v in left.items()}, {k: v[0] for k, v in right.items()}
    rank = {name: i for i, name in enumerate(ORDER)}
    ordered = sorted(flows.to_dict("records"), key=lambda f: (rank[f["reference_fate"]], rank[f["scenario_fate"]]))
    for flow in ordered:
        before, after, mean = flow["reference_fate"], flow["scenario_fate"], float(flow["mean"])
        _band(axes, (at_left[before], mean * ls), (at_right[after], mean * rs), COLORS[after])
        at_left[before] -= mean * ls
        at_right[after] -= mean * rs


_LEFT, _RIGHT = 0.3, 0.7


def _bars(axes: Any, places: dict[str, list[float]], sums: pd.Series, side: str) -> None:
    x = _LEFT - _BAR if side == "left" else _RIGHT
    last = 2.0
    for name, (top, bottom) in places.items():
        axes.fill_between([x, x + _BAR], bottom, top, color=COLORS[name], linewidth=0)
        middle = min((top + bottom) / 2, last - 0.034)
        last = middle
        label = f"{LABELS[name]}  {float(sums[name]):,.0f}"
        if side == "left":
            axes.text(x - 0.008, middle, label, ha="right", va="center", fontsize=8.5)
        else:
            axes.text(x + _BAR + 0.008, middle, label, ha="left", va="center", fontsize=8.5)


def _band(axes: Any, left: tuple[float, float], right: tuple[float, float], color: str) -> None:
    (a, ha), (b, hb) = left, right
    mid = (_LEFT + _RIGHT) / 2
    points = [
        (_LEFT, a),
        (mid, a),
        (mid, b),
        (_RIGHT, b),
        (_RIGHT, b - hb),
        (mid, b - hb),
        (mid, a - ha),
        (_LEFT, a - ha),
        (_LEFT, a),
    ]
    codes = [
        Outline.MOVETO,
        *[Outline.CURVE4] * 3,
        Outline.LINETO,
        *[Outline.CURVE4] * 3,
        Outline.CLOSEPOLY,
    ]
    axes.add_patch(PathPatch(Outline(points, codes), facecolor=color, edgecolor="none", alpha=0.55))
