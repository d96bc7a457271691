"""Terms of an instrument: numbers with a unit that hold from a date on, and which terms each kind of lever has."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from ladsim.core.errors import close_matches

EVIDENCE = ("documented", "derived", "assumed")
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
    """

    units: tuple[str, ...]
    low: float = 0.0
    high: float = math.inf
    by_nationality: bool = False


MOST_PERSONS = 1e9
"""Persons, in all, a day, a month or a year: more than live in the Americas."""
LONGEST_DAYS, LARGEST_RATIO, MOST_USD = 36_525.0, 1_000.0, 1e12

_FLOW = TermSpec(tuple(PER_DAY), high=MOST_PERSONS)
_PERSONS_A_DAY = TermSpec(("persons/day",), high=MOST_PERSONS)
_PERSONS_A_DAY_BY_NATIONALITY = TermSpec(("persons/day",), high=MOST_PERSONS, by_nationality=True)
_PERSONS = TermSpec(("persons",), high=MOST_PERSONS)
_DAYS = TermSpec(("days",), high=LONGEST_DAYS)
_SHARE = TermSpec(("share",), high=1.0)
_SHARE_BY_NATIONALITY = TermSpec(("share",), high=1.0, by_nationality=True)
_RATIO = TermSpec(("ratio",), high=LARGEST_RATIO)
_USD = TermSpec(("USD",), high=MOST_USD)
_LOG_ODDS = TermSpec(("log-odds",), low=-20.0, high=20.0)
_ENCOUNTERS = TermSpec(("encounters/day",), high=MOST_PERSONS)

TERMS: dict[str, dict[str, TermSpec]] = {
    "lawful_pathway": {
        "capacity": _FLOW,
        "processing_days": _DAYS,
        "approval_rate": _SHARE,
        "places": _PERSONS,
        "walk_in_per_day": _PERSONS_A_DAY_BY_NATIONALITY,
        "walk_in_parole_share": _SHARE_BY_NATIONALITY,
    },
    "regularization": {
        "capacity": _FLOW,
        "places": _PERSONS,
        "outside_stock": TermSpec(("persons",), high=MOST_PERSONS, by_nationality=True),
        "renewal_share": _SHARE,
    },
    "visa_restriction": {
        "closed": TermSpec(("0|1",), high=1.0, by_nationality=True),
        "charge_usd": TermSpec(("USD",), high=MOST_USD, by_nationality=True),
        "fare_factor": _RATIO,
        "capacity_factor": _RATIO,
    },
    "interdiction": {
        "probability": _SHARE_BY_NATIONALITY,
        "hazard_factor": TermSpec(("ratio",), high=LARGEST_RATIO, by_nationality=True),
        "daily_capacity": _PERSONS_A_DAY,
        "removed_share": _SHARE,
    },
    "removal": {
        "removals_per_day": _PERSONS_A_DAY,
        "screened_in_share": _SHARE,
        "consequences_per_day": _PERSONS_A_DAY,
        "consequence_ease": TermSpec(("log-odds",), -20.0, 20.0, by_nationality=True),
        "consequence_ease_single_adult": _LOG_ODDS,
        "consequence_ease_family_member": _LOG_ODDS,
        "consequence_ease_unaccompanied_child": _LOG_ODDS,
    },
    "asylum_bar": {
        "expulsion_share_single_adult": _SHARE_BY_NATIONALITY,
        "expulsion_share_family_member": _SHARE_BY_NATIONALITY,
        "expulsion_share_unaccompanied_child": _SHARE_BY_NATIONALITY,
        "expulsion_air_share": _SHARE_BY_NATIONALITY,
        "expulsion_capacity": _PERSONS_A_DAY_BY_NATIONALITY,
        "return_to_mexico_per_day": _PERSONS_A_DAY,
        "threshold_on": _ENCOUNTERS,
        "threshold_off": _ENCOUNTERS,
        "window_days": TermSpec(("days",), 1.0, LONGEST_DAYS),
        "quiet_days": _DAYS,
        "ease_shift": _LOG_ODDS,
        "processing_factor": _RATIO,
        "removed_after_transfer": _SHARE_BY_NATIONALITY,
    },
    "asylum_access": {"capacity": _FLOW, "recognition": _SHARE, "decision_days": _DAYS},
    "smuggling_disruption": {
        "capacity_cut": _SHARE,
        "recovery_half_life": TermSpec(("days",), 1.0, LONGEST_DAYS),
    },
    "biometrics": {"detection": _SHARE, "recognition": _SHARE},
    "aid": {
        "usd_per_year": TermSpec(("USD/year", "USD"), high=MOST_USD),
        "displaced_persons": TermSpec(("persons",), 1.0, MOST_PERSONS),
    },
}
"""The terms of each kind of lever."""

ONE_OF: dict[str, tuple[str, ...]] = {
    "lawful_pathway": ("capacity", "walk_in_per_day"),
    "regularization": ("capacity",),
    "visa_restriction": tuple(TERMS["visa_restriction"]),
    "interdiction": tuple(TERMS["interdiction"]),
    "removal": ("removals_per_day", "consequences_per_day", "consequence_ease"),
    "asylum_bar": (
        "expulsion_share_single_adult",
        "expulsion_share_family_member",
        "expulsion_share_unaccompanied_child",
        "return_to_mexico_per_day",
        "ease_shift",
        "processing_factor",
        "removed_after_transfer",
    ),
    "asylum_access": ("capacity", "recognition", "decision_days"),
    "smuggling_disruption": ("capacity_cut",),
    "biometrics": ("detection", "recognition"),
    "aid": ("usd_per_year",),
}
"""An instrument that acts has at least one of these terms."""


def mistake(message: str, *, at: tuple[object, ...] = (), value: object = None, expected: object = None) -> Exception:
    """Return the error that a validator raises; `at` is the path of keys below the validated object."""
    return PydanticCustomError("mistake", "{message}", {"message": message, "at": at, "value": value, "want": expected})


def as_date(value: object) -> date:
    """Return a date from a date or an ISO text (YYYY-MM-DD)."""
    if isinstance(value, datetime):
        raise mistake("not a date", value=value.isoformat(), expected="a date without a time, YYYY-MM-DD")
    if isinstance(value, date):
        return value
    if isinstance(value, str) and len(value) == 10:
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise mistake("not a date", value=value, expected="a date that exists, YYYY-MM-DD")


Day = Annotated[date, BeforeValidator(as_date)]
Evidence = Literal["documented", "derived", "assumed"]
Value = float | dict[str, float]


def _number(value: object, at: tuple[object, ...]) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise mistake("not a number", at=at, value=value, expected="a finite number")
    return float(value)


class Term(BaseModel):
    """A dated number: a step function of time, in force from each date until the next.

    Before the first date the first value holds. A value is a number, or a number by nationality; with ``default`` it
    holds for all others too, without it the instrument leaves the others as they are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    unit: str
    values: dict[date, Value]
    evidence: Evidence
    range: tuple[float, float] | None = Field(default=None, strict=False)
    note: str | None = None

    @field_validator("values", mode="before")
    @classmethod
    def _read_values(cls, given: Any) -> dict[date, Value]:
        if not isinstance(given, dict) or not given:
            raise mistake("values are no dated list", value=given, expected="date: number, at least one")
        found: dict[date, Value] = {}
        for key, value in given.items():
            try:
                day = as_date(key)
            except PydanticCustomError as error:
                raise mistake("not a date", at=(key,), value=key, expected=(error.context or {}).get("want")) from None
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
                        f"{name} is not by nationality", at=("values", day), value=value, expected="one number"
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
