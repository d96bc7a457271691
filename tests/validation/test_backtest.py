"""Rolling origins: which months are looked at, and that nothing later than the origin is known."""

from __future__ import annotations

import numpy as np
import panels
import pytest

from ladsim.validation import backtest, rivals
from ladsim.validation.backtest import ANCHORED, FREE, Look


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-ins for the rivals that take long; they have tests of their own."""
    monkeypatch.setitem(rivals.RIVALS, "ETS", rivals.last_value)
    monkeypatch.setitem(rivals.RIVALS, "ARIMA", rivals.seasonal_naive)
    monkeypatch.setattr(rivals, "remembered", lambda: rivals.forecast)


def test_looks_stay_in_the_fit_and_the_last_one_sees_validation_only() -> None:
    settings = panels.settings()
    found = backtest.looks(settings, 1)
    assert found[0] == Look("2022-12", (1, 3, 6))
    assert [m for look in found[:-1] for m in look.months if m > settings.fit[-1]] == []
    assert found[-2] == Look("2024-04", (1,))
    assert found[-1].origin == "2024-05"
    assert found[-1].months == ["2024-06", "2024-07", "2024-08"]
    assert [x.origin for x in backtest.looks(settings, 6)] == ["2022-12", "2023-06", "2023-12", "2024-05"]


@pytest.mark.parametrize("origin", ["2023-03", "2024-05"])
def test_nothing_after_the_origin_is_read(origin: str) -> None:
    settings = panels.settings()
    known = panels.lines()
    look = Look(origin, (1, 2, 3))

    def unseen(line: panels.Line) -> panels.Line:
        later = line.observed.copy()
        later[later.index > origin] = np.nan
        return type(line)(line.series, line.label, later, line.simulated)

    blind = [unseen(x) for x in known]
    with_later = backtest._makers(known, settings, [origin])[origin]
    without = backtest._makers(blind, settings, [origin])[origin]
    assert list(with_later) == list(backtest.METHODS)
    for one, two in zip(known, blind, strict=True):
        assert two.history(origin).tolist() == known[known.index(one)].history(origin).tolist()
        for method in backtest.METHODS:
            middle, sample = with_later[method](one, look)
            same_middle, same_sample = without[method](two, look)
            assert np.array_equal(middle, same_middle), method
            assert np.array_equal(sample, same_sample), method
            assert np.isfinite(sample).all()


def test_rows_and_their_summary() -> None:
    settings = panels.settings(step_by_nationality=9)
    seen = []
    rows = backtest.backtest(panels.lines(), settings, lambda: seen.append(1))
    assert len(seen) == 3
    assert rows["month"].max() == "2024-08"
    assert (rows["month"] > rows["origin"]).all()
    assert set(rows["method"]) == set(backtest.METHODS)
    assert not rows[["predicted", "crps", "observed"]].isna().any().any()
    table = backtest.summary(rows, ["series", "ahead"]).set_index(["ahead", "method"])
    ours = rows[(rows["ahead"] == 1) & (rows["method"] == FREE)]
    expected = (ours["observed"] - ours["predicted"]).abs().sum() / ours["observed"].sum()
    assert table.loc[(1, FREE), "wape"] == pytest.approx(expected)
    assert table.loc[(1, FREE), "looks"] == len(ours)
    assert 0 <= table["in_90"].min() <= table["in_90"].max() <= 1
    # The made-up model knows the path, so it is nearer than the last value six months ahead.
    assert table.loc[(6, FREE), "wape"] < table.loc[(6, "last value"), "wape"]
    assert table.loc[(6, ANCHORED), "wape"] < table.loc[(6, "last value"), "wape"]
