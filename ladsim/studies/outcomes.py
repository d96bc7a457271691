"""Outcomes of a study: what its table counts, by month, of one replicate or of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim.core.schema import STOCK_MEASURES
from ladsim.results import intervals
from ladsim.results.run_result import RunResult
from ladsim.series.panel import SERIES

Floats = NDArray[np.float64]

OUTCOMES: tuple[tuple[str, str | None], ...] = (
    *SERIES.values(),
    ("lawful_arrivals", None),
    ("departures", None),
    ("removals", None),
    ("deaths", None),
)
"""Measure and place of the outcomes of a study's table: flows, which add up over months."""
assert not {measure for measure, _ in OUTCOMES} & set(STOCK_MEASURES)


def outcome(result: RunResult, measure: str, place: str | None, freq: str) -> pd.DataFrame:
    """Return an outcome of a run by (measure, period) and seed; zero where nothing of it happened."""
    wide = result.totals(by=("measure",), measure=measure, place=place, freq=freq)
    names, _ = intervals.periods(result.months, freq)
    rows = pd.MultiIndex.from_tuples([(measure, name) for name in names], names=["measure", "period"])
    return wide.reindex(index=rows, columns=pd.Index(result.seeds, name="seed")).fillna(0.0)


def by_month(monthly: pd.DataFrame, months: Sequence[str]) -> Floats:
    """Return the outcomes (rows) of one replicate by month (columns); zero where nothing of one happened.

    Raises:
        ValueError: the table has a month that is not among these.
    """
    found = np.zeros((len(OUTCOMES), len(months)))
    kept = monthly[monthly["measure"].isin({measure for measure, _ in OUTCOMES})]
    column = pd.Index(months).get_indexer(pd.Index(kept["month"]))
    if (column < 0).any():
        raise ValueError("a replicate has a month that its study has not")
    measures, places, values = (kept[name].to_numpy() for name in ("measure", "place", "value"))
    for row, (measure, place) in enumerate(OUTCOMES):
        ours = (measures == measure) & ((places == place) if place is not None else True)
        found[row] = np.bincount(column[ours], weights=values[ours], minlength=len(months))
    return found


def by_period(monthly: Floats, months: Sequence[str], freq: str) -> tuple[list[str], Floats]:
    """Return the names of the periods, and outcomes added up within them.

    Args:
        monthly: outcomes x months, with further axes behind.
        months: of the columns.
        freq: 'all' the whole span, 'Y' years, 'FY' US fiscal years, 'Q' quarters, 'M' months.
    """
    names, period_of = intervals.periods(months, freq)
    position = {name: i for i, name in enumerate(names)}
    found = np.zeros((monthly.shape[0], len(names), *monthly.shape[2:]))
    for column, name in enumerate(period_of):
        found[:, position[name]] += monthly[:, column]
    return names, found
