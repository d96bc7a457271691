"""Compare saved runs: any number, paired person by person where they can be, over the months that they share.

python -m ladsim task=compare 'folders=[results/no_chnv/A,results/history/B]'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ladsim.core.errors import UserError
from ladsim.results import intervals
from ladsim.results.folder import load
from ladsim.results.run_result import RunResult
from ladsim.studies.study import OUTCOMES, outcome

FEWEST = 2


@dataclass(frozen=True)
class Comparison:
    """Several runs against the first of them.

    Attributes:
        table: a row a run and outcome: mean, interval, difference to the first run with its 90 percent interval, and
            the variance of the difference paired and unpaired, with their ratio.
        months: first and last month that all runs share.
        seeds: replicates that all runs share.
        runs: label of each run.
    """

    table: pd.DataFrame
    months: tuple[str, str]
    seeds: tuple[int, ...]
    runs: tuple[str, ...]


def compare(runs: Sequence[str | Path | RunResult], *, freq: str = "all") -> Comparison:
    """Return saved runs compared with the first of them.

    Seeds name people and draws, so runs that share seeds, scale, fitted sets and changed behavior are paired.

    Args:
        runs: results folders, or runs.
        freq: 'all' the shared months together, 'Y' by year, 'M' by month.

    Raises:
        UserError: fewer than two runs, a folder that cannot be read, or runs that are unlike; the message lists what
            differs.
    """
    if isinstance(runs, str | Path | RunResult) or len(runs) < FEWEST:
        raise UserError("nothing to compare", key="folders", value=str(runs), expected="at least two results folders")
    loaded = [one if isinstance(one, RunResult) else load(one) for one in runs]
    labels = _labels(loaded, runs)
    months = sorted(set.intersection(*(set(_whole_months(run)) for run in loaded)))
    seeds = [seed for seed in loaded[0].seeds if all(seed in run.seeds for run in loaded)]
    _refuse_unlike(loaded, labels, months, seeds)
    cut = [_cut(run, months, seeds) for run in loaded]
    rows = []
    for measure, place in OUTCOMES:
        first = outcome(cut[0], measure, place, freq)
        for label, run in zip(labels, cut, strict=True):
            wide = outcome(run, measure, place, freq)
            rows += _rows(label, place, first, wide, first_run=run is cut[0])
    return Comparison(pd.DataFrame(rows), (months[0], months[-1]), tuple(seeds), labels)


def _rows(
    label: str, place: str | None, first: pd.DataFrame, wide: pd.DataFrame, *, first_run: bool
) -> list[dict[str, Any]]:
    rows = []
    names = [(str(m), str(p)) for m, p in wide.index]
    for (measure, period), a, b in zip(names, wide.to_numpy(float), first.to_numpy(float), strict=True):
        mean, low, high = (float(v) for v in intervals.prediction_interval(a))
        row: dict[str, Any] = {"run": label, "measure": measure, "place": place or "all", "period": period}
        row |= {"mean": mean, "low": max(low, 0.0), "high": high}
        if not first_run:
            difference, d_low, d_high = (float(v) for v in intervals.prediction_interval(a - b))
            paired, unpaired = _variance(a - b), _variance(a) + _variance(b)
            row |= {"difference": difference, "difference_low": d_low, "difference_high": d_high}
            row |= {"variance_paired": paired, "variance_unpaired": unpaired}
            row["times_below"] = unpaired / paired if paired > 0.0 else float("inf") if unpaired > 0.0 else float("nan")
        rows.append(row)
    return rows


def _variance(values: np.ndarray[Any, Any]) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else float("nan")


def _whole_months(run: RunResult) -> list[str]:
    """Return the months that a run covers from their first to their last day."""
    found = list(run.months)
    start, end = (date.fromisoformat(str(day)) for day in (run.scenario.start, run.scenario.end))
    if start.day != 1:
        found = found[1:]
    ends_whole = date.fromordinal(end.toordinal() + 1).day == 1
    return found if ends_whole else found[:-1]


def _cut(run: RunResult, months: Sequence[str], seeds: Sequence[int]) -> RunResult:
    """Return a run over some of its months and seeds."""
    monthly = run.monthly
    kept = monthly[monthly["month"].isin(months) & monthly["seed"].isin(seeds)]
    year, month = (int(part) for part in months[-1].split("-"))
    last = date(year + month // 12, month % 12 + 1, 1).toordinal() - 1
    told = replace(run.scenario, start=f"{months[0]}-01", end=date.fromordinal(last).isoformat())
    return replace(run, scenario=told, monthly=kept, seeds=tuple(seeds), reference=None)


def _refuse_unlike(
    runs: Sequence[RunResult], labels: Sequence[str], months: Sequence[str], seeds: Sequence[int]
) -> None:
    unlike: list[str] = []
    for label, run in zip(labels[1:], runs[1:], strict=True):
        ours, theirs = _conditions(runs[0], seeds), _conditions(run, seeds)
        unlike += [f"{key} of {label}" for key in ours if ours[key] != theirs[key]]
    if not months:
        unlike.append("months (none is in all of them)")
    if not seeds:
        unlike.append("seeds (none is in all of them)")
    if unlike:
        raise UserError(
            f"these runs cannot be compared with {labels[0]}; unlike are: {', '.join(unlike)}",
            key="folders",
            expected="runs of the same scale, seeds, fitted sets and changed behavior, whose months overlap",
        )


def _conditions(run: RunResult, seeds: Sequence[int]) -> Mapping[str, Any]:
    sets = run.manifest.get("parameter_sets") or [0] * len(run.seeds)
    by_seed = dict(zip(run.seeds, sets, strict=False))
    return {
        "scale": run.scale,
        "changed behavior": dict(run.config.get("behavior") or {}),
        "fitted files": run.manifest.get("behavior"),
        "parameter sets": [by_seed.get(seed) for seed in seeds],
    }


def _labels(loaded: Sequence[RunResult], given: Sequence[Any]) -> tuple[str, ...]:
    names = [run.scenario.label for run in loaded]
    if len(set(names)) == len(names):
        return tuple(names)
    folders = [Path(one).name if isinstance(one, str | Path) else str(i) for i, one in enumerate(given)]
    return tuple(f"{name} {folder}" for name, folder in zip(names, folders, strict=True))
