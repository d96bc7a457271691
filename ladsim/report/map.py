"""A map of the corridor: every way as wide as the number of people who used it."""

from __future__ import annotations

import json
from typing import NamedTuple

import matplotlib.patheffects as effects
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.transforms import Bbox

from ladsim.data import FOLDER
from ladsim.data import table as data_table
from ladsim.record import RunResult
from ladsim.report import style
from ladsim.report.style import ReportFigure


class Window(NamedTuple):
    """A part of the map.

    Attributes:
        title: Title.
        west: Degrees.
        east: Degrees.
        south: Degrees.
        north: Degrees.
        kinds: Kinds of node that may be labeled.
        most: Labels at most.
    """

    title: str
    west: float
    east: float
    south: float
    north: float
    kinds: tuple[str, ...]
    most: int


SOUTH = Window("South America and the Caribbean", -92.5, -34, -36, 25, ("residence", "transit"), 22)
NORTH = Window("Mexico and the US southwest border", -118.9, -88.7, 14.0, 34.9, ("sector", "transit", "residence"), 26)
ISTHMUS = Window("Darién to Guatemala", -92.9, -75.6, 6.9, 17.6, ("transit", "residence", "airport"), 26)
GAP, TITLE = 0.22, 0.3
"""Inches between the windows, and for a window's title."""

LAND, SEA, AIR = "land", "sea", "air"
GROUP = {
    "bus": LAND,
    "walk": LAND,
    "crossing": LAND,
    "port": LAND,
    "boat": SEA,
    "flight_scheduled": AIR,
    "flight_charter": AIR,
}
COLOR = {LAND: style.SCENARIO, SEA: style.SEA, AIR: style.AIR}
BEND = {LAND: 0.06, SEA: 0.12, AIR: 0.16}
WIDEST = 9.0
"""Points of the widest line."""
ENCOUNTERS = "#E69F00"
LARGEST_CIRCLE = 26.0
"""Points across the largest circle."""
LEAST_AIR = 1 / 400
"""Air ways with a smaller share of the busiest way are left out: hundreds of hairlines would hide the rest."""


def flows(result: RunResult) -> pd.DataFrame:
    """Return mean persons per month by pair of nodes and by land, sea or air; only ways that somebody used."""
    ways = data_table("route_ways")[["way", "from", "to", "mode"]]
    ways = ways.assign(group=ways["mode"].map(GROUP))
    wide = result.totals(by=("place",), freq="all", measure="passages")
    mean = wide.mean(axis=1).groupby("place").sum() / len(result.months)
    used = ways.assign(persons=ways["way"].map(mean)).dropna(subset=["group", "persons"])
    table = used.groupby(["from", "to", "group"], as_index=False)["persons"].sum()
    return table[table["persons"] > 0].sort_values("persons", ignore_index=True)


def corridor(result: RunResult) -> ReportFigure:
    """Draw the corridor: the whole, Mexico with the border, and the isthmus.

    Args:
        result: The run.
    """
    nodes = data_table("route_nodes").set_index("node")
    table = flows(result)
    largest = float(table["persons"].max()) if len(table) else 1.0
    sectors = _encounters(result)
    caption = (
        f"Mean of {len(result.seeds)} seed{'s' if len(result.seeds) > 1 else ''}, {result.scale:,} persons per agent, "
        f"per month from {result.months[0]} to {result.months[-1]}. Ways that join the same two places are added up; "
        "lines are schematic, not roads. Flights from other continents come in from the right; air ways "
        f"with fewer than {style.short(largest * LEAST_AIR)} passages a month are left out. Circles: encounters between "
        f"ports a month by Border Patrol sector (events). {_outline_source()}"
    )
    with style.house_style():
        width, height = 13.0, 9.45
        figure = style.new_figure(
            width,
            height,
            title=f"Ways through the corridor: {result.scenario.title}",
            subtitle="Passages per month (simulated); a line is as wide as the number of people who used that way.",
            caption=caption,
        )
        windows = _windows(figure)
        for axes, window in windows:
            _ground(axes, window)
            _draw_ways(axes, window, table, nodes, largest)
        _draw_encounters(windows[1][0], nodes, sectors)
        _frame(windows[0][0], ISTHMUS)
        _legend(windows[0][0], largest, sectors)
        figure.draw_without_rendering()
        for axes, window in windows:
            _labels(axes, window, table, nodes, sectors if window is NORTH else {})
    return figure


def _windows(figure: ReportFigure) -> list[tuple[Axes, Window]]:
    """Place the three windows so that all have their true shape, the left one as high as the two right ones."""
    width, height = figure.get_size_inches()
    bottom, top = figure.free[0] * height, figure.free[1] * height
    south, north, isthmus = (_shape(w) for w in (SOUTH, NORTH, ISTHMUS))
    # Left: high = wide_left * south + TITLE. Right: high = wide_right * (north + isthmus) + 2 * TITLE + GAP.
    across = width - 2 * GAP - 0.24
    right = (across * south - TITLE - GAP) / (north + isthmus + south)
    right = min(right, (top - bottom - 2 * TITLE - GAP) / (north + isthmus))
    left = (right * (north + isthmus) + TITLE + GAP) / south
    x, y = 0.12, top
    boxes = [
        (SOUTH, x, y - TITLE - left * south, left, left * south),
        (NORTH, x + left + 2 * GAP, y - TITLE - right * north, right, right * north),
        (
            ISTHMUS,
            x + left + 2 * GAP,
            y - 2 * TITLE - GAP - right * (north + isthmus),
            right,
            right * isthmus,
        ),
    ]
    return [(figure.add_axes((a / width, b / height, w / width, h / height)), window) for window, a, b, w, h in boxes]


