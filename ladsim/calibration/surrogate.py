"""A local stand-in for the model: how roots of monthly counts follow the unknowns, learned from runs around a point.

The counts of a nationality are regressed on its own unknowns, on those that all share, and on how crowded the border
becomes by what the levels of all nationalities add up to. Slopes are shrunk (ridge; the penalty is the one that
predicts runs left out best) toward what is known beforehand: counts are nearly proportional to the levels of the
months before. Runs have seeds of their own, so that chance averages out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ladsim.calibration.targets import Contrast, Targets
from ladsim.calibration.unknowns import LEVEL_MONTHS, Unknowns

Floats = NDArray[np.float64]

MONTHS_ON_THE_WAY = 1.0
"""Months from the wish to the border, about; only where slopes are shrunk to depends on it."""

PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Ridge penalties that are tried, in units of the number of runs."""

OWN, SHARED = 1.0, 0.5
"""Standard deviation of slopes supposed beforehand: of a nationality's own unknowns, and of those that all share."""

BETWEEN_PORTS = 0


@dataclass(frozen=True)
class Surrogate:
    """Roots of counts as linear functions of the unknowns.

    Attributes:
        center: the vector around which it was learned (U).
        level: roots of counts there, series x months x nationalities.
        slopes: their slopes, series x months x nationalities x U.
    """

    center: Floats
    level: Floats
    slopes: Floats

    def roots(self, vector: Floats) -> Floats:
        """Return the roots of counts that are expected at a vector."""
        return np.asarray(self.level + self.slopes @ (vector - self.center))


def learn(
    unknowns: Unknowns, targets: Targets, center: Floats, vectors: Floats, counts: Floats, weights: Floats
) -> Surrogate:
    """Learn from runs.

    Args:
        unknowns: what the vectors stand for.
        targets: what counts are compared with.
        center: the point around which to be right (U).
        vectors: K x U.
        counts: K x series x months x nationalities.
        weights: K, how much each run tells.
    """
    roots = np.sqrt(np.maximum(counts, 0.0) + targets.rounding)
    moved = vectors - center
    crowd = crowding(unknowns, targets)
    columns = columns_by_nationality(unknowns)
    level = np.empty(roots.shape[1:])
    slopes = np.zeros((*roots.shape[1:], len(unknowns)))
    first = first_slopes(unknowns, targets, np.average(roots, axis=0, weights=weights))
    for n in range(len(unknowns.nationalities)):
        own = columns[n]
        features = np.concatenate([moved[:, own], moved @ crowd.T], axis=1)
        cells = roots[..., n].reshape(len(roots), -1)
        prior = first[:, :, n, own].reshape(cells.shape[1], len(own)).T
        prior = np.concatenate([prior, np.zeros((len(crowd), cells.shape[1]))])
        ease = np.array([OWN if unknowns.unknowns[i].nationality else SHARED for i in own] + [SHARED] * len(crowd))
        at_center, found, _ = ridge(features, cells - features @ prior, weights, ease)
        found = found + prior
        shape = roots.shape[1:3]
        level[..., n] = at_center.reshape(shape)
        slopes[:, :, n, own] = found[: len(own)].T.reshape(*shape, len(own))
        slopes[:, :, n] += (found[len(own) :].T @ crowd).reshape(*shape, len(unknowns))
    return Surrogate(center, level, slopes)


def ridge(features: Floats, values: Floats, weights: Floats, ease: Floats) -> tuple[Floats, Floats, float]:
    """Return intercepts, slopes (features x values) and the rms left out, at the penalty that predicts best.

    Features are scaled to the standard deviation that ``ease`` gives: the larger, the less is a slope shrunk. The
    penalty is chosen by leaving out one run at a time.
    """
    share = weights / weights.sum()
    mean_x, mean_y = share @ features, share @ values
    spread = np.sqrt(share @ (features - mean_x) ** 2)
    spread = np.where(spread > 0.0, spread, 1.0) / ease
    root = np.sqrt(share)[:, None]
    x, y = root * (features - mean_x) / spread, root * (values - mean_y)
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    rotated = u.T @ y
    best: tuple[float, Floats] | None = None
    for penalty in PENALTIES:
        shrink = s**2 / (s**2 + penalty)
        fitted = u @ (shrink[:, None] * rotated)
        leverage = (u**2) @ shrink + share
        errors = (y - fitted) / np.maximum(1e-3, 1.0 - leverage)[:, None]
        left_out = float(np.sqrt((errors**2).sum(axis=0).mean()))
        if best is None or left_out < best[0]:
            best = left_out, np.asarray(vt.T @ ((s / (s**2 + penalty))[:, None] * rotated))
    assert best is not None
    slopes = best[1] / spread[:, None]
    return mean_y - mean_x @ slopes, slopes, best[0]


def columns_by_nationality(unknowns: Unknowns) -> list[NDArray[np.int64]]:
    """Return the unknowns that bear on each nationality directly: its own and those that all share."""
    whose = [u.nationality for u in unknowns.unknowns]
    return [
        np.array([i for i, w in enumerate(whose) if w is None or w == code], dtype=np.int64)
        for code in unknowns.nationalities
    ]


def crowding(unknowns: Unknowns, targets: Targets) -> Floats:
    """Return how the log of wishes of all, weighted by observed encounters, moves with the levels: months x U."""
    seen = np.zeros(len(unknowns.nationalities))
    for target in targets.targets:
        if not isinstance(target, Contrast) and target.series == BETWEEN_PORTS and target.label != "ALL":
            seen[list(target.members)] += target.values.sum() / len(target.members)
    share = dict(zip(unknowns.nationalities, seen / seen.sum(), strict=True))
    out = np.zeros((len(LEVEL_MONTHS), len(unknowns)))
    for i, unknown in enumerate(unknowns.unknowns):
        if unknown.kind == "wish_level" and unknown.nationality is not None:
            out[LEVEL_MONTHS.index(unknown.name), i] = unknown.spread * share[unknown.nationality]
    return out


def first_slopes(unknowns: Unknowns, targets: Targets, roots: Floats) -> Floats:
    """Return the slopes that are supposed before any run: counts proportional to wishes, months on the way later."""
    at = np.array([month_number(m) for m in targets.months]) + 0.5 - MONTHS_ON_THE_WAY
    knots = np.array([float(month_number(m)) for m in LEVEL_MONTHS])
    basis = np.stack([np.interp(at, knots, row) for row in np.eye(len(knots))], axis=1)
    half = 0.5 * (roots - targets.rounding / roots)
    out = np.zeros((*roots.shape, len(unknowns)))
    for i, unknown in enumerate(unknowns.unknowns):
        if unknown.kind == "wish_level" and unknown.nationality is not None:
            n = unknowns.nationalities.index(unknown.nationality)
            follows = basis[:, LEVEL_MONTHS.index(unknown.name)]
            out[:, :, n, i] = half[:, :, n] * follows[None, :] * unknown.spread
        elif unknown.kind == "season":
            region, _, term = unknown.name.partition(".")
            angle = 2.0 * np.pi * (at - 1.5) / 12.0 * int(term[-1])
            wave = np.cos(angle) if term.startswith("cos") else np.sin(angle)
            for n in unknowns.in_region(region):
                out[:, :, n, i] = half[:, :, n] * wave[None, :] * unknown.spread
    return out


def month_number(month: str) -> int:
    """Return a month (``YYYY-MM``) as a number."""
    return int(month[:4]) * 12 + int(month[5:])
