"""What wish.yaml, journeys.yaml and familiarity.yaml may hold; every mistake is told with its file and line."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ladsim.core.checks import is_number
from ladsim.core.errors import UserError, close_matches
from ladsim.core.schema import Party
from ladsim.core.strict_yaml import Where

PER_THOUSAND = 1000.0
BY_NATIONALITY = (
    ("home_value", -100.0, 100.0, "utility, -100 to 100"),
    ("lawful_prospect", -100.0, 100.0, "utility, -100 to 100"),
    ("lawful_only", 0.0, PER_THOUSAND, "persons per 1,000 and year, 0 to 1,000"),
)
"""What wish.yaml holds by nationality beside the levels: key, lowest and highest value, and these in words."""
KEYS = ("levels", "season", "season_of", "home_value", "lawful_prospect", "lawful_only")
OWN_KEYS = ("levels", "home_value")
"""Keys that the wish.yaml of a world of one's own needs; the others of KEYS may be left out."""
JOURNEYS = ("evaders", "parties", "places")
PLACES = ("states", "years", "nationalities")
ABOUT = ("unit", "evidence", "range", "note")
"""Keys that tell readers about a file, and that nothing reads."""
SEASON = ("cos_1", "sin_1", "cos_2", "sin_2")
PARTIES = tuple(party.name.lower() for party in Party)
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
YEAR = re.compile(r"(19|20|21)\d\d")
DEFAULT = "default"
LEVELS = "persons per 1,000 and year by month, such as {2021-01: 2.5}, each above 0 and at most 1,000"
LARGEST = 100.0
"""Utility that anything is worth at most, whether a place or a season."""


def check_wishes(told: Mapping[Any, Any], where: Where, nationalities: Sequence[str]) -> None:
    """Raise a UserError for the first mistake in a wish.yaml.

    Args:
        told: what it holds; keys that may be left out need not be there.
        where: where it stands.
        nationalities: codes of the world's nationalities; each needs levels and a home value.
    """
    _check_keys(told, (*KEYS, *ABOUT), (), where)
    for key, low, high, unit in BY_NATIONALITY:
        if key not in told and key not in OWN_KEYS:
            continue
        given = _rows(told.get(key), (key,), where, nationalities, "nationality")
        if key in OWN_KEYS:
            _check_each(given, (key,), where, nationalities, unit)
        for code, value in given.items():
            _number(value, (key, code), where, low, high, unit)
    levels = _rows(told.get("levels"), ("levels",), where, nationalities, "nationality")
    _check_each(levels, ("levels",), where, nationalities, LEVELS)
    for code, by_month in levels.items():
        good = isinstance(by_month, Mapping) and by_month and all(MONTH.fullmatch(str(m)) for m in by_month)
        if not good or not all(is_number(v) and 0 < v <= PER_THOUSAND for v in by_month.values()):
            raise _mistake("no levels of the wish", ("levels", code), by_month, LEVELS, where)
    seasons = told.get("season", {})
    if not isinstance(seasons, Mapping):
        raise _mistake("not a mapping", ("season",), seasons, "the terms of a season, by its name", where)
    for name, terms in seasons.items():
        at = ("season", name)
        given = _rows(terms, at, where, SEASON, "term of a season")
        _check_each(given, at, where, SEASON, f"a number, {-LARGEST:g} to {LARGEST:g}")
        for term, value in given.items():
            _number(value, (*at, term), where, -LARGEST, LARGEST, f"a number, {-LARGEST:g} to {LARGEST:g}")
    for code, name in _rows(told.get("season_of", {}), ("season_of",), where, nationalities, "nationality").items():
        if name not in seasons:
            expected = close_matches(name, seasons) if seasons else "a season that the file describes (season)"
            raise _mistake("no such season", ("season_of", code), name, expected, where)


