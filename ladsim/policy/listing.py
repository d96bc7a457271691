"""The levers as rows for readers: what `task=levers` and its page in docs/ show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from statistics import median_low
from typing import Any

from ladsim import data
from ladsim.core.errors import UserError, close_matches
from ladsim.policy import meanings
from ladsim.policy.dates import DATED
from ladsim.policy.fields import Part
from ladsim.policy.grades import said_of_step, told
from ladsim.policy.instrument import PILLARS, Instrument
from ladsim.policy.kinds.registry import TERMS
from ladsim.policy.library import load_instruments
from ladsim.policy.overrides import override
from ladsim.policy.scenario import ACT_ONLY_IF_INCLUDED, load_scenario
from ladsim.policy.terms import Term, TermSpec

HOSTS = ("history", "history_2025")
"""The scenarios that the commands of the listing change, and compare with: the first in which people hear of it."""
PUBLISHER = "The White House"
DATES = {
    "announced": "announced",
    "start": "in force from",
    "end": "until the day before",
    "barred_since": "an irregular entry bars since",
    "present_by": "present by",
}
"""What the dates of an instrument are called."""
LONGEST = 240
"""Characters of a value that one can still be asked to type."""


@dataclass(frozen=True)
class TermRow:
    """A term as a reader sees it.

    Attributes:
        name: its key in the instrument's file.
        meaning: what it says, in words.
        unit: the unit of its values.
        values: (date, value) in the order of dates; the first date holds before it too.
        evidence: documented, derived or assumed.
        range: bounds given by the file, or blank.
        note: where the values come from, or blank.
        command: a command that doubles its effect, to be typed as it stands.
        known: how its values are known, in words: grade, and what shows them.
        days: the same of each date of its values; blank for those that are dates of the instrument.
        plain: whether the values are too many for a command line, so that the command sets one number for everybody
            and all dates instead.
    """

    name: str
    meaning: str
    unit: str
    values: tuple[tuple[date, str], ...]
    evidence: str
    range: str
    note: str
    command: str
    plain: bool = False
    known: str = ""
    days: tuple[str, ...] = ()


@dataclass(frozen=True)
class PartRow:
    """A part of an instrument as a reader sees it, such as one of several offices.

    Attributes:
        name: its name in the instrument.
        acting: the part as an instrument of its own.
        concerns, rules: as in `LeverRow`; blank where they are the instrument's.
        terms: its own terms.
        note: what a reader should know of it.
        dates: its own dates, as in `LeverRow`.
    """

    name: str
    acting: Instrument
    concerns: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    terms: tuple[TermRow, ...]
    note: str
    dates: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class LeverRow:
    """An instrument as a reader sees it.

    Attributes:
        instrument: the instrument itself.
        actors: names of the countries that act.
        document: date of the Declaration's document that lists it, or blank.
        concerns: (what, names) for every part of its target.
        rules: how a lawful pathway is applied for; empty for other kinds.
        told: what people are told when it is announced, or blank.
        dates: (what, day and how it is known) of each of its dates.
        references: one line each.
        terms: its terms, those that all parts share if it has parts; none for an institutional instrument.
        parts: its parts.
        switch: a command that leaves it out of history, or puts it in if it is only announced; blank if it acts on
            nothing.
    """

    instrument: Instrument
    actors: tuple[str, ...]
    document: str
    concerns: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    told: str
    dates: tuple[tuple[str, str], ...]
    references: tuple[str, ...]
    terms: tuple[TermRow, ...]
    parts: tuple[PartRow, ...]
    switch: str

    def all_terms(self) -> tuple[TermRow, ...]:
        """Return its terms and those of its parts."""
        return (*self.terms, *(term for part in self.parts for term in part.terms))


def document_of(instrument: Instrument) -> str:
    """Return the date of the Declaration's document that lists an instrument first, or a blank if none does."""
    if instrument.pillar == "baseline":
        return ""
    dates = (str(r.date) for r in instrument.references if r.publisher == PUBLISHER)
    return next((d for d in dates if d in meanings.DOCUMENTS), "")


def commitments(instruments: Mapping[str, Instrument]) -> dict[str, Instrument]:
    """Return the instruments that are commitments of the Declaration: those that one of its documents lists."""
    return {name: i for name, i in instruments.items() if document_of(i)}


def lever_rows(only: str | None = None, instruments: Mapping[str, Instrument] | None = None) -> list[LeverRow]:
    """Return the levers in the order of pillars, of documents, and of their ids.

    Args:
        only: the id of the one to return.
        instruments: the library; ladsim's own by default.

    Raises:
        UserError: no instrument has that id, or an instrument file has a mistake.
    """
    library = instruments if instruments is not None else load_instruments()
    if only is not None:
        if only not in library:
            expected = close_matches(only, library)
            raise UserError("unknown instrument", key="lever", value=only, expected=expected)
        return [_lever(library[only])]
    order = sorted(library.values(), key=lambda i: (PILLARS.index(i.pillar), document_of(i) or "later", i.id))
    return [_lever(i) for i in order]


