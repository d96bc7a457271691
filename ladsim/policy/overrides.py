"""Overrides: an instrument with some of its dates, terms and parts replaced, as the command line or a caller asks."""

from __future__ import annotations

from datetime import date
from typing import Any

from ladsim.core.checks import FIRST_DATE, LAST_DATE, iso_day, plain_value, why_no_date
from ladsim.core.errors import UserError, close_matches
from ladsim.core.strict_yaml import Where
from ladsim.policy.dates import DATED, plain_day
from ladsim.policy.fields import Part
from ladsim.policy.grades import check_ranges
from ladsim.policy.instrument import Instrument, build_instrument
from ladsim.policy.kinds.registry import TERMS

_CHANGEABLE = tuple(name for name in Instrument.model_fields if name not in ("id", "lever", "references", "dates"))
_OF_TERMS = {"values", "unit", "evidence", "range", "reference", "arithmetic", "dates", "note"}


def override(instrument: Instrument, changes: dict[Any, Any], *, where: Where | None = None) -> Instrument:
    """Return the instrument with some of it replaced.

    A term given as a number (or as numbers by nationality) holds for all dates; given as ``{date: number}`` it is a
    step function, and what held before the first of these dates stays; given with ``values`` it may name unit,
    evidence, range and note too. A date is given alone, and then taken as assumed, or with its grade
    (``{date: 2024-05-06, evidence: assumed, range: [...]}``). A new start takes the day of the announcement along,
    unless that is given as well.

    Args:
        instrument: the instrument to change a copy of.
        changes: keys and values as in an instrument file.
        where: where the changes come from, for messages.

    Raises:
        UserError: if a key is unknown or the result is not a valid instrument.
    """
    where = where or Where("override", prefix=("instrument", instrument.id))
    if not isinstance(changes, dict):
        raise UserError("not a mapping", file=where.place(), key=where.key(()), value=changes, expected="key: value")
    data = instrument.model_dump()
    for key, value in changes.items():
        if key not in _CHANGEABLE:
            hint = close_matches(key, _CHANGEABLE)
            raise UserError("unknown key", file=where.place((key,)), key=where.key((key,)), value=value, expected=hint)
        if key == "terms":
            data["terms"] = _override_terms(instrument, value, plain_day(changes.get("start", instrument.start)), where)
        elif key == "parts":
            data["parts"] = _override_parts(instrument, value, where)
        elif key in ("target", "announces") and isinstance(value, dict):
            _refuse_empty(value, where.below(key))
            data[key] = {**(data[key] or {}), **value}
        else:
            data[key] = value
            if key in DATED:
                data["dates"].pop(key, None)
    if "start" in changes and "announced" not in changes:
        data["announced"] = _shifted(instrument, plain_day(changes["start"]))
        data["dates"].pop("announced", None)
    made = build_instrument(data, where)
    check_ranges(_with_given_ranges(made, changes), where)
    return made


def _with_given_ranges(made: Instrument, changes: dict[Any, Any]) -> Instrument:
    """Return an instrument with those of its terms alone whose ranges the changes give."""

    def ranged(terms: Any) -> set[Any]:
        return {name for name, said in (terms or {}).items() if isinstance(said, dict) and said.get("range")}

    named = ranged(changes.get("terms"))
    inner = {name: ranged((said or {}).get("terms")) for name, said in (changes.get("parts") or {}).items()}
    parts = {
        name: part.model_copy(update={"terms": {t: term for t, term in part.terms.items() if t in inner.get(name, ())}})
        for name, part in made.parts.items()
    }
    terms = {name: term for name, term in made.terms.items() if name in named}
    return made.model_copy(update={"terms": terms, "parts": parts})


def _refuse_empty(given: dict[Any, Any], where: Where) -> None:
    """Raise a UserError for an empty list, which would lift a restriction where it seems to concern nobody."""
    for key, value in given.items():
        if isinstance(value, list | tuple) and not value:
            expected = "at least one name"
            raise UserError(
                "an empty list concerns nobody",
                file=where.place((key,)),
                key=where.key((key,)),
                value=value,
                expected=expected,
            )


def _shifted(instrument: Instrument, start: Any) -> Any:
    """Return the day of announcement for a new start: as long before it as it was."""
    begin = plain_value(date.fromisoformat(start) if isinstance(start, str) and _is_iso(start) else start)
    if type(begin) is not date or not FIRST_DATE <= begin <= LAST_DATE:
        return start  # refused as a start, with its own message
    return begin - (instrument.start - instrument.announced)


def _is_iso(text: str) -> bool:
    return iso_day(text) is not None


