"""The months after the last observed one: the free run, corrected by what is known of its error.

    change of log y = theta * change of log sim + kappa * (log sim - log y)

The change is that over the months ahead; the second part draws the series back toward the run by a share of the gap at
the origin. theta and kappa lie between 0 and 1, are estimated for each series and number of months ahead from pairs of
months up to the origin, and never from a month after May 2024: the totals of a series for themselves, its nationalities
together. Intervals come from the errors that the rule made in those pairs.

The score rolls the origin through the months of the fit. The rule knows nothing of later months there, but the run
does: its parameters were fitted to all of them. Its rivals were not, so the score is kind to the rule.

python -m ladsim task=nowcast 'folders=[results/history/A]' observed=later.csv
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim.core.errors import UserError
from ladsim.results.intervals import ALL, months_between
from ladsim.results.run_result import RunResult
from ladsim.series.months import FIRST_FITTED, LAST_FITTED
from ladsim.series.panel import OTHERS, SERIES, Line, lines
from ladsim.validation import metrics, rivals
from ladsim.validation.predictive import ANCHOR
from ladsim.validation.settings import read_settings

Floats = NDArray[np.float64]

RULE = "two coefficients"
HORIZONS = (1, 2, 3)
SCORES = ("total", "nationality", "none")
LEVEL = 0.9
FEWEST_PAIRS = 6
"""Pairs of months below which a line is not forecast."""
PRIOR_PAIRS = 6.0
"""Weight of the other nationalities' errors in a line's interval, in pairs of months."""


@dataclass(frozen=True)
class Rule:
    """What was estimated for some lines of a series and a number of months ahead.

    Attributes:
        theta: share of the run's change that the series follows.
        kappa: share of the gap that is closed.
        spread: line's label -> standard deviation of the error, on logs.
        pairs: pairs of months behind theta and kappa.
    """

    theta: float
    kappa: float
    spread: Mapping[str, float]
    pairs: int


@dataclass(frozen=True)
class Nowcast:
    """What may come in the months after the last observed ones, and how good such forecasts were.

    Attributes:
        months: a row a series, nationality and month ahead: origin, the last value, the forecast with its 90 percent
            interval, theta and kappa.
        score: a row a series, group (total, nationalities), months ahead and method: WAPE, CRPS (in persons or events
            a month), how often the 90 percent interval held, and the number of forecasts.
    """

    months: pd.DataFrame
    score: pd.DataFrame

    @property
    def best(self) -> pd.DataFrame:
        """The method with the least CRPS by series, group and months ahead."""
        rows = self.score.groupby(["series", "group", "ahead"], sort=False)["crps"].idxmin()
        return self.score.loc[rows].reset_index(drop=True)


def nowcast(
    run: RunResult,
    *,
    observed: pd.DataFrame | None = None,
    series: Sequence[str] = tuple(SERIES),
    methods: Sequence[str] = tuple(rivals.RIVALS),
    score: str = "total",
) -> Nowcast:
    """Forecast the months after the last observed one, and score the rule against its rivals.

    Args:
        run: of ``history``, or of whatever policy is to be assumed, three months beyond the last observed one.
        observed: later months of your own, from read_observed; they replace what ladsim brings.
        series: those that are forecast.
        methods: rivals that are scored as well.
        score: ``total`` scores totals, ``nationality`` those of nationalities too (rivals are fitted to each, which
            takes minutes the first time), ``none`` nothing.

    Raises:
        UserError: an unknown series or score, or a run that ends with the observed months.
    """
    if score not in SCORES:
        raise UserError("unknown score", key="by", value=score, expected=", ".join(SCORES))
    unknown = [name for name in series if name not in SERIES]
    if unknown:
        raise UserError("unknown series", key="series", value=unknown[0], expected=", ".join(SERIES))
    told = [extended(one, observed) for one in lines(run, run.months) if one.series in series]
    told = [one for one in told if len(_pairs(one, LAST_FITTED, min(HORIZONS))[0]) >= FEWEST_PAIRS]
    rows = [row for one in told for row in _ahead(one, told)]
    if not rows:
        last = max((str(one.observed.dropna().index[-1]) for one in told), default=LAST_FITTED)
        raise UserError(
            "the run does not reach beyond the last observed month",
            key="end",
            value=run.months[-1],
            expected=f"a month after {last}",
        )
    judged = [one for one in told if score == "nationality" or (score == "total" and one.is_total)]
    return Nowcast(pd.DataFrame(rows), scored(judged, methods))


def extended(line: Line, observed: pd.DataFrame | None) -> Line:
    """Return a line with months of the user's own over those that ladsim brings."""
    if observed is None:
        return line
    own = observed[(observed["series"] == line.series) & (observed["nationality"] == line.label)]
    if own.empty:
        return line
    later = own.groupby("month")["value"].sum().astype(float)
    joined = pd.concat([line.observed[~line.observed.index.isin(later.index)], later]).sort_index()
    return replace(line, observed=joined)


