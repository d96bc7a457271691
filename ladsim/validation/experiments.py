"""The natural experiments: what dated changes of policy did to the record, and what they do in the model.

Size is the log ratio of the month after to the month before. A simulated size is within a factor 1.5 of the observed
one if it has its sign and is at most 1.5 times as large and at least 1/1.5 as large. The stricter comparison of the
ratios after/before themselves stands beside it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim import data
from ladsim.core.errors import UserError
from ladsim.core.paths import conf_dir
from ladsim.results.intervals import prediction_interval
from ladsim.results.run_result import RunResult
from ladsim.series.panel import by_seed, observed, records

Floats = NDArray[np.float64]

HALF_AN_AGENT = 0.5
"""Agents added to both months of a simulated ratio, so that a month without any has a logarithm."""

FEW_AGENTS = 10
"""Agents a run, in the lesser month, below which the size of an event says little."""

REFIT_COLUMNS = ("experiment", "simulated_before", "simulated_after", "simulated_log", "left_out", "source")


def refits_file() -> Path:
    """Return where the figures of refits without an event are looked for."""
    return conf_dir() / "behavior" / "refits.csv"


def experiments(result: RunResult, factor: float) -> pd.DataFrame:
    """Return the natural experiments that a run covers, one row each.

    Args:
        result: a run of ``history``.
        factor: largest factor between simulated and observed size that counts as right in size.

    Returns:
        Columns experiment, instrument, title, series, before, after, observed_before, observed_after, simulated_before,
        simulated_after (means), observed_log, simulated_log with low and high (90 percent over replicates), error
        (simulated less observed log), size (simulated over observed log), sign_right, size_right, ratio_right (the
        ratios themselves within the factor), size_of_means (the size if it is taken of the means over replicates),
        means_right (that within the factor), agents (a run, in the lesser month), and of the rebound: rebound (month
        or ''), observed_rebound, simulated_rebound, rebound_low, rebound_high (log ratios to the month after),
        rebound_right (sign, or None).
    """
    rows = []
    for event in records(data.table("experiments")):
        months = [str(event[k]) for k in ("month_before", "month_after", "rebound_month")]
        if all(m in result.months for m in months if m):
            rows.append(_row(result, {k: str(v) for k, v in event.items()}, factor))
    if not rows:
        raise UserError("the run covers no natural experiment", key="start, end", expected="2021-08 to 2024-08")
    return pd.DataFrame(rows)


def _row(result: RunResult, event: dict[str, str], factor: float) -> dict[str, object]:
    who = event["nationalities"].split(";")
    made = by_seed(result, event["series"], None if who == ["ALL"] else who)
    real = observed(event["series"], who)
    before, after, rebound = event["month_before"], event["month_after"], event["rebound_month"]
    size, low, high = _log(made, before, after, result.scale)
    truth = float(np.log(real[after] / real[before]))
    row: dict[str, object] = {k: event[k] for k in ("experiment", "instrument", "title", "series")}
    row |= {"before": before, "after": after, "observed_before": real[before], "observed_after": real[after]}
    row |= {"simulated_before": made.loc[before].mean(), "simulated_after": made.loc[after].mean()}
    row |= {"observed_log": truth, "simulated_log": size, "low": low, "high": high, "error": size - truth}
    row |= judged(truth, size, factor)
    means = made.loc[[before, after]].mean(axis=1).to_numpy()
    of_means = float(log_ratios(means[0], means[1], result.scale)) / truth
    row |= {"size_of_means": of_means, "means_right": 1 / factor <= of_means <= factor}
    row |= {"agents": float(means.min()) / result.scale}
    row |= {"rebound": rebound, "rebound_right": None}
    if rebound:
        back, back_low, back_high = _log(made, after, rebound, result.scale)
        back_truth = float(np.log(real[rebound] / real[after]))
        row |= {"observed_rebound": back_truth, "simulated_rebound": back, "rebound_right": back * back_truth > 0}
        row |= {"rebound_low": back_low, "rebound_high": back_high}
    return row


def judged(truth: float, size: float, factor: float) -> dict[str, object]:
    """Return the verdicts on a simulated log ratio: sign, size within a factor, ratio within a factor."""
    share = size / truth
    return {
        "size": share,
        "sign_right": share > 0,
        "size_right": 1 / factor <= share <= factor,
        "ratio_right": abs(size - truth) <= float(np.log(factor)),
    }


def count(table: pd.DataFrame, verdict: str) -> int:
    """Return for how many events a verdict holds; one with two figures needs both."""
    return int(table.groupby("instrument", sort=False)[verdict].all().sum())


def n_events(table: pd.DataFrame) -> int:
    """Return the number of events; one with two figures is one."""
    return int(table["instrument"].nunique())


def refits(table: pd.DataFrame, factor: float, path: Path | None = None) -> pd.DataFrame | None:
    """Return how the experiments come out when their months were left out of the fit; None if that was not done.

    Args:
        table: :func:`experiments`.
        factor: largest factor in size.
        path: a table with columns experiment, simulated_before, simulated_after, simulated_log (as the score takes
            it), left_out (what was taken out of the fit) and source (the command that made it).

    Returns:
        Columns of the file, observed_log, simulated_log, and the verdicts.

    Raises:
        UserError: the file is not such a table, names an unknown experiment, or one of an event's two figures only.
    """
    file = path or refits_file()
    if not file.exists():
        return None
    with file.open(encoding="utf-8", newline="") as stream:
        found = list(csv.DictReader(stream))
    if not found or any(c not in found[0] for c in REFIT_COLUMNS):
        raise UserError("not a table of refits", file=file, expected=",".join(REFIT_COLUMNS))
    known = {str(row["experiment"]): row for row in records(table)}
    rows = []
    for line, row in enumerate(found, start=2):
        name = row["experiment"]
        if name not in known:
            expected = ", ".join(known)
            raise UserError("no such experiment", file=file, key=f"row {line}", value=name, expected=expected)
        before, after = (_number(row[k], file, line, low=0.0) for k in ("simulated_before", "simulated_after"))
        truth = float(known[name]["observed_log"])
        size = _number(row["simulated_log"], file, line)
        row_of: dict[str, object] = {**row, "simulated_before": before, "simulated_after": after}
        row_of |= {key: known[name][key] for key in ("title", "instrument")}
        rows.append({**row_of, "observed_log": truth, "simulated_log": size, **judged(truth, size, factor)})
    for row in known.values():
        same = [name for name, other in known.items() if other["instrument"] == row["instrument"]]
        lacking = {str(n) for n in same} - {str(r["experiment"]) for r in rows}
        if 0 < len(lacking) < len(same):
            expected = f"a refit with a row for each of {', '.join(map(str, same))}"
            raise UserError("a figure of an event is missing", file=file, value=lacking.pop(), expected=expected)
    return pd.DataFrame(rows)


def _number(text: str, file: Path, line: int, low: float = -np.inf) -> float:
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = np.nan
    if not (np.isfinite(value) and value >= low):
        expected = "a number" if low < 0 else "a count, 0 or more"
        raise UserError("not a number that can be", file=file, key=f"row {line}", value=text, expected=expected)
    return value


def log_ratios(before: Floats, after: Floats, scale: int) -> Floats:
    """Return the log ratio of each run's month after to its month before, half an agent added to both."""
    half = HALF_AN_AGENT * scale
    return np.asarray(np.log((np.asarray(after) + half) / (np.asarray(before) + half)))


