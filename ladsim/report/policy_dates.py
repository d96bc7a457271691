"""When policies change: the dates of instruments that differ from the reference, drawn into figures over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes

from ladsim.report import style
from ladsim.results.run_result import RunResult

MOST = 8
"""Dates that a figure shows; more would hide the lines."""


class PolicyDate(NamedTuple):
    """A day on which an instrument that differs from the reference changes what holds.

    Attributes:
        day: YYYY-MM-DD.
        what: The instrument and what happens to it.
    """

    day: str
    what: str


def policy_dates(result: RunResult) -> list[PolicyDate]:
    """Return the dates of all instruments that the scenario and its reference do not share, in order of time.

    Where both have an instrument with other terms, the dates are those from which what holds may differ. Nothing
    without a reference: then no policy is singled out.
    """
    if result.reference is None:
        return []
    ours, theirs = result.instruments, result.reference.instruments
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys([*ours, *theirs]):
        a, b = ours.get(name), theirs.get(name)
        if a == b:
            continue
        for instrument, note in ((a, ""), (b, " (reference)")):
            if instrument is None or (note and a is not None and _days(a) == _days(b or {})):
                continue
            for day, verb in _days(instrument).items():
                found.setdefault(day, []).append(f"{name} {verb}{note}")
    first, last = result.scenario.start, result.scenario.end
    return [PolicyDate(day, ", ".join(dict.fromkeys(found[day]))) for day in sorted(found) if first <= day <= last]


def _days(instrument: Mapping[str, Any]) -> dict[str, str]:
    """Return the days on which an instrument is announced, begins, changes a term, or ends."""
    days: dict[str, str] = {}
    start, end, announced = (str(instrument.get(k) or "") for k in ("start", "end", "announced"))
    if announced and announced < start:
        days[announced] = "announced"
    days[start] = "begins"
    bodies = [instrument, *(instrument.get("parts") or {}).values()]
    for body in bodies:
        for term in (body.get("terms") or {}).values():
            for day in term.get("values") or {}:
                if str(day) > start and (not end or str(day) < end):
                    days.setdefault(str(day), "changes")
    if end:
        days[end] = "ends"
    return {day: verb for day, verb in days.items() if day}


def draw_dates(axes: Axes, dates: Sequence[PolicyDate], months: Sequence[str], *, letters: bool = True) -> None:
    """Draw a thin line at each date of an axis of month positions, with its letter above."""
    for letter, x in _placed(dates, months):
        axes.axvline(x, color=style.GRAY, linewidth=0.7, linestyle=(0, (1, 2)), zorder=1)
        if letters:
            axes.annotate(
                letter,
                (x, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(1.5, -1.5),
                textcoords="offset points",
                va="top",
                fontsize=7,
                color=style.GRAY,
            )


def dates_line(dates: Sequence[PolicyDate], months: Sequence[str]) -> str:
    """Return the sentence that says what the lines of :func:`draw_dates` stand for; empty where there are none."""
    drawn = {letter for letter, _ in _placed(dates, months)}
    if not drawn:
        return ""
    told = [f"{chr(97 + i)}: {date.day} {date.what}" for i, date in enumerate(dates[:MOST]) if chr(97 + i) in drawn]
    more = len(dates) - MOST
    return f"Dotted lines: {'; '.join(told)}{f'; {more} later dates are not drawn' if more > 0 else ''}."


def _placed(dates: Sequence[PolicyDate], months: Sequence[str]) -> list[tuple[str, float]]:
    """Return the letter and position of each date; the middle of a month is its position."""
    position = {month: i for i, month in enumerate(months)}
    return [
        (chr(97 + i), position[date.day[:7]] + (int(date.day[8:10]) - 1) / 31 - 0.5)
        for i, date in enumerate(dates[:MOST])
        if date.day[:7] in position
    ]
