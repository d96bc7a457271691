"""Intervals that hold the model's own misses."""

from __future__ import annotations

import numpy as np
import panels
import pytest

from ladsim.study import metrics, predictive

FIT = panels.settings().fit


def test_misses_by_hand() -> None:
    observed = np.array([100.0, 400.0])
    runs = np.array([[64.0, 64.0], [400.0, 576.0]])  # roots 8, 8 and 20, 24: errors 2 and -2, variances 0 and 8
    found = predictive.misses(observed, runs)
    assert found.square == 4.0
    assert found.explained == 4.0
    assert found.level == 250.0
    assert found.months == 2.0


def test_errors_that_last_are_worth_few_months() -> None:
    assert predictive.independent(np.ones(30)) == predictive.FEWEST
    assert predictive.independent(np.array([1.0, -1.0] * 15)) == 30
    r = 0.5
    errors = np.array([1.0, 1.0, 0.0, 0.0] * 5)  # correlation at lag one: 5 products of 1 over 10 squares
    assert predictive.independent(errors) == pytest.approx(20 * (1 - r) / (1 + r))


def test_a_line_borrows_from_the_others_relative_to_its_level() -> None:
    own = predictive.Misses(square=9.0, explained=1.0, level=100.0, months=6.0)
    made = predictive.discrepancy(own, share=0.02, prior_months=4.0)
    assert made.spread == pytest.approx(np.sqrt((6 * 8.0 + 4 * 0.02 * 100) / 10))
    assert made.freedom == 10
    assert predictive.pooled([own, predictive.Misses(5.0, 7.0, 300.0, 2.0)]) == pytest.approx(8.0 / 400)


def test_the_sample_is_as_wide_as_the_misses() -> None:
    made = predictive.Discrepancy(spread=10.0, freedom=1e6).sample(np.full((1, 3), 10000.0))
    assert made.shape == (1, 3 * predictive.MEMBERS)
    assert np.sqrt(made).std() == pytest.approx(10.0, rel=0.03)
    assert (predictive.Discrepancy(50.0, 5.0).sample(np.zeros((1, 2))) >= 0).all()


def test_coverage_is_about_right_when_misses_are_like_those_before() -> None:
    # 20 lines of 29 months: the share covered has a standard error near 0.02; 0.84..0.96 is three of them.
    found = [panels.line(f"N{i}", 20000, error=12.0, seed=50 + i) for i in range(20)]
    samples = predictive.leave_one_year_out(found, FIT, 4.0)
    held = [metrics.covered(samples[x.series, x.label], x.real(FIT), 0.9).mean() for x in found]
    assert 0.84 < np.mean(held) < 0.96


def test_a_year_does_not_widen_its_own_interval() -> None:
    calm = panels.line("VEN", 20000, error=3.0)
    wild = calm.observed.copy()
    wild[[m for m in wild.index if m.startswith("2023")]] *= 4
    other = type(calm)(calm.series, calm.label, wild, calm.simulated)
    months = [m for m in FIT if m.startswith("2023")]
    where = [FIT.index(m) for m in months]
    one = predictive.leave_one_year_out([calm], FIT, 4.0)[calm.series, "VEN"]
    two = predictive.leave_one_year_out([other], FIT, 4.0)[calm.series, "VEN"]
    assert np.array_equal(one[where], two[where])
    assert not np.array_equal(one[: where[0]], two[: where[0]])


def test_an_anchored_path_starts_where_the_record_stands() -> None:
    line = panels.line("VEN", 40000, error=15.0)
    at = predictive.anchored(line, ["2023-05"], ["2023-05"])
    assert at.mean() == pytest.approx(line.real(["2023-05"])[0], rel=0.01)
    double = type(line)(line.series, line.label, line.observed, 2 * line.simulated)
    assert predictive.anchored(double, ["2023-05"], ["2023-08"]) == pytest.approx(
        predictive.anchored(line, ["2023-05"], ["2023-08"]), rel=0.01
    )
    assert predictive.anchored_misses(line, FIT, 3).months <= len(FIT) - 3
