"""Passages along the corridor and encounters by sector, in both worlds, as pages draw them on a map."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim import data
from ladsim.report import scored
from ladsim.report.map import GROUP, places
from ladsim.results.run_result import RunResult

Floats = NDArray[np.float64]
WORLDS = ("scenario", "reference")
LEAST = 1 / 500
"""Pairs of places below this share of the busiest one, and of the largest difference, are left out by year."""


def corridor(result: RunResult) -> dict[str, Any]:
    """Return passages a month between pairs of places, by land, sea or air, in both worlds.

    Returns:
        ``places`` (name, lon, lat, kind), ``pairs`` (two positions in places, group), and for ``scenario`` and
        ``reference`` a list of months for each pair.
    """
    ways = data.table("route_ways")
    pair_of: dict[str, tuple[str, str, str]] = {}
    for way, start, end, mode in zip(*(ways[c].tolist() for c in ("way", "from", "to", "mode")), strict=True):
        if mode in GROUP and start != end:
            pair_of[str(way)] = (str(start), str(end), GROUP[mode])
    tables = [by_place(r, "passages", pair_of) for r in _both(result)]
    pairs = sorted(set(tables[0]) | set(tables[1]))
    nothing = [0] * len(result.months)
    worlds = [[table.get(pair, nothing) for pair in pairs] for table in tables]
    return _told(pairs, worlds)


def sectors(result: RunResult) -> list[dict[str, Any]]:
    """Return encounters between ports a month by Border Patrol sector, and what the score says against each."""
    judged = scored.sectors()
    where = {p.label: p.point for p in places().values() if p.kind == "sector"}
    name_of = {name: name for name in where}
    ours, theirs = (by_place(r, "encounters_between_ports", name_of) for r in _both(result))
    nothing = [0] * len(result.months)
    return [
        {
            "name": name,
            "point": list(point),
            "scenario": ours.get(name, nothing),
            "reference": theirs.get(name, nothing),
            "fails": judged.get(name, "not scored"),
        }
        for name, point in sorted(where.items())
    ]


def by_year(result: RunResult) -> dict[str, Any]:
    """Return corridor and sectors as means a month of each calendar year, without the ways that hardly anybody uses.

    Returns:
        ``periods`` (years), and ``corridor`` and ``sectors`` as above, with a number for each year.
    """
    years = sorted({month[:4] for month in result.months})
    of_year = [[i for i, month in enumerate(result.months) if month.startswith(year)] for year in years]

    def means(months: list[int]) -> list[int]:
        return [round(sum(months[i] for i in one) / len(one)) for one in of_year]

    whole = corridor(result)
    ours, theirs = ([means(months) for months in whole[world]] for world in WORLDS)
    level = [max(*a, *b) for a, b in zip(ours, theirs, strict=True)]
    differs = [max(abs(x - y) for x, y in zip(a, b, strict=True)) for a, b in zip(ours, theirs, strict=True)]
    least = [LEAST * max(values, default=0) for values in (level, differs)]
    used = [i for i in range(len(level)) if level[i] > least[0] or differs[i] > least[1]]
    kept = sorted({position for i in used for position in whole["pairs"][i][:2]})
    at = {position: i for i, position in enumerate(kept)}
    found = {
        "places": [whole["places"][position] for position in kept],
        "pairs": [[at[a], at[b], group] for a, b, group in (whole["pairs"][i] for i in used)],
        "scenario": [ours[i] for i in used],
        "reference": [theirs[i] for i in used],
    }
    encountered = [one | {world: means(one[world]) for world in WORLDS} for one in sectors(result)]
    return {"periods": years, "corridor": found, "sectors": encountered}


def by_place(result: RunResult, measure: str, group_of: dict[str, Any]) -> dict[Any, list[int]]:
    """Return the mean of each month by group of places; groups in which nothing happened are left out."""
    rows = result.monthly[result.monthly["measure"] == measure]
    place_of, names = pd.factorize(rows["place"])
    groups: dict[Any, int] = {}
    at = np.array([groups.setdefault(group_of[n], len(groups)) if n in group_of else -1 for n in map(str, names)], int)
    month_of = pd.Index(result.months).get_indexer(pd.Index(rows["month"]))
    group = at[place_of] if len(rows) else place_of
    sums: Floats = np.zeros((len(groups), len(result.months)))
    kept = group >= 0
    np.add.at(sums, (group[kept], month_of[kept]), rows["value"].to_numpy(np.float64)[kept])
    return {name: [round(float(v)) for v in sums[i] / len(result.seeds)] for name, i in groups.items() if sums[i].any()}


def _told(pairs: list[tuple[str, str, str]], worlds: list[list[list[int]]]) -> dict[str, Any]:
    nodes = places()
    used = sorted({name for pair in pairs for name in pair[:2]})
    at = {name: i for i, name in enumerate(used)}
    return {
        "places": [[nodes[n].name.split(" (")[0], *nodes[n].point, nodes[n].kind] for n in used],
        "pairs": [[at[a], at[b], group] for a, b, group in pairs],
        **dict(zip(WORLDS, worlds, strict=True)),
    }


def _both(result: RunResult) -> tuple[RunResult, RunResult]:
    assert result.reference is not None, "pages compare"
    return result, result.reference
