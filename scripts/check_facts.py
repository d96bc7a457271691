"""Check what instruments claim of their dates and numbers: recompute what is derived, look up what is documented.

    python scripts/check_facts.py                       print what is wrong; exit 1 if anything is
    python scripts/check_facts.py --conf FOLDER         the instruments of another folder
    python scripts/check_facts.py --conf FOLDER --own   the same, of your own: what has no grade passes
    python scripts/check_facts.py --scenarios FOLDER    what the scenarios of another folder change
    python scripts/check_facts.py --list                print what cannot be recomputed too

A derived number is recomputed from its arithmetic and the tables it names; it must round to what stands in the file. A
documented number must stand in the words that its reference is quoted with, in the text of the document (data-raw/
sources) or in the table that its arithmetic names; a documented date also in the collected tables of policies. An
assumed one must lie within its range. A reference must lead to a document and not to a site's first page. What is
derived by words alone is listed.
"""

from __future__ import annotations

import argparse
import calendar
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from fact_arithmetic import InWordsError, calculate, numbers_of, rounds_to, table  # noqa: E402
from fact_references import leads_to, says_day, says_number, words  # noqa: E402

from ladsim import data  # noqa: E402
from ladsim.core.errors import UserError  # noqa: E402
from ladsim.core.strict_yaml import Where, read_yaml, yaml_files  # noqa: E402
from ladsim.policy.dates import DATED, Fact  # noqa: E402
from ladsim.policy.fields import Part  # noqa: E402
from ladsim.policy.grades import check_counted_once  # noqa: E402
from ladsim.policy.instrument import Instrument  # noqa: E402
from ladsim.policy.library import load_instrument, load_instruments  # noqa: E402
from ladsim.policy.scenario import load_scenario  # noqa: E402
from ladsim.policy.terms import Term  # noqa: E402


@dataclass(frozen=True)
class Finding:
    """What is wrong with a fact, and where it stands; or what nobody can recompute."""

    place: str
    key: str
    message: str
    wrong: bool = True

    def __str__(self) -> str:
        return f"{self.place}: {self.key}: {self.message}"


# --- what shows a day -------------------------------------------------------------------------------------------------


@cache
def collected_days() -> dict[str, set[str]]:
    """Return the days that the collected tables of policies name, by the country that acts; US tables under USA."""
    found: dict[str, set[str]] = {}
    us = table("us/us_policy_dates")
    found["USA"] = set(us["date"])
    for name, columns, who in (
        ("route/policy_timeline", ("date",), "country"),
        ("policy/policy_additions", ("start", "announced", "end"), "country"),
        ("policy/policy_2025", ("start", "announced", "end", "date"), "country"),
    ):
        frame = table(name)
        for row in frame.to_dict("records"):
            for country in re.split(r"[/+; ]", str(row.get(who, ""))):
                found.setdefault(country, set()).update(str(row[c]) for c in columns if row.get(c))
    return found


def shown(instrument: Instrument, fact: Any, day: date) -> bool:
    """Return whether a reference that a fact names, or a collected table, shows a day."""
    if any(says_day(instrument.references[n - 1], day) for n in fact.reference):
        return True
    return any(day.isoformat() in collected_days().get(actor, set()) for actor in instrument.actors)


# --- dates -----------------------------------------------------------------------------------------------------------

SUM = re.compile(r"(\d{4}-\d\d-\d\d)(?: ([+-]) (\d+) (day|month|year)s?)?$")
EDGE = re.compile(r"(?P<edge>start|end) of (?P<id>\w+)(?:\.(?P<part>\w+))?")
FIRST: dict[str, Callable[[date], bool]] = {
    "first of a month": lambda d: d.day == 1,
    "first of a year": lambda d: (d.month, d.day) == (1, 1),
    "first of a fiscal year": lambda d: (d.month, d.day) == (10, 1),
    "first of a half-year": lambda d: d.day == 1 and d.month in (1, 7),
}


def moved(day: date, sign: int, count: int, unit: str) -> date:
    """Return a day some days, months or years later or earlier."""
    if unit == "day":
        return day + timedelta(days=sign * count)
    months = day.year * 12 + day.month - 1 + sign * count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def gives_day(text: str, day: date, library: Mapping[str, Instrument]) -> bool:
    """Return whether an arithmetic gives a day.

    Raises:
        InWordsError: It is told in words.
    """
    begins = {i.start for i in library.values()}
    for one in re.split(r",? or ", text):
        match = SUM.match(one)
        if match:
            first, sign, count, unit = match.groups()
            try:
                exact = date.fromisoformat(first)
                if sign:
                    exact = moved(exact, 1 if sign == "+" else -1, int(count), unit)
            except (OverflowError, ValueError):
                continue  # a day that no calendar has is not the one that is stated
            # "Eight months from" a day may end on the day itself or on the first of the month after it.
            after = unit == "month" and moved(date(exact.year, exact.month, 1), 1, 1, "month") == day
            if exact == day or after:
                return True
        elif one in FIRST:
            if FIRST[one](day):
                return True
        elif (named := EDGE.fullmatch(one)) and named["id"] in library:
            if _edge(library[named["id"]], named["part"], named["edge"]) == day:
                return True
        elif one == "a day on which another instrument begins":
            if day in begins:
                return True
        elif one == "of a period that is counted":
            if FIRST["first of a month"](day):
                return True
        else:
            raise InWordsError(text)
    return False


