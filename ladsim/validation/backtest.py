"""Rolling origins: what the model and its rivals say some months ahead, from what could be known at the origin.

The policy calendar is known to the model: its path is the free run of ``history``, once as it is and once anchored,
that is multiplied by the ratio of observed to simulated at the origin. Its parameters have seen the months of the fit,
the rivals have not; only from the last month of the fit on does neither know what comes. Rivals are fitted anew at each
origin to the months up to it. Intervals of the model are widened by its misses before the origin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from ladsim.results.intervals import months_between
from ladsim.series.panel import Line
from ladsim.validation import metrics, predictive, rivals
from ladsim.validation.predictive import Floats
from ladsim.validation.settings import Settings

FREE, ANCHORED = "ladsim", "ladsim anchored"
METHODS = (FREE, ANCHORED, *rivals.RIVALS)
COLUMNS = ["series", "label", "origin", "ahead", "month", "method", "observed", "predicted", "crps"]


@dataclass(frozen=True)
class Look:
    """A look ahead from an origin: how many months, and which."""

    origin: str
    ahead: tuple[int, ...]

    @property
    def months(self) -> list[str]:
        """The months looked at."""
        later = pd.period_range(self.origin, periods=max(self.ahead) + 1, freq="M").astype(str)
        return [str(later[h]) for h in self.ahead]


def looks(settings: Settings, step: int) -> list[Look]:
    """Return the looks ahead: within the months of the fit every `step` months, then from its last month.

    From the last month of the fit every month of validation is looked at; nothing later.
    """
    last = settings.fit[-1]
    made = []
    for origin in months_between(settings.first_origin, last)[::step]:
        look = Look(origin, settings.horizons)
        ahead = tuple(h for h, month in zip(look.ahead, look.months, strict=True) if month <= last)
        if ahead:
            made.append(Look(origin, ahead))
    return [*made, Look(last, tuple(range(1, len(settings.validation) + 1)))]


def backtest(lines: Sequence[Line], settings: Settings, advance: Callable[[], None] = lambda: None) -> pd.DataFrame:
    """Return one row for each line, origin, month and method; interval columns ``in_50`` and so on hold 0 or 1.

    Totals are looked at from every month, single nationalities every few months (settings).

    Args:
        lines: what is forecast.
        settings: settings of the score.
        advance: called after each line.
    """
    every = {total: looks(settings, 1 if total else settings.step_by_nationality) for total in (True, False)}
    makers = _makers(lines, settings, sorted({x.origin for part in every.values() for x in part}))
    rows: list[dict[str, object]] = []
    for line in lines:
        for look in every[line.is_total]:
            rows += _rows(line, look, makers[look.origin], settings)
        advance()
    return pd.DataFrame(rows)


Maker = Callable[[Line, Look], tuple[Floats, Floats]]
Spreads = dict[tuple[str, str], predictive.Discrepancy]


def _makers(lines: Sequence[Line], settings: Settings, origins: Sequence[str]) -> dict[str, dict[str, Maker]]:
    """Return origin -> method -> what makes a middle by month and months x members."""
    made: dict[str, dict[str, Maker]] = {}
    forecast = rivals.remembered()
    last, step = settings.fit[-1], predictive.walk()
    for origin in origins:
        past = [m for m in settings.fit if m <= origin]
        found = predictive.discrepancies(lines, past, settings.prior_months)
        # Within the months of the fit the levels of wishes are fitted; after it they may have moved.
        drifts = partial(predictive.drifts, lines, last=last, step=step) if origin == last else None
        made[origin] = {
            FREE: partial(_free, found=found, drifts=drifts),
            ANCHORED: partial(_anchored, lines=lines, past=past, prior_months=settings.prior_months, kept={}),
            **{name: partial(_rival, name=name, forecast=forecast) for name in rivals.RIVALS},
        }
    return made


def _free(
    line: Line,
    look: Look,
    *,
    found: Spreads,
    drifts: Callable[[Sequence[str]], dict[tuple[str, str], Floats]] | None,
) -> tuple[Floats, Floats]:
    runs, key = line.runs(look.months), (line.series, line.label)
    drift = 0.0 if drifts is None else drifts(look.months)[key]
    return runs.mean(axis=1), found[key].sample(runs, drift)


def _anchored(
    line: Line,
    look: Look,
    *,
    lines: Sequence[Line],
    past: Sequence[str],
    prior_months: float,
    kept: dict[int, Spreads],
) -> tuple[Floats, Floats]:
    runs = predictive.anchored(line, [look.origin] * len(look.ahead), look.months)
    samples = []
    for ahead, values in zip(look.ahead, runs, strict=True):
        if ahead not in kept:
            every = {(x.series, x.label): predictive.anchored_misses(x, past, ahead) for x in lines}
            kept[ahead] = predictive.borrowed(every, prior_months)
        samples.append(kept[ahead][line.series, line.label].sample(values[None, :]))
    return runs.mean(axis=1), np.concatenate(samples)


def _rival(
    line: Line, look: Look, *, name: str, forecast: Callable[[str, Floats, int], rivals.Forecast]
) -> tuple[Floats, Floats]:
    made = forecast(name, line.history(look.origin), max(look.ahead))
    wanted = [h - 1 for h in look.ahead]
    return made.middle[wanted], made.sample[wanted]


def _rows(line: Line, look: Look, makers: dict[str, Maker], settings: Settings) -> list[dict[str, object]]:
    real = line.real(look.months)
    rows = []
    for method, maker in makers.items():
        middle, sample = maker(line, look)
        crps = metrics.crps(sample, real)
        inside = {level: metrics.covered(sample, real, level) for level in settings.levels}
        for i, (ahead, month) in enumerate(zip(look.ahead, look.months, strict=True)):
            row = (line.series, line.label, look.origin, ahead, month, method, real[i], middle[i], crps[i])
            held = {f"in_{round(100 * level)}": float(inside[level][i]) for level in settings.levels}
            rows.append({**dict(zip(COLUMNS, row, strict=True)), **held})
    return rows


def summary(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return WAPE, CRPS over what was observed, and coverage by groups, the method among them.

    Args:
        rows: rows of :func:`backtest`.
        by: groups, for instance series and months ahead.
    """
    keys = [*by, "method"]
    parts = rows.assign(missed=(rows["observed"] - rows["predicted"]).abs())
    held = [c for c in rows.columns if c.startswith("in_")]
    groups = parts.groupby(keys, sort=False)
    out = groups[held].mean()
    total = groups["observed"].sum()
    out.insert(0, "crps", groups["crps"].sum() / total)
    out.insert(0, "wape", groups["missed"].sum() / total)
    out["looks"] = groups.size()
    return out.reset_index()
