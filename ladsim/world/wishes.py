"""Who starts to consider leaving: a stream of wishes by residence group that no policy moves.

The rate is a level by nationality and half-year (persons per 1,000 of its population and host stocks, a year), shared
among the places of residence, moved by the yearly push index of the country of residence and by season. Levels stand
on the first day of a month in the middle of their half-year; between these days their logarithms are interpolated, and
beyond the ends they are flat. Shares of residence are interpolated between the middles of years.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim import data
from ladsim.core.errors import UserError, close_matches
from ladsim.core.paths import conf_dir
from ladsim.core.plain_yaml import read_mapping
from ladsim.data.fitted import fitted_set
from ladsim.world.people import People

Floats = NDArray[np.float64]
PER_THOUSAND = 1000.0
DAYS_A_YEAR = 365.25
JOURNEYS = ("evaders", "parties", "places")
KEYS = ("levels", "season", "season_of", "home_value", "lawful_prospect")
PUSH_SIGNS = {"gdp_per_capita": -1.0, "inflation": 1.0, "unemployment": 1.0, "fragility": 1.0}


def read_wishes(path: Path | None = None, parameter_set: int = 0) -> dict[str, Any]:
    """Return levels (nationality -> month -> persons per 1,000 and year), home values, prospects, seasons and journeys.

    Args:
        path: a file to use as it stands; the packaged one with the fitted levels and home values by default.
        parameter_set: which of the fitted sets.
    """
    fitted = fitted_set(parameter_set) if path is None else {}
    journeys = read_mapping(conf_dir() / "behavior" / "journeys.yaml", "journeys", JOURNEYS) if path is None else {}
    path = path or conf_dir() / "behavior" / "wish.yaml"
    loaded = {**read_mapping(path, "wish levels", KEYS), **journeys}
    for (kind, name, code), value in fitted.items():
        if kind == "home_value":
            loaded["home_value"][code] = value
        elif kind == "lawful_prospect":
            loaded["lawful_prospect"][code] = value
        elif kind == "wish_level":
            loaded["levels"].setdefault(code, {})[name] = value
        elif kind == "season":
            region, _, term = name.partition(".")
            loaded["season"][region][term] = value
        elif kind in ("evaders", "parties"):
            loaded[kind].setdefault(code, {})[name] = value
        elif kind == "place_year":
            sector, _, year = name.partition(".")
            loaded["places"]["years"].setdefault(sector, {})[int(year)] = value
        elif kind == "place_nationality":
            loaded["places"]["nationalities"].setdefault(code, {})[name] = value
    return loaded


def wishes_per_day(
    start: date,
    n_days: int,
    people: People,
    push_response: float,
    wishes: Mapping[str, Any] | None = None,
) -> Floats:
    """Return the expected number of persons a day who form the wish: n_days x groups.

    Args:
        start: first day.
        n_days: number of days.
        people: nationalities and residence groups.
        push_response: log rate per unit of the push index.
        wishes: levels and season; the packaged file by default.
    """
    wishes = wishes or read_wishes()
    levels = wishes["levels"]
    seasons = {region: season_ratios(terms) for region, terms in wishes["season"].items()}
    ordinals = np.arange(start.toordinal(), start.toordinal() + n_days)
    months = np.array([date.fromordinal(int(d)).month - 1 for d in ordinals])
    stock = np.bincount(people.group_nationality, weights=people.persons, minlength=people.n_nationalities)
    out = np.zeros((n_days, people.n_groups))
    for g in range(people.n_groups):
        code = people.nationalities[people.group_nationality[g]]
        if code not in levels:
            raise UserError("no wish level for a nationality", key=code, expected=close_matches(code, levels))
        share = _over_years(dict(zip(people.split_years, people.split[:, g], strict=True)), ordinals)
        level = level_on(levels[code], ordinals) / PER_THOUSAND
        rate = level * stock[people.group_nationality[g]] / DAYS_A_YEAR * share
        push = _over_years(push_change(people.group_country_code[g]), ordinals)
        season = seasons.get(wishes["season_of"].get(code, ""), np.ones(12))
        out[:, g] = rate * season[months] * np.exp(push_response * push)
    return out


def level_on(levels: Mapping[str, float], ordinals: NDArray[np.int64]) -> Floats:
    """Return a level on given days (ordinals), from values by month (``YYYY-MM``)."""
    months = sorted(levels)
    days = [date(int(m[:4]), int(m[5:]), 1).toordinal() for m in months]
    return np.asarray(np.exp(np.interp(ordinals, days, [math.log(float(levels[m])) for m in months])))


def season_ratios(terms: Mapping[str, float]) -> Floats:
    """Return the ratio of each calendar month to the year's mean: two harmonics in the logarithm, means kept at 1."""
    angle = 2.0 * np.pi * np.arange(12) / 12.0
    log = sum(
        float(terms[f"cos_{k}"]) * np.cos(k * angle) + float(terms[f"sin_{k}"]) * np.sin(k * angle) for k in (1, 2)
    )
    ratio = np.exp(log)
    return np.asarray(ratio / ratio.mean())


def push_change(country: str) -> dict[int, float]:
    """Return the change of a country's push index since its first year, in standard deviations over countries.

    The index is the mean of the standardized income per head (negative), inflation (log), unemployment and fragility.
    A year without a figure keeps the last.
    """
    index = _push_index()
    if country not in index:
        return {2021: 0.0}
    values = index[country]
    first = values[min(values)]
    return {year: value - first for year, value in values.items()}


@cache
def _push_index() -> dict[str, dict[int, float]]:
    table = data.table("push")
    found: dict[str, dict[int, float]] = {}
    frames = []
    for indicator, sign in PUSH_SIGNS.items():
        rows = table[(table["indicator"] == indicator) & (table["year"] >= 2021)].copy()
        if not len(rows):
            continue
        values = rows["value"].astype(float)
        if indicator in ("inflation", "gdp_per_capita"):
            values = values.clip(lower=0.5).map(np.log)
        rows["z"] = sign * (values - values.mean()) / values.std()
        frames.append(rows.pivot_table(index="year", columns="country", values="z").ffill())
    if not frames:
        return found
    mean: pd.DataFrame = pd.concat([f.reindex(columns=_columns(frames)).fillna(0.0) for f in frames])
    mean = mean.groupby(level=0).mean()
    for country in mean.columns:
        found[str(country)] = {int(str(y)): float(v) for y, v in mean[country].items()}
    return found


def _columns(frames: list[Any]) -> list[str]:
    names: set[str] = set()
    for frame in frames:
        names |= set(frame.columns)
    return sorted(names)


def _over_years(values: Mapping[int, float], ordinals: NDArray[np.int64]) -> Floats:
    """Interpolate yearly values, each standing at the middle of its year; flat beyond the ends."""
    years = sorted(int(y) for y in values)
    middles = [date(y, 7, 1).toordinal() for y in years]
    return np.interp(ordinals, middles, [float(values[y]) for y in years])