def _lever(instrument: Instrument) -> LeverRow:
    return LeverRow(
        instrument=instrument,
        actors=tuple(name_of(code) for code in instrument.actors),
        document=document_of(instrument),
        concerns=tuple(_concerns(instrument)),
        rules=tuple(_pathway_rules(instrument)),
        told=_told(instrument),
        dates=tuple(_dates(instrument)),
        references=tuple(_reference(r) for r in instrument.references),
        terms=tuple(_term(instrument, instrument, name, term) for name, term in instrument.terms.items()),
        parts=tuple(_part(instrument, part) for part in instrument.expanded() if instrument.parts),
        switch=_switch(instrument),
    )


def _part(instrument: Instrument, acting: Instrument) -> PartRow:
    name = acting.id.partition(".")[2]
    said = instrument.parts[name]
    return PartRow(
        name=name,
        acting=acting,
        concerns=tuple(_concerns(acting)) if acting.target != instrument.target else (),
        rules=tuple(r for r in _pathway_rules(acting) if r not in _pathway_rules(instrument)),
        terms=tuple(_term(instrument, acting, term, said.terms[term], name) for term in said.terms),
        note=said.note or "",
        dates=tuple(_dates(instrument, said)),
    )


def name_of(code: str) -> str:
    """Return the name of a country or nationality group, the code itself if it has none."""
    return _names().get(code, code)


@cache
def _names() -> dict[str, str]:
    named: dict[str, str] = {}
    for table, column in (("countries", "country"), ("nationalities", "nationality")):
        frame = data.table(table)
        named |= dict(zip(frame[column].astype(str), frame["name"].astype(str), strict=True))
    return named


def _concerns(instrument: Instrument) -> Iterable[tuple[str, str]]:
    for key, label in meanings.TARGETS.items():
        named = getattr(instrument.target, key)
        if named:
            yield label, ", ".join(_group(n) if key == "residences" else name_of(n) for n in named)
    if not instrument.target.nationalities and not instrument.target.residences and not instrument.parts:
        yield "nationalities", "all"


def _group(name: str) -> str:
    nationality, _, country = name.partition("_")
    return f"{name_of(country)} (nationals of {name_of(nationality)})" if country else name_of(name)


def _dates(instrument: Instrument, block: Instrument | Part | None = None) -> Iterable[tuple[str, str]]:
    """Yield the dates of an instrument, or of one of its parts, each with how it is known."""
    one = instrument if block is None else block
    for key in DATED:
        day = getattr(one, key, None)
        if day is None or (key == "announced" and day == instrument.start and key not in one.dates):
            continue
        known = told(one.dates.get(key))
        yield DATES[key], f"{day} ({known})" if known else str(day)


def _pathway_rules(instrument: Instrument) -> Iterable[str]:
    """Yield how a lawful pathway is applied for."""
    if instrument.lever != "lawful_pathway":
        return
    if instrument.channel is not None:
        yield meanings.CHANNELS[instrument.channel]
    if "capacity" in instrument.terms:
        hired = instrument.stay == "seasonal" and instrument.application == "petition"
        yield meanings.EMPLOYERS if hired and instrument.queue == "lottery" else meanings.QUEUES[instrument.queue]
    if instrument.needs_ties:
        yield "needs a sponsor or family in the United States"
    if instrument.bars_irregular_entry:
        since = instrument.barred_since or instrument.start
        yield f"closed to those who entered a country irregularly since {since}"
    if instrument.present_by is not None:
        yield f"who is not a national must have been in the country by {instrument.present_by}"
    if instrument.application is not None and instrument.channel != "port":
        yield f"applied for {meanings.APPLICATIONS[instrument.application]}"
    if instrument.stay == "seasonal":
        yield meanings.STAYS["seasonal"]
    if instrument.destination not in (None, _bound_for()):
        yield f"leads to {name_of(str(instrument.destination))}"
    if instrument.continues is not None:
        yield f"takes over the queue of {instrument.continues}"


@cache
def _bound_for() -> str:
    """Return the country that people are bound for in ladsim's own world."""
    countries = data.table("countries")
    return str(countries.loc[countries["role"] == "destination", "country"].iloc[0])


def _told(instrument: Instrument) -> str:
    claim = instrument.announces
    if claim is None:
        return ""
    what = {
        "release": "the share released after an encounter is",
        "interdiction": "the probability of being stopped on a way becomes",
    }[claim.claim]
    known = f", and foresee it from {instrument.announced}" if instrument.announced < instrument.start else ""
    return f"from {instrument.start} people believe that {what} {claim.value:g} ({claim.evidence}){known}"


