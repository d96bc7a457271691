"""Intervals that hold the model's own misses."""

from __future__ import annotations

import numpy as np
import panels
import pytest

from ladsim.validation import metrics, predictive

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


def test_a_line_borrows_from_the_others_and_not_from_itself() -> None:
    own, other = predictive.Misses(9.0, 1.0, 100.0, 6.0), predictive.Misses(16.0, 0.0, 200.0, 5.0)
    found = predictive.borrowed({("x", "VEN"): own, ("x", "CUB"): other, ("y", "VEN"): other}, 4.0)
    assert found["x", "VEN"].spread == pytest.approx(np.sqrt((6 * 8.0 + 4 * 16.0 / 200 * 100) / 10))
    assert found["y", "VEN"] == predictive.Discrepancy(4.0, 5.0)


def test_after_the_fit_wishes_may_have_moved() -> None:
    lines = [panels.line("VEN", 40000), panels.line("CUB", 40000), panels.line("ALL", 80000)]
    months = ["2024-06", "2024-08"]
    found = predictive.drifts(lines, months, "2024-05", 0.2)
    for line in lines[:2]:
        expected = 0.5 * np.sqrt(line.path(months)) * 0.2 * np.sqrt([1.0, 3.0])
        assert found[line.series, line.label] == pytest.approx(expected)
    path, parts = lines[2].path(months), np.array([x.path(months) for x in lines[:2]])
    # Two that move apart: their sum moves by the root of the sum of squares.
    share = np.sqrt((parts**2).sum(axis=0)) / parts.sum(axis=0)
    assert found[lines[2].series, "ALL"] == pytest.approx(0.5 * np.sqrt(path) * 0.2 * np.sqrt([1.0, 3.0]) * share)
    wider = predictive.Discrepancy(3.0, 1e6).sample(np.full((2, 3), 1e4), np.array([0.0, 4.0]))
    assert np.sqrt(wider).std(axis=1) == pytest.approx([3.0, 5.0], rel=0.03)


def test_the_walk_is_that_of_the_fitted_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = {"VEN": {"2023-04": 1.0, "2023-10": np.exp(0.6), "2024-03": np.exp(0.6)}}
    monkeypatch.setattr(predictive, "read_wishes", lambda: {"levels": levels})
    assert predictive.walk() == pytest.approx(np.sqrt((0.6**2 / 6 + 0.0) / 2))
