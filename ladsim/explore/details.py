"""What the live page shows of a run beside the atlas: charts with the record, the corridor by month, queues.

Counts are means over replicates in the units of docs/measures.md; every list of months has the length of ``months``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim import data
from ladsim.report import passages, scored
from ladsim.report.brief import first_five
from ladsim.results import intervals
from ladsim.results.run_result import RunResult
from ladsim.series.record import named
from ladsim.studies import atlas

Floats = NDArray[np.float64]
ENOUGH = 4
"""Replicates from which an interval is drawn; with fewer it says little."""
LARGEST_QUEUES = 12


class Chart(NamedTuple):
    """One chart.

    Attributes:
        title: what it counts, with its unit.
        measure: the measure.
        where: places, ``stretch:NAME`` for the ways of a stretch, or None for all.
        record: observed series and place, or None where none counts the same.
        note: what a reader must know besides.
    """

    title: str
    measure: str
    where: str | None = None
    record: tuple[str, str] | None = None
    note: str = ""


CHARTS = tuple(Chart(**{**one, "record": tuple(one["record"]) if "record" in one else None}) for one in named().charts)
"""The charts, as conf/record.yaml has them."""


BY_NATIONALITY = "encounters_between_ports"
"""The only measure that the page shows by nationality."""
ANYBODY = "ALL"
"""Stands in place of the nationality of all others."""
SHOWN = frozenset(
    {"passages", "lawful_queue", BY_NATIONALITY}
    | {chart.measure for chart in CHARTS}
    | {headline.measure for headline in (*atlas.SERIES, *first_five(), *atlas.OTHERS)}
)
"""Measures that the page shows."""


def slim(monthly: pd.DataFrame) -> pd.DataFrame:
    """Return of a monthly table what the page shows: its measures, by nationality only where the page tells them apart.

    A page of it is the same, made in a fraction of the time.

    Args:
        monthly: columns month, measure, place, nationality, value, as a model gives them.
    """
    known = monthly[monthly["measure"].isin(SHOWN)]
    apart = known["measure"] == BY_NATIONALITY
    summed = known[~apart].groupby(["month", "measure", "place"], as_index=False)["value"].sum()
    found: pd.DataFrame = pd.concat([known[apart], summed.assign(nationality=ANYBODY)], ignore_index=True)
    return found


def told(result: RunResult, scenario: str) -> dict[str, Any]:
    """Return everything that the page shows of a run: what the atlas tells of a scenario, and the details."""
    return {**atlas.told(result, atlas.Case("scenario", scenario)), "details": details(result)}


def details(result: RunResult) -> dict[str, Any]:
    """Return charts, corridor, sectors and queues of a run with its reference."""
    return {
        "charts": [chart(result, one) for one in CHARTS],
        "corridor": passages.corridor(result),
        "sectors": passages.sectors(result),
        "queues": queues(result),
        "enough": len(result.seeds) >= ENOUGH,
    }


def chart(result: RunResult, wanted: Chart) -> dict[str, Any]:
    """Return a chart: scenario, reference and paired difference by month with their intervals, and the record."""
    months = result.months
    ours, theirs = (_monthly(r, wanted.measure, _chosen(wanted.where)) for r in (result, _reference(result)))
    found: dict[str, Any] = {"title": wanted.title, "note": wanted.note, "miss": "", "record": None}
    for name, values, least in (
        ("scenario", ours, 0.0),
        ("reference", theirs, 0.0),
        ("difference", ours - theirs, None),
    ):
        mean, low, high = intervals.prediction_interval(values)
        low = low if least is None else np.maximum(low, least)
        found[name] = {"mean": _whole(mean), "low": _whole(low), "high": _whole(high)}
    if wanted.record:
        series, place = wanted.record
        rows = data.observed(series, place=place)
        total = rows[rows["nationality"] == "ALL"] if (rows["nationality"] == "ALL").any() else rows
        real = total.groupby("month")["value"].sum()
        found["record"] = [int(real[m]) if m in real.index else None for m in months]
        found["miss"] = _miss(series)
    return found


def _miss(series: str) -> str:
    """Return how far the model's totals miss the record, which no interval covers."""
    wape = scored.totals().get(series, {})
    if "fit" not in wape:
        return ""
    text = (
        f"Run through history without correction, the months miss the record by {100 * wape['fit']:.0f} percent "
        "where the model was fitted"
    )
    return text + (f", by {100 * wape['validation']:.0f} percent where it was not." if "validation" in wape else ".")


def queues(result: RunResult) -> list[dict[str, Any]]:
    """Return the longest queues of lawful pathways in the last month, by instrument."""
    last = result.months[-1]
    found: dict[str, list[float]] = {}
    for i, run in enumerate((result, _reference(result))):
        rows = run.monthly[(run.monthly["measure"] == "lawful_queue") & (run.monthly["month"] == last)]
        for name, value in rows.groupby("place", observed=True)["value"].sum().items():
            found.setdefault(str(name), [0.0, 0.0])[i] = float(value) / len(run.seeds)
    longest = sorted(found.items(), key=lambda pair: (-max(pair[1]), pair[0]))[:LARGEST_QUEUES]
    return [{"id": name, "scenario": round(a), "reference": round(b)} for name, (a, b) in longest if max(a, b) > 0]


# -- parts -----------------------------------------------------------------------------------------------------------


def _reference(result: RunResult) -> RunResult:
    assert result.reference is not None, "the page runs pairs only"
    return result.reference


def _chosen(where: str | None) -> list[str] | None:
    if where is None:
        return None
    if not where.startswith("stretch:"):
        return [where]
    ways = data.table("route_ways")
    return [str(way) for way in ways[ways["stretch"] == where.removeprefix("stretch:")]["way"]]


def _monthly(result: RunResult, measure: str, chosen: list[str] | None) -> Floats:
    """Return months x replicates of a measure; what did not happen is zero."""
    rows = result.monthly[result.monthly["measure"] == measure]
    if chosen is not None:
        rows = rows[rows["place"].isin(chosen)]
    found: Floats = np.zeros((len(result.months), len(result.seeds)))
    where = (
        pd.Index(index).get_indexer(pd.Index(rows[name]))
        for index, name in ((result.months, "month"), (result.seeds, "seed"))
    )
    np.add.at(found, tuple(where), rows["value"].to_numpy(np.float64))
    return found


def _whole(values: Floats) -> list[Any]:
    return [round(float(v)) if np.isfinite(v) else None for v in values]


def table(result: RunResult) -> pd.DataFrame:
    """Return what the page's table shows, for CSV and Excel: every headline measure by month in both worlds."""
    ours = result.summary(freq="M").rename(columns={"mean": "scenario"})
    theirs = _reference(result).summary(freq="M").rename(columns={"mean": "reference"})
    keys = ["measure", "unit", "period"]
    found = ours[[*keys, "scenario", "low", "high"]].merge(
        theirs[[*keys, "reference"]], on=keys, how="outer", sort=True
    )
    return found.fillna({"scenario": 0.0, "reference": 0.0})
