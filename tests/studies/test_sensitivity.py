"""Sensitivity and frontier: known functions, a real design, and refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ladsim.cli import app
from ladsim.core import extras
from ladsim.core.errors import UserError
from ladsim.studies import sensitivity as module
from ladsim.studies.design import design
from ladsim.studies.frontier import cost, dominated, frontier, regrets
from ladsim.studies.sensitivity import box, ranges_of, sensitivity

pytestmark = pytest.mark.usefixtures("short_run_in")
REMOVALS = "instrument.panama_removal_program.terms.removals_per_day"
TOLD: dict[str, Any] = {
    "name": "quick",
    "scenario": "panama_removal",
    "start": "2024-07-01",
    "end": "2024-08-31",
    "scale": 5000,
    "seeds": 1,
    "factors": {REMOVALS: [0, 90], "behavior.credibility": [0.5, 0.9]},
}


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_the_factor_of_a_known_function_that_matters_is_found(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def known(_: Any, drawn: Any, factors: Any, **__: Any) -> pd.DataFrame:
        return pd.DataFrame({"out": 10.0 * drawn[:, 0] + 0.0 * drawn[:, 1], "flat": np.ones(len(drawn))})

    monkeypatch.setattr(module, "evaluate", known)
    found = sensitivity(design(TOLD), method=method, samples=16, folder=tmp_path)
    out = found.indices[found.indices["outcome"] == "out"].set_index("factor")
    key = "mu_star" if method == "morris" else "ST"
    assert out.loc[REMOVALS, key] == pytest.approx(900.0 if method == "morris" else 1.0, rel=0.15)
    assert out.loc["behavior.credibility", key] == pytest.approx(0.0, abs=1e-9)
    assert (found.indices[found.indices["outcome"] == "flat"][key] == 0.0).all()


def test_prim_finds_the_box_in_which_outcomes_are_high() -> None:
    grid = np.array([[x, y] for x in np.linspace(0, 1, 20) for y in np.linspace(0, 1, 20)])
    values = ((grid[:, 0] > 0.5) & (grid[:, 1] > 0.5)).astype(float) + 0.001 * grid[:, 0]
    rows = {row["factor"]: row for row in box(grid, values, ("x", "y"))}
    assert rows["x"]["low"] == pytest.approx(0.5, abs=0.12)
    assert rows["y"]["low"] == pytest.approx(0.5, abs=0.12)
    assert rows["x"]["density"] > 0.9
    assert box(grid, np.ones(len(grid)), ("x", "y")) == []


def test_a_real_sample_is_run_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = sensitivity(design(TOLD), samples=2, folder=tmp_path, workers=1)
    assert len(found.sample) == 2 * 3
    assert set(found.indices["factor"]) == {REMOVALS, "behavior.credibility"}
    kept = len(list(tmp_path.rglob("*.parquet")))
    assert kept > 0
    again = sensitivity(design(TOLD), samples=2, folder=tmp_path, workers=1)
    pd.testing.assert_frame_equal(again.indices, found.indices)
    assert len(list(tmp_path.rglob("*.parquet"))) == kept


@pytest.mark.parametrize(
    ("changes", "asked", "key"),
    [
        ({"factors": {REMOVALS: [5]}}, {}, f"study.factors.{REMOVALS}"),
        ({"factors": {}, "scenario": ["no_chnv", "panama_removal"]}, {}, "study.factors.scenario"),
        ({}, {"method": "guess"}, "method"),
        ({}, {"method": "sobol", "samples": 3}, "samples"),
        ({"costs": {"x": [1, 2]}}, {}, "study.costs.x"),
        ({"costs": {REMOVALS: [2, 1]}}, {}, f"study.costs.{REMOVALS}"),
    ],
)
def test_ranges_that_cannot_be_are_refused(changes: dict[str, Any], asked: dict[str, Any], key: str) -> None:
    with pytest.raises(UserError) as caught:
        sensitivity(design({**TOLD, **changes}), folder="nowhere", **asked)
    assert caught.value.key == key


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"(?s)SALib.*ladsim\[studies\]"):
        sensitivity(design(TOLD))


def test_ranges_are_those_of_the_points() -> None:
    assert ranges_of(design(TOLD)) == {REMOVALS: (0.0, 90.0), "behavior.credibility": (0.5, 0.9)}


def test_a_mix_is_on_the_frontier_unless_another_beats_it() -> None:
    values = np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 3.0], [3.0, 1.0]])
    assert dominated(values).tolist() == [False, False, True, False]
    by_set = np.array([[[0.0], [1.0]], [[4.0], [0.0]]])
    assert regrets(by_set).tolist() == [1.0, 1.0]
    assert cost({"a": (1.0, 2.0)}, {"a": 3.0, "b": 9.0}) == (3.0, 6.0)


def test_a_real_frontier_is_searched(tmp_path: Path) -> None:
    told = design({**TOLD, "factors": {REMOVALS: [0, 90]}, "costs": {REMOVALS: [1, 2]}})
    found = frontier(told, trials=4, folder=tmp_path, workers=1)
    assert len(found.tried) == 4
    assert 1 <= len(found.front) <= 4
    assert found.tried["regret"].between(0.0, 1.0).all()
    assert (found.tried["cost_low"] * 2 == found.tried["cost_high"]).all()
    with pytest.raises(UserError, match="too few trials"):
        frontier(told, trials=1)


def test_the_commands_refuse_what_they_cannot_take(tmp_path: Path) -> None:
    assert app.main(["task=sensitivity"]) == 2
    assert app.main(["task=frontier", "trials=3"]) == 2
    assert app.main(["task=run", "scenario=no_chnv", "trials=3"]) == 2
