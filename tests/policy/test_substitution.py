"""Who is kept from one way takes another, in part: what follows when ways close, pathways open and status is given.

Each test compares history without the commitments to the same with one lever, on common draws; what must move is judged
by the 90 percent interval of the paired difference over the seeds.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lever_cases import Case, Move, counts, differences, frames, group_of

from ladsim.results.intervals import mean_interval

pytestmark = pytest.mark.slow

ALL_TRAILS = [
    "capurgana__canaan_membrillo__walk",
    "capurgana__bajo_chiquito__walk",
    "carreto__canaan_membrillo__walk_guided",
    "acandi__bajo_chiquito__walk",
    "acandi__bajo_chiquito__walk_guided",
]


WINTER_OF_2021 = (date(2021, 9, 15), date(2022, 4, 30))
AUTUMN_OF_2022 = (date(2022, 8, 15), date(2023, 2, 28))
SUMMER_OF_2024 = (date(2024, 5, 1), date(2024, 10, 31))
"""Days of cases in tests/policy/cases, so that their run without any commitment is shared."""


def with_cases(days: tuple[date, date]) -> pytest.MarkDecorator:
    """Let a test of these days run in the process that runs their cases."""
    return pytest.mark.parametrize("days", [pytest.param(days, id=group_of(days))])


def case(lever: str, days: tuple[date, date], months: tuple[str, str], *moves: Move, **changes: Any) -> Case:
    return Case(lever, lever, days=days, months=months, moves=moves, with_changes=changes)


def check(tried: Case) -> None:
    found = differences(tried)
    assert all(d.shown for d in found), "\n".join(str(d) for d in found)


@with_cases(WINTER_OF_2021)
def test_closing_the_flight_sends_some_through_the_darien(days: tuple[date, date]) -> None:
    """Mexico's visa on Venezuelans of 21 January 2022: fewer at the border, more in the Darien, as many wishes."""
    tried = case(
        "mexico_visa_venezuela",
        days,
        ("2022-02", "2022-04"),
        Move("irregular_entries", "more", ("PAN",), ("VEN",)),
        Move("encounters_between_ports", "fewer", nationalities=("VEN",)),
    )
    check(tried)
    wishes = [f[(f["measure"] == "wishes_formed") & (f["month"] <= "2022-04")] for f in frames(tried, 1)]
    assert wishes[0]["value"].sum() > 0
    pd.testing.assert_frame_equal(*[f.reset_index(drop=True) for f in wishes])


@with_cases(SUMMER_OF_2024)
def test_closing_all_trails_sends_some_by_the_islands_and_keeps_some_back(days: tuple[date, date]) -> None:
    """Without any lawful capacity: fewer in the Darien, more by boat over San Andres."""
    tried = case(
        "panama_trail_closure_2024",
        days,
        ("2024-08", "2024-10"),
        Move("irregular_entries", "fewer", ("PAN",)),
        Move("passages", "more", ("san_andres__corn_island__boat",)),
        target={"ways": ALL_TRAILS},
    )
    check(replace(tried, seeds=4))


@with_cases(AUTUMN_OF_2022)
def test_a_lawful_pathway_lowers_irregular_departures_by_less_than_one_for_one(days: tuple[date, date]) -> None:
    """Twenty times the seasonal visas of Northern Central America: many would not have left without them."""
    parts = ("guatemala", "honduras", "el_salvador")
    people = ("GTM", "HND", "SLV")
    arrivals = Move("lawful_arrivals", "more", tuple(f"seasonal_labor_visas_nca.{p}" for p in parts))
    departures = Move("departures", "fewer", nationalities=people)
    tried = case(
        "seasonal_labor_visas_nca",
        days,
        ("2022-09", "2023-01"),
        arrivals,
        departures,
        start="2022-09-01",
        announced="2022-09-01",
        parts={p: {"terms": {"capacity": 60000, "processing_days": 30}} for p in parts},
    )
    check(tried)
    counted = {name: both[:, 0] - both[:, 1] for name, both in counts(tried).items()}
    spare = counted[str(arrivals)] + counted[str(departures)]
    _, low, _ = mean_interval(spare)
    assert low > 0.0, "fewer departures than arrivals are gained"


@with_cases(SUMMER_OF_2024)
def test_regular_status_in_colombia_keeps_people_there_and_not_in_venezuela(days: tuple[date, date]) -> None:
    from_colombia = Move("departures", "fewer", ("COL",), ("VEN",))
    from_venezuela = Move("departures", "fewer", ("VEN",), ("VEN",))
    tried = case(
        "colombia_guardian_regularization",
        days,
        ("2024-07", "2024-10"),
        from_colombia,
        from_venezuela,
        start="2024-06-01",
        announced="2024-06-01",
        terms={"capacity": 54000},
    )
    first, second = differences(tried)
    assert first.shown, str(first)
    change, there = (np.abs(d.mean) / d.without for d in (second, first))
    assert change < 0.25 * there, f"{first}\n{second}"