def rule(told: Sequence[Line], origin: str, ahead: int) -> Rule:
    """Return theta and kappa of lines of one series, from pairs of months up to an origin.

    Each line counts by how steady it is: its pairs are divided by the root mean square of its changes.
    """
    from scipy.optimize import lsq_linear

    parts, wanted, changes = [], [], {}
    for line in told:
        change, x = _pairs(line, min(origin, LAST_FITTED), ahead)
        if len(change) < FEWEST_PAIRS:
            continue
        scale = float(np.sqrt(np.mean(change**2))) or 1.0
        parts.append(x / scale)
        wanted.append(change / scale)
        changes[line.label] = change, x
    if not parts:
        return Rule(0.0, 0.0, {}, 0)
    found = lsq_linear(np.concatenate(parts), np.concatenate(wanted), bounds=(0.0, 1.0)).x
    errors = {label: change - x @ found for label, (change, x) in changes.items()}
    pooled = float(np.mean([np.mean(e**2) for e in errors.values()]))
    spread = {
        label: float(np.sqrt((np.sum(e**2) + PRIOR_PAIRS * pooled) / (len(e) + PRIOR_PAIRS)))
        for label, e in errors.items()
    }
    return Rule(float(found[0]), float(found[1]), spread, sum(len(e) for e in errors.values()))


def forecast(line: Line, made: Rule, origin: str, ahead: int) -> rivals.Forecast:
    """Return the rule's forecast of a line for the month so many months after the origin."""
    month = _later(origin, ahead)
    now, then = np.log(line.path([origin, month]) + ANCHOR)
    value = float(np.log(line.real([origin])[0] + ANCHOR))
    middle = value + made.theta * (then - now) + made.kappa * (now - value)
    members = middle + made.spread[line.label] * rivals.points()
    counts = [np.maximum(np.exp(v) - ANCHOR, 0.0) for v in (np.array([middle]), members[None, :])]
    return rivals.Forecast(counts[0], counts[1])


def scored(told: Sequence[Line], methods: Sequence[str]) -> pd.DataFrame:
    """Return WAPE, CRPS and coverage of the rule and its rivals, over origins within the months of the fit."""
    settings = read_settings()
    ask = rivals.remembered()
    rows: list[dict[str, Any]] = []
    every = months_between(settings.first_origin, LAST_FITTED)
    for line in told:
        alike = _alike(line, told)
        for origin in every[:: 1 if line.is_total else settings.step_by_nationality]:
            reached = [h for h in HORIZONS if _later(origin, h) <= LAST_FITTED]
            theirs = {name: ask(name, line.history(origin), max(HORIZONS)) for name in methods} if reached else {}
            for ahead in reached:
                made = rule(alike, origin, ahead)
                real = line.real([_later(origin, ahead)])
                if line.label not in made.spread or not np.isfinite(real).all():
                    continue
                ours = {RULE: forecast(line, made, origin, ahead)}
                ours |= {
                    name: rivals.Forecast(f.middle[[ahead - 1]], f.sample[[ahead - 1]]) for name, f in theirs.items()
                }
                where = {"series": line.series, "group": "total" if line.is_total else "nationalities", "ahead": ahead}
                rows += [where | {"method": name} | _error(one, real) for name, one in ours.items()]
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    grouped = table.groupby(["series", "group", "ahead", "method"], sort=False)
    made_table = grouped.agg(
        missed=("missed", "sum"), real=("real", "sum"), crps=("crps", "mean"), held=("held", "mean"), n=("real", "size")
    ).reset_index()
    made_table.insert(4, "wape", made_table["missed"] / made_table["real"])
    return made_table.drop(columns=["missed", "real"]).rename(columns={"held": "in_90", "n": "forecasts"})


def _error(one: rivals.Forecast, real: Floats) -> dict[str, float]:
    return {
        "missed": float(np.abs(one.middle - real).sum()),
        "real": float(real.sum()),
        "crps": float(metrics.crps(one.sample, real)[0]),
        "held": float(metrics.covered(one.sample, real, LEVEL)[0]),
    }


def _ahead(line: Line, told: Sequence[Line]) -> list[dict[str, Any]]:
    """Return the forecasts of a line from its last observed month."""
    origin = str(line.observed.dropna().index[-1])
    rows: list[dict[str, Any]] = []
    for ahead in HORIZONS:
        month = _later(origin, ahead)
        if month not in line.simulated.index or origin not in line.simulated.index:
            continue
        made = rule(_alike(line, told), origin, ahead)
        if line.label not in made.spread:
            continue
        found = forecast(line, made, origin, ahead)
        low, high = metrics.interval(found.sample, LEVEL)
        row = {"series": line.series, "nationality": line.label, "origin": origin, "month": month, "ahead": ahead}
        row |= {"last": float(line.real([origin])[0]), "forecast": float(found.middle[0])}
        rows.append(row | {"low": float(low[0]), "high": float(high[0]), "theta": made.theta, "kappa": made.kappa})
    return rows


def _alike(line: Line, told: Sequence[Line]) -> list[Line]:
    """Return the lines with which a line shares its coefficients."""
    if line.is_total:
        return [line]
    return [one for one in told if one.series == line.series and one.label not in (ALL, OTHERS)] + (
        [line] if line.label == OTHERS else []
    )


def _pairs(line: Line, last: str, ahead: int) -> tuple[Floats, Floats]:
    """Return observed changes, and pairs x (the run's change, the gap), of months of the fit up to a last one."""
    months = [m for m in line.observed.dropna().index if m in line.simulated.index and FIRST_FITTED <= m <= last]
    known = set(months)
    first = [m for m in months if _later(m, ahead) in known]
    if not first:
        return np.empty(0), np.empty((0, 2))
    then = [_later(m, ahead) for m in first]
    y, y_then = (np.log(line.real(part) + ANCHOR) for part in (first, then))
    s, s_then = (np.log(line.path(part) + ANCHOR) for part in (first, then))
    return y_then - y, np.column_stack([s_then - s, s - y])


def _later(month: str, ahead: int) -> str:
    return str(pd.Period(month, freq="M") + ahead)