def check_journeys(
    told: Mapping[Any, Any], where: Where, nationalities: Sequence[str], sectors: Collection[str]
) -> None:
    """Raise a UserError for the first mistake in a journeys.yaml.

    Args:
        told: what it holds; any of its keys may be left out.
        where: where it stands.
        nationalities: codes of the world's nationalities.
        sectors: labels of the stretches of the border on which people cross.
    """
    _check_keys(told, (*JOURNEYS, *ABOUT), (), where)
    for key in ("evaders", "parties"):
        known = (*nationalities, DEFAULT) if key == "evaders" else nationalities
        for code, shares in _rows(told.get(key, {}), (key,), where, known, "nationality").items():
            found = _rows(shares, (key, code), where, PARTIES, "party")
            for party, value in found.items():
                _number(value, (key, code, party), where, 0.0, 1.0, "a share, 0 to 1")
            if key == "parties":
                _check_each(found, (key, code), where, PARTIES, "a share, 0 to 1")
                if not sum(found.values()) > 0.0:
                    raise _mistake("no shares of parties", (key, code), dict(found), "shares that add to 1", where)
    places = told.get("places", {})
    _check_keys(places, PLACES, ("places",), where)
    states = _rows(places.get("states", {}), ("places", "states"), where, sectors, "sector")
    for sector, state in states.items():
        if not isinstance(state, str):
            raise _mistake("not text", ("places", "states", sector), state, "the name of a group of sectors", where)
    unit = f"utility, {-LARGEST:g} to {LARGEST:g}"
    for sector, years in _rows(places.get("years", {}), ("places", "years"), where, sectors, "sector").items():
        at = ("places", "years", sector)
        if not isinstance(years, Mapping) or not all(YEAR.fullmatch(str(year)) for year in years):
            raise _mistake("not by year", at, years, f"{unit}, by year, such as {{2021: 0.5}}", where)
        for year, value in years.items():
            _number(value, (*at, year), where, -LARGEST, LARGEST, unit)
    own = _rows(places.get("nationalities", {}), ("places", "nationalities"), where, nationalities, "nationality")
    for code, groups in own.items():
        at = ("places", "nationalities", code)
        for group, value in _rows(groups, at, where, set(states.values()), "group of sectors").items():
            _number(value, (*at, group), where, -LARGEST, LARGEST, unit)


def check_familiarity(
    told: Mapping[Any, Any], where: Where, nationalities: Sequence[str], families: Collection[str]
) -> None:
    """Raise a UserError for the first mistake in a familiarity.yaml.

    Args:
        told: what it holds.
        where: where it stands.
        nationalities: codes of the world's nationalities.
        families: families of ways that people must get to know.
    """
    _check_keys(told, ("shares", *ABOUT), (), where)
    for family, row in _rows(told.get("shares"), ("shares",), where, families, "family of ways").items():
        at = ("shares", family)
        found = _rows(row, at, where, (*nationalities, DEFAULT), "nationality")
        for code, value in found.items():
            _number(value, (*at, code), where, 0.0, 1.0, "a share, 0 to 1")
        unsaid = [code for code in nationalities if code not in found]
        if DEFAULT not in found and unsaid:
            raise _mistake("no share for a nationality", at, unsaid[0], f"a share, or {DEFAULT}: ...", where)


def _mistake(message: str, at: Sequence[Any], value: object, expected: str, where: Where) -> UserError:
    return UserError(message, file=where.place(at), key=where.key(at), value=value, expected=expected)


def _check_keys(told: Any, known: Sequence[str], at: tuple[str, ...], where: Where) -> None:
    if not isinstance(told, Mapping):
        raise _mistake("not a mapping", at, told, "key: value, of the keys " + ", ".join(known), where)
    for key in told:
        if key not in known:
            raise _mistake("unknown key", (*at, key), key, close_matches(key, known), where)


def _rows(given: Any, at: tuple[Any, ...], where: Where, known: Collection[str], what: str) -> Mapping[Any, Any]:
    """Return a mapping whose keys are among the known ones; raise a UserError if it is anything else."""
    if not isinstance(given, Mapping):
        example = f", such as {{{next(iter(known))}: ...}}" if known else ""
        raise _mistake(f"not by {what}", at, given, f"a mapping by {what}{example}", where)
    for name in given:
        if name not in known:
            hint = close_matches(name, known) if known else f"no {what} is known"
            raise _mistake(f"no such {what}", (*at, name), name, hint, where)
    return given


def _check_each(
    given: Mapping[Any, Any], at: tuple[Any, ...], where: Where, names: Sequence[str], expected: str
) -> None:
    for name in names:
        if name not in given:
            raise UserError("a key is missing", file=where.place(at), key=where.key((*at, name)), expected=expected)


def _number(value: Any, at: tuple[Any, ...], where: Where, low: float, high: float, unit: str) -> None:
    if not is_number(value):
        raise _mistake("not a number", at, value, unit, where)
    if not low <= value <= high:
        raise _mistake("out of range", at, value, unit, where)
