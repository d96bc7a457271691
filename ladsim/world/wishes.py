"""Who starts to consider leaving: two streams of wishes by residence group that no policy moves.

The rate is a level by nationality and half-year (persons per 1,000 of its population and host stocks, a year), shared
among the places of residence, moved by the yearly push index of the country of residence and by season. Levels stand
on the first day of a month in the middle of their half-year; between these days their logarithms are interpolated, and
beyond the ends they are flat. Shares of residence are interpolated between the middles of years.

Beside them are those who would leave only by a lawful pathway: a constant rate by nationality. Employers, sponsors and
universities find most of the people whom they bring among those who would never cross a border irregularly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ladsim.core.errors import UserError, close_matches
from ladsim.core.paths import conf_dir
from ladsim.core.plain_yaml import read_mapping, read_mapping_at
from ladsim.data.fitted import fitted_set
from ladsim.world.people import People
from ladsim.world.statistics import FIRST_YEAR
from ladsim.world.wish_checks import JOURNEYS, KEYS, OWN_KEYS, PARTIES, PER_THOUSAND, check_journeys, check_wishes
from ladsim.world.world import World

Floats = NDArray[np.float64]
DAYS_A_YEAR = 365.25


def read_wishes(path: Path | None = None, parameter_set: int = 0) -> dict[str, Any]:
    """Return levels (nationality -> month -> persons per 1,000 and year), home values, prospects, seasons and journeys.

    ``lawful_only`` is by nationality, without months: persons per 1,000 and year who would leave only lawfully.

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


def wishes_of(world: World, parameter_set: int = 0) -> dict[str, Any]:
    """Return the wishes of a world: the packaged ones as fitted, or those of its folder as they stand.

    Of a folder of one's own, wish.yaml needs ``levels`` and ``home_value`` of every nationality; seasons and prospects
    may be left out, and so may journeys.yaml: nobody evades then, parties are those of parties.csv, and no place is
    worth more than another.

    Raises:
        UserError: a nationality has no level or home value, a value is not a number, or a season is not known.
    """
    if world.packaged:
        return read_wishes(parameter_set=parameter_set)
    file, others = world.folder / "wish.yaml", world.folder / "journeys.yaml"
    told, where = read_mapping_at(file, "wish levels", OWN_KEYS)
    check_wishes(told, where, world.nationalities)
    journeys: dict[str, Any] = {}
    if others.exists():
        journeys, where = read_mapping_at(others, "journeys")
        check_journeys(journeys, where, world.nationalities, world.sectors)
    nobody = {"default": dict.fromkeys(PARTIES, 0.0)}
    found = {"season": {}, "season_of": {}, "evaders": nobody, "parties": {}, "places": {}, **told, **journeys}
    for key in ("lawful_prospect", "lawful_only"):
        found[key] = dict.fromkeys(world.nationalities, 0.0) | found.get(key, {})
    return found


def check_packaged_wishes(world: World) -> None:
    """Raise a UserError for the first mistake in conf/behavior/wish.yaml and journeys.yaml."""
    folder = conf_dir() / "behavior"
    check_wishes(*read_mapping_at(folder / "wish.yaml", "wish levels", KEYS), world.nationalities)
    journeys = read_mapping_at(folder / "journeys.yaml", "journeys", JOURNEYS)
    check_journeys(*journeys, world.nationalities, world.sectors)


def wishes_per_day(
    start: date,
    n_days: int,
    people: People,
    push_response: float,
    wishes: Mapping[str, Any],
    push: Mapping[str, Mapping[int, float]],
) -> Floats:
    """Return the expected number of persons a day who form the wish: n_days x groups.

    Args:
        start: first day.
        n_days: number of days.
        people: nationalities and residence groups.
        push_response: log rate per unit of the push index.
        wishes: levels and season.
        push: the push index by country and year.
    """
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
        moved = _over_years(push_change(push, people.group_country_code[g]), ordinals)
        season = seasons.get(wishes["season_of"].get(code, ""), np.ones(12))
        out[:, g] = rate * season[months] * np.exp(push_response * moved)
    return out


def lawful_only_per_day(start: date, n_days: int, people: People, wishes: Mapping[str, Any]) -> Floats:
    """Return the persons a day who form the wish to leave by a lawful pathway and no other way: n_days x groups.

    Args:
        start: first day.
        n_days: number of days.
        people: nationalities and residence groups.
        wishes: ``lawful_only``, persons per 1,000 of a nationality's population and host stocks, a year; 0 for one that
            it leaves out.
    """
    rates = wishes.get("lawful_only", {})
    ordinals = np.arange(start.toordinal(), start.toordinal() + n_days)
    stock = np.bincount(people.group_nationality, weights=people.persons, minlength=people.n_nationalities)
    out = np.zeros((n_days, people.n_groups))
    for g in range(people.n_groups):
        n = people.group_nationality[g]
        rate = float(rates.get(people.nationalities[n], 0.0)) / PER_THOUSAND
        share = _over_years(dict(zip(people.split_years, people.split[:, g], strict=True)), ordinals)
        out[:, g] = rate * stock[n] / DAYS_A_YEAR * share
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


def push_change(index: Mapping[str, Mapping[int, float]], country: str) -> dict[int, float]:
    """Return the change of a country's push index since its first year, in standard deviations over countries.

    Args:
        index: the index by country and year; see world.statistics.push_index.
        country: ISO3; one that the index lacks is not moved.
    """
    if country not in index:
        return {FIRST_YEAR: 0.0}
    values = index[country]
    first = values[min(values)]
    return {year: value - first for year, value in values.items()}


def _over_years(values: Mapping[int, float], ordinals: NDArray[np.int64]) -> Floats:
    """Interpolate yearly values, each standing at the middle of its year; flat beyond the ends."""
    years = sorted(int(y) for y in values)
    middles = [date(y, 7, 1).toordinal() for y in years]
    return np.interp(ordinals, middles, [float(values[y]) for y in years])
