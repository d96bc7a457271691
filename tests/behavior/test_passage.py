"""Under way: death, robbery, being stopped and sent back or home, irregular entries, the sea exit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare
from small_world import Way, events, graph, parameters, paths, people, population, today

from ladsim.behavior import kernels
from ladsim.core.schema import State

FALSE_ALARM = 1e-3
MANY = 20_000
DAY = 9
STOPPER = 3


def travel(
    way: Way, *, count: int = MANY, p: Any = None, exits: tuple[int, ...] = (), stop: float = 0.0, **more: Any
) -> Any:
    """Let people end the only way of a graph; return the population and what was counted."""
    columns = more.pop("columns", {})
    g = graph([way, Way(1, 2)], 3, sea_exits=exits)
    crowd = population(count, **{"state": int(State.TRAVELLING), "way": 0, "due": DAY, "node": way.start, **columns})
    counted = events(g)
    removed = np.zeros(STOPPER + 1)
    removed[STOPPER] = more.pop("stop_removed", 0.0)
    day = today(g, stop=np.array([[stop], [0.0]]), stop_removed=removed, **more)
    home = np.zeros(1, np.int64)
    kernels.arrive(
        np.arange(count), DAY, 24_000, 0, 7, people(crowd), g, day, paths(), home, p or parameters(), counted
    )
    return crowd, counted


def test_arrival_without_events() -> None:
    crowd, counted = travel(Way(0, 1), count=20)
    assert set(crowd.view("state")) == {int(State.WAITING)}
    assert set(crowd.view("node")) == {1}
    assert set(crowd.view("way")) == {-1}
    assert set(crowd.view("due")) == {DAY}, "they decide on the day of arrival"
    assert counted.passages[:, 0].tolist() == [20, 0]
    assert counted.entries.sum() == counted.interdictions.sum() == 0


def test_death_and_robbery_have_their_hazards() -> None:
    p = parameters(robbery_loss=0.4)
    crowd, counted = travel(Way(0, 1, death=0.05, robbery=0.3), p=p, columns={"means": 100.0})
    dead = crowd.view("state") == State.DEAD
    robbed = np.isclose(crowd.view("means"), 60.0)
    safe = np.isclose(crowd.view("means"), 100.0) & ~dead
    assert (dead | robbed | safe).all()
    assert not (dead & robbed).any()
    expected = MANY * np.array([0.05, 0.95 * 0.3, 0.95 * 0.7])
    assert chisquare([dead.sum(), robbed.sum(), safe.sum()], expected).pvalue > FALSE_ALARM
    assert counted.deaths[0, 0] == dead.sum()
    assert counted.passages[0, 0] == MANY - dead.sum()


def test_stopped_people_are_sent_back_or_removed() -> None:
    p = parameters(reconsider_share=0.0, stopped_days=6)
    way = Way(0, 1, stop_country=STOPPER, stop_to=0)
    crowd, counted = travel(way, p=p, stop=0.4, stop_removed=0.25)
    state, node = crowd.view("state"), crowd.view("node")
    on = (state == State.WAITING) & (node == 1)
    back = (state == State.WAITING) & (node == 0)
    gone = state == State.REMOVED
    counts = [on.sum(), back.sum(), gone.sum()]
    assert sum(counts) == MANY
    assert chisquare(counts, MANY * np.array([0.6, 0.3, 0.1])).pvalue > FALSE_ALARM
    assert counted.interdictions[STOPPER, 0] == counts[1] + counts[2]
    assert counted.removals[STOPPER, 0] == counts[2]
    assert set(crowd.view("due")[back]) == {DAY + 6}
    assert set(crowd.view("attempts")[back]) == {1}


def test_stopped_where_people_are_sent_home_removes_everybody_stopped() -> None:
    p = parameters(reconsider_share=0.0)
    crowd, counted = travel(Way(0, 1, stop_country=STOPPER, stop_to=-1), p=p, stop=1.0, count=100)
    assert set(crowd.view("state")) == {int(State.REMOVED)}
    assert counted.removals[STOPPER, 0] == 100


def test_being_stopped_is_no_irregular_entry() -> None:
    way = Way(0, 1, stop_country=STOPPER, stop_to=0, entry_country=2, irregular=True)
    crowd, counted = travel(way, stop=0.5, count=1000)
    through = crowd.view("node") == 1
    assert 0 < through.sum() < 1000
    assert counted.entries[2, 0] == through.sum()
    assert (crowd.view("irregular_since")[through] == DAY).all()
    assert (crowd.view("irregular_since")[~through] == -1).all()


def test_the_first_irregular_entry_is_remembered() -> None:
    way = Way(0, 1, entry_country=2, irregular=True)
    crowd, _ = travel(way, count=10, columns={"irregular_since": 3})
    assert set(crowd.view("irregular_since")) == {3}


@pytest.mark.parametrize("irregular", [False, True])
def test_regular_entries_are_not_counted(irregular: bool) -> None:
    crowd, counted = travel(Way(0, 1, entry_country=2, irregular=irregular), count=10)
    assert counted.entries.sum() == (10 if irregular else 0)
    assert set(crowd.view("irregular_since")) == {DAY if irregular else -1}


def test_people_leave_the_corridor_by_sea() -> None:
    crowd, counted = travel(Way(0, 1), count=10, exits=(1,))
    assert set(crowd.view("state")) == {int(State.LEFT_BY_SEA)}
    assert counted.passages[0, 0] == 10
