"""The series that are scored, observed and simulated side by side: by series, nationality, month and replicate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim import data
from ladsim.core.errors import UserError
from ladsim.results.intervals import ALL
from ladsim.results.run_result import RunResult

Floats = NDArray[np.float64]

OTHERS = "OTH"


@dataclass(frozen=True)
class Counterpart:
    """What the model counts that is observed too.

    Attributes:
        series: the observed series.
        label: what it is, in two words or three.
        title: the same with place and publisher, above a figure.
        unit: what a line of the report counts.
        counts: whether a count is one of events or of persons.
        measure: the model's measure.
        place: the place where the model counts it, all places if None.
        observed_place: the place of the observed series.
    """

    series: str
    label: str
    title: str
    unit: str
    counts: str
    measure: str
    place: str | None
    observed_place: str


@cache
def counterparts(world: str | None = None) -> dict[str, Counterpart]:
    """Return what is observed and simulated alike, by observed series, in the order of the table series.csv.

    Args:
        world: folder of a world of one's own, which may have no such table; None for the packaged one.
    """
    rows = data.table_of(world, "series").to_dict("records")
    made = [Counterpart(**{str(k): v for k, v in row.items()}) for row in rows]
    return {one.series: replace(one, place=one.place or None) for one in made}


SERIES = {one.series: (one.measure, one.place) for one in counterparts().values()}
"""Observed series -> the model's measure and the place that is counted, all places if None."""
SHORT = {one.series: one.label for one in counterparts().values()}
UNITS = {one.series: one.counts for one in counterparts().values()}


@dataclass(frozen=True)
class Line:
    """One series of one nationality, of those that are not told apart (OTH), or of all together (ALL).

    Attributes:
        series: observed series.
        label: nationality, OTH or ALL.
        observed: events or persons by month, all months of the record.
        simulated: month x replicate, the months that were run.
    """

    series: str
    label: str
    observed: pd.Series
    simulated: pd.DataFrame

    @property
    def is_total(self) -> bool:
        """Whether it is the total over nationalities."""
        return self.label == ALL

    def real(self, months: Sequence[str]) -> Floats:
        """Return what was observed in some months, NaN where nothing is known."""
        return self.observed.reindex(list(months)).to_numpy(float)

    def history(self, origin: str) -> Floats:
        """Return what was observed up to the origin, the origin included, and nothing later."""
        return self.observed[self.observed.index <= origin].to_numpy(float)

    def runs(self, months: Sequence[str]) -> Floats:
        """Return months x replicates as simulated."""
        return self.simulated.loc[list(months)].to_numpy(float)

    def path(self, months: Sequence[str]) -> Floats:
        """Return the mean over replicates by month."""
        mean: Floats = self.runs(months).mean(axis=1)
        return mean


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as mappings of column to value."""
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def by_seed(result: RunResult, series: str, nationalities: Sequence[str] | None = None) -> pd.DataFrame:
    """Return month x seed of a series as simulated; over all nationalities, or over those given."""
    measure, place = SERIES[series]
    rows = result.monthly[result.monthly["measure"] == measure]
    if place is not None:
        rows = rows[rows["place"] == place]
    if nationalities is not None:
        rows = rows[rows["nationality"].isin(list(nationalities))]
    table = rows.pivot_table(index="month", columns="seed", values="value", aggfunc="sum", observed=True)
    return table.reindex(index=list(result.months), columns=list(result.seeds)).fillna(0.0)


def observed(series: str, nationalities: Sequence[str] = (ALL,)) -> pd.Series:
    """Return the observed series by month, summed over nationalities."""
    table = data.table("observed")
    rows = table[(table["series"] == series) & table["nationality"].isin(list(nationalities))]
    return rows.groupby("month")["value"].sum().astype(float)


def lines(result: RunResult, months: Sequence[str]) -> list[Line]:
    """Return every line that can be compared: the total of each series first, then its nationalities.

    Args:
        result: a run of ``history``.
        months: those that are scored; the run must cover them.

    Raises:
        UserError: the run does not cover a month that is scored.
    """
    missing = [m for m in months if m not in result.months]
    if missing:
        expected = f"{months[0]} to {months[-1]}"
        raise UserError("the run does not cover a month that is scored", key="end", value=missing[0], expected=expected)
    codes = data.table("nationalities")["nationality"].tolist()
    made = []
    for series in SERIES:
        table = data.table("observed")
        told = set(table[table["series"] == series]["nationality"])
        groups: dict[str, list[str] | None] = {ALL: None}
        groups |= {code: [code] for code in codes if code in told}
        if OTHERS in told:
            groups[OTHERS] = [code for code in codes if code not in told]
        made += [Line(series, k, observed(series, [k]), by_seed(result, series, who)) for k, who in groups.items()]
    return made
