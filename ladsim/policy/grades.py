"""Grades: what an instrument claims of its dates and numbers is checked against what it names."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from ladsim.core.errors import UserError
from ladsim.core.strict_yaml import Where
from ladsim.policy.dates import DATED, Fact

if TYPE_CHECKING:
    from ladsim.policy.fields import Part, Reference
    from ladsim.policy.instrument import Instrument
    from ladsim.policy.terms import Term


def check_grades(instrument: Instrument, where: Where, *, complete: bool) -> None:
    """Raise a UserError if a date or a number of an instrument claims what it does not show.

    Args:
        instrument: the instrument.
        where: where it stands, for messages.
        complete: whether every date and every number must have its grade. Without it a bare date is taken as assumed,
            as in instruments of one's own.
    """
    _check_block(instrument, instrument, where, _known_days(instrument), complete)
    for name, part in instrument.parts.items():
        here = where.below("parts", name)
        if part.start is not None and part.end is not None and part.end <= part.start:
            raise UserError(
                "ends before it starts",
                file=here.place(("end",)),
                key=here.key(("end",)),
                value=str(part.end),
                expected=f"after {part.start}",
            )
        _check_block(part, instrument, here, _known_days(instrument) | _known_days(part), complete)
    if not complete:
        return
    told = instrument.announces
    if told is not None:
        _check_claim(told, instrument.references, where, ("announces",), complete)
    if instrument.evidence == "documented" and not any(map(shows, instrument.references)):
        raise UserError(
            "documented by nothing",
            file=where.place(("evidence",)),
            key=where.key(("evidence",)),
            value=instrument.evidence,
            expected="a reference with an address, or with a document and the place in it (locator)",
        )


def check_ranges(instrument: Instrument, where: Where) -> None:
    """Raise a UserError if a value of a file lies outside the range that the file itself gives for it.

    Zero is let pass: it says that nothing is offered on these days, whatever the range of what is offered on others.
    """
    blocks: list[tuple[Instrument | Part, Where]] = [(instrument, where)]
    blocks += [(part, where.below("parts", name)) for name, part in instrument.parts.items()]
    for block, here in blocks:
        for name, term in block.terms.items():
            if term.range is None:
                continue
            low, high = term.range
            for day, given in term.values.items():
                for value in given.values() if isinstance(given, Mapping) else (given,):
                    if value and not low <= value <= high:
                        at = ("terms", name, "values", day)
                        expected = f"{low:g} to {high:g}, the term's own range"
                        raise UserError(
                            "outside its own range",
                            file=here.place(at),
                            key=here.key(at),
                            value=value,
                            expected=expected,
                        )


def check_changes(changes: Mapping[Hashable, Any], where: Where) -> None:
    """Raise a UserError for the first bare date or number that a scenario gives instruments.

    A scenario that changes dates or numbers says of each how it is known, or what it supposes of all of them.
    """
    expected = "{date: ..., evidence: ..., reference: ...}, or what the scenario supposes (scenario.supposes)"
    for name, change in changes.items():
        for key, value in change.items() if isinstance(change, Mapping) else ():
            bare = key in DATED and value is not None and not isinstance(value, Mapping)
            if bare or key in ("terms", "parts"):
                at = (name, key)
                message = "a date without a grade" if bare else "a number without a grade"
                raise UserError(
                    message, file=where.place(at), key=where.key(at), value=str(value)[:80], expected=expected
                )


def _known_days(block: Instrument | Part) -> frozenset[date]:
    """Return the days of a block that its own dates grade, so that a term which begins on one needs no more."""
    return frozenset(getattr(block, key) for key in ("announced", "start", "end") if getattr(block, key, None))


def _check_block(
    block: Instrument | Part, instrument: Instrument, where: Where, known: frozenset[date], complete: bool
) -> None:
    for key in DATED:
        day = getattr(block, key, None)
        fact = block.dates.get(key)
        if fact is not None:
            _check_claim(fact, instrument.references, where, (key,), True)
        elif complete and day is not None and not (key == "announced" and day == block.start):
            _bare(where, (key,), day)
    for name, term in block.terms.items():
        at = ("terms", name)
        if complete or term.reference:
            _check_claim(term, instrument.references, where, at, complete)
        for day, fact in term.dates.items():
            _check_claim(fact, instrument.references, where, (*at, "dates", day), True)
        for day in term.values if complete else ():
            if day not in known and day not in term.dates:
                _bare(where, (*at, "values", day), day)


def _bare(where: Where, at: tuple[Hashable, ...], day: date) -> None:
    raise UserError(
        "a date without a grade",
        file=where.place(at),
        key=where.key(at),
        value=str(day),
        expected="{date: " + str(day) + ", evidence: documented, reference: 1}, or derived with its arithmetic, or "
        "assumed with its range [earliest, latest]; for a term's step the same under the term's dates",
    )


def _check_claim(
    claim: Any, references: tuple[Reference, ...], where: Where, at: tuple[Hashable, ...], complete: bool
) -> None:
    """Raise a UserError if a claim's grade is not borne out by what it names."""

    def wrong(message: str, key: str, value: object, expected: str) -> UserError:
        path = (*at, key)
        return UserError(message, file=where.place(path), key=where.key(path), value=value, expected=expected)

    for number in claim.reference:
        if not 1 <= number <= len(references):
            expected = f"1 to {len(references)}" if references else "a reference in the instrument's list"
            raise wrong("no such reference", "reference", number, expected)
    if claim.evidence == "documented":
        if not claim.reference:
            expected = "the number of the reference that shows it"
            raise wrong("documented without a reference", "evidence", claim.evidence, expected)
        if not any(shows(references[number - 1]) for number in claim.reference):
            expected = "a reference with an address, or with a document and the place in it (locator)"
            raise wrong("the reference names no place", "reference", claim.reference[0], expected)
    elif claim.evidence == "derived" and not claim.arithmetic:
        raise wrong("derived without its arithmetic", "evidence", claim.evidence, "arithmetic: how it is calculated")
    elif claim.evidence == "assumed" and claim.range is None and complete:
        expected = "range: [earliest, latest]" if hasattr(claim, "date") else "range: [lowest, highest]"
        raise wrong("assumed without a range", "evidence", claim.evidence, expected)