def _log(made: pd.DataFrame, before: str, after: str, scale: int) -> tuple[float, float, float]:
    ratios = log_ratios(made.loc[before].to_numpy(), made.loc[after].to_numpy(), scale)
    middle, low, high = (float(v[0]) for v in prediction_interval(ratios[None, :]))
    return middle, low, high


def yearly(result: RunResult, series: Sequence[str], within: float, years: Sequence[str]) -> pd.DataFrame:
    """Return totals of calendar years: series, year, observed, simulated, low, high, ratio, within.

    Args:
        result: a run of ``history``.
        series: observed series.
        within: largest relative error that is right.
        years: years that the run covers.
    """
    rows = []
    for name in series:
        made, real = by_seed(result, name), observed(name)
        for year in years:
            months = [f"{year}-{m:02d}" for m in range(1, 13)]
            missing = [m for m in months if m not in made.index]
            if missing:
                raise UserError("the run does not cover a year that is scored", key="start, end", value=missing[0])
            mean, low, high = (float(v[0]) for v in prediction_interval(made.loc[months].sum().to_numpy()[None, :]))
            value = float(real.loc[months].sum())
            rows.append((name, year, value, mean, low, high, mean / value, abs(mean / value - 1) <= within))
    names = ["series", "year", "observed", "simulated", "low", "high", "ratio", "within"]
    return pd.DataFrame(rows, columns=names)
