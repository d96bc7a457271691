"""Means and intervals over replicates: what every table and figure says about how sure a number is.

A replicate has a seed of its own, one of the fitted parameter sets in turn, and its own draw of the assumed terms, so
that the spread over replicates holds chance, what calibration could not tell apart, and what nobody has documented
(results/variance.py tells the three apart). An interval is the 90 percent t *prediction* interval of a
replicate, mean +- t sd sqrt(1 + 1/n) (Student 1908; Geisser 1993, Predictive Inference): where another replicate would
lie. More replicates make it steadier, not narrower. It says nothing about data or the model's form, whose error
docs/validation.md shows to be larger. With one parameter set it covers chance only, with one seed there is none (NaN).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim.core.errors import UserError, close_matches
from ladsim.core.schema import MEASURES, STOCK_MEASURES
from ladsim.data.names import FISCAL_FIRST

Floats = NDArray[np.float64]

LEVEL = 0.90
KEYS = ("measure", "place", "nationality")
FREQUENCIES = {
    "M": "month",
    "Q": "quarter",
    "Y": "calendar year",
    "FY": "US fiscal year",
    "all": "whole period",
}
ALL = "ALL"

_ORDER = {m: i for i, m in enumerate(MEASURES)}
_EVENTS = ("encounters_between_ports", "encounters_at_ports", "irregular_entries", "interdictions")


def unit_of(measure: str) -> str:
    """Return what a measure counts: persons, events, passages or USD; stocks say that they are monthly means."""
    if measure == "smuggling_payments":
        return "USD"
    if measure == "passages":
        return "passages"
    if measure in STOCK_MEASURES:
        return "persons (stock, mean of month ends)"
    if measure in _EVENTS or measure.startswith(("dispositions_", "encounters_")):
        return "events"
    return "persons"


def t_quantile(n: int) -> float:
    """Return the t quantile that spans the interval's level with n - 1 degrees of freedom (NaN for one seed)."""
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, 0.5 + LEVEL / 2)) if n > 1 else float("nan")


def interval_note(parameter_sets: int, *, assumed: bool = False) -> str:
    """Return what an interval covers.

    Args:
        parameter_sets: how many fitted parameter sets its replicates took.
        assumed: whether assumed terms were drawn.
    """
    covered = ["chance"] + ["fitted sets"] * (parameter_sets > 1) + ["assumed terms"] * assumed
    left = [*(name for name in ("fitted sets", "assumed terms") if name not in covered), "the model's form"]
    held = " and ".join(covered) if len(covered) < 3 else f"{', '.join(covered[:-1])} and {covered[-1]}"
    return f"90 percent t interval over replicates; it covers {held}, not {_either(left)}"


def _either(names: list[str]) -> str:
    """Return names as a list of alternatives in words."""
    return " or ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} or {names[-1]}"