def _shape(window: Window) -> float:
    """Return height over width of a window on the page."""
    middle = np.deg2rad((window.south + window.north) / 2)
    return float((window.north - window.south) / (window.east - window.west) / np.cos(middle))


def _outlines() -> dict[str, object]:
    path = FOLDER / "outlines.json"
    if not path.exists():
        return {}
    loaded = json.loads(path.read_text(encoding="utf-8"))
    return loaded if isinstance(loaded, dict) else {}


def _outline_source() -> str:
    source = _outlines().get("source")
    return f"Country outlines: {source}." if source else ""


def _ground(axes: Axes, window: Window) -> None:
    polygons = _outlines().get("polygons") or []
    if isinstance(polygons, list) and polygons:
        shapes = [np.asarray(p, dtype=float) for p in polygons]
        land = PolyCollection(shapes, facecolor=style.LAND_FILL, edgecolor="#BDB9AE", linewidth=0.6, zorder=0)
        axes.add_collection(land, autolim=False)
    axes.set_xlim(window.west, window.east)
    axes.set_ylim(window.south, window.north)
    axes.set_aspect("auto")
    axes.set_title(window.title)
    axes.set_facecolor(style.SEA_FILL)
    axes.grid(False)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(True)
        side.set_color("#BDB9AE")


def _draw_ways(axes: Axes, window: Window, table: pd.DataFrame, nodes: pd.DataFrame, largest: float) -> None:
    for row in table.itertuples(index=False):
        start, end = nodes.loc[str(row[0])], nodes.loc[str(row[1])]
        a, b = (float(start["lon"]), float(start["lat"])), (float(end["lon"]), float(end["lat"]))
        if a == b or not (_near(a, window) or _near(b, window)):
            continue
        group = str(row.group)
        if group == AIR and row.persons < LEAST_AIR * largest:
            continue
        patch = FancyArrowPatch(
            a,
            b,
            arrowstyle="-",
            connectionstyle=f"arc3,rad={BEND[group]}",
            linewidth=max(0.35, WIDEST * float(row.persons) / largest),
            color=COLOR[group],
            alpha=0.72 if group != AIR else 0.6,
            capstyle="round",
            shrinkA=0,
            shrinkB=0,
            zorder=2 if group != AIR else 1.5,
        )
        patch.set_clip_on(True)
        axes.add_patch(patch)
    inside = nodes[[_inside((x, y), window) for x, y in zip(nodes["lon"], nodes["lat"], strict=True)]]
    used = inside[inside.index.isin({*table["from"], *table["to"]}) & (inside["kind"] != "destination")]
    axes.scatter(used["lon"], used["lat"], s=7, color="white", edgecolor=style.OBSERVED, linewidth=0.6, zorder=3)


def _inside(point: tuple[float, float], window: Window) -> bool:
    return window.west < point[0] < window.east and window.south < point[1] < window.north


def _near(point: tuple[float, float], window: Window, margin: float = 25.0) -> bool:
    wide = window._replace(west=window.west - margin, east=window.east + margin)
    return _inside(point, wide._replace(south=window.south - margin, north=window.north + margin))


def _encounters(result: RunResult) -> dict[str, float]:
    wide = result.totals(by=("place",), freq="all", measure="encounters_between_ports")
    mean = wide.mean(axis=1).groupby("place").sum() / len(result.months)
    return {str(k): float(v) for k, v in mean.items() if v > 0}


def _draw_encounters(axes: Axes, nodes: pd.DataFrame, sectors: dict[str, float]) -> None:
    where = nodes[nodes["kind"] == "sector"].set_index("label")
    largest = max(sectors.values(), default=1.0)
    for name, number in sorted(sectors.items(), key=lambda pair: -pair[1]):
        if name not in where.index:
            continue
        area = LARGEST_CIRCLE**2 * number / largest
        x, y = float(where.loc[name, "lon"]), float(where.loc[name, "lat"])
        axes.scatter([x], [y], s=area, color=ENCOUNTERS, alpha=0.45, edgecolor="#9C6B00", linewidth=0.8, zorder=2.5)


def _frame(axes: Axes, window: Window) -> None:
    corner, width, height = (window.west, window.south), window.east - window.west, window.north - window.south
    axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=style.GREY, linewidth=0.8, zorder=4))


