"""Who is kept from one way takes another, in part: what follows when ways close, pathways open and status is given.

Each test compares history without the commitments to the same with one lever, on common draws; what must move is judged
by the 90 percent interval of the paired difference over the seeds.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from lever_cases import Case, Move, counts, differences

from ladsim.results.intervals import mean_interval

pytestmark = pytest.mark.slow

ALL_TRAILS = [
    "capurgana__canaan_membrillo__walk",
    "capurgana__bajo_chiquito__walk",
    "carreto__canaan_membrillo__walk_guided",
    "acandi__bajo_chiquito__walk",
    "acandi__bajo_chiquito__walk_guided",
]


def case(lever: str, first: str, last: str, months: tuple[str, str], *moves: Move, **changes: Any) -> Case:
    days = (date.fromisoformat(first), date.fromisoformat(last))
    return Case(lever, lever, days=days, months=months, moves=moves, with_changes=changes)


def check(tried: Case) -> None:
    found = differences(tried)
    assert all(d.shown for d in found), "\n".join(str(d) for d in found)


def test_closing_the_flight_sends_some_through_the_darien() -> None:
    """Mexico's visa on Venezuelans of 21 January 2022: fewer at the border, more in the Darien."""
    check(
        case(
            "mexico_visa_venezuela",
            "2022-01-01",
            "2022-04-30",
            ("2022-02", "2022-04"),
            Move("irregular_entries", "more", ("PAN",), ("VEN",)),
            Move("encounters_between_ports", "fewer", nationalities=("VEN",)),
        )
    )


def test_closing_all_trails_sends_some_by_the_islands_and_keeps_some_back() -> None:
    """Without any lawful capacity: fewer in the Darien, more by boat over San Andres."""
    check(
        case(
            "panama_trail_closure_2024",
            "2024-05-10",
            "2024-10-31",
            ("2024-08", "2024-10"),
            Move("irregular_entries", "fewer", ("PAN",)),
            Move("passages", "more", ("san_andres__corn_island__boat",)),
            target={"ways": ALL_TRAILS},
        )
    )


def test_a_lawful_pathway_lowers_irregular_departures_by_less_than_one_for_one() -> None:
    """Twenty times the seasonal visas of Northern Central America: many would not have left without them."""
    parts = ("guatemala", "honduras", "el_salvador")
    people = ("GTM", "HND", "SLV")
    arrivals = Move("lawful_arrivals", "more", tuple(f"seasonal_labor_visas_nca.{p}" for p in parts))
    departures = Move("departures", "fewer", nationalities=people)
    tried = case(
        "seasonal_labor_visas_nca",
        "2022-08-15",
        "2023-03-31",
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


def test_regular_status_in_colombia_keeps_people_there_and_not_in_venezuela() -> None:
    from_colombia = Move("departures", "fewer", ("COL",), ("VEN",))
    from_venezuela = Move("departures", "fewer", ("VEN",), ("VEN",))
    tried = case(
        "colombia_guardian_regularization",
        "2024-05-10",
        "2024-10-31",
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