def _reference(reference: Any) -> str:
    parts = [reference.publisher, reference.title, str(reference.date), reference.locator, reference.address]
    return "; ".join(str(p) for p in parts if p)


def _term(instrument: Instrument, acting: Instrument, name: str, term: Term, part: str = "") -> TermRow:
    path = ("parts", part, "terms", name) if part else ("terms", name)
    changed = _doubled(instrument, acting.lever, path, term)
    plain = len(changed) > LONGEST
    if plain:
        changed = _argument(_typical(term))
    return TermRow(
        name=name,
        meaning=TERMS[acting.lever][name].meaning,
        unit=term.unit,
        values=tuple((day, value_text(value)) for day, value in term.values.items()),
        evidence=term.evidence,
        range="" if term.range is None else f"{_number(term.range[0])} to {_number(term.range[1])}",
        note=term.note or "",
        command=_command(instrument, ".".join(path), changed),
        plain=plain,
        known=told(term),
        days=tuple(_known(instrument, term, day, part) for day in term.values),
    )


def _known(instrument: Instrument, term: Term, day: date, part: str) -> str:
    """Return how a date of a term's values is known; blank if it is a date of the instrument, which says it already."""
    fact = said_of_step(instrument, term, day, part)
    return "" if fact is None or day not in term.dates or fact is not term.dates[day] else told(fact)


def _typical(term: Term) -> float:
    """Return the latest value of a term, the middle one if it is given by nationality."""
    last = list(term.values.values())[-1]
    return median_low(last.values()) if isinstance(last, Mapping) else last


def value_text(value: Any) -> str:
    """Return a term's value as text: a number, or numbers by nationality."""
    if isinstance(value, Mapping):
        return ", ".join(f"{code} {_number(number)}" for code, number in value.items())
    return _number(value)


def _number(value: float) -> str:
    return f"{value:,.10g}"


def _switch(instrument: Instrument) -> str:
    if instrument.status == "institutional":
        return ""
    verb = "include" if instrument.status in ACT_ONLY_IF_INCLUDED else "exclude"
    host = host_of(instrument)
    return f"python -m ladsim scenario={host} '{verb}=[{instrument.id}]' reference={host}"


def host_of(instrument: Instrument) -> str:
    """Return the scenario of what happened in which an instrument acts or could act."""
    heard = min(instrument.announced, instrument.start)
    return next((name for name in HOSTS if heard <= _last_day(name)), HOSTS[-1])


@cache
def _last_day(scenario: str) -> date:
    return load_scenario(scenario).end


def _command(instrument: Instrument, key: str, value: str) -> str:
    included = f"'include=[{instrument.id}]' " if instrument.status in ACT_ONLY_IF_INCLUDED else ""
    change = f"instrument.{instrument.id}.{key}={value}"
    quoted = f"'{change}'" if "{" in change else change
    host = host_of(instrument)
    return f"python -m ladsim scenario={host} {included}{quoted} reference={host}"


def _doubled(instrument: Instrument, lever: str, path: tuple[str, ...], term: Term) -> str:
    """Return the value of an override that doubles a term's effect, or the nearest that is legal."""
    values = doubled(instrument, lever, path, term)
    if len(values) == 1:
        return _argument(next(iter(values.values())))
    return "{" + ",".join(f"{day.isoformat()}:{_argument(v)}" for day, v in values.items()) + "}"


def doubled(instrument: Instrument, lever: str, path: tuple[str, ...], term: Term) -> dict[date, Any]:
    """Return the values by day that double a term's effect, or the nearest that are legal.

    Args:
        instrument: the instrument.
        lever: kind of lever of the instrument, or of its part.
        path: keys that lead to the term, such as ("terms", "capacity").
        term: the term as it is.
    """
    spec = TERMS[lever][path[-1]]
    for factor in (2.0, 0.5, 1.0):
        values = {day: _scaled(value, term.unit, spec, factor) for day, value in term.values.items()}
        changes: Any = {day.isoformat(): value for day, value in values.items()}
        for key in reversed(path):
            changes = {key: changes}
        try:
            override(instrument, changes)
        except UserError:
            continue
        break
    return values


def _scaled(value: Any, unit: str, spec: TermSpec, factor: float) -> Any:
    if isinstance(value, Mapping):
        return {code: _scaled(number, unit, spec, factor) for code, number in value.items()}
    if unit == "0|1":
        return 1.0 - value if factor != 1.0 else value
    # A factor of 1 changes nothing: twice its effect is twice as far from 1.
    changed = 1.0 + factor * (value - 1.0) if unit == "ratio" else factor * value
    return round(min(max(changed, spec.low), spec.high), 6)


def _argument(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{code}:{_argument(number)}" for code, number in value.items()) + "}"
    return f"{int(value)}" if math.isfinite(value) and value == int(value) else f"{value:.6g}"
