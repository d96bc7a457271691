"""Smuggling networks: fees rise with demand, cuts and pressure, and come back."""

from __future__ import annotations

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import parameters

from ladsim.actors.smuggling import SmugglingNetwork

P = parameters(fee_elasticity=0.4, capacity_half_life=60.0)


def network(days: int = 400, paying: float = 100.0, pressure: float = 0.0) -> SmugglingNetwork:
    """Return a network that has come to rest at steady demand."""
    made = SmugglingNetwork(mesa.Model(), "darien")
    pass_days(made, days, paying, 0.0, pressure)
    return made


def pass_days(
    made: SmugglingNetwork, days: int, paying: float = 100.0, cut: float = 0.0, pressure: float = 0.0
) -> None:
    for _ in range(days):
        made.set_fee(paying, cut, pressure, P)


def test_at_rest_the_fee_is_the_base_fee() -> None:
    assert network().fee == pytest.approx(1.0)
    assert SmugglingNetwork(mesa.Model(), "darien").fee == 1.0


def test_without_demand_the_fee_is_the_base_fee() -> None:
    assert network(paying=0.0).fee == 1.0


def test_pressure_is_paid_for() -> None:
    assert network(pressure=0.25).fee == pytest.approx(1.25)


def test_a_surge_raises_the_fee_until_capacity_has_followed() -> None:
    made = network()
    pass_days(made, 10, paying=300.0)
    high = made.fee
    assert high == pytest.approx((made.demand / made.capacity) ** 0.4)
    assert high > 1.1
    pass_days(made, 1000, paying=300.0)
    assert made.fee == pytest.approx(1.0, abs=1e-3)
    assert made.capacity == pytest.approx(300.0, rel=1e-3)


def test_a_slump_lowers_the_fee() -> None:
    made = network()
    pass_days(made, 20, paying=30.0)
    assert made.fee < 0.95


def test_a_cut_raises_the_fee_by_its_elasticity_and_wears_off_with_it() -> None:
    made = network()
    pass_days(made, 1, cut=0.5)
    assert made.fee == pytest.approx(2.0**0.4, rel=1e-3)
    assert made.cut == 0.5
    pass_days(made, 1, cut=0.25)
    assert made.fee == pytest.approx((4.0 / 3.0) ** 0.4, rel=1e-3)
    pass_days(made, 1, cut=0.0)
    assert made.fee == pytest.approx(1.0, rel=1e-3)


def test_half_of_the_gap_in_capacity_is_closed_in_a_half_life() -> None:
    made = network(paying=200.0)
    made.capacity = 100.0
    pass_days(made, 60, paying=200.0)
    assert made.capacity == pytest.approx(150.0)


def test_fees_do_not_depend_on_the_scale() -> None:
    """The same people, once as 100 a day and once as 1000 on one day of ten, pay the same after the run-in.

    On average over the ten days that it may be; each by itself pays a little more or less.
    """
    fees = np.zeros((10, 60))
    for first in range(10):
        coarse = SmugglingNetwork(mesa.Model(), "darien")
        for day in range(int(P.run_in_days) + 60):
            coarse.set_fee(1000.0 if day % 10 == first else 0.0, 0.0, 0.0, P)
            if day >= P.run_in_days:
                fees[first, day - int(P.run_in_days)] = coarse.fee
    assert network().fee == pytest.approx(1.0)
    assert fees.mean() == pytest.approx(1.0, abs=0.005)
    assert fees.mean(axis=1) == pytest.approx(np.ones(10), abs=0.08)


def test_in_the_run_in_networks_are_set_up_for_the_demand_there_is() -> None:
    made = network(days=0)
    for paying in (0.0, 0.0, 10.0, 300.0, 40.0):
        pass_days(made, 15, paying=paying)
        assert made.fee == 1.0
        assert made.capacity == made.demand
    weights = 0.5 ** (np.arange(75)[::-1] / 15.0)
    paid = np.repeat([0.0, 0.0, 10.0, 300.0, 40.0], 15)
    assert made.demand == pytest.approx((weights * paid).sum() / weights.sum()), "the average leans to no first day"


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.0, 1e5), st.floats(0.0, 1.0), st.floats(0.0, 1.0)), min_size=1, max_size=30),
)
def test_fees_stay_within_bounds(days: list[tuple[float, float, float]]) -> None:
    made = SmugglingNetwork(mesa.Model(), "darien")
    for paying, cut, pressure in days:
        made.set_fee(paying, cut, pressure, P)
        assert 0.5 <= made.fee <= 4.0


@settings(deadline=None)
@given(st.floats(1.0, 1e3), st.floats(0.0, 0.9), st.floats(0.0, 0.5), st.floats(0.0, 0.09), st.floats(0.0, 0.2))
def test_fees_never_fall_with_cut_or_pressure(
    paying: float, cut: float, pressure: float, more_cut: float, more_pressure: float
) -> None:
    fees = []
    for c, q in ((cut, pressure), (cut + more_cut, pressure), (cut, pressure + more_pressure)):
        made = network(days=5)
        pass_days(made, 1, paying=paying, cut=c, pressure=q)
        fees.append(made.fee)
    assert fees[1] >= fees[0] - 1e-12
    assert fees[2] >= fees[0] - 1e-12