def _override_parts(instrument: Instrument, given: Any, where: Where) -> dict[str, Any]:
    """Return the parts with those that are named changed; a part given as null is left out."""
    here = where.below("parts")
    if not isinstance(given, dict):
        raise UserError("not a mapping", file=here.place(), key=here.key(()), value=given, expected="part: changes")
    parts: dict[str, Any] = {name: part.model_dump(exclude_unset=True) for name, part in instrument.parts.items()}
    for name, changes in given.items():
        at = here.below(name)
        if name not in parts:
            expected = close_matches(name, parts) if parts else "this instrument has no parts"
            raise UserError("no such part", file=at.place(), key=at.key(()), value=name, expected=expected)
        if changes is None:
            del parts[name]
            continue
        if not isinstance(changes, dict):
            raise UserError("not a mapping", file=at.place(), key=at.key(()), value=changes, expected="key: value")
        parts[name] = _override_part(instrument, str(name), parts[name], changes, at)
    if not parts:
        raise UserError(
            "no part is left", file=here.place(), key=here.key(()), value=given, expected="exclude the instrument"
        )
    return parts


def _override_part(
    instrument: Instrument, name: str, part: dict[str, Any], changes: dict[Any, Any], where: Where
) -> dict[str, Any]:
    known = [key for key in Part.model_fields if key not in ("lever", "dates")]
    for key, value in changes.items():
        if key not in known:
            hint = close_matches(key, known)
            raise UserError("unknown key", file=where.place((key,)), key=where.key((key,)), value=value, expected=hint)
    acting = instrument.checked_part(name) or instrument
    changed = {**part, **{key: value for key, value in changes.items() if key != "terms"}}
    if "dates" in changed:
        changed["dates"] = {key: fact for key, fact in changed["dates"].items() if key not in changes}
    if isinstance(changes.get("target"), dict):
        changed["target"] = {**acting.target.model_dump(), **changes["target"]}
    if "terms" in changes:
        new = _override_terms(acting, changes["terms"], plain_day(changes.get("start", acting.start)), where)
        changed["terms"] = {
            key: term for key, term in new.items() if key in part.get("terms", {}) or key in changes["terms"]
        }
    return changed


def _override_terms(instrument: Instrument, given: Any, start: Any, where: Where) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise UserError(
            "not a mapping",
            file=where.place(("terms",)),
            key=where.key(("terms",)),
            value=given,
            expected="term: value",
        )
    known = TERMS[instrument.lever]
    terms: dict[str, Any] = {name: term.model_dump() for name, term in instrument.terms.items()}
    for name, value in given.items():
        holders = [part for part, said in instrument.parts.items() if name in said.terms]
        if holders and name not in terms:
            at = ("terms", name)
            expected = " or ".join(where.key(("parts", part, "terms", name)) for part in holders)
            raise UserError(
                "a term of the parts", file=where.place(at), key=where.key(at), value=value, expected=expected
            )
        if name not in known:
            at = ("terms", name)
            hint = close_matches(name, known)
            raise UserError("no such term", file=where.place(at), key=where.key(at), value=value, expected=hint)
        old = terms.get(name, {"unit": known[name].units[0], "note": None})
        base = {"unit": old["unit"], "evidence": "assumed", "note": "set by an override"}
        if isinstance(value, dict) and (_OF_TERMS & set(value)):
            terms[name] = {**base, **({"values": old["values"]} if "values" in old else {}), **value}
        elif isinstance(value, dict) and value and all(_like_a_day(key) for key in value):
            _check_days(value, where.below("terms", name))
            terms[name] = {**base, "values": {**_before(old.get("values", {}), value), **value}}
        else:
            terms[name] = {**base, "values": {start: value}}
    return terms


def _before(old: dict[date, Any], given: dict[Any, Any]) -> dict[date, Any]:
    """Return the values of a term from before the first date that is given: they stay."""
    days = [key if isinstance(key, date) else date.fromisoformat(key) for key in given]
    return {day: value for day, value in old.items() if day < min(days)}


def _like_a_day(key: Any) -> bool:
    """Return whether a key is written as a date, even one that does not exist; a nationality's code is not."""
    return isinstance(key, date) or (isinstance(key, str) and key[:1].isdigit() and "-" in key)


def _check_days(values: dict[Any, Any], where: Where) -> None:
    for key in values:
        if isinstance(key, str) and not _is_iso(key):
            raise UserError(
                "not a date",
                file=where.place((key,)),
                key=where.key((key,)),
                value=key,
                expected=why_no_date(key),
            )
