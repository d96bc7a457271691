"""References of facts: what their words say of a number or a day, and whether they lead a reader to a document."""

from __future__ import annotations

import calendar
import gzip
import math
import re
from datetime import date
from functools import cache
from urllib.parse import urlsplit

from fact_arithmetic import RAW

from ladsim.policy.fields import Reference

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
WORDS = {"million": 1e6, "billion": 1e9}
HOME = re.compile(
    r"(?:index|home|default|inicio|accueil)(?:\.\w+)?|[a-z]{2}(?:[-_][a-z]{2,3})?(?:\.html?)?", re.IGNORECASE
)
"""Parts of an address that name no document: a language, or the first page."""
PLACE = re.compile(r"\b(?:pages?|p\.|tables?|figure|annex|article|section|bullet|data set)\s*\w", re.IGNORECASE)
"""Words of a locator that name a place in a document."""


@cache
def documents() -> dict[str, str]:
    """Return the text of the documents that are copied, by the date of the document."""
    found = {}
    for file in sorted((RAW / "sources").glob("*.txt.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as opened:
            found[file.name.removesuffix(".txt.gz").rsplit("_", 1)[-1]] = " ".join(opened.read().split())
    return found


def words(reference: Reference) -> str:
    """Return what is quoted of a reference, with its document where that is copied."""
    copied = documents().get(str(reference.date), "") if reference.publisher == "The White House" else ""
    return " ".join(filter(None, (reference.title, reference.locator, copied)))


def says_number(text: str, number: float) -> bool:
    """Return whether a number stands in a text, in digits or as millions."""
    for match in NUMBER.finditer(text):
        said = float(match.group().replace(",", "").rstrip("."))
        after = text[match.end() :].split()
        factor = WORDS.get(after[0].strip(".,;)").lower(), 1.0) if after else 1.0
        if math.isclose(said * factor, number, rel_tol=1e-9):
            return True
    return False


def says_day(reference: Reference, day: date) -> bool:
    """Return whether a reference is of a day, or names it, by day and month where its year is that of the reference."""
    if str(reference.date) == day.isoformat():
        return True
    text = words(reference)
    if day.isoformat() in text:
        return True
    month = calendar.month_name[day.month]
    year = rf"(?:,? (?:of )?{day.year})" + (
        "?" if str(reference.date)[:4] == str(day.year) or str(day.year) in text else ""
    )
    either = (
        rf"(?:\b{day.day}(?:st|nd|rd|th)?(?:,? (?:and|to|or|until) \d+|, \d+)* {month}{year}|{month} {day.day}\b{year})"
    )
    return re.search(either, text) is not None


def is_home_page(address: str | None) -> bool:
    """Return whether an address is that of a site and of no document: a host alone, with a language at most."""
    if not address:
        return False
    parts = urlsplit(address)
    return not parts.query and all(HOME.fullmatch(part) for part in parts.path.split("/") if part)


def leads_to(reference: Reference) -> bool:
    """Return whether a reference leads a reader to what it shows: by an address, or by a document and a place in it.

    A site's first page is no document: beside one the locator has to name a page, a table, an article or the like.
    """
    return not is_home_page(reference.address) or bool(reference.date and PLACE.search(reference.locator or ""))