def _edge(one: Instrument, part: str | None, edge: str) -> date | None:
    """Return the start or the end of an instrument, or of one of its parts."""
    block: Any = one.parts.get(part) if part else one
    found: date | None = getattr(block, edge, None)
    return found


# --- the check -------------------------------------------------------------------------------------------------------


def check(folder: Path, *, own: bool = False) -> list[Finding]:
    """Return what is wrong in the instruments of a folder, and what nobody can recompute.

    Args:
        folder: the folder, one YAML file each.
        own: whether they are of one's own: a date or a number without a grade passes, and instruments of ladsim's that
            their arithmetic names are known.
    """
    found: list[Finding] = []
    library: dict[str, Instrument] = {}
    places: dict[str, Where] = {}
    for file in sorted(yaml_files(folder).values()):
        one = None
        for complete in (False,) if own else (True, False):
            try:
                one = load_instrument(file, complete=complete)
                break
            except UserError as error:
                found.append(Finding(str(error.file), str(error.key), error.message))
        if one is not None:  # what has no grade is told, and the rest is checked all the same
            library[one.id], places[one.id] = one, read_yaml(file)[1]
    try:
        check_counted_once((one, partial(places.__getitem__, name)) for name, one in library.items())
    except UserError as error:
        found.append(Finding(str(error.file), str(error.key), error.message))
    known = {**(load_instruments() if own else {}), **library}
    for name, one in library.items():
        found += _whole(one, places[name], known)
    return list(dict.fromkeys(found))


def check_scenarios(folder: Path) -> list[Finding]:
    """Return what is wrong in what scenarios say of their changes of instruments, and of those written in them."""
    found: list[Finding] = []
    for file in sorted(yaml_files(folder).values()):
        try:
            scenario = load_scenario(str(file), folder=folder)
            told, where = read_yaml(file)
        except UserError as error:
            found.append(Finding(str(error.file), str(error.key), error.message))
            continue
        overlay: Any = told.get("instrument") or {}
        for name, change in overlay.items():
            one, here = scenario.instruments[name], where.below("instrument", name)
            if name in scenario.own:
                found += _whole(one, here, scenario.instruments)
            else:
                found += _changes(one, change, here, scenario.instruments)
    return found


def _changes(
    one: Instrument, change: Mapping[Any, Any], where: Where, library: Mapping[str, Instrument]
) -> Iterator[Finding]:
    """Yield what is wrong in the dates and terms of an instrument that a scenario grades."""
    for key in DATED:
        if isinstance(change.get(key), Mapping) and key in one.dates:
            yield from _day(one.dates[key], getattr(one, key), one, where, (key,), library)
    for name, term in (change.get("terms") or {}).items():
        if isinstance(term, Mapping) and "evidence" in term:
            yield from _term(one.terms[name], one, where, ("terms", name))


def _whole(one: Instrument, where: Where, library: Mapping[str, Instrument]) -> Iterator[Finding]:
    for i, reference in enumerate(one.references):
        if not leads_to(reference):
            at = ("references", i, "address")
            message = f"{reference.address} is a home page: give the document's address, or its date and page or table"
            yield Finding(where.place(at), where.key(at), message)
    yield from _block(one, one, where, library)
    for part, said in one.parts.items():
        yield from _block(said, one, where.below("parts", part), library)


def _block(
    block: Instrument | Part, one: Instrument, where: Where, library: Mapping[str, Instrument]
) -> Iterator[Finding]:
    for key in DATED:
        fact = block.dates.get(key)
        if fact is not None:
            yield from _day(fact, getattr(block, key), one, where, (key,), library)
    for name, term in block.terms.items():
        at = ("terms", name)
        yield from _term(term, one, where, at)
        own = {getattr(held, key, None) for held in (one, block) for key in DATED}
        for day, fact in term.dates.items():
            if day in term.values and day not in own:
                yield from _day(fact, day, one, where, (*at, "dates", day), library)


def _day(
    fact: Fact, day: date, one: Instrument, where: Where, at: tuple[Any, ...], library: Mapping[str, Instrument]
) -> Iterator[Finding]:
    place, key = where.place(at), where.key(at)
    if fact.evidence == "documented" and not shown(one, fact, day):
        yield Finding(place, key, f"{day} stands in no words of its reference and in no collected table")
    if fact.evidence == "derived":
        try:
            if not gives_day(str(fact.arithmetic), day, library):
                yield Finding(place, key, f"{day} is not {fact.arithmetic}")
        except InWordsError:
            yield Finding(place, key, f"in words alone: {fact.arithmetic}", wrong=False)
    if fact.range is not None and not fact.range[0] <= day <= fact.range[1]:
        yield Finding(place, key, f"{day} is not within its range, {fact.range[0]} to {fact.range[1]}")


