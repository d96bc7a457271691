"""Ranges of what a run may be asked for, and the rules that check them: the same on the command line and in Python."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ladsim.core.errors import UserError

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


def plain_value(value: Any) -> Any:
    """Return what a NumPy scalar or an array without dimensions holds as a plain value; anything else as it is."""
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return value.item()
    return value


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
    value = plain_value(value)
    if value is None:
        return None
    if isinstance(value, datetime) and value == value and value.time() == datetime.min.time():
        value = value.date()
    try:
        if isinstance(value, str) and len(value) == len("YYYY-MM-DD"):
            value = date.fromisoformat(value)
    except ValueError:
        pass
    if type(value) is not date:
        raise UserError(f"{key} is not a date", key=key, value=value, expected="YYYY-MM-DD")
    if not FIRST_DAY <= value <= LAST_DAY:
        expected = f"a day from {FIRST_DAY} to {LAST_DAY}"
        raise UserError(f"{key} is out of range", key=key, value=value.isoformat(), expected=expected)
    return value
