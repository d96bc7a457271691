"""The two-coefficient rule: known coefficients, nothing later than it may know, and months of one's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ladsim
from ladsim.cli import app
from ladsim.core.errors import UserError
from ladsim.results.intervals import months_between
from ladsim.results.run_result import RunResult
from ladsim.series.panel import Line
from ladsim.studies.nowcast import RULE, extended, forecast, nowcast, rule
from ladsim.validation.predictive import ANCHOR

pytestmark = pytest.mark.usefixtures("short_run_in")
MONTHS = list(months_between("2021-10", "2024-12"))


@pytest.fixture(scope="module")
def run() -> RunResult:
    given = {"start": f"{MONTHS[0]}-01", "end": "2024-12-31"}
    return ladsim.run("history", scale=10_000, seeds=1, workers=1, reference=False, **given)


def line(observed: Any, simulated: Any, months: list[str] = MONTHS) -> Line:
    runs = pd.DataFrame({1: simulated}, index=MONTHS)
    return Line("darien_entries", "ALL", pd.Series(observed, index=months, dtype=float), runs)


def made_up(theta: float, kappa: float) -> Line:
    """A line that follows the rule exactly, one month ahead."""
    simulated = 20_000 + 8_000 * np.sin(np.arange(len(MONTHS)) * 1.3)
    s = np.log(simulated + ANCHOR)
    y = [s[0] + 0.7]
    for i in range(len(s) - 1):
        y.append(y[-1] + theta * (s[i + 1] - s[i]) + kappa * (s[i] - y[-1]))
    return line(np.exp(y) - ANCHOR, simulated)


def test_known_coefficients_are_found_and_forecast() -> None:
    one = made_up(0.6, 0.3)
    made = rule([one], "2024-05", 1)
    assert (made.theta, made.kappa) == pytest.approx((0.6, 0.3), abs=1e-6)
    found = forecast(one, made, "2024-05", 1)
    assert found.middle[0] == pytest.approx(one.observed["2024-06"], rel=1e-6)


@pytest.mark.parametrize("origin", ["2023-06", "2024-11"])
def test_nothing_later_than_the_origin_or_the_fit_is_used(origin: str) -> None:
    one = made_up(0.6, 0.3)
    last = min(origin, "2024-05")
    spoiled = replace(one, observed=one.observed.where(one.observed.index <= last, 1.0))
    assert rule([spoiled], origin, 1) == rule([one], origin, 1)


def test_months_of_ones_own_move_the_origin(run: RunResult) -> None:
    before = nowcast(run, series=["darien_entries"], score="none").months
    own = pd.DataFrame({"series": "darien_entries", "month": ["2024-09"], "nationality": "ALL", "value": [12_345.0]})
    after = nowcast(run, observed=own, series=["darien_entries"], score="none").months
    total = after[after["nationality"] == "ALL"]
    assert set(before["origin"]) == {before["origin"].iloc[0]}
    assert before["origin"].iloc[0] < "2024-09"
    assert total["origin"].tolist() == ["2024-09"] * 3
    assert total["month"].tolist() == ["2024-10", "2024-11", "2024-12"]
    assert total["last"].tolist() == [12_345.0] * 3
    assert (total["low"] < total["forecast"]).all()
    assert (total["forecast"] < total["high"]).all()
    one = line([5.0], np.ones(len(MONTHS)), ["2024-09"])
    assert extended(one, own).observed.tolist() == [12_345.0]


def test_the_score_has_every_method_and_only_months_of_the_fit(run: RunResult) -> None:
    found = nowcast(run, series=["darien_entries"], methods=["last value", "seasonal naive"])
    assert set(found.score["method"]) == {RULE, "last value", "seasonal naive"}
    assert set(found.score["ahead"]) == {1, 2, 3}
    # Origins from 2022-12 on, months to 2024-05: 17 one month ahead, 15 three months ahead.
    assert sorted(set(found.score["forecasts"])) == [15, 16, 17]
    assert found.score["in_90"].between(0.0, 1.0).all()
    assert len(found.best) == 3


def test_a_run_that_ends_with_the_record_is_refused(run: RunResult) -> None:
    short = replace(run, scenario=replace(run.scenario, end="2024-08-31"))
    short = replace(short, monthly=short.monthly[short.monthly["month"] <= "2024-08"])
    with pytest.raises(UserError, match="does not reach"):
        nowcast(short, score="none")
    with pytest.raises(UserError, match="unknown series"):
        nowcast(run, series=["deaths"])
    with pytest.raises(UserError, match="unknown score"):
        nowcast(run, score="everything")


def test_the_command(run: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run.save(tmp_path / "run", figures=False)
    words = ["task=nowcast", f"folders=[{folder}]", f"results_dir={tmp_path}", "by=none"]
    assert app.main(words) == 0
    assert "Months after the last observed one" in capsys.readouterr().out
    assert (tmp_path / "studies" / "nowcast_history" / "months.csv").is_file()
    assert app.main(["task=nowcast", "folders=[a,b]"]) == 2
