"""Programs: caps of a year, places in all, renewals, and people whom no table of residences holds."""

from __future__ import annotations

from datetime import date
from typing import Any

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import population
from test_queues import REGULARIZATION_GOAL, SEED, Model, days, granted, in_line, pathway

from ladsim.actors.country import Country
from ladsim.core.schema import State
from ladsim.policy.rules import Regularization
from ladsim.sim.queues import Queues, capacity_on, window_of

A_YEAR = 365.25


def yearly(persons: float, **changes: Any) -> Any:
    return pathway(**{"capacity_per_day": persons / A_YEAR, "window": "year", "year_begins": 10, **changes})


@pytest.mark.parametrize("scale", [1, 10, 100])
@pytest.mark.parametrize(("first", "length"), [(date(2022, 10, 1), 365), (date(2023, 10, 1), 366)], ids=["365", "366"])
def test_a_years_cap_is_that_many_persons(scale: int, first: date, length: int) -> None:
    model = Model(in_line(3 * 12_000 // scale), start=first, pathways=[yearly(12_000.0)])
    found = list(days(model, Queues(scale, SEED), length))
    assert found[-1] * scale == pytest.approx(12_000, abs=scale)


def test_the_places_of_a_year_are_there_until_its_end_and_then_lost() -> None:
    model = Model(in_line(0), start=date(2023, 10, 1), pathways=[yearly(3660.0)])
    queues = Queues(1, SEED)
    list(days(model, queues, 200))
    model.population = in_line(5000)
    assert list(days(model, queues, 1)) == [2010]
    late = Model(in_line(0), start=date(2023, 10, 1), pathways=[yearly(3660.0)])
    queues = Queues(1, SEED)
    list(days(late, queues, 366))
    late.population = in_line(5000)
    assert late.date == date(2024, 10, 1)
    assert next(days(late, queues, 1)) in (10, 11)


def test_the_year_of_capacity_begins_where_it_is_said_to() -> None:
    fiscal, calendar = yearly(100.0), yearly(100.0, year_begins=1)
    assert window_of(fiscal, date(2023, 9, 30)) != window_of(fiscal, date(2023, 10, 1))
    assert window_of(fiscal, date(2023, 10, 1)) == window_of(fiscal, date(2024, 9, 30))
    assert window_of(calendar, date(2023, 12, 31)) != window_of(calendar, date(2024, 1, 1))
    assert window_of(calendar, date(2023, 1, 1)) == window_of(calendar, date(2023, 12, 31))
    assert capacity_on(fiscal, date(2023, 11, 1)) == pytest.approx(100 / 366)
    assert capacity_on(calendar, date(2023, 11, 1)) == pytest.approx(100 / 365)


@pytest.mark.parametrize("scale", [1, 10, 100])
def test_no_more_get_a_place_than_there_are_in_all(scale: int) -> None:
    path = pathway(capacity_per_day=400.0, total_places=2450.0, approval_rate=0.6)
    model = Model(in_line(20_000 // scale), pathways=[path])
    queues = Queues(scale, SEED)
    found = list(days(model, queues, 25))
    assert found[-1] * scale == 2450 // scale * scale
    full = queues.full(model.environment.rules, {}, [])
    assert full == {"visa"}


def test_a_pathway_with_places_left_is_not_full() -> None:
    model = Model(in_line(30), pathways=[pathway(capacity_per_day=10.0, total_places=31.0)])
    queues = Queues(1, SEED)
    list(days(model, queues, 10))
    assert len(granted(model)) == 30
    assert queues.full(model.environment.rules, {}, []) == frozenset()


def test_the_wait_counts_only_those_who_can_be_approved() -> None:
    path = pathway(capacity_per_day=10.0, approval_rate=0.2)
    model = Model(in_line(500), pathways=[path])
    queues = Queues(1, SEED)
    list(days(model, queues, 1))
    assert queues.waits(model.environment)[0, 0] == pytest.approx(500 * 0.2 / 10)  # type: ignore[arg-type]


def test_a_refusal_is_remembered_by_pathway() -> None:
    model = Model(in_line(20), pathways=[pathway(capacity_per_day=100.0, approval_rate=0.0)])
    list(days(model, Queues(1, SEED), 1))
    assert set(model.population.view("refused")) == {1}
    assert set(model.population.view("goal")) == {-1}


# -- regular status ----------------------------------------------------------------------------------------------------


def with_program(crowd: Any, stock: float, **changes: Any) -> Model:
    given = {"capacity_per_day": 10.0, "total_places": np.inf, "nationalities": np.array([True]), **changes}
    model = Model(crowd, regularizations=[Regularization("plan", 0, **given)])
    model.countries["PAN"].irregular_stock[0] = stock
    return model


def regularize(model: Model, queues: Queues, count: int) -> int:
    """Let days pass and return the agents who got regular status."""
    for _ in range(count):
        queues.regularize(model)  # type: ignore[arg-type]
    return int(model.events.regularizations[0, 0])


@pytest.mark.parametrize("scale", [1, 10, 100])
def test_people_outside_the_table_are_counted_up_to_their_number(scale: int) -> None:
    model = with_program(population(0), 0.0, capacity_per_day=150.0, outside_stock=np.array([1000.0]))
    assert regularize(model, Queues(scale, SEED), 30) * scale == 1000
    assert model.countries["PAN"].irregular_stock[0] == 0.0


def test_residents_without_status_come_before_those_outside_the_table() -> None:
    model = with_program(population(0), 60.0, outside_stock=np.array([1000.0]))
    queues = Queues(1, SEED)
    assert regularize(model, queues, 5) == 50
    assert model.countries["PAN"].irregular_stock[0] == 10.0
    assert regularize(model, queues, 5) == 100
    assert model.countries["PAN"].irregular_stock[0] == 0.0


@pytest.mark.parametrize(("share", "left"), [(0.0, 600.0), (0.75, 900.0), (1.0, 1000.0)])
def test_renewals_draw_down_no_stock(share: float, left: float) -> None:
    model = with_program(population(0), 1000.0, renewal_share=share)
    assert regularize(model, Queues(1, SEED), 40) == 400
    assert model.countries["PAN"].irregular_stock[0] == pytest.approx(left, abs=1)


def test_nobody_without_status_can_ask_for_a_renewal() -> None:
    model = with_program(population(30, goal=REGULARIZATION_GOAL), 0.0, renewal_share=1.0)
    regularize(model, Queues(1, SEED), 3)
    assert set(model.population.view("state")) == {int(State.CONSIDERING)}


def test_a_program_is_full_when_its_places_are_given() -> None:
    model = with_program(population(0), 1000.0, total_places=55.0)
    queues = Queues(1, SEED)
    assert regularize(model, queues, 5) == 50
    rules, codes = model.environment.rules, ["PAN"]
    assert queues.full(rules, model.countries, codes) == frozenset()
    assert regularize(model, queues, 5) == 55
    assert queues.full(rules, model.countries, codes) == {"plan"}


@settings(deadline=None, max_examples=40)
@given(
    st.floats(0.0, 300.0),
    st.floats(0.0, 200.0),
    st.floats(0.0, 1.0),
    st.floats(0.0, 30.0),
    st.floats(0.0, 400.0) | st.just(np.inf),
    st.sampled_from([1, 7, 10]),
)
def test_no_stock_is_negative_and_no_cap_is_passed(
    stock: float, outside: float, share: float, per_day: float, total: float, scale: int
) -> None:
    model = with_program(
        population(20, goal=REGULARIZATION_GOAL),
        stock,
        outside_stock=np.array([outside]),
        renewal_share=share,
        capacity_per_day=per_day,
        total_places=total,
    )
    queues, country = Queues(scale, SEED), model.countries["PAN"]
    for day in range(1, 20):
        given = regularize(model, queues, 1) * scale
        assert country.irregular_stock[0] >= 0.0
        assert (country.outside_left(model.environment.rules.regularizations[0]) >= 0.0).all()
        assert given <= min(per_day * day, total) + 1e-6


def test_a_country_without_people_outside_its_table_has_none_left() -> None:
    country = Country(mesa.Model(), "PAN", 0, True, 2)
    program = Regularization("plan", 0, 1.0, np.inf, np.array([True, True]))
    assert country.outside_left(program).tolist() == [0.0, 0.0]
