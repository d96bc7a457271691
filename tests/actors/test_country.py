"""Countries: the June rule's thresholds, places of a program to the person, capacity of forces, asylum queues."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ladsim.actors.country import Country, smoothed
from ladsim.policy.rules import AsylumBar, Regularization

ON, OFF, WINDOW, QUIET = 2500.0, 1500.0, 7, 14
NO_CHILDREN, ALL_COUNT = np.zeros(1), np.ones(1)


def country() -> Country:
    return Country(mesa.Model(), "USA", 0, True, 1)


def june(**changes: Any) -> AsylumBar:
    given = {
        "id": "june",
        "threshold_on": ON,
        "threshold_off": OFF,
        "window_days": WINDOW,
        "quiet_days": QUIET,
        "ease_shift": 1.0,
        "processing_factor": 1.0,
        "nationalities": np.array([True]),
        "counted_children": np.array([1.0]),
        **changes,
    }
    return AsylumBar(**given)


def days_on(encounters: list[float], bar: AsylumBar | None = None) -> list[bool]:
    """Tell for each day whether the bar is on, asked in the morning with the encounters of the days before."""
    usa, found = country(), []
    for persons in encounters:
        found.append(usa.bar_is_on(bar or june()))
        usa.note_encounters(persons, NO_CHILDREN)
    return found


# -- the rule that watches the seven-day average -----------------------------------------------------------------------


def test_it_goes_on_when_the_average_is_above_the_threshold() -> None:
    assert not any(days_on([ON] * 30)), "exactly at the threshold is not above it"
    assert days_on([ON + 1] * 3) == [False, True, True]


def test_it_is_the_average_of_a_week_that_counts() -> None:
    week = [0.0] * 6 + [7 * ON + 7] + [0.0] * 10
    assert days_on(week) == [False] * 7 + [True] * 10
    assert not any(days_on([0.0] * 6 + [7 * ON] + [0.0] * 10))


def test_an_old_week_is_forgotten() -> None:
    usa = country()
    for persons in [9000.0] * 7 + [1000.0] * 7:
        usa.note_encounters(persons, NO_CHILDREN)
    assert usa.average_encounters(7, ALL_COUNT) == 1000.0
    assert usa.average_encounters(14, ALL_COUNT) == 5000.0
    assert country().average_encounters(7, ALL_COUNT) == 0.0


def test_it_goes_off_after_the_quiet_days_below_the_lower_threshold() -> None:
    found = days_on([ON + 500] * 10 + [OFF - 1] * 60)
    first_quiet = next(d for d in range(10, 70) if np.mean(([ON + 500] * 10 + [OFF - 1] * 60)[d - 7 : d]) < OFF)
    assert all(found[1 : first_quiet + QUIET - 1])
    assert not any(found[first_quiet + QUIET - 1 :])


def test_between_the_thresholds_nothing_changes() -> None:
    between = [(ON + OFF) / 2] * 90
    assert not any(days_on(between))
    assert all(days_on([ON + 1] * 8 + between)[1:])
    assert all(days_on([ON + 1] * 8 + [OFF] * 90)[1:]), "exactly at the lower threshold is not below it"


def test_one_loud_day_starts_the_count_anew() -> None:
    """It goes off on the day that ends the first run of quiet averages of full length, counted by itself."""
    days = [ON + 1] * 8 + [100.0] * 12 + [7 * OFF] + [100.0] * 60
    averages = [np.mean(days[max(0, d - WINDOW) : d]) for d in range(1, len(days))]
    quiet = [d for d, average in enumerate(averages, start=1) if average < OFF]
    runs = [d for d in quiet if all(d - back in quiet for back in range(QUIET))]
    found = days_on(days)
    assert found.index(False, 1) == runs[0]
    unbroken = days_on([ON + 1] * 8 + [100.0] * 73)
    assert runs[0] > unbroken.index(False, 1) + 10


def test_it_can_go_on_again() -> None:
    found = days_on([ON + 1] * 8 + [0.0] * 40 + [ON + 1] * 10)
    assert found[5]
    assert not found[45]
    assert found[-1]


def test_a_bar_without_thresholds_always_holds() -> None:
    assert days_on([0.0] * 3, june(threshold_on=None, threshold_off=None)) == [True] * 3


def test_longer_quiet_days_keep_it_on_longer() -> None:
    days = [ON + 1] * 8 + [0.0] * 60
    assert sum(days_on(days, june(quiet_days=28))) - sum(days_on(days, june(quiet_days=14))) == 14


def test_children_who_do_not_count_leave_the_average() -> None:
    usa = Country(mesa.Model(), "USA", 0, True, 2)
    for _ in range(7):
        usa.note_encounters(2600.0, np.array([200.0, 100.0]))
    counted = {"all": [1.0, 1.0], "the second alone": [0.0, 1.0], "none": [0.0, 0.0]}
    found = {who: usa.average_encounters(7, np.array(share)) for who, share in counted.items()}
    assert found == {"all": 2600.0, "the second alone": 2400.0, "none": 2300.0}
    assert usa.bar_is_on(june(id="all", counted_children=np.array([1.0, 1.0])))
    assert not usa.bar_is_on(june(id="none", counted_children=np.array([0.0, 1.0])))


def test_bars_are_watched_apart() -> None:
    usa = country()
    usa.note_encounters(2000.0, NO_CHILDREN)
    assert usa.bar_is_on(june(id="strict", threshold_on=1000.0))
    assert not usa.bar_is_on(june(id="lax"))


# -- places ------------------------------------------------------------------------------------------------------------


def program(per_day: float, total: float = np.inf) -> Regularization:
    return Regularization("p", 0, per_day, total, np.array([True]))


@settings(deadline=None)
@given(st.floats(0.0, 500.0), st.sampled_from([1, 7, 50, 100, 1000]), st.integers(1, 400))
def test_places_add_up_to_the_person(per_day: float, scale: int, days: int) -> None:
    land = country()
    persons = sum(land.places(program(per_day), scale) for _ in range(days)) * scale
    assert persons <= per_day * days + 1e-6
    assert persons > per_day * days - scale - 1e-6


@pytest.mark.parametrize(("scale", "expected"), [(1, 250), (10, 250), (100, 200), (1000, 0)])
def test_no_more_than_the_total_places(scale: int, expected: int) -> None:
    land = country()
    assert sum(land.places(program(33.3, total=250.0), scale) for _ in range(100)) * scale == expected


def test_a_pause_gives_nothing_and_loses_nothing() -> None:
    land = country()
    given = [land.places(program(c), 1) for c in (2.5, 0.0, 0.0, 2.5)]
    assert given == [2, 0, 0, 3]


def test_programs_are_counted_apart() -> None:
    land = country()
    land.places(program(10.0, total=10.0), 1)
    other = Regularization("q", 0, 10.0, 10.0, np.array([True]))
    assert land.places(other, 1) == 10
    assert land.places(program(10.0, total=10.0), 1) == 0


# -- forces and asylum -------------------------------------------------------------------------------------------------


def test_forces_stop_no_more_than_their_capacity() -> None:
    land = country()
    assert land.stop_factor(100.0) == 1.0
    for _ in range(500):
        land.note_stops(250.0, keep=0.9)
    assert land.stop_factor(100.0) == pytest.approx(0.4)
    assert land.stop_factor(1000.0) == 1.0
    assert land.stop_factor(np.inf) == 1.0
    assert land.stop_factor(100.0) * land.stop_load == pytest.approx(100.0)


@pytest.mark.parametrize("age", [1.0, 10.0, 30.0])
def test_smoothing_has_its_mean_age(age: float) -> None:
    weights, value = [], smoothed(np.zeros(1), np.ones(1), age)
    for _ in range(4000):
        weights.append(float(value[0]))
        value = smoothed(value, np.zeros(1), age)
    assert sum(weights) == pytest.approx(1.0)
    assert np.dot(weights, np.arange(4000)) == pytest.approx(age)


class Rules:
    asylum_capacity = np.array([50.0])
    asylum_days = np.array([40.0])


def test_the_asylum_queue_is_what_is_filed_less_what_is_decided() -> None:
    land = country()
    for filed in (300.0, 0.0, 400.0):
        land.note_asylum(filed, 50.0)
    assert land.asylum_queue == 700.0 - 3 * 50.0
    assert land.asylum_wait(Rules()) == pytest.approx(40.0 + 550.0 / 50.0)  # type: ignore[arg-type]
    for _ in range(100):
        land.note_asylum(0.0, 50.0)
    assert land.asylum_queue == 0.0


def test_without_a_system_nobody_waits_longer_than_the_days_given() -> None:
    land = country()
    land.note_asylum(10.0, 0.0)
    rules = Rules()
    rules.asylum_capacity = np.array([0.0])
    assert land.asylum_wait(rules) == 40.0  # type: ignore[arg-type]