def shows(reference: Reference) -> bool:
    """Return whether a reference leads a reader to the fact: by an address, or by a document and a place in it."""
    return bool(reference.address or reference.locator)


def told(claim: Any) -> str:
    """Return in words how a date or a number is known: its grade, and the sources, arithmetic or range it rests on."""
    if claim is None:
        return ""
    sources = ", ".join(str(n) for n in claim.reference)
    shown = f"source {sources}" if len(claim.reference) == 1 else f"sources {sources}" if sources else ""
    said = [claim.evidence]
    if isinstance(claim, Fact) and claim.range is not None:
        said[0] += f" between {claim.range[0]} and {claim.range[1]}"
    if isinstance(claim.arithmetic, str):
        said[0] += f": {claim.arithmetic}"
    return ", ".join([*said, *([shown] if shown else [])])


def fact_of(instrument: Instrument, key: str, part: str = "") -> Fact | None:
    """Return what is said of a date of an instrument or of one of its parts, or None where nothing is."""
    if part and key in instrument.parts[part].dates:
        return instrument.parts[part].dates[key]
    found = instrument.dates.get(key)
    if found is None and key == "announced" and instrument.announced == instrument.start:
        return instrument.dates.get("start")
    return found


def said_of_step(instrument: Instrument, term: Term, day: date, part: str = "") -> Fact | None:
    """Return what is said of a day from which a value of a term holds."""
    blocks: Iterable[Any] = (instrument.parts[part], instrument) if part else (instrument,)
    for block in blocks:
        for key in ("start", "announced", "end"):
            if getattr(block, key, None) == day and key in block.dates:
                return block.dates[key]  # type: ignore[no-any-return]
    return term.dates.get(day)


QUANTITIES = (
    "capacity", "places", "usd_per_year", "removals_per_day", "consequences_per_day", "expulsion_capacity",
    "return_to_mexico_per_day", "walk_in_per_day", "outside_stock",
)  # fmt: skip
"""Terms that count people or money, of which two instruments can hold the same."""


def check_counted_once(
    found: Iterable[tuple[Instrument, Callable[[], Where]]], beside: Iterable[Instrument] = ()
) -> None:
    """Raise a UserError if two instruments hold the same quantity: alike in kind, people, place, days and number.

    Parts of one instrument may have equal numbers, and a pathway may take over the queue of another.

    Args:
        found: instruments, and what tells where each stands.
        beside: instruments that act beside them and are not compared with one another.
    """
    checked = [(one.id, where, part) for one, where in found for part in one.expanded()]
    others = [(one.id, None, part) for one in beside for part in one.expanded()]
    for i, (second, where_of, theirs) in enumerate(checked):
        for first, _, ours in (*others, *checked[:i]):
            if first == second or not _alike(ours, theirs):
                continue
            for name in QUANTITIES:
                if name in ours.terms and name in theirs.terms and _same_numbers(ours.terms[name], theirs.terms[name]):
                    where = where_of()
                    path: tuple[str, ...] = ("terms", name)
                    if "." in theirs.id:
                        path = ("parts", theirs.id.split(".")[1], *path)
                    raise UserError(
                        "two instruments count the same quantity",
                        file=where.place(path),
                        key=where.key(path),
                        value=", ".join(f"{v}" for v in theirs.terms[name].values.values()),
                        expected=f"what {ours.id} does not count already, or a part of that instrument",
                    )


def _alike(ours: Instrument, theirs: Instrument) -> bool:
    """Return whether two instruments act on the same people, in the same places and on the same days."""
    if ours.lever != theirs.lever or ours.target != theirs.target or "institutional" in (ours.status, theirs.status):
        return False
    if theirs.id in (ours.continues, theirs.continues) or ours.id == theirs.continues:
        return False
    first, last = max(ours.start, theirs.start), min(ours.end or date.max, theirs.end or date.max)
    return first < last and ours.destination == theirs.destination and ours.channel == theirs.channel


def _same_numbers(ours: Term, theirs: Term) -> bool:
    shared = set(ours.values) & set(theirs.values)
    return any(ours.values[day] == theirs.values[day] != 0.0 for day in shared)