def _legend(axes: Axes, largest: float, sectors: dict[str, float]) -> None:
    steps = [_nice(largest), _nice(largest / 4), _nice(largest / 20)]
    lines = [
        Line2D(
            [], [], color=style.SCENARIO, linewidth=max(0.35, WIDEST * s / largest), label=f"{s:,.0f} passages a month"
        )
        for s in dict.fromkeys(steps)
    ]
    kinds = [Line2D([], [], color=COLOR[g], linewidth=3, label=f"by {g}") for g in (LAND, SEA, AIR)]
    if sectors:
        kinds.append(
            Line2D(
                [],
                [],
                marker="o",
                linestyle="",
                markersize=9,
                markerfacecolor=ENCOUNTERS,
                markeredgecolor="#9C6B00",
                alpha=0.6,
                label="encounters by sector",
            )
        )
    axes.legend(
        handles=[*lines, *kinds], loc="lower left", fontsize=8.5, frameon=True, framealpha=0.95, edgecolor=style.FAINT
    )


def _nice(value: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above the value."""
    power = 10 ** np.floor(np.log10(max(value, 1.0)))
    return float(max(m * power for m in (1, 2, 5) if m * power <= max(value, 1.0)))


def _labels(axes: Axes, window: Window, table: pd.DataFrame, nodes: pd.DataFrame, sectors: dict[str, float]) -> None:
    through = table.groupby("from")["persons"].sum().add(table.groupby("to")["persons"].sum(), fill_value=0)
    chosen = nodes[nodes["kind"].isin(window.kinds)].copy()
    chosen["through"] = through.reindex(chosen.index).fillna(0.0)
    chosen = chosen[chosen["through"] > 0]
    chosen["first"] = (chosen["kind"] != "sector").astype(int)
    chosen = chosen.sort_values(["first", "through"], ascending=[True, False], kind="stable")
    renderer = axes.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    frame = axes.get_window_extent(renderer)
    taken = [legend.get_window_extent(renderer)] if (legend := axes.get_legend()) else []
    placed: list[tuple[float, float]] = []
    for node in chosen.itertuples():
        point = (float(node.lon), float(node.lat))
        close = (window.east - window.west) / 90
        elsewhere = window is SOUTH and (_inside(point, ISTHMUS) or _inside(point, NORTH))
        if (
            elsewhere
            or len(placed) >= window.most
            or not _inside(point, window)
            or any(_apart(point, p) < close for p in placed)
        ):
            continue
        text = _name(node, sectors)
        box = _place(axes, text, point, frame, taken, renderer, bold=node.kind == "sector")
        if box is not None:
            taken.append(box)
            placed.append(point)


def _apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))


def _name(node: object, sectors: dict[str, float]) -> str:
    if node.kind == "sector":  # type: ignore[attr-defined]
        label = str(node.label)  # type: ignore[attr-defined]
        return f"{label} {style.short(sectors[label])}" if label in sectors else label
    name = str(node.name).split(" (")[0]  # type: ignore[attr-defined]
    return name.removesuffix(" reception station").removesuffix(" de Chile")


def _place(
    axes: Axes, text: str, point: tuple[float, float], frame: Bbox, taken: list[Bbox], renderer: object, *, bold: bool
) -> Bbox | None:
    """Write a label beside its point, at the first of sixteen places that is free; write nothing where none is."""
    label = axes.annotate(
        text,
        point,
        xytext=(0, 0),
        textcoords="offset points",
        fontsize=7.5 if not bold else 8,
        fontweight="bold" if bold else "normal",
        color=style.OBSERVED,
        zorder=6,
        annotation_clip=True,
        path_effects=[effects.withStroke(linewidth=2.2, foreground="white", alpha=0.9)],
    )
    label.set_in_layout(False)
    for far in (5.0, 11.0, 19.0, 28.0) if bold else (5.0, 11.0):
        for dx, dy in _UPWARDS if bold else _AROUND:
            label.set_position((far * dx, far * dy))
            label.set_horizontalalignment("left" if dx > 0 else "right" if dx < 0 else "center")
            label.set_verticalalignment("bottom" if dy > 0 else "top" if dy < 0 else "center")
            box = label.get_window_extent(renderer).expanded(1.06, 1.0)  # type: ignore[arg-type]
            inside = box.x0 > frame.x0 and box.x1 < frame.x1 and box.y0 > frame.y0 and box.y1 < frame.y1
            if inside and not any(box.overlaps(other) for other in taken):
                if far > 11.0:
                    _lead(axes, point, (far * dx, far * dy))
                return box
    label.remove()
    return None


_AROUND = ((1, 0), (-1, 0), (0, 1), (0, -1), (0.8, 0.8), (-0.8, 0.8), (0.8, -0.8), (-0.8, -0.8))
_UPWARDS = ((0.7, 1), (1, 0.3), (0, 1), (-0.7, 1), (1, 0), (0.8, -0.8))


def _lead(axes: Axes, point: tuple[float, float], offset: tuple[float, float]) -> None:
    line = {"arrowstyle": "-", "color": style.GREY, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2}
    axes.annotate("", point, xytext=offset, textcoords="offset points", arrowprops=line, zorder=5).set_in_layout(False)
