"""Ranges of what a run may be asked for, and the rules that check them: the same on the command line and in Python."""

from __future__ import annotations

import math
import re
from calendar import month_name, monthrange
from datetime import date, datetime
from typing import Any

from ladsim.core.errors import UserError

WHAT_A_WORLD_IS = "a folder of tables, as docs/own-corridor.md describes; examples/corridor is one"
FIRST_DAY, LAST_DAY = date(2010, 1, 1), date(2040, 12, 31)
"""Days that can be simulated: rules, fees and hazards are known for the 2010s and 2020s and go on as they are."""

RANGES: dict[str, tuple[int, int]] = {
    "scale": (1, 100_000),
    "seeds": (1, 100_000),
    "workers": (1, 1_024),
    "root_seed": (0, 2**63 - 1),
    "parameter_sets": (1, 1_000),
}
"""Option -> least and greatest value."""


FIRST_DATE, LAST_DATE = date(1950, 1, 1), date(2100, 12, 31)
"""Dates that anything may name; one outside is a slip of the pen, such as 1900 for 1990 or 9999 for "no end"."""


def plain_value(value: Any) -> Any:
    """Return what a NumPy scalar or an array without dimensions holds as a plain value; anything else as it is.

    A midnight, whether of pandas, NumPy or the standard library, is its date.
    """
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        is_time = getattr(getattr(value, "dtype", None), "kind", "") == "M"
        value = (value.astype("datetime64[us]") if is_time else value).item()
    if isinstance(value, datetime) and value == value and value.tzinfo is None and value.time() == datetime.min.time():
        return value.date()
    return value


_MONTHS_IN_A_YEAR = 12
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def why_no_date(text: object) -> str:
    """Return what would be right in place of a text that is not a date: why that day does not exist, or the form."""
    found = _DAY.fullmatch(str(text).strip())
    if found is None:
        return "a date, YYYY-MM-DD"
    year, month, day = map(int, found.groups())
    if year == 0:
        return f"a day from {FIRST_DATE} to {LAST_DATE}, YYYY-MM-DD"
    if not 1 <= month <= _MONTHS_IN_A_YEAR:
        return "a date, YYYY-MM-DD; the month is from 01 to 12"
    days = monthrange(year, month)[1]
    exists = 1 <= day <= days
    return "a date, YYYY-MM-DD" + ("" if exists else f"; {month_name[month]} {year} has {days} days")


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number, and one that a floating-point number can hold; True is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def iso_day(text: str) -> date | None:
    """Return the day that a text names as YYYY-MM-DD, or None; a week's day (2023-W01-1) is no such text."""
    if _DAY.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def whole_number(key: str, value: Any, *, low: int = 1, high: int | None = None) -> int:
    """Return a whole number of at least `low`; True and 1.0 are none.

    Raises:
        UserError: No whole number, or one out of range.
    """
    expected = f"a whole number, {low:,} to {high:,}" if high is not None else f"a whole number of {low:,} or more"
    value = plain_value(value)
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise UserError(f"{key} is not a whole number", key=key, value=value, expected=expected)
    try:
        number = value.__index__()
    except TypeError:
        raise UserError(f"{key} is not a whole number", key=key, value=value, expected=expected) from None
    if number < low or (high is not None and number > high):
        raise UserError(f"{key} is out of range", key=key, value=number, expected=expected)
    return int(number)


def in_range(key: str, value: Any) -> int:
    """Return a whole number within the range of an option; see :data:`RANGES`."""
    low, high = RANGES[key]
    return whole_number(key, value, low=low, high=high)


def day(key: str, value: Any) -> date | None:
    """Return a date from a date, a Timestamp, a datetime64 or YYYY-MM-DD; None stays None.

    Raises:
        UserError: No date, or one that cannot be simulated.
    """
    given, value = value, plain_value(value)
    if given is None:
        return None
    if isinstance(value, str):
        value = iso_day(value) or value
    if type(value) is not date:
        shown = given if value is None else value
        raise UserError(f"{key} is not a date", key=key, value=shown, expected=why_no_date(shown))
    if not FIRST_DAY <= value <= LAST_DAY:
        expected = f"a day from {FIRST_DAY} to {LAST_DAY}"
        raise UserError(f"{key} is out of range", key=key, value=value.isoformat(), expected=expected)
    return value
