"""A map of the corridor: every way as wide as the number of people who used it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Rectangle

from ladsim.data import FOLDER, table_of
from ladsim.report import scored, style
from ladsim.report.labels import Label, write_labels
from ladsim.report.spelling import spelled
from ladsim.report.style import ReportFigure
from ladsim.results.run_result import RunResult


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
NORTH = Window("Mexico and the US southwest border", -118.9, -88.7, 14.0, 35.8, ("sector", "transit", "residence"), 26)
ISTHMUS = Window("Darién to Guatemala", -92.9, -75.6, 6.9, 17.6, ("transit", "residence", "airport"), 26)
FAR_FLIGHTS = "Flights from other continents come in from the right. "
WAYS, CHANGES = "ways through the corridor", "where more and fewer people pass"
MARGIN, LEAST_MARGIN = 0.12, 0.5
"""Room around the nodes of a world of one's own: as a share of its size, and degrees at least."""
MOST_LABELS = 30
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
MORE, LESS = style.REFERENCE, style.SCENARIO
"""Colors of ways and sectors with more, and with fewer, than in the run compared with."""
BEND = {LAND: 0.06, SEA: 0.12, AIR: 0.16}
WIDEST = 9.0
"""Points of the widest line."""
THINNEST = 0.35
ENCOUNTERS, RIM = "#E69F00", "#9C6B00"
NOT_A_RESULT, NOT_A_RIM = "#B5B5B5", style.GRAY
"""Circles of sectors that the score finds far off."""
LARGEST_CIRCLE = 26.0
"""Points across the largest circle."""
LEAST_AIR = 1 / 300
"""Air ways with a smaller share of the busiest way are left out: hundreds of hairlines would hide the rest."""


class Place(NamedTuple):
    """A node of the route."""

    node: str
    name: str
    kind: str
    label: str
    point: tuple[float, float]


class Flow(NamedTuple):
    """Mean passages a month between two nodes by land, sea or air; less than zero only as a difference."""

    start: str
    end: str
    group: str
    persons: float


def places(world: str | None = None) -> dict[str, Place]:
    """Return the nodes of a world's route by id; of the packaged one unless a folder is given."""
    columns = (table_of(world, "route_nodes")[c].tolist() for c in ("node", "name", "kind", "label", "lon", "lat"))
    return {
        str(node): Place(str(node), spelled(str(name)), str(kind), str(label), (float(lon), float(lat)))
        for node, name, kind, label, lon, lat in zip(*columns, strict=True)
    }


def flows(result: RunResult) -> list[Flow]:
    """Return passages a month by pair of nodes and by land, sea or air, smallest first; only what was used."""
    ways = table_of(result.world, "route_ways")
    passages = _monthly_by_place(result, "passages")
    sums: dict[tuple[str, str, str], float] = {}
    columns = (ways[c].tolist() for c in ("way", "from", "to", "mode"))
    for way, start, end, mode in zip(*columns, strict=True):
        if mode in GROUP and way in passages:
            key = (str(start), str(end), GROUP[mode])
            sums[key] = sums.get(key, 0.0) + passages[way]
    return sorted((Flow(*key, persons) for key, persons in sums.items()), key=lambda f: (f.persons, f))


def _monthly_by_place(result: RunResult, measure: str) -> dict[str, float]:
    wide = result.totals(by=("place",), freq="all", measure=measure)
    names = wide.index.get_level_values("place").tolist()
    means = wide.to_numpy().mean(axis=1) / len(result.months)
    return {str(n): float(m) for n, m in zip(names, means, strict=True) if m > 0}


def changed_flows(result: RunResult, reference: RunResult) -> list[Flow]:
    """Return how many more passages a month there are than in another run, the smallest changes first."""
    ours, theirs = ({flow[:3]: flow.persons for flow in flows(run)} for run in (result, reference))
    found = [Flow(*key, ours.get(key, 0.0) - theirs.get(key, 0.0)) for key in ours | theirs]
    return sorted((f for f in found if f.persons), key=lambda f: (abs(f.persons), f))


