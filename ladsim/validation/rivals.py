"""Forecasts that know nothing of policy: last value, seasonal naive, ETS, ARIMA; what a model must beat.

Each sees one series up to an origin and looks some months ahead. All work on square roots, on which counts of any size
have errors of about one size, and give a middle and a sample of what may come. Models are chosen anew at each origin by
the corrected Akaike criterion (Hyndman and Athanasopoulos 2021, Forecasting: Principles and Practice, chapters 8, 9).
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SEASON = 12
MEMBERS = 99
"""Members of a sample: equally likely points of the forecast's distribution."""

FEWEST = 20.0
"""Events a month on average below which a series holds nothing to fit: counts are rounded to tens."""

ETS_TRENDS: tuple[dict[str, Any], ...] = ({}, {"trend": "add", "damped_trend": True})
ARIMA_ORDERS = ((0, 0), (1, 0), (0, 1), (1, 1))
"""Numbers of autoregressive and moving-average terms that are tried."""

STATIONARY = 0.05
"""Level of the KPSS test (Kwiatkowski et al. 1992) below which a series is differenced."""


@dataclass(frozen=True)
class Forecast:
    """What may come: a middle by month, and months x members of equal chance."""

    middle: Floats
    sample: Floats


def points(members: int = MEMBERS) -> Floats:
    """Return the middles of so many equally likely parts of the normal distribution."""
    normal = NormalDist()
    return np.array([normal.inv_cdf((i + 0.5) / members) for i in range(members)])


def forecast(name: str, history: Floats, ahead: int) -> Forecast:
    """Return a rival's forecast of the months after a history.

    Args:
        name: one of RIVALS.
        history: what was observed by month up to the origin.
        ahead: months.

    Raises:
        ValueError: a month of the history is not known, or there are too few of them.
    """
    if not np.isfinite(history).all() or len(history) <= SEASON:
        raise ValueError(f"a rival needs more than {SEASON} known months, got {len(history)}")
    roots = np.sqrt(np.maximum(history, 0.0))
    mean, spread = RIVALS[name](roots, ahead)
    members = mean[:, None] + spread[:, None] * points()
    return Forecast(np.maximum(mean, 0.0) ** 2, np.maximum(members, 0.0) ** 2)


def last_value(roots: Floats, ahead: int) -> tuple[Floats, Floats]:
    """Return the last value, spread like the changes from month to month of a random walk."""
    step = float(np.sqrt(np.mean(np.diff(roots) ** 2)))
    return np.full(ahead, roots[-1]), step * np.sqrt(np.arange(1, ahead + 1))


def seasonal_naive(roots: Floats, ahead: int) -> tuple[Floats, Floats]:
    """Return the value of the same month a year before, spread like the changes from year to year."""
    step = float(np.sqrt(np.mean((roots[SEASON:] - roots[:-SEASON]) ** 2)))
    months = len(roots) - SEASON + np.arange(ahead) % SEASON
    return roots[months], np.full(ahead, step)


def ets(roots: Floats, ahead: int) -> tuple[Floats, Floats]:
    """Return exponential smoothing with additive errors: a level, a damped trend, or a season after three years."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    season = {"seasonal": "add", "seasonal_periods": SEASON}
    tried = [*ETS_TRENDS, *([season] if len(roots) >= 3 * SEASON else [])]
    series = pd.Series(roots)

    def fit(terms: dict[str, Any]) -> tuple[float, Floats, Floats]:
        fitted = ETSModel(series, **terms).fit(disp=False)
        ahead_of = fitted.get_prediction(start=len(roots), end=len(roots) + ahead - 1)
        return float(fitted.aicc), np.asarray(ahead_of.predicted_mean), np.asarray(ahead_of.forecast_variance)

    return _best(roots, ahead, [partial(fit, terms) for terms in tried])


def arima(roots: Floats, ahead: int) -> tuple[Floats, Floats]:
    """Return ARIMA, differenced once if a KPSS test says so, with a constant otherwise."""
    from statsmodels.tsa.arima.model import ARIMA
    from statsmodels.tsa.stattools import kpss

    if _too_few(roots):
        return last_value(roots, ahead)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        differenced = int(kpss(roots, "c", "auto")[1] < STATIONARY)
    series = pd.Series(roots)

    def fit(order: tuple[int, int]) -> tuple[float, Floats, Floats]:
        fitted = ARIMA(series, order=(order[0], differenced, order[1])).fit(method="innovations_mle")
        ahead_of = fitted.get_forecast(ahead)
        return float(fitted.aicc), np.asarray(ahead_of.predicted_mean), np.asarray(ahead_of.se_mean) ** 2

    return _best(roots, ahead, [partial(fit, order) for order in ARIMA_ORDERS])


def remembered() -> Callable[[str, Floats, int], Forecast]:
    """Return :func:`forecast`, which answers from a cache on disk what it was asked before: the record does not change.

    The cache lies in the user's cache folder; a change of this function's code or of the history asks anew.
    """
    from joblib import Memory

    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ladsim" / "rivals"
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError:
        return forecast
    digest = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    kept: Callable[[str, Floats, int], Forecast] = Memory(root / digest, verbose=0).cache(forecast)
    return kept


RIVALS: dict[str, Callable[[Floats, int], tuple[Floats, Floats]]] = {
    "last value": last_value,
    "seasonal naive": seasonal_naive,
    "ETS": ets,
    "ARIMA": arima,
}


def _too_few(roots: Floats) -> bool:
    return bool(np.mean(roots**2) < FEWEST or np.ptp(roots) == 0.0)


def _best(roots: Floats, ahead: int, fits: list[Callable[[], tuple[float, Floats, Floats]]]) -> tuple[Floats, Floats]:
    """Return the forecast of the fit with the least criterion; the last value where there is nothing to fit."""
    found: list[tuple[float, Floats, Floats]] = []
    if not _too_few(roots):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for fit in fits:
                try:
                    found.append(fit())
                except (ValueError, np.linalg.LinAlgError):
                    # A candidate that cannot be fitted is no candidate.
                    continue
    usable = [f for f in found if np.isfinite(f[0]) and np.isfinite(f[1]).all() and (f[2] >= 0).all()]
    if not usable:
        return last_value(roots, ahead)
    _, mean, variance = min(usable, key=lambda f: f[0])
    return mean, np.sqrt(variance)
