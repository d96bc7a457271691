"""Measures of how far a forecast was off: WAPE, MASE, CRPS, and the coverage of intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def wape(observed: ArrayLike, predicted: ArrayLike) -> float:
    """Return the weighted absolute percentage error, sum |observed - predicted| / sum observed, as a share.

    Months without an observed figure (NaN) are left out; NaN where nothing was observed.
    """
    real, made = _pair(observed, predicted)
    total = float(np.abs(real).sum())
    return float(np.abs(real - made).sum()) / total if total else float("nan")


def naive_scale(history: ArrayLike, lag: int = 1) -> float:
    """Return the mean absolute change over `lag` months of a history: the error of the naive forecast in it."""
    known = np.asarray(history, dtype=float)
    known = known[np.isfinite(known)]
    return float(np.abs(known[lag:] - known[:-lag]).mean()) if len(known) > lag else float("nan")


def mase(observed: ArrayLike, predicted: ArrayLike, scale: float) -> float:
    """Return the mean absolute scaled error (Hyndman and Koehler 2006): mean |error| / :func:`naive_scale`.

    Below 1 is better than the last value was, one month ahead, in the months that the scale comes from.
    """
    real, made = _pair(observed, predicted)
    return float(np.abs(real - made).mean()) / scale if len(real) and scale > 0 else float("nan")


def crps(sample: ArrayLike, observed: ArrayLike) -> Floats:
    """Return the continuous ranked probability score of each month's sample, in the unit of the data.

    E|X - y| - E|X - X'| / 2 over the sample (Gneiting and Raftery 2007); of a single value it is the absolute error.

    Args:
        sample: months x members.
        observed: months.
    """
    members = np.sort(np.asarray(sample, dtype=float), axis=-1)
    real = np.asarray(observed, dtype=float)
    n = members.shape[-1]
    weight = 2 * np.arange(1, n + 1) - n - 1
    spread = (members * weight).sum(axis=-1) / n**2
    score: Floats = np.abs(members - real[..., None]).mean(axis=-1) - spread
    return score


def interval(sample: ArrayLike, level: float) -> tuple[Floats, Floats]:
    """Return the ends of the central interval that holds a share of each month's sample."""
    members = np.asarray(sample, dtype=float)
    low, high = np.quantile(members, [0.5 - level / 2, 0.5 + level / 2], axis=-1)
    return low, high


def covered(sample: ArrayLike, observed: ArrayLike, level: float) -> NDArray[np.bool_]:
    """Return whether each month's central interval, ends included, holds what was observed."""
    low, high = interval(sample, level)
    real = np.asarray(observed, dtype=float)
    inside: NDArray[np.bool_] = (low <= real) & (real <= high)
    return inside


def _pair(observed: ArrayLike, predicted: ArrayLike) -> tuple[Floats, Floats]:
    real, made = np.asarray(observed, dtype=float), np.asarray(predicted, dtype=float)
    if real.shape != made.shape:
        raise ValueError(f"observed has shape {real.shape}, predicted {made.shape}")
    known = np.isfinite(real)
    return real[known], made[known]
