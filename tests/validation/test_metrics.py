"""Measures of error, against figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ladsim.validation import metrics


def test_wape_by_hand() -> None:
    assert metrics.wape([100, 50, 50], [90, 60, 50]) == pytest.approx(20 / 200)
    assert metrics.wape([100, np.nan], [90, 1e9]) == pytest.approx(0.1)  # an unknown month counts for nothing
    assert np.isnan(metrics.wape([0, 0], [1, 2]))


def test_mase_by_hand() -> None:
    scale = metrics.naive_scale([10, 14, 12, 12])  # changes 4, 2, 0
    assert scale == 2.0
    assert metrics.naive_scale([1, 5, 4, 2], lag=2) == 3.0  # 3, 3
    assert metrics.mase([20, 30], [21, 25], scale) == pytest.approx(3 / 2)
    assert np.isnan(metrics.mase([20, 30], [21, 25], metrics.naive_scale([7, 7, 7])))
    assert np.isnan(metrics.naive_scale([5]))


def test_crps_of_one_value_is_the_absolute_error() -> None:
    assert metrics.crps([[7.0], [3.0]], [5.0, 5.0]).tolist() == [2.0, 2.0]


def test_crps_of_a_known_sample() -> None:
    # E|X - y| = (1 + 1 + 3) / 3; E|X - X'| = 2 (2 + 4 + 2) / 9, half of it taken off.
    assert metrics.crps([[0.0, 2.0, 4.0]], [1.0]) == pytest.approx([5 / 3 - 8 / 9])
    brute = np.array([3.0, 1.0, 8.0, 2.0])
    expected = np.abs(brute - 2.5).mean() - 0.5 * np.abs(brute[:, None] - brute).mean()
    assert metrics.crps(brute[None, :], [2.5]) == pytest.approx([expected])


def test_crps_of_a_normal_sample_is_that_of_the_normal() -> None:
    # Gneiting and Raftery 2007: (2 phi(0) - 1 / sqrt(pi)) for the median of the standard normal; 0.2337.
    from ladsim.validation.rivals import points

    assert metrics.crps(points(2001)[None, :], [0.0]) == pytest.approx([0.23369], abs=1e-3)


def test_coverage_of_central_intervals() -> None:
    sample = np.tile(np.arange(101.0), (4, 1))
    real = [50.0, 76.0, 5.0, 4.0]
    assert metrics.covered(sample, real, 0.5).tolist() == [True, False, False, False]
    assert metrics.covered(sample, real, 0.9).tolist() == [True, True, True, False]
    low, high = metrics.interval(sample, 0.8)
    assert (low[0], high[0]) == pytest.approx((10.0, 90.0))


def test_months_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        metrics.wape([1, 2], [1, 2, 3])