def corridor(result: RunResult, reference: RunResult | None = None) -> ReportFigure:
    """Draw the corridor: the whole, Mexico with the border, and the isthmus; of a world of one's own all in one.

    Args:
        result: The run.
        reference: A run from which the difference is drawn; None for the passages of the run itself.
    """
    differs, nodes = reference is not None, places(result.world)
    sectors = _monthly_by_place(result, "encounters_between_ports")
    if reference is None:
        ways = flows(result)
    else:
        ways = changed_flows(result, reference)
        other = _monthly_by_place(reference, "encounters_between_ports")
        both = {name: sectors.get(name, 0.0) - other.get(name, 0.0) for name in sectors | other}
        sectors = {name: value for name, value in both.items() if value}
    largest = max((abs(f.persons) for f in ways), default=1.0)
    told = scored.sectors() if result.world is None else {}
    off = {name: why for name, why in told.items() if why and name in sectors}
    caption = (
        f"Mean of {len(result.seeds)} seed{'s' if len(result.seeds) > 1 else ''}, {result.scale:,} persons per agent, "
        f"per month from {result.months[0]} to {result.months[-1]}. Ways that join the same two places are added up; "
        f"lines are schematic, not roads; the mean of a way has no interval and rests on few agents. "
        f"{'' if result.world else FAR_FLIGHTS}Air ways "
        f"with fewer than {style.short(_nice(largest * LEAST_AIR))} passages a month are left out. "
        f"Circles: {'difference in ' if differs else ''}encounters between ports a month by sector (events)."
        f"{off_note(off)} {_outline_source(result.world)}"
    )
    with style.house_style():
        width, height = 13.0, 9.45
        figure = style.new_figure(
            width,
            height,
            title=f"{result.scenario.title}: {CHANGES if differs else WAYS}",
            subtitle=_subtitle(result, reference),
            caption=caption,
        )
        windows = _windows(figure) if result.world is None else _one_window(figure, nodes)
        for axes, window in windows:
            _ground(axes, window, result.world)
            _draw_ways(axes, window, ways, nodes, largest, differs)
        _draw_encounters(windows[min(1, len(windows) - 1)][0], nodes, sectors, off, differs)
        if result.world is None:
            _frame(windows[0][0], ISTHMUS)
        _legend(windows[0][0], largest, sectors, off, differs)
        figure.draw_without_rendering()
        told_of = {name: number for name, number in sectors.items() if name not in off}
        for axes, window in windows:
            write_labels(axes, _wanted(window, ways, nodes, told_of, differs), most=window.most)
    return figure


def _subtitle(result: RunResult, reference: RunResult | None) -> str:
    if reference is None:
        return "Passages per month (simulated); a line is as wide as the number of people who used that way."
    names = f"{result.scenario.label} minus {reference.scenario.label}"
    return f"Passages per month, {names}; a line is as wide as the change."


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


def _one_window(figure: ReportFigure, nodes: dict[str, Place]) -> list[tuple[Axes, Window]]:
    """Place one window that holds all nodes of a world of one's own, in its true shape."""
    width, height = figure.get_size_inches()
    bottom, top = figure.free[0] * height, figure.free[1] * height
    points = np.array([place.point for place in nodes.values()] or [(0.0, 0.0)])
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    margin = max(MARGIN * max(east - west, north - south), LEAST_MARGIN)
    kinds = ("residence", "transit", "airport", "border_city", "sector")
    window = Window("", west - margin, east + margin, south - margin, north + margin, kinds, MOST_LABELS)
    high = top - bottom - TITLE
    wide = min(high / _shape(window), width - 0.24)
    high = wide * _shape(window)
    box = (0.5 - wide / width / 2, (top - TITLE - high) / height, wide / width, high / height)
    return [(figure.add_axes(box), window)]


def _shape(window: Window) -> float:
    """Return height over width of a window on the page."""
    middle = np.deg2rad((window.south + window.north) / 2)
    return float((window.north - window.south) / (window.east - window.west) / np.cos(middle))


def _outlines(world: str | None) -> dict[str, object]:
    path = (FOLDER if world is None else Path(world)) / "outlines.json"
    if not path.exists():
        return {}
    loaded = json.loads(path.read_text(encoding="utf-8"))
    return loaded if isinstance(loaded, dict) else {}


def _outline_source(world: str | None) -> str:
    source = _outlines(world).get("source")
    return f"Country outlines: {source}." if source else ""


def _ground(axes: Axes, window: Window, world: str | None) -> None:
    polygons = _outlines(world).get("polygons") or []
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


def _draw_ways(
    axes: Axes, window: Window, ways: list[Flow], nodes: dict[str, Place], largest: float, differs: bool
) -> None:
    for flow in ways:
        a, b = nodes[flow.start].point, nodes[flow.end].point
        tiny = flow.group == AIR and abs(flow.persons) < _nice(LEAST_AIR * largest)
        if tiny or a == b or not (_near(a, window) or _near(b, window)):
            continue
        patch = FancyArrowPatch(
            a,
            b,
            arrowstyle="-",
            connectionstyle=f"arc3,rad={BEND[flow.group]}",
            linewidth=max(THINNEST, WIDEST * abs(flow.persons) / largest),
            color=(MORE if flow.persons > 0 else LESS) if differs else COLOR[flow.group],
            alpha=0.6 if flow.group == AIR else 0.72,
            capstyle="round",
            shrinkA=0,
            shrinkB=0,
            zorder=1.5 if flow.group == AIR else 2,
        )
        patch.set_clip_on(True)
        axes.add_patch(patch)
    used = {name for flow in ways for name in (flow.start, flow.end)}
    dots = [nodes[n].point for n in sorted(used) if _inside(nodes[n].point, window) and nodes[n].kind != "destination"]
    if dots:
        x, y = zip(*dots, strict=True)
        axes.scatter(x, y, s=7, color="white", edgecolor=style.OBSERVED, linewidth=0.6, zorder=3)


