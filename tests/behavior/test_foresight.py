"""Going before it is too late: who can reach the border in time hurries, who cannot decides by what will hold."""

from __future__ import annotations

import numpy as np
import pytest
from small_world import Way, graph

from ladsim.behavior.foresight import days_left_on_the_way, look_ahead
from ladsim.behavior.tables import N_OPTIONS, OPTION_WAIT
from ladsim.core.schema import Mode

CROSSING = int(Mode.CROSSING)
GRAPH = graph([Way(0, 1, days=9.0), Way(1, 2, days=3.0), Way(2, 3, mode=CROSSING), Way(1, 2, days=3.0)], 4)
NOW, LATER = np.array([[5.0, 6.0, 8.0, 0.0]]), np.array([[2.0, 3.0, 4.0, 0.0]])


def decided(days: float, foresight: float, **later: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of ways and of waiting by which people decide; all is worth less from a day on."""
    ways = np.array([[4.5, 5.5, 7.5, -np.inf]])
    ways_later = np.array([[1.5, later.get("second", 2.5), 3.5, 2.5]])
    stay, stay_later = np.zeros((1, 4, N_OPTIONS)), np.zeros((1, 4, N_OPTIONS))
    stay[:, :, OPTION_WAIT], stay_later[:, :, OPTION_WAIT] = NOW - 1.0, LATER - 1.0
    look_ahead(GRAPH, np.arange(len(NOW)), days, foresight, (NOW, ways, stay), (LATER, ways_later, stay_later))
    return ways[0], stay[0, :, OPTION_WAIT]


def test_days_left_are_those_of_the_shortest_way() -> None:
    nodes, ways = days_left_on_the_way(GRAPH)
    assert nodes[:3].tolist() == [12.0, 3.0, 0.0]
    assert ways.tolist() == [12.0, 3.0, 0.0, 3.0]


@pytest.mark.parametrize("foresight", [0.0, 0.5, 1.0])
def test_who_is_in_time_goes_the_more_the_more_they_lose(foresight: float) -> None:
    ways, _ = decided(5.0, foresight)
    assert ways[1] == pytest.approx(5.5 + 3.0 * foresight)
    assert ways[2] == pytest.approx(7.5 + 4.0 * foresight)


def test_who_comes_too_late_decides_by_what_will_hold() -> None:
    ways, wait = decided(5.0, 1.0)
    assert ways[0] == 1.5
    assert wait[:3].tolist() == [1.0, 2.0, 3.0], "a week of waiting goes beyond the day everywhere"
    _, patient = decided(8.0, 1.0)
    assert patient[:3].tolist() == [1.0, 2.0, 7.0], "at the border a week can still be waited"


def test_a_way_that_closes_is_lost_later_only() -> None:
    """Somebody who takes it before it closes, but comes to the border after the change, has lost what lies behind."""
    ways, _ = decided(2.0, 1.0, second=-np.inf)
    assert ways[1] == pytest.approx(5.5 - (8.0 - 4.0))


def test_a_way_that_is_closed_today_stays_closed() -> None:
    assert decided(5.0, 1.0)[0][3] == -np.inf


def test_nothing_changes_where_nothing_will() -> None:
    ways, stay = np.array([[4.5, 5.5, 7.5, -np.inf]]), np.ones((1, 4, N_OPTIONS))
    same = (NOW, ways.copy(), stay.copy())
    look_ahead(GRAPH, np.arange(len(NOW)), 5.0, 1.0, (NOW, ways, stay), same)
    np.testing.assert_array_equal(ways, same[1])
    np.testing.assert_array_equal(stay, same[2])
