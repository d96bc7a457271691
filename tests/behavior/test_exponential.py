"""The exponential and the logarithm of the solver against the library's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from ladsim.behavior.exponential import SMALLEST, exp_of_negative, log_from_one

WITHIN = 8 * np.finfo(np.float64).eps


@njit
def exponential(x):  # type: ignore[no-untyped-def]
    return exp_of_negative(x)


@njit
def logarithm(x):  # type: ignore[no-untyped-def]
    return log_from_one(x)


@settings(deadline=None)
@given(st.floats(SMALLEST, 0.0))
def test_exponential_is_that_of_the_library(x: float) -> None:
    assert exponential(x) == pytest.approx(math.exp(x), rel=WITHIN, abs=0.0)


@settings(deadline=None)
@given(st.floats(1.0, 1e300))
def test_logarithm_is_that_of_the_library(x: float) -> None:
    assert logarithm(x) == pytest.approx(math.log(x), rel=WITHIN, abs=1e-300)


@pytest.mark.parametrize("x", [0.0, -0.0])
def test_nothing_less_is_exactly_one(x: float) -> None:
    assert exponential(x) == 1.0


@pytest.mark.parametrize("x", [-math.inf, -1e300, SMALLEST - 1.0])
def test_far_below_zero_adds_nothing_to_one(x: float) -> None:
    assert 0.0 < exponential(x) < 1e-303
    assert 1.0 + exponential(x) == 1.0


def test_logarithm_of_one_is_exactly_nothing() -> None:
    assert logarithm(1.0) == 0.0


@pytest.mark.parametrize("k", [1, 2, 10, 52, 900])
def test_logarithm_of_powers_of_two(k: int) -> None:
    assert logarithm(2.0**k) == pytest.approx(k * math.log(2.0), rel=WITHIN)