def _inside(point: tuple[float, float], window: Window) -> bool:
    return window.west < point[0] < window.east and window.south < point[1] < window.north


def _near(point: tuple[float, float], window: Window, margin: float = 25.0) -> bool:
    wide = window._replace(west=window.west - margin, east=window.east + margin)
    return _inside(point, wide._replace(south=window.south - margin, north=window.north + margin))


def off_note(off: Mapping[str, str]) -> str:
    """Return what a reader must know of the sectors that the score finds far off: name -> what it finds."""
    if not off:
        return ""
    told = "; ".join(f"{name} ({why})" for name, why in sorted(off.items()))
    return f" Gray: not to be read as a result; the score of the model finds these sectors far off: {told}."


def _draw_encounters(
    axes: Axes, nodes: dict[str, Place], sectors: dict[str, float], off: Mapping[str, str], differs: bool
) -> None:
    where = {place.label: place.point for place in nodes.values() if place.kind == "sector"}
    largest = max(map(abs, sectors.values()), default=1.0)
    for name, number in sorted(sectors.items(), key=lambda pair: -abs(pair[1])):
        if name in where:
            x, y = where[name]
            area = LARGEST_CIRCLE**2 * abs(number) / largest
            color, rim = (NOT_A_RESULT, NOT_A_RIM) if name in off else (ENCOUNTERS, RIM)
            if differs and name not in off:
                color = rim = MORE if number > 0 else LESS
            axes.scatter([x], [y], s=area, color=color, alpha=0.45, edgecolor=rim, linewidth=0.8, zorder=2.5)


def _frame(axes: Axes, window: Window) -> None:
    corner, width, height = (window.west, window.south), window.east - window.west, window.north - window.south
    axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=style.GRAY, linewidth=0.8, zorder=4))


def _legend(axes: Axes, largest: float, sectors: dict[str, float], off: Mapping[str, str], differs: bool) -> None:
    steps = [_nice(largest), _nice(largest / 4), _nice(largest / 20)]
    lines = [
        Line2D(
            [],
            [],
            color=style.GRAY if differs else style.SCENARIO,
            linewidth=max(THINNEST, WIDEST * s / largest),
            label=f"{s:,.0f} passages a month",
        )
        for s in dict.fromkeys(steps)
    ]
    colors = {"more": MORE, "fewer": LESS} if differs else {f"by {group}": COLOR[group] for group in (LAND, SEA, AIR)}
    kinds = [Line2D([], [], color=color, linewidth=3, label=label) for label, color in colors.items()]
    if set(sectors) - set(off) and not differs:
        kinds.append(_circle(ENCOUNTERS, RIM, "encounters by sector"))
    if off:
        kinds.append(_circle(NOT_A_RESULT, NOT_A_RIM, "a sector far off in the score"))
    axes.legend(
        handles=[*lines, *kinds], loc="lower left", fontsize=8.5, frameon=True, framealpha=0.95, edgecolor=style.FAINT
    )


def _circle(color: str, rim: str, label: str) -> Line2D:
    how: dict[str, Any] = {"markersize": 9, "markerfacecolor": color, "markeredgecolor": rim, "alpha": 0.6}
    return Line2D([], [], marker="o", linestyle="", label=label, **how)


def _nice(value: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above the value."""
    power = 10 ** np.floor(np.log10(max(value, 1.0)))
    return float(max(m * power for m in (1, 2, 5) if m * power <= max(value, 1.0)))


def _wanted(
    window: Window, ways: list[Flow], nodes: dict[str, Place], sectors: dict[str, float], differs: bool
) -> list[Label]:
    """Return the labels of a window, the most important first."""
    through: dict[str, float] = {}
    for flow in ways:
        for name in (flow.start, flow.end):
            through[name] = through.get(name, 0.0) + abs(flow.persons)
    inside = [nodes[n] for n in through if nodes[n].kind in window.kinds and _inside(nodes[n].point, window)]
    if window is SOUTH:
        inside = [p for p in inside if not (_inside(p.point, ISTHMUS) or _inside(p.point, NORTH))]
    inside.sort(key=lambda p: (p.kind != "sector", -through[p.node], p.node))
    return [Label(_text(p, sectors, differs), p.point, bold=p.kind == "sector") for p in inside]


def _text(place: Place, sectors: dict[str, float], differs: bool) -> str:
    if place.kind == "sector":
        if place.label not in sectors:
            return place.label
        number = float(round(sectors[place.label]))
        return f"{place.label} {'+' if differs and number > 0 else ''}{style.short(number)}"
    return place.name.split(" (")[0].removesuffix(" reception station").removesuffix(" de Chile")
