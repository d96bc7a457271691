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
from ladsim.results import intervals, variance
from ladsim.results.reading import load
from ladsim.results.run_result import RunResult
from ladsim.studies.outcomes import OUTCOMES, outcome

FEWEST = 2
_LONGEST = 60


@dataclass(frozen=True)
class Comparison:
    """Several runs against the first of them.

    Attributes:
        table: a row a run and outcome: mean, interval, difference to the first run with its 90 percent interval, and
            the variance of the difference paired and unpaired, with their ratio; chance, sets and terms are shares of
            the variance of the difference, in the first run of its own numbers.
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
    by_seed = dict(zip(loaded[0].seeds, loaded[0].manifest.get("parameter_sets") or [0] * len(seeds), strict=False))
    sets = [int(by_seed.get(seed, 0)) for seed in seeds]
    rows = []
    for measure, place in OUTCOMES:
        first = outcome(cut[0], measure, place, freq)
        for label, run in zip(labels, cut, strict=True):
            wide = outcome(run, measure, place, freq)
            found = _rows(label, place, first, wide, first_run=run is cut[0])
            again = {}
            for kind in variance.TERMS, variance.CHANCE:
                held = _run_again([run] if run is cut[0] else [run, cut[0]], kind, measure, place, freq)
                if held:
                    again[kind] = held[0] - sum(held[1:])
            own = wide.to_numpy(float) - (first.to_numpy(float) if run is not cut[0] else 0.0)
            told = variance.shares(own, sets, again.get(variance.TERMS), again.get(variance.CHANCE))
            rows += [
                row | dict(zip(variance.KINDS, map(float, one), strict=True))
                for row, one in zip(found, told, strict=True)
            ]
    return Comparison(pd.DataFrame(rows), (months[0], months[-1]), tuple(seeds), labels)


def _run_again(
    runs: Sequence[RunResult], kind: str, measure: str, place: str | None, freq: str
) -> list[np.ndarray[Any, Any]]:
    """Return an outcome of the replicates that were run again in all runs, a table for each, or nothing.

    A run in which no term was drawn is the same again under other terms.
    """
    held = [run.again.get(kind) for run in runs]
    if not any(held) or (kind == variance.CHANCE and not all(held)):
        return []
    tables = [outcome(again or run, measure, place, freq) for again, run in zip(held, runs, strict=True)]
    width = min(table.shape[1] for table in tables)
    return [table.to_numpy(float)[:, :width] for table in tables]


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
    again = {}
    for kind, one in run.again.items():
        held = [seed for seed in seeds if seed in one.seeds]
        # Shares of variance take the first few replicates again, as they come.
        if held and held == list(seeds[: len(held)]):
            again[kind] = _cut(replace(one, again={}), months, held)
    return replace(run, scenario=told, monthly=kept, seeds=tuple(seeds), reference=None, again=again)


def _refuse_unlike(
    runs: Sequence[RunResult], labels: Sequence[str], months: Sequence[str], seeds: Sequence[int]
) -> None:
    unlike: dict[str, str] = {}
    for label, run in zip(labels[1:], runs[1:], strict=True):
        ours, theirs = _conditions(runs[0], seeds), _conditions(run, seeds)
        for key in ours:
            if ours[key] != theirs[key]:
                told = "" if key == "fitted files" else f": {_few(theirs[key])}, not {_few(ours[key])}"
                unlike[f"{key} of {label}"] = told
    if not months:
        unlike["months"] = ": none is whole in all of them: " + "; ".join(map(_span, runs))
    if not seeds:
        unlike["seeds"] = ": none is in all of them: " + "; ".join(_few(list(run.seeds)) for run in runs)
    if unlike:
        raise UserError(
            f"these runs cannot be compared with {labels[0]}; unlike are: "
            + ", ".join(f"{key}{told}" for key, told in unlike.items()),
            key="folders",
            expected="runs of the same scale, seeds, fitted sets and changed behavior, whose months overlap",
        )


def _span(run: RunResult) -> str:
    return f"{run.scenario.start} to {run.scenario.end}"


def _few(value: Any) -> str:
    """Return a value as text, cut where it is long."""
    text = "none" if value in ({}, [], None) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _conditions(run: RunResult, seeds: Sequence[int]) -> Mapping[str, Any]:
    sets = run.manifest.get("parameter_sets") or [0] * len(run.seeds)
    by_seed = dict(zip(run.seeds, sets, strict=False))
    return {
        "scale": run.scale,
        "changed behavior": dict(run.config.get("behavior") or {}),
        "fitted files": run.manifest.get("behavior"),
        "draws of assumed terms": bool(run.config.get("assumed")),
        "parameter sets": [by_seed.get(seed) for seed in seeds],
    }


def _labels(loaded: Sequence[RunResult], given: Sequence[Any]) -> tuple[str, ...]:
    names = [run.scenario.label for run in loaded]
    if len(set(names)) == len(names):
        return tuple(names)
    folders = [Path(one).name if isinstance(one, str | Path) else str(i) for i, one in enumerate(given)]
    return tuple(f"{name} {folder}" for name, folder in zip(names, folders, strict=True))
