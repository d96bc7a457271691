"""Intervals that hold the model's own misses: seeds and parameter sets, widened by how far the model was off before.

Replicates show chance and fitted parameters. How wrong the model's form is they cannot show; its past misses can (the
discrepancy of Kennedy and O'Hagan 2001). On square roots, a miss is observed less simulated mean. Its size is estimated
by series and nationality, what replicates explain already is taken off, and the few independent months that one line
has are filled up with the misses of the other lines of its series, relative to their level. Misses are not assumed to
average out: a steady bias counts as a miss. In months of the fit, a year's misses never widen its own intervals.

After the fit there is one thing more that is not known: how many form the wish to leave. Levels follow a random walk
that is fitted up to the last month of the fit; the run goes on with the last one, the interval with the walk.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from ladsim.results.intervals import ALL, months_between
from ladsim.series.panel import Line
from ladsim.world.wishes import read_wishes

Floats = NDArray[np.float64]

MEMBERS = 40
"""Members of the discrepancy for each replicate: equally likely points of its distribution."""

FEWEST = 2.0
"""Independent months that a line counts for at least, however much its misses depend on each other."""

ANCHOR = 60.0
"""Persons a month added to both sides of the ratio that anchors a path: below it, counts are noise."""


@dataclass(frozen=True)
class Misses:
    """Past misses of one line.

    Attributes:
        square: mean square, on square roots.
        explained: mean variance over replicates, on square roots.
        level: mean of what was observed.
        months: independent months that they are worth.
    """

    square: float
    explained: float
    level: float
    months: float


@dataclass(frozen=True)
class Discrepancy:
    """How far the model may be off on square roots: a t distribution about zero."""

    spread: float
    freedom: float

    def sample(self, runs: Floats, drift: Floats | float = 0.0) -> Floats:
        """Return months x (replicates x members): what may be observed where replicates (months x replicates) lie.

        Args:
            runs: months x replicates.
            drift: standard deviation, by month, that is added on square roots: see :func:`drifts`.
        """
        quantiles = stdtrit(self.freedom, (np.arange(MEMBERS) + 0.5) / MEMBERS)
        spread = np.hypot(self.spread, np.broadcast_to(drift, len(runs)))
        roots = np.sqrt(np.maximum(runs, 0.0))[..., None] + spread[:, None, None] * quantiles
        return np.asarray(np.maximum(roots, 0.0).reshape(len(runs), -1) ** 2)


def misses(observed: Floats, runs: Floats) -> Misses:
    """Return the past misses of a line: observed by month, months x replicates simulated."""
    roots = np.sqrt(np.maximum(runs, 0.0))
    errors = np.sqrt(observed) - roots.mean(axis=1)
    explained = roots.var(axis=1, ddof=1).mean() if runs.shape[1] > 1 else 0.0
    return Misses(float(np.mean(errors**2)), float(explained), float(observed.mean()), independent(errors))


def independent(errors: Floats) -> float:
    """Return how many independent values errors are worth: n (1 - r) / (1 + r), r their correlation at lag one."""
    n, square = len(errors), float(np.sum(errors**2))
    r = max(0.0, float(np.sum(errors[1:] * errors[:-1])) / square) if square > 0 else 0.0
    return max(FEWEST, n * (1 - r) / (1 + r))


def pooled(found: Iterable[Misses]) -> float:
    """Return the mean square of misses that replicates do not explain, relative to the level, over several lines."""
    every = list(found)
    level = sum(m.level for m in every)
    return sum(max(0.0, m.square - m.explained) for m in every) / level if level > 0 else 0.0


def discrepancy(own: Misses, share: float, prior_months: float) -> Discrepancy:
    """Return a line's discrepancy from its own misses and those of the others.

    Args:
        own: its own.
        share: :func:`pooled` of the others of its series.
        prior_months: weight of the others, in months.
    """
    left = max(0.0, own.square - own.explained)
    total = own.months + prior_months
    square = (own.months * left + prior_months * share * own.level) / total
    return Discrepancy(float(np.sqrt(square)), total)


def discrepancies(
    lines: Sequence[Line], months: Sequence[str], prior_months: float
) -> dict[tuple[str, str], Discrepancy]:
    """Return (series, label) -> discrepancy from the misses of some months."""
    return borrowed({(x.series, x.label): misses(x.real(months), x.runs(months)) for x in lines}, prior_months)


def borrowed(found: Mapping[tuple[str, str], Misses], prior_months: float) -> dict[tuple[str, str], Discrepancy]:
    """Return (series, label) -> discrepancy; single nationalities borrow from the others of their series."""
    made = {}
    for key, own in found.items():
        others = [m for k, m in found.items() if k[0] == key[0] and ALL not in (k[1], key[1]) and k != key]
        made[key] = discrepancy(own, pooled(others), prior_months if others else 0.0)
    return made


def walk() -> float:
    """Return how far wish levels move in a month: root mean square of the log changes of the fitted levels.

    Changes between two levels are those of as many months as lie between them; all nationalities count alike.
    """
    changes = []
    for levels in read_wishes()["levels"].values():
        at = sorted(levels)
        gaps = [len(months_between(*pair)) - 1 for pair in itertools.pairwise(at)]
        steps = np.diff(np.log([float(levels[m]) for m in at]))
        changes += [float(step) / np.sqrt(gap) for step, gap in zip(steps, gaps, strict=True)]
    return float(np.sqrt(np.mean(np.square(changes))))


def drifts(lines: Sequence[Line], months: Sequence[str], last: str, step: float) -> dict[tuple[str, str], Floats]:
    """Return (series, label) -> by month, how far wishes may have moved counts since the fit, on square roots.

    Args:
        lines: single nationalities, whose wishes move apart from each other, and totals.
        months: after the fit.
        last: last month of the fit.
        step: :func:`walk`.
    """
    ahead = np.array([len(months_between(last, m)) - 1 for m in months], float)
    logs = step * np.sqrt(ahead)
    paths = {(x.series, x.label): x.path(months) for x in lines}
    made = {}
    for (series, label), path in paths.items():
        singles = [p for (s, name), p in paths.items() if s == series and name != ALL]
        parts = np.array(singles if label == ALL and singles else [path])
        share = np.sqrt((parts**2).sum(axis=0)) / np.maximum(parts.sum(axis=0), 1.0)
        made[series, label] = np.asarray(0.5 * np.sqrt(path) * logs * np.minimum(share, 1.0))
    return made


def leave_one_year_out(
    lines: Sequence[Line], months: Sequence[str], prior_months: float
) -> dict[tuple[str, str], Floats]:
    """Return (series, label) -> months x members, each year widened by the misses of the other years only."""
    made: dict[tuple[str, str], list[Floats]] = {(x.series, x.label): [] for x in lines}
    for year in dict.fromkeys(m[:4] for m in months):
        own = [m for m in months if m[:4] == year]
        others = [m for m in months if m[:4] != year]
        found = discrepancies(lines, others, prior_months)
        for line in lines:
            key = (line.series, line.label)
            made[key].append(found[key].sample(line.runs(own)))
    return {key: np.concatenate(parts) for key, parts in made.items()}


def after(
    lines: Sequence[Line], past: Sequence[str], months: Sequence[str], prior_months: float
) -> dict[tuple[str, str], Floats]:
    """Return (series, label) -> months x members, widened by the misses of the months of the fit and by the walk."""
    found = discrepancies(lines, past, prior_months)
    moved = drifts(lines, months, past[-1], walk())
    made = {}
    for line in lines:
        key = (line.series, line.label)
        made[key] = found[key].sample(line.runs(months), moved[key])
    return made


def anchored(line: Line, origins: Sequence[str], months: Sequence[str]) -> Floats:
    """Return months x replicates, each month times the ratio of observed to simulated mean at its origin."""
    ratio = (line.real(origins) + ANCHOR) / (line.path(origins) + ANCHOR)
    scaled: Floats = line.runs(months) * ratio[:, None]
    return scaled


def anchored_misses(line: Line, past: Sequence[str], ahead: int) -> Misses:
    """Return the misses that an anchored path had so many months ahead, from every origin in the past."""
    months = past[ahead:]
    return misses(line.real(months), anchored(line, past[:-ahead], months))
