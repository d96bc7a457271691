"""The series that are scored, observed and simulated side by side: by series, nationality, month and replicate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim import data
from ladsim.core.errors import UserError
from ladsim.results.intervals import ALL
from ladsim.results.run_result import RunResult

Floats = NDArray[np.float64]

SERIES = {
    "encounters_between_ports": ("encounters_between_ports", None),
    "encounters_at_ports": ("encounters_at_ports", None),
    "darien_entries": ("irregular_entries", "PAN"),
}
"""Observed series -> the model's measure and the place that is counted, all places if None."""

SHORT = {
    "encounters_between_ports": "Encounters between ports",
    "encounters_at_ports": "Encounters at ports",
    "darien_entries": "Darién crossings",
}
UNITS = {"encounters_between_ports": "events", "encounters_at_ports": "events", "darien_entries": "persons"}
OTHERS = "OTH"


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
