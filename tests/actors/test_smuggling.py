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
    made = network()
    made.demand = 200.0
    pass_days(made, 60, paying=200.0)
    assert made.capacity == pytest.approx(150.0)


@pytest.mark.xfail(reason="reported: capacity begins with the first day's payments, which grow with the scale")
def test_fees_do_not_depend_on_the_scale() -> None:
    """The same people, once as one a day and once as ten every tenth day, pay the same on average after three months."""
    fine, coarse = (SmugglingNetwork(mesa.Model(), "darien") for _ in range(2))
    fees = []
    for day in range(150):
        fine.set_fee(100.0, 0.0, 0.0, P)
        coarse.set_fee(1000.0 if day % 10 == 3 else 0.0, 0.0, 0.0, P)
        if day >= 90:
            fees.append((fine.fee, coarse.fee))
    mean = np.mean(fees, axis=0)
    assert mean[0] == pytest.approx(1.0)
    assert mean[1] == pytest.approx(mean[0], rel=0.02)


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