def _term(term: Term, one: Instrument, where: Where, at: tuple[Any, ...]) -> Iterator[Finding]:
    if term.arithmetic is not None:
        yield from _recomputed(term, where, at)
    for day, value in term.values.items():
        path = (*at, "values", day)
        for number in numbers_of(value):
            if term.evidence == "documented" and term.arithmetic is None and number and term.unit != "0|1":
                texts = [words(one.references[n - 1]) for n in term.reference]
                if not any(says_number(text, number) for text in texts):
                    message = f"{number:,.10g} stands in no words of its reference"
                    yield Finding(where.place(path), where.key(path), message)
            outside = term.range is not None and not term.range[0] <= number <= term.range[1]
            if term.evidence == "assumed" and number and outside and term.range is not None:
                message = f"{number:,.10g} is not within its range, {term.range[0]:g} to {term.range[1]:g}"
                yield Finding(where.place(path), where.key(path), message)


def _recomputed(term: Term, where: Where, at: tuple[Any, ...]) -> Iterator[Finding]:
    said = term.arithmetic
    for day, value in term.values.items():
        text = said.get(day) if isinstance(said, Mapping) else said
        path = (*at, "values", day)
        place, key = where.place(path), where.key(path)
        if text is None:
            yield Finding(place, key, "no arithmetic for this date")
            continue
        if text.startswith("scripts/"):
            yield from _by_script(text, at[-1], day, value, place, key)
            continue
        by_nationality = value.items() if isinstance(value, Mapping) else [("", value)]
        for code, number in by_nationality:
            try:
                exact = calculate(text, str(code))
            except InWordsError:
                yield Finding(place, key, f"in words alone: {text}", wrong=False)
                break
            except ValueError as error:
                yield Finding(place, key, str(error))
                break
            if not rounds_to(exact, float(number)):
                yield Finding(place, key, f"{code} {number:,.10g} is not {text} = {exact:,.6g}".lstrip())


def _by_script(text: str, term: str, day: date, value: Any, place: str, key: str) -> Iterator[Finding]:
    """Yield what differs from what a script derives: ``scripts/NAME.py``, with what it is told of the values."""
    script, *told = text.split()
    if not (ROOT / script).is_file():
        yield Finding(place, key, f"no such script: {script}")
    elif "derive_interdiction" in script and term == "hazard_factor":
        factors = interdiction(day)
        if factors is None:
            yield Finding(place, key, f"{script} has no period that begins then")
            return
        for code, number in value.items():
            if code in factors and not math.isclose(factors[code], number, abs_tol=0.0501):
                yield Finding(place, key, f"{code} {number:g} is not {factors[code]:g} ({script})")
    elif told:
        yield from _derived(text, term, value, place, key)
    else:
        yield Finding(place, key, f"fitted by {script}, which runs by itself", wrong=False)


def _derived(text: str, term: str, value: Any, place: str, key: str) -> Iterator[Finding]:
    """Yield what differs from what ``derive`` of a script returns; nationalities it has and the file has not are 0."""
    script, *told = text.split()
    module = import_module(Path(script).stem)
    try:
        exact, decimals = module.derive(term, *told), module.DECIMALS[term]
    except (KeyError, TypeError, ValueError) as error:
        yield Finding(place, key, f"{text}: cannot be derived: {error}")
        return
    rest = value.get("default", 0.0)
    for code in dict.fromkeys([*value, *exact]):
        number = float(value.get(code, rest))
        if code not in exact and code != "default":
            yield Finding(place, key, f"{code} {number:g} is not derived by {text}")
        elif abs(exact.get(code, number) - number) > 0.5 * 10.0**-decimals * (1 + 1e-9):
            yield Finding(place, key, f"{code} {number:g} is not {exact[code]:.4g} ({text})")


@cache
def interdiction(day: date) -> dict[str, float] | None:
    """Return the hazard factors of the period that begins with the month of a day, or holds it."""
    from derive_interdiction import PERIODS, factors

    month = day.isoformat()[:7]
    held = [p for p in PERIODS if p[0] <= month <= p[1]]
    if day.isoformat() == "2023-03-28":
        held = [("2023-04", "2023-04")]
    return factors(data.table("observed"), *held[0]) if held else None


def main(argv: Iterable[str] | None = None) -> int:
    """Print what is wrong; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--conf", type=Path, help="folder of instruments; ladsim's own unless given")
    parser.add_argument("--own", action="store_true", help="they are of your own: what has no grade passes")
    parser.add_argument("--scenarios", type=Path, help="folder of scenarios; ladsim's own unless --conf is given")
    parser.add_argument("--list", action="store_true", help="print what cannot be recomputed too")
    asked = parser.parse_args(None if argv is None else list(argv))
    ours = ROOT / "conf" / "instrument"
    found = check(asked.conf or ours, own=asked.own) if asked.conf or not asked.scenarios else []
    if asked.scenarios or not asked.conf:
        found += check_scenarios(asked.scenarios or ROOT / "scenarios")
    wrong = [f for f in found if f.wrong]
    for finding in wrong if not asked.list else found:
        print(finding)
    print(f"{len(wrong)} wrong; {len(found) - len(wrong)} derived by words or long scripts alone")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
