"""Statistical rivals: what each must find in a series made for it."""

from __future__ import annotations

import numpy as np
import pytest

from ladsim.validation import rivals

T = np.arange(44)
TREND = (100 + 3.0 * T) ** 2
"""A straight line on square roots."""

SEASON = (200 + 80 * np.sin(2 * np.pi * T / 12)) ** 2


def test_last_value_keeps_the_last_value_and_grows_unsure_with_the_root_of_time() -> None:
    made = rivals.forecast("last value", TREND, 4)
    assert made.middle == pytest.approx([TREND[-1]] * 4)
    width = np.diff(np.sqrt(np.quantile(made.sample, [0.1, 0.9], axis=1)), axis=0)[0]
    assert width[3] == pytest.approx(2 * width[0])


def test_seasonal_naive_is_the_month_a_year_before() -> None:
    made = rivals.forecast("seasonal naive", TREND, 14)
    assert made.middle == pytest.approx([*TREND[-12:], *TREND[-12:-10]])


@pytest.mark.parametrize("name", ["ETS", "ARIMA"])
def test_a_trend_is_found(name: str) -> None:
    noisy = (100 + 3.0 * T + np.array([1.0, -1.0] * 22)) ** 2
    made = rivals.forecast(name, noisy, 3)
    last = np.sqrt(made.middle)
    tolerance = 8.0 if name == "ETS" else 30.0  # the ARIMA tried have no drift: they need not follow, nor turn round
    assert last == pytest.approx(100 + 3.0 * np.arange(44, 47), abs=tolerance)
    assert np.isfinite(made.sample).all()


def test_ets_finds_a_season_in_three_years() -> None:
    made = rivals.forecast("ETS", SEASON, 6)
    assert np.sqrt(made.middle) == pytest.approx(200 + 80 * np.sin(2 * np.pi * np.arange(44, 50) / 12), abs=10)


@pytest.mark.parametrize("name", list(rivals.RIVALS))
def test_a_series_of_nothing_stays_nothing(name: str) -> None:
    made = rivals.forecast(name, np.zeros(20), 3)
    assert made.middle.tolist() == [0.0] * 3
    assert made.sample.shape == (3, rivals.MEMBERS)
    assert (made.sample == 0).all()


@pytest.mark.parametrize("name", list(rivals.RIVALS))
def test_nothing_is_below_zero(name: str) -> None:
    falling = np.maximum(5000.0 - 170.0 * np.arange(30), 10.0)
    made = rivals.forecast(name, falling, 6)
    assert (made.middle >= 0).all()
    assert (made.sample >= 0).all()


@pytest.mark.parametrize("history", [np.ones(12), np.array([1.0] * 20 + [np.nan])])
def test_too_little_to_go_by_is_refused(history: np.ndarray) -> None:
    with pytest.raises(ValueError, match="more than 12 known months"):
        rivals.forecast("last value", history, 1)


def test_what_was_asked_before_is_remembered(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = rivals.remembered()("ETS", TREND, 2)
    monkeypatch.setitem(rivals.RIVALS, "ETS", lambda roots, ahead: 1 / 0)
    again = rivals.remembered()("ETS", TREND, 2)
    assert again.middle.tolist() == first.middle.tolist()