def prediction_interval(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean, low and high over the last axis (replicates) of where another replicate would lie.

    low and high are NaN with a single replicate.
    """
    n = values.shape[-1]
    mean = values.mean(axis=-1)
    if n < 2:
        nothing = np.full_like(mean, np.nan)
        return mean, nothing, nothing.copy()
    half = t_quantile(n) * values.std(axis=-1, ddof=1) * np.sqrt(1 + 1 / n)
    return mean, mean - half, mean + half


def mean_interval(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean, low and high of the *mean* over the last axis: how far it is from that of infinitely many.

    low and high are NaN with a single replicate.
    """
    n = values.shape[-1]
    mean = values.mean(axis=-1)
    if n < 2:
        nothing = np.full_like(mean, np.nan)
        return mean, nothing, nothing.copy()
    half = t_quantile(n) * values.std(axis=-1, ddof=1) / np.sqrt(n)
    return mean, mean - half, mean + half


def ratio_interval(difference: Floats, base: Floats) -> tuple[Floats, Floats, Floats]:
    """Return 100 * mean(difference) / mean(base) with its prediction interval over the last axis (replicates).

    The spread is that of a ratio by linearization (Cochran 1977, Sampling Techniques, section 6.3). NaN where the base
    is zero.
    """
    n = difference.shape[-1]
    mean_base = base.mean(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(mean_base != 0, difference.mean(axis=-1) / mean_base, np.nan)
        if n < 2:
            nothing = np.full_like(ratio, np.nan)
            return 100 * ratio, nothing, nothing.copy()
        residual = difference - ratio[..., None] * base
        half = t_quantile(n) * residual.std(axis=-1, ddof=1) * np.sqrt(1 + 1 / n) / np.abs(mean_base)
    return 100 * ratio, 100 * (ratio - half), 100 * (ratio + half)


def months_between(start: str, end: str) -> tuple[str, ...]:
    """Return the months (YYYY-MM) that the days from start to end, both included, touch."""
    return tuple(str(p) for p in pd.period_range(start[:7], end[:7], freq="M"))


def check_names(kind: str, names: Sequence[str], known: Sequence[str]) -> None:
    """Raise a UserError for the first name that is not known."""
    for name in names:
        if name not in known:
            raise UserError(f"unknown {kind}", value=name, expected=close_matches(name, known))


def period_of(month: str, freq: str) -> str:
    """Return the period that a month (YYYY-MM) lies in, such as 2024Q2 or FY2024.

    Args:
        month: the month.
        freq: 'M' months, 'Q' calendar quarters, 'Y' calendar years, 'FY' US fiscal years, which begin in October of
            the year before.
    """
    year, number = int(month[:4]), int(month[5:7])
    if freq == "Q":
        return f"{year}Q{(number + 2) // 3}"
    if freq == "FY":
        return f"FY{year + (number >= FISCAL_FIRST)}"
    return month[:4] if freq == "Y" else month


def periods(months: Sequence[str], freq: str) -> tuple[list[str], pd.Series]:
    """Return the periods' names in order, and the period of each month."""
    if freq not in FREQUENCIES:
        raise UserError("unknown frequency", key="freq", value=freq, expected=close_matches(freq, FREQUENCIES))
    names = [f"{months[0]}..{months[-1]}" if freq == "all" else period_of(month, freq) for month in months]
    return list(dict.fromkeys(names)), pd.Series(names, index=list(months), dtype=object)


def totals(
    monthly: pd.DataFrame,
    months: Sequence[str],
    seeds: Sequence[int],
    *,
    by: Sequence[str] = ("measure",),
    freq: str = "Y",
) -> pd.DataFrame:
    """Return totals by group and period (rows) and seed (columns); what did not happen is zero.

    Stocks (lawful_queue, stranded) are averaged over the months of a period, everything else is added up.

    Args:
        monthly: The tidy table (columns seed, month, measure, place, nationality, value).
        months: All months of the run; a period's mean stock divides by their number.
        seeds: All seeds of the run.
        by: Groups, out of measure, place and nationality; measure is always one.
        freq: 'M' months, 'Q' quarters, 'Y' calendar years, 'FY' US fiscal years, 'all' the whole period.

    Returns:
        A float table indexed by (measure, ..., period) with a column for each seed.
    """
    check_names("column", by, KEYS)
    by = [k for k in KEYS if k == "measure" or k in by]
    names, period_of = periods(months, freq)
    seed_list = list(seeds)
    keys, group = _groups(monthly, by)
    period = _positions(monthly["month"], {m: names.index(p) for m, p in period_of.items()})
    seed = _positions(monthly["seed"], {s: i for i, s in enumerate(seed_list)})
    shape = (len(keys), len(names), len(seed_list))
    flat = np.ravel_multi_index((group, period, seed), shape) if len(monthly) else np.empty(0, np.intp)
    # Sums of whole numbers are exact in doubles below 2**53.
    sums = np.bincount(flat, weights=monthly["value"].to_numpy(np.float64), minlength=int(np.prod(shape)))
    values: Floats = sums.astype(np.float64).reshape(shape)
    if freq != "M":
        stock = np.array([k[0] in STOCK_MEASURES for k in keys], dtype=bool)
        length = period_of.value_counts().reindex(names).to_numpy(np.float64)
        values[stock] /= length[None, :, None]
    rows = [(*k, p) for k in keys for p in names]
    index = pd.MultiIndex.from_tuples(rows, names=[*by, "period"])
    return pd.DataFrame(values.reshape(-1, len(seed_list)), index=index, columns=pd.Index(seed_list, name="seed"))


def _positions(column: pd.Series, position: dict[Any, int]) -> NDArray[np.intp]:
    codes, found = pd.factorize(column)
    unknown = [v for v in found if v not in position]
    if unknown:
        raise ValueError(f"the monthly table has a {column.name} that the run has not: {unknown[0]}")
    return np.array([position[v] for v in found], dtype=np.intp)[codes]


def _groups(monthly: pd.DataFrame, by: Sequence[str]) -> tuple[list[tuple[str, ...]], NDArray[np.intp]]:
    """Return the groups that occur, in order, and the group of each row."""
    if not len(monthly):
        return [], np.empty(0, np.intp)
    parts = [pd.factorize(monthly[k]) for k in by]
    code = np.ravel_multi_index([c for c, _ in parts], [len(found) for _, found in parts])
    used, group = np.unique(code, return_inverse=True)
    columns = np.unravel_index(used, [len(found) for _, found in parts])
    keys = [tuple(str(parts[i][1][c[j]]) for i, c in enumerate(columns)) for j in range(len(used))]
    order = sorted(range(len(keys)), key=lambda j: (_ORDER[keys[j][0]], *keys[j][1:]))
    rank = np.empty(len(order), np.intp)
    rank[order] = np.arange(len(order))
    return [keys[j] for j in order], rank[group]


def describe(wide: pd.DataFrame) -> pd.DataFrame:
    """Return mean, low, high and the number of seeds for a table of :func:`totals`; counts are never below zero."""
    mean, low, high = prediction_interval(wide.to_numpy())
    out = wide.index.to_frame(index=False)
    out["mean"], out["low"], out["high"] = mean, np.maximum(low, 0.0), high
    out["seeds"] = wide.shape[1]
    return out


def paired(scenario: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Return the paired difference, scenario minus reference, of two tables of :func:`totals`, seed by seed.

    Columns: scenario and reference (means), difference with low and high, percent with percent_low and percent_high,
    same_sign (share of seeds whose difference has the sign of the mean difference; NaN where that is zero), seeds.
    """
    rows = scenario.index.union(reference.index, sort=False)
    ours = scenario.reindex(rows, fill_value=0.0).to_numpy()
    theirs = reference.reindex(rows, fill_value=0.0).to_numpy()
    difference = ours - theirs
    mean, low, high = prediction_interval(difference)
    percent, percent_low, percent_high = ratio_interval(difference, theirs)
    # Counts are never below zero, so nothing falls by more than all of it.
    percent_low = np.maximum(percent_low, -100.0)
    same = (np.sign(difference) == np.sign(mean)[..., None]).mean(axis=-1)
    out = rows.to_frame(index=False)
    out["scenario"], out["reference"] = ours.mean(axis=-1), theirs.mean(axis=-1)
    out["difference"], out["low"], out["high"] = mean, low, high
    out["percent"], out["percent_low"], out["percent_high"] = percent, percent_low, percent_high
    out["same_sign"] = np.where(mean == 0, np.nan, same)
    out["seeds"] = difference.shape[-1]
    return in_order(out)


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the order of the measures, places, nationalities and periods, the whole period last."""
    keys = pd.DataFrame({"measure": frame["measure"].map(_ORDER)}, index=frame.index)
    for name in KEYS[1:]:
        if name in frame:
            keys[name] = frame[name]
    keys["whole"] = frame["period"].str.contains("..", regex=False)
    keys["period"] = frame["period"]
    return frame.loc[keys.sort_values(list(keys.columns), kind="stable").index].reset_index(drop=True)


def unit_column(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the measure's unit beside the measure."""
    frame = frame.copy()
    units = {m: unit_of(m) for m in MEASURES}
    frame.insert(list(frame.columns).index("measure") + 1, "unit", frame["measure"].map(units).astype(object))
    return frame
