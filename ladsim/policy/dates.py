"""Dates of an instrument, and how each fact is known.

A date is a fact like a number. In a file it stands with its grade,
``start: {date: 2024-05-06, evidence: documented, reference: 2}``: a *documented* one with the number of the reference
that shows it, a *derived* one with its arithmetic, an *assumed* one with the earliest and the latest day that it could
be.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from ladsim.core.checks import FIRST_DATE, LAST_DATE, iso_day, plain_value, why_no_date

EVIDENCE = ("documented", "derived", "assumed")
Evidence = Literal["documented", "derived", "assumed"]


def mistake(message: str, *, at: tuple[object, ...] = (), value: object = None, expected: object = None) -> Exception:
    """Return the error that a validator raises; `at` is the path of keys below the validated object."""
    return PydanticCustomError("mistake", "{message}", {"message": message, "at": at, "value": value, "want": expected})


def as_date(value: object) -> date:
    """Return a date from a date or an ISO text (YYYY-MM-DD), within the range of dates that an instrument may name."""
    found = _as_date(plain_value(value))
    if not FIRST_DATE <= found <= LAST_DATE:
        expected = f"a day from {FIRST_DATE} to {LAST_DATE}"
        raise mistake("a date out of range", value=found.isoformat(), expected=expected)
    return found


def _as_date(value: object) -> date:
    if isinstance(value, datetime):
        raise mistake("not a date", value=value.isoformat(), expected="a date without a time, YYYY-MM-DD")
    if isinstance(value, date):
        return value
    if isinstance(value, str) and (found := iso_day(value)) is not None:
        return found
    raise mistake("not a date", value=value, expected=why_no_date(value))


Day = Annotated[date, BeforeValidator(as_date)]

DATED = ("announced", "start", "end", "barred_since", "present_by")
"""The keys of an instrument, or of a part, that hold a date."""


class Strict(BaseModel):
    """A part of an instrument file: unknown keys are errors, and nothing is converted but lists to tuples."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @field_validator("*", mode="before")
    @classmethod
    def _lists_are_tuples(cls, given: Any) -> Any:
        return tuple(given) if isinstance(given, list) else given


def reference_numbers(given: Any) -> Any:
    """Return one number of a reference, or a list of them, as a tuple."""
    if isinstance(given, int) and not isinstance(given, bool):
        return (given,)
    return tuple(given) if isinstance(given, list) else given


class Fact(Strict):
    """How a date is known.

    Attributes:
        evidence: ``documented``, ``derived`` or ``assumed``.
        reference: numbers of the instrument's references that show it, from 1.
        arithmetic: what it is derived from, such as ``2024-06-01 - 90 days``.
        range: the earliest and the latest day that it could be.
        note: anything a reader should know of it.
    """

    evidence: Evidence
    reference: tuple[int, ...] = ()
    arithmetic: str | None = None
    range: tuple[Day, Day] | None = Field(default=None, strict=False)
    note: str | None = None

    _numbers = field_validator("reference", mode="before")(reference_numbers)

    @field_validator("range", mode="after")
    @classmethod
    def _check_range(cls, given: tuple[date, date] | None) -> tuple[date, date] | None:
        if given is not None and given[1] < given[0]:
            raise mistake("the range is upside down", value=[str(d) for d in given], expected="[earliest, latest]")
        return given


def split_dates(given: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
    """Return a block with its dates as plain dates, and what is said of them under ``dates``."""
    plain = dict(given)
    facts = dict(plain.get("dates") or {})
    for key in facts:
        if key not in DATED:
            raise mistake("not a date of an instrument", at=("dates", key), value=key, expected=", ".join(DATED))
    for key in DATED:
        said = plain.get(key)
        if not isinstance(said, dict):
            continue
        if said.get("date") is None:
            expected = "{date: YYYY-MM-DD, evidence: ..., reference: ...}"
            raise mistake("a date is missing", at=(key,), value=sorted(map(str, said)), expected=expected)
        facts[key] = {name: value for name, value in said.items() if name != "date"}
        plain[key] = said["date"]
    if facts:
        plain["dates"] = {key: fact for key, fact in facts.items() if plain.get(key) is not None}
    return plain


def plain_day(said: Any) -> Any:
    """Return the day of a date that is given with its grade, and anything else as it is."""
    return said.get("date") if isinstance(said, dict) else said


def spread(dates: Any, values: Any) -> Any:
    """Return what is said of the dates of a term's values by date; one fact alone is said of every one of them."""
    if not isinstance(dates, dict) or not isinstance(values, dict) or "evidence" not in dates:
        return dates
    return dict.fromkeys(values, dates)
