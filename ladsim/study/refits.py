"""Refits without an event: what the model would have said of a natural experiment whose months it was not fitted to.

    python -m ladsim task=calibrate calibration.without=chn_parole calibration.rounds=1

The months around the event are taken out of every series, of the nationalities concerned and of the totals. The search
starts where the fit to all months ended; unknowns that only the event told of are drawn back by their priors, as far
as a step goes. The counts before and after the event, means over seeds, are written as a row of
conf/behavior/refits.csv, from where the score reads them.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ladsim import data
from ladsim.errors import UserError, close_matches
from ladsim.intervals import months_between
from ladsim.study.experiments import REFIT_COLUMNS
from ladsim.study.panel import records
from ladsim.study.targets import LAST_MONTH, SERIES, Targets

Floats = NDArray[np.float64]
Without = list[tuple[str, str | None, str, str]]

MONTHS_AROUND = 2
"""Months that are taken out after the later month of an event, beside those from the earlier to the later one."""

LONGEST = 6
"""Months between the two of an event beyond which only those around each of them are taken out."""


def event_named(name: str) -> dict[str, str]:
    """Return a natural experiment of the months of the fit.

    Raises:
        UserError: there is none, or its months are for validation and so never fitted anyway.
    """
    events = {str(row["experiment"]): {k: str(v) for k, v in row.items()} for row in records(data.table("experiments"))}
    fitted = [key for key, event in events.items() if event["month_after"] <= LAST_MONTH]
    if name not in fitted:
        expected = close_matches(name, fitted)
        raise UserError("no natural experiment of the fit", key="calibration.without", value=name, expected=expected)
    return events[name]


def without_event(event: dict[str, str]) -> Without:
    """Return the months to take out of each series: (series, label or None for all, first, last)."""
    whose = event["nationalities"].split(";")
    labels: list[str | None] = [None] if whose == ["ALL"] else [*whose, "ALL"]
    spans = [(event["month_before"], event["rebound_month"] or event["month_after"])]
    if len(months_between(*spans[0])) > LONGEST:
        spans = [(event["month_before"], event["month_before"]), (event["month_after"], event["month_after"])]
    return [
        (series.name, label, first, later(last, MONTHS_AROUND))
        for series in SERIES
        for label in labels
        for first, last in spans
    ]


def later(month: str, count: int) -> str:
    """Return the month some months later, at most the last that is fitted."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + count
    return min(f"{number // 12}-{number % 12 + 1:02d}", LAST_MONTH)


def before_and_after(event: dict[str, str], targets: Targets, counts: list[Floats]) -> tuple[float, float]:
    """Return the mean counts of an event's two months over runs (each series x months x nationalities)."""
    series = [s.name for s in SERIES].index(event["series"])
    whose = event["nationalities"].split(";")
    members = [i for i, code in enumerate(targets.nationalities) if whose == ["ALL"] or code in whose]
    mean = np.mean(counts, axis=0)[series][:, members].sum(axis=1)
    before, after = (float(mean[targets.months.index(event[k])]) for k in ("month_before", "month_after"))
    return before, after


def note_refit(path: Path, event: dict[str, str], before: float, after: float, left_out: Without, source: str) -> None:
    """Write a refit into the table, in place of an older one of the event; the file is there whole or as before."""
    rows: dict[str, list[str]] = {}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as stream:
            rows = {row["experiment"]: [row[c] for c in REFIT_COLUMNS] for row in csv.DictReader(stream)}
    labels = dict.fromkeys(label or "all" for _, label, _, _ in left_out)
    spans = dict.fromkeys(f"{first} to {last}" for _, _, first, last in left_out)
    told = f"{' and '.join(spans)}, all series, {' '.join(labels)}"
    rows[event["experiment"]] = [event["experiment"], f"{before:.0f}", f"{after:.0f}", told, source]
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(REFIT_COLUMNS)
        table.writerows(rows[name] for name in sorted(rows))
    part.replace(path)
