"""Reputation: claims are remembered until their end, and what came about of them is learned with a half-life."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ladsim.behavior.reputation import Reputation

HALF = 0.5
ALL = np.array([True])


def test_nothing_was_claimed_at_first() -> None:
    new = Reputation((2,))
    new.learn(np.array([0.0, 0.5]), new.claimed(0), HALF)
    assert (new.kept == 1.0).all()


def test_what_comes_about_of_a_claim_is_learned_by_a_part_of_the_way() -> None:
    one = Reputation((3,))
    one.note(np.array([True, True, False]), 0.8, np.inf)
    one.learn(np.array([0.2, 0.9, 0.0]), one.claimed(0), HALF)
    assert one.kept == pytest.approx([1.0 - HALF * 0.75, 1.0, 1.0]), "a quarter; more than was claimed; nothing"
    one.learn(np.array([0.8, 0.0, 0.0]), one.claimed(1), np.array([HALF, 0.0, HALF]))
    assert one.kept == pytest.approx([0.8125, 1.0, 1.0])


def test_a_claim_that_holds_no_longer_is_not_judged() -> None:
    one = Reputation((1,))
    one.note(ALL, 0.8, 10)
    assert one.claimed(9) == pytest.approx([0.8])
    assert np.isnan(one.claimed(10)).all()
    one.learn(np.zeros(1), one.claimed(10), HALF)
    assert one.kept == 1.0


def test_a_later_claim_takes_the_place_of_an_earlier_one() -> None:
    one = Reputation((1,))
    one.note(ALL, 0.8, 10)
    one.note(ALL, 0.4, np.inf)
    assert one.claimed(20) == pytest.approx([0.4])


def test_a_claim_of_nothing_is_kept() -> None:
    one = Reputation((1,))
    one.note(ALL, 0.0, np.inf)
    one.learn(np.array([0.3]), one.claimed(0), HALF)
    assert one.kept == 1.0


def test_a_copy_shares_nothing() -> None:
    one = Reputation((1,))
    other = one.copy()
    other.note(ALL, 0.8, 5)
    other.learn(np.zeros(1), other.claimed(0), HALF)
    assert one.kept == 1.0
    assert np.isnan(one.claimed(0)).all()


@settings(deadline=None)
@given(st.floats(0, 1), st.lists(st.floats(0, 1), max_size=30), st.floats(0, 1))
def test_it_stays_a_share(claim: float, seen: list[float], step: float) -> None:
    one = Reputation((1,))
    one.note(ALL, claim, np.inf)
    for happens in seen:
        one.learn(np.array([happens]), one.claimed(0), step)
        assert 0.0 <= one.kept[0] <= 1.0
