"""Terms of an instrument: numbers with a unit that hold from a date on; units and bounds that kinds of lever share."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ladsim.core.checks import is_number
from ladsim.core.errors import close_matches
from ladsim.policy.dates import Evidence, Fact, as_date, mistake, reference_numbers, spread

DEFAULT = "default"

_DAYS_A_YEAR = 365.25
PER_DAY = {"persons/day": 1.0, "persons/month": 12.0 / _DAYS_A_YEAR, "persons/year": 1.0 / _DAYS_A_YEAR}
"""What a number in the unit is multiplied by to count persons a day."""


@dataclass(frozen=True)
class TermSpec:
    """What a term may be.

    Attributes:
        units: the units that fit; the first is assumed for a bare number.
        low: the smallest value allowed.
        high: the largest value allowed.
        by_nationality: whether it may be given by nationality.
        meaning: what it says, in words.
    """

    units: tuple[str, ...]
    low: float = 0.0
    high: float = math.inf
    by_nationality: bool = False
    meaning: str = ""

    def saying(self, meaning: str) -> TermSpec:
        """Return the same with a meaning."""
        return replace(self, meaning=meaning)


MOST_PERSONS = 1e9
"""Persons, in all, a day, a month or a year: more than live in the Americas."""
LONGEST_DAYS, LARGEST_RATIO, MOST_USD = 36_525.0, 1_000.0, 1e12

FLOW = TermSpec(tuple(PER_DAY), high=MOST_PERSONS)
PERSONS_A_DAY = TermSpec(("persons/day",), high=MOST_PERSONS)
PERSONS_A_DAY_BY_NATIONALITY = TermSpec(("persons/day",), high=MOST_PERSONS, by_nationality=True)
PERSONS = TermSpec(("persons",), high=MOST_PERSONS)
DAYS = TermSpec(("days",), high=LONGEST_DAYS)
SHARE = TermSpec(("share",), high=1.0)
SHARE_BY_NATIONALITY = TermSpec(("share",), high=1.0, by_nationality=True)
RATIO = TermSpec(("ratio",), high=LARGEST_RATIO)
USD = TermSpec(("USD",), high=MOST_USD)
LOG_ODDS = TermSpec(("log-odds",), low=-20.0, high=20.0)
ENCOUNTERS = TermSpec(("encounters/day",), high=MOST_PERSONS)


Value = float | dict[str, float]


def _number(value: object, at: tuple[object, ...]) -> float:
    if not is_number(value):
        raise mistake("not a number", at=at, value=value, expected="a finite number")
    return float(value)  # type: ignore[arg-type]


class Term(BaseModel):
    """A dated number: a step function of time, in force from each date until the next.

    Before the first date the first value holds. A value is a number, or a number by nationality; with ``default`` it
    holds for all others too, without it the instrument leaves the others as they are.

    A documented value names the ``reference`` that shows it (by its number, from 1), a derived one its ``arithmetic``,
    an assumed one its ``range``. ``dates`` says how the days are known from which values hold, where that is not said
    of them as dates of the instrument: by day, or one fact for all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    unit: str
    values: dict[date, Value]
    evidence: Evidence
    range: tuple[float, float] | None = Field(default=None, strict=False)
    reference: tuple[int, ...] = ()
    arithmetic: str | dict[date, str] | None = None
    dates: dict[date, Fact] = Field(default_factory=dict)
    note: str | None = None

    _numbers = field_validator("reference", mode="before")(reference_numbers)

    @model_validator(mode="before")
    @classmethod
    def _spread_dates(cls, given: Any) -> Any:
        if isinstance(given, dict) and "dates" in given:
            return {**given, "dates": spread(given["dates"], given.get("values"))}
        return given

    @field_validator("dates", "arithmetic", mode="before")
    @classmethod
    def _read_days(cls, given: Any) -> Any:
        return {as_date(day): said for day, said in given.items()} if isinstance(given, dict) else given

    @field_validator("values", mode="before")
    @classmethod
    def _read_values(cls, given: Any) -> dict[date, Value]:
        if not isinstance(given, dict) or not given:
            raise mistake("values are not a dated list", value=given, expected="date: number, at least one")
        found: dict[date, Value] = {}
        for key, value in given.items():
            try:
                day = as_date(key)
            except PydanticCustomError as error:
                raise mistake(
                    error.message(), at=(key,), value=key, expected=(error.context or {}).get("want")
                ) from None
            if day in found:
                raise mistake("the same date is given twice", at=(key,), value=str(key), expected="one value a date")
            if isinstance(value, dict):
                if not value:
                    raise mistake("no nationality", at=(key,), value=value, expected="nationality: number")
                found[day] = {str(code): _number(v, (key, code)) for code, v in value.items()}
            else:
                found[day] = _number(value, (key,))
        return dict(sorted(found.items()))

    @field_validator("range", mode="after")
    @classmethod
    def _check_range(cls, given: tuple[float, float] | None) -> tuple[float, float] | None:
        if given is not None and not given[0] <= given[1]:
            raise mistake("the range is upside down", value=list(given), expected="[low, high]")
        return given

    def check(self, name: str, spec: TermSpec) -> None:
        """Raise a mistake if the unit or a value does not fit what the term may be."""
        if self.unit not in spec.units:
            hint = close_matches(self.unit, spec.units)
            raise mistake(f"the unit does not fit {name}", at=("unit",), value=self.unit, expected=hint)
        for day, value in self.values.items():
            if isinstance(value, dict):
                if not spec.by_nationality:
                    raise mistake(
                        f"{name} is not by nationality",
                        at=("values", day),
                        value=value,
                        expected="one number for everybody, or a number by date, such as {2024-01-01: 100}",
                    )
                for code, number in value.items():
                    self._check_bounds(name, number, spec, ("values", day, code))
            else:
                self._check_bounds(name, value, spec, ("values", day))

    def _check_bounds(self, name: str, value: float, spec: TermSpec, at: tuple[object, ...]) -> None:
        if self.unit == "0|1" and value not in (0.0, 1.0):
            raise mistake(f"{name} is yes or no", at=at, value=value, expected="0 or 1")
        if not spec.low <= value <= spec.high:
            high = "" if math.isinf(spec.high) else f" and at most {spec.high:g}"
            raise mistake(f"{name} is out of bounds", at=at, value=value, expected=f"at least {spec.low:g}{high}")

    def at(self, day: date) -> Value:
        """Return the value in force on a day."""
        if len(self.values) == 1:
            return next(iter(self.values.values()))
        days = list(self.values)
        return self.values[days[max(bisect_right(days, day) - 1, 0)]]

    def number(self, day: date) -> float:
        """Return the value in force on a day, for a term that is not by nationality."""
        value = self.at(day)
        if isinstance(value, dict):
            raise TypeError("a term by nationality has no single number")
        return value

    def per_day(self, day: date) -> float:
        """Return a capacity in persons a day, whatever its unit."""
        return self.number(day) * PER_DAY[self.unit]

    def array(self, day: date, nationalities: Sequence[str]) -> NDArray[np.float64]:
        """Return the value by nationality on a day; NaN where the instrument leaves things as they are."""
        value = self.at(day)
        if not isinstance(value, dict):
            return np.full(len(nationalities), value)
        default = value.get(DEFAULT, math.nan)
        return np.array([value.get(code, default) for code in nationalities])

    def until(self, day: date) -> Term:
        """Return the term as known on a day: later values dropped, so that the day's value stays."""
        kept = {d: v for d, v in self.values.items() if d <= day} or {day: self.at(day)}
        return self.model_copy(update={"values": kept})
