"""Figures over time show when the policies change by which a scenario differs from its reference."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import fakes
import pytest

from ladsim.report import policy_dates
from ladsim.report.policy_dates import PolicyDate
from ladsim.results.run_result import RunResult

REMOVALS: dict[str, Any] = {
    "announced": "2023-08-01",
    "start": "2023-09-01",
    "end": "2024-03-01",
    "terms": {"per_day": {"values": {"2023-09-01": 1.0, "2023-11-15": 2.0}}},
    "parts": {},
}
SHARED: dict[str, Any] = {"announced": "2023-10-01", "start": "2023-10-01", "end": None, "terms": {}, "parts": {}}


@pytest.fixture(scope="module")
def pair() -> RunResult:
    made = fakes.pair(start="2023-07-01", end="2024-06-30", since="2023-12")
    assert made.reference is not None
    reference = replace(made.reference, instruments={"shared": SHARED})
    return replace(made, instruments={"removals": REMOVALS, "shared": SHARED}, reference=reference)


def test_the_dates_are_those_of_what_differs(pair: RunResult) -> None:
    assert policy_dates.policy_dates(pair) == [
        PolicyDate("2023-08-01", "removals announced"),
        PolicyDate("2023-09-01", "removals begins"),
        PolicyDate("2023-11-15", "removals changes"),
        PolicyDate("2024-03-01", "removals ends"),
    ]
    assert policy_dates.policy_dates(replace(pair, reference=None)) == []


def test_other_dates_of_the_reference_are_told_as_such(pair: RunResult) -> None:
    assert pair.reference is not None
    later = REMOVALS | {"start": "2024-01-01", "announced": "2024-01-01", "terms": {}}
    other = replace(pair, reference=replace(pair.reference, instruments={"removals": later, "shared": SHARED}))
    assert PolicyDate("2024-01-01", "removals begins (reference)") in policy_dates.policy_dates(other)


def test_dates_outside_the_run_are_left_out(pair: RunResult) -> None:
    early = REMOVALS | {"announced": "2020-01-01"}
    days = [d.day for d in policy_dates.policy_dates(replace(pair, instruments={"removals": early}))]
    assert days
    assert "2020-01-01" not in days


def test_figures_over_time_carry_the_lines_and_say_what_they_are(pair: RunResult) -> None:
    plot = pair.plot
    whole = [
        (figure, "a: 2023-08-01 removals announced") for figure in (plot.against_observed(), plot.by_nationality())
    ]
    # The figure of differences begins shortly before the first of them.
    for figure, first in [*whole, (plot.difference(), "c: 2023-11-15 removals changes")]:
        said = " ".join(t.get_text() for t in figure.texts).replace("\n", " ")
        assert first in said
        assert "d: 2024-03-01 removals ends" in said
        for axes in (axes for axes in figure.axes if axes.get_visible()):
            dotted = [line for line in axes.lines if line.get_linewidth() == 0.7 and line.get_linestyle() != "-"]
            xs = sorted({round(float(line.get_xdata()[0]), 2) for line in dotted})
            assert xs == ([0.5, 1.5, 3.95, 7.5] if first.startswith("a") else [0.95, 4.5])
    assert "Dotted lines" not in " ".join(t.get_text() for t in replace(pair, reference=None).plot.map().texts)


def test_too_many_dates_are_told(pair: RunResult) -> None:
    dates = [PolicyDate(f"2023-{m:02d}-{d:02d}", "x begins") for m in (8, 9) for d in range(1, 6)]
    line = policy_dates.dates_line(dates, pair.months)
    assert line.count("begins") == policy_dates.MOST
    assert "2 later dates are not drawn" in line
