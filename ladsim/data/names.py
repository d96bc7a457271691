"""Names and dates as people write them: nationalities, places, months, years and fiscal years.

nationality("Venezuela")  -> "VEN"
place("RGV", known)       -> "Rio Grande Valley"
month("FY2024", last=True) -> "2024-09"
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ladsim.core.checks import FIRST_DATE, LAST_DATE
from ladsim.core.errors import UserError, close_matches
from ladsim.core.paths import instruments_dir

FOLDER = Path(__file__).resolve().parent

TOTALS = ("ALL", "OTH")
MONTH = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?(?:[T ].*)?")
YEAR = re.compile(r"\d{4}")
FISCAL = re.compile(r"FY ?(\d{4}|\d{2})", re.IGNORECASE)
FISCAL_FIRST, FISCAL_LAST = 10, 9


def folded(text: str) -> str:
    """Return a text without case, accents and marks, for comparing names."""
    plain = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^a-z0-9]+", " ", "".join(c for c in plain if not unicodedata.combining(c)).casefold()).strip()


@cache
def _nationalities() -> dict[str, str]:
    found = {folded(code): code for code in TOTALS}
    for row in _rows("nationalities"):
        for name in (row["nationality"], row["name"], *filter(None, row["also"].split(";"))):
            found[folded(name)] = row["nationality"]
    return found


@cache
def short_places() -> dict[str, str]:
    """Return the abbreviations that the Border Patrol uses for its sectors and the whole border -> their names."""
    return {row["short"]: row["label"] for row in _rows("route_nodes") if row["short"]}


@cache
def _countries() -> dict[str, str]:
    return {folded(row[key]): row["country"] for row in _rows("countries") for key in ("country", "name")}


def nationality(value: Any, known: Collection[str] = ()) -> str:
    """Return the code of a nationality given by code or name, in any case.

    Args:
        value: what was given.
        known: codes that are there beside those of the packaged table.

    Raises:
        UserError: there is no such nationality; close matches are named.
    """
    text = str(value)
    if text in known:
        return text
    found = _nationalities().get(folded(text))
    if found is None:
        hint = close_matches(text, [*known, *_nationalities().values(), *_names("nationalities")])
        raise UserError("no such nationality", key="nationality", value=text, expected=hint)
    return found


def place(value: Any, known: Collection[str]) -> str:
    """Return a place as tables name it, given by that name, a country's name, or a sector's abbreviation.

    Args:
        value: what was given.
        known: all places that there are.

    Raises:
        UserError: there is no such place; close matches are named.
    """
    text = str(value)
    if text in known:
        return text
    by_name = {folded(name): name for name in known}
    key = folded(text)
    for found in (short_places().get(text.upper()), by_name.get(key), _countries().get(key)):
        if found is not None and (found in known or found in short_places().values()):
            return found
    hint = close_matches(text, [*known, *short_places(), *_names("countries")])
    raise UserError("no such place", key="place", value=text, expected=hint)


def places_of_results() -> frozenset[str]:
    """Return every place that a table of results may name: nodes, ways, sectors, offices, countries, programs."""
    return _places_of_results()


@cache
def _places_of_results() -> frozenset[str]:
    nodes = _rows("route_nodes")
    labels = {row["label"] for row in nodes if row["label"]}
    offices = {f"{row['label']} Field Office" for row in nodes if row["kind"] == "port"}
    ways = {row["way"] for row in _rows("route_ways")}
    observed = {row["place"] for row in _rows("observed")}
    return frozenset(
        {*(row["node"] for row in nodes), *ways, *labels, *offices, *observed, *_countries().values()}
        | {file.stem for file in instruments_dir().glob("*.yaml")}
    )


def several(value: Any) -> list[Any]:
    """Return a list of what was given: one thing, or several."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        return [value]
    return list(value)


def month(value: Any, key: str, *, last: bool = False) -> str:
    """Return the first (or last) month, YYYY-MM, of a month, day, year or fiscal year.

    Args:
        value: ``2024-05``, ``2024-05-01``, a date, a timestamp of pandas or NumPy, ``2024``, ``"FY2024"``.
        key: what it is, for messages.
        last: the last month of a year, not the first.

    Raises:
        UserError: it is none of these, or out of the range of years.
    """
    found = _month(value, key, last)
    if not FIRST_DATE.year <= int(found[:4]) <= LAST_DATE.year:
        expected = f"a year from {FIRST_DATE.year} to {LAST_DATE.year}"
        raise UserError("a month out of range", key=key, value=str(value), expected=expected)
    return found


def _month(value: Any, key: str, last: bool) -> str:
    if isinstance(value, date) and value == value:
        return f"{value.year:04d}-{value.month:02d}"
    text = str(value).strip()
    if fiscal := FISCAL.fullmatch(text):
        year = int(fiscal[1]) if len(fiscal[1]) > 2 else 2000 + int(fiscal[1])
        return f"{year:04d}-{FISCAL_LAST:02d}" if last else f"{year - 1:04d}-{FISCAL_FIRST:02d}"
    if YEAR.fullmatch(text):
        return f"{text}-12" if last else f"{text}-01"
    if (found := MONTH.fullmatch(text)) and _is_day(found):
        return f"{found[1]}-{found[2]}"
    raise UserError("not a month, day or year", key=key, value=text, expected="2024-05, 2024-05-31, 2024 or FY2024")


def _is_day(found: re.Match[str]) -> bool:
    try:
        date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        return False
    return True


@cache
def _names(name: str) -> tuple[str, ...]:
    return tuple(row["name"] for row in _rows(name))


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    """Return a packaged table as it stands: ladsim.data, which checks it, asks this module for names."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))
