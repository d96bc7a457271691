"""Refits without an event: what the model would have said of a natural experiment whose months it was not fitted to.

    python -m ladsim task=calibrate calibration.without=chn_parole calibration.rounds=1

The months around the event are taken out of every series, of the nationalities concerned and of the totals. The search
starts where the fit to all months ended; unknowns that only the event told of are drawn back by their priors, as far
as a step goes. An event with two figures (Mexico's visa on Venezuelans: encounters and the Darién) is left out with the
months of both. The counts before and after the event, means over seeds, and their log ratio as the score takes it are
written as a row of conf/behavior/refits.csv for each figure, from where the score reads them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ladsim import data
from ladsim.calibration.targets import SERIES, Targets
from ladsim.core.errors import UserError, close_matches
from ladsim.results.intervals import months_between
from ladsim.series.months import LAST_FITTED
from ladsim.series.panel import records
from ladsim.validation.experiments import REFIT_COLUMNS, log_ratios

Floats = NDArray[np.float64]
Without = list[tuple[str, str | None, str, str]]

MONTHS_AROUND = 2
"""Months that are taken out after the later month of an event, beside those from the earlier to the later one."""

LONGEST = 6
"""Months between the two of an event beyond which only those around each of them are taken out."""


def event_named(name: str) -> list[dict[str, str]]:
    """Return the figures of a natural experiment in the months of the fit, the named one first.

    Raises:
        UserError: there is none, or its months are for validation and so never fitted anyway.
    """
    table = [{k: str(v) for k, v in row.items()} for row in records(data.table("experiments"))]
    fitted = {event["experiment"]: event for event in table if event["month_after"] <= LAST_FITTED}
    if name not in fitted:
        expected = close_matches(name, list(fitted))
        raise UserError("no natural experiment of the fit", key="calibration.without", value=name, expected=expected)
    named = fitted[name]
    same = [event for event in fitted.values() if event["instrument"] == named["instrument"]]
    return sorted(same, key=lambda event: event is not named)


def without_event(figures: Sequence[Mapping[str, str]]) -> Without:
    """Return the months to take out of each series: (series, label or None for all, first, last)."""
    left_out = []
    for event in figures:
        whose = event["nationalities"].split(";")
        labels: list[str | None] = [None] if whose == ["ALL"] else [*whose, "ALL"]
        spans = [(event["month_before"], event["rebound_month"] or event["month_after"])]
        if len(months_between(*spans[0])) > LONGEST:
            spans = [(event["month_before"], event["month_before"]), (event["month_after"], event["month_after"])]
        left_out += [
            (series.name, label, first, later(last, MONTHS_AROUND))
            for series in SERIES
            for label in labels
            for first, last in spans
        ]
    return left_out


def later(month: str, count: int) -> str:
    """Return the month some months later, at most the last that is fitted."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + count
    return min(f"{number // 12}-{number % 12 + 1:02d}", LAST_FITTED)


@dataclass(frozen=True)
class Refitted:
    """What a refit says of one figure of an event.

    Attributes:
        experiment: its name.
        before, after: mean counts of its two months over runs.
        log_ratio: mean over runs of the log ratio, as the score takes it.
    """

    experiment: str
    before: float
    after: float
    log_ratio: float


def refitted(event: Mapping[str, str], targets: Targets, counts: Sequence[Floats], scale: int) -> Refitted:
    """Return what runs (each series x months x nationalities) say of a figure of an event; scale: persons per agent."""
    series = [s.name for s in SERIES].index(event["series"])
    whose = event["nationalities"].split(";")
    members = [i for i, code in enumerate(targets.nationalities) if whose == ["ALL"] or code in whose]
    made = np.array(counts)[:, series][:, :, members].sum(axis=2)
    before, after = (made[:, targets.months.index(event[k])] for k in ("month_before", "month_after"))
    size = float(log_ratios(before, after, scale).mean())
    return Refitted(event["experiment"], float(before.mean()), float(after.mean()), size)


def note_refit(path: Path, found: Sequence[Refitted], left_out: Without, source: str) -> None:
    """Write a refit into the table, in place of an older one of the event; the file is there whole or as before."""
    rows = rows_of(path)
    labels = dict.fromkeys(label or "all" for _, label, _, _ in left_out)
    spans = dict.fromkeys(f"{first} to {last}" for _, _, first, last in left_out)
    told = f"{' and '.join(spans)}, all series, {' '.join(labels)}"
    for one in found:
        counts = (f"{one.before:.0f}", f"{one.after:.0f}", f"{one.log_ratio:.4f}")
        rows[one.experiment] = [one.experiment, *counts, told, source]
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(REFIT_COLUMNS)
        table.writerows(rows[name] for name in sorted(rows))
    part.replace(path)


def rows_of(path: Path) -> dict[str, list[str]]:
    """Return the rows of a table of refits by experiment, none if it is not there.

    Raises:
        UserError: the file is something else.
    """
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        table = csv.DictReader(stream)
        if tuple(table.fieldnames or ()) != REFIT_COLUMNS:
            raise UserError("not a table of refits", file=path, expected=",".join(REFIT_COLUMNS))
        return {row["experiment"]: [row[c] for c in REFIT_COLUMNS] for row in table}
