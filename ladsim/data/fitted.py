"""What calibration found: the fitted set that is the default, and the sets that fit about equally well.

conf/behavior/default.yaml, wish.yaml and familiarity.yaml hold what is in use where nothing has been fitted.
conf/behavior/fitted.csv holds what a fit made of it, one column a set; the first is the best one and the default.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ladsim.core.errors import UserError, close_matches
from ladsim.core.paths import conf_dir
from ladsim.core.plain_yaml import read_mapping

KINDS = (
    "parameter",
    "home_value",
    "lawful_prospect",
    "wish_level",
    "season",
    "familiarity",
    "evaders",
    "parties",
    "place_year",
    "place_nationality",
)
PLACE_YEARS = (2021, 2022, 2023, 2024)
HEAD = ("kind", "name", "nationality")
ROUNDED = 1e-6
"""By how much of itself a bound may be passed: values are written with six figures."""


def fitted_file() -> Path:
    """Return the file of fitted sets."""
    return conf_dir() / "behavior" / "fitted.csv"


def n_sets() -> int:
    """Return how many parameter sets there are: 1 where nothing has been fitted."""
    return max(1, len(read_sets(fitted_file())))


def fitted_set(number: int = 0) -> dict[tuple[str, str, str], float]:
    """Return a fitted set: (kind, name, nationality) -> value; empty where nothing has been fitted.

    Args:
        number: 0 for the best one.

    Raises:
        UserError: there is no such set, or the file cannot be read.
    """
    sets = read_sets(fitted_file())
    if not sets and number == 0:
        return {}
    if not 0 <= number < len(sets):
        raise UserError("no such parameter set", file=fitted_file(), value=number, expected=f"0 to {len(sets) - 1}")
    return sets[number]


def write_sets(path: Path, sets: Sequence[Mapping[tuple[str, str, str], float]]) -> None:
    """Write sets with the same keys as columns of a table, whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow([*HEAD, *(f"set_{i:02d}" for i in range(len(sets)))])
        for key in sets[0]:
            rows.writerow([*key, *(f"{one[key]:.6g}" for one in sets)])
    part.replace(path)


@lru_cache(maxsize=8)
def read_sets(path: Path) -> tuple[dict[tuple[str, str, str], float], ...]:
    """Return the sets of a table, none if it is not there.

    Raises:
        UserError: a row that does not belong in such a table, appears twice, or has an invalid value.
    """
    if not path.exists():
        return ()
    expected = ",".join((*HEAD, "set_00", "..."))
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"cannot read fitted sets: {error}", file=path, expected=expected) from None
    if len(rows) < 2 or tuple(rows[0][:3]) != HEAD or len(rows[0]) < 4:
        raise UserError("not a table of fitted sets", file=path, expected=expected)
    sets: list[dict[tuple[str, str, str], float]] = [{} for _ in rows[0][3:]]
    allowed = _allowed()
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(rows[0]) or row[0] not in KINDS:
            expected = f"{len(rows[0])} columns, kind one of {', '.join(KINDS)}"
            raise UserError("broken row of fitted sets", file=path, key=f"row {line}", value=row[:3], expected=expected)
        kind, name, nationality = row[0], row[1], row[2]
        if (kind, name, nationality) in sets[0]:
            raise UserError("a row of fitted sets stands twice", file=path, key=f"row {line}", value=row[:3])
        low, high = allowed[kind].range_of(name, nationality, path, line)
        for one, text in zip(sets, row[3:], strict=True):
            one[kind, name, nationality] = _number(text, path, line, low, high)
    return tuple(sets)


@dataclass(frozen=True)
class Allowed:
    """What a kind of row may be about, and which values it may have.

    Attributes:
        names: names that there are.
        nationalities: nationalities that there are; empty where a value holds for all.
        ranges: lowest and highest value, by name; ``""`` for all names.
    """

    names: frozenset[str]
    nationalities: frozenset[str]
    ranges: Mapping[str, tuple[float, float]]

    def range_of(self, name: str, nationality: str, path: Path, line: int) -> tuple[float, float]:
        """Return the range of a row's values; a UserError names what it is about if there is no such thing."""
        for what, value, known in (("name", name, self.names), ("nationality", nationality, self.nationalities)):
            if value not in (known or {""}):
                expected = close_matches(value, sorted(known)) if known else "nothing: it is about all"
                key = f"row {line}, {what}"
                raise UserError("a fitted value of nothing", file=path, key=key, value=value, expected=expected)
        return self.ranges.get(name) or self.ranges[""]


@lru_cache(maxsize=1)
def _allowed() -> dict[str, Allowed]:
    """Return kind -> what its rows may be, from the priors and what is assumed before a fit."""
    folder = conf_dir() / "behavior"
    priors = read_mapping(folder / "priors.yaml", "priors")
    wishes = read_mapping(folder / "wish.yaml", "wish levels")
    values = read_mapping(folder / "default.yaml", "behavior")
    people = frozenset(wishes["levels"])
    ranges = {name: tuple(map(float, values[name]["range"])) for name in priors["parameters"] if name in values}
    terms = {f"{region}.{term}" for region, found in wishes["season"].items() for term in found}
    months = {month for levels in wishes["levels"].values() for month in levels}

    def one(names: Iterable[str], whose: frozenset[str], low: float, high: float) -> Allowed:
        return Allowed(frozenset(names), whose, {"": (low, high)})

    places = read_mapping(folder / "journeys.yaml", "journeys")["places"]["states"]
    parties = ("single_adult", "family_member", "unaccompanied_child")
    return {
        "evaders": one(parties, people, 0.0, 1.0),
        "parties": one(parties, people, 0.0, 1.0),
        "place_year": one((f"{s}.{y}" for s in places for y in PLACE_YEARS), frozenset(), -20.0, 20.0),
        "place_nationality": one(set(places.values()), people, -20.0, 20.0),
        "parameter": Allowed(frozenset(ranges), frozenset(), {k: (low, high) for k, (low, high) in ranges.items()}),
        "season": one(terms, frozenset(), *priors["season"]["range"]),
        "wish_level": one(months, people, *priors["wish_level"]["range"]),
        "home_value": one(["home_value"], people, *priors["home_value"]["range"]),
        "lawful_prospect": one(["lawful_prospect"], people, *priors["lawful_prospect"]["range"]),
        "familiarity": one(priors["first_familiarity"]["families"], people, 0.0, 1.0),
    }


def _number(text: str, path: Path, line: int, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError("not a number", file=path, key=f"row {line}", value=text, expected="a finite number")
    if not within(value, low, high):
        expected = f"{low:g} to {high:g}"
        raise UserError("a fitted value outside its range", file=path, key=f"row {line}", value=text, expected=expected)
    return value


def within(value: float, low: float, high: float) -> bool:
    """Return whether a value lies in its range, as far as it is written."""
    return low - ROUNDED * abs(low) - 1e-9 <= value <= high + ROUNDED * abs(high) + 1e-9
