"""Published effects: every one is answered by a pair of runs or has a reason, and what is read off a pair is exact."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import fakes
import numpy as np
import pandas as pd
import pytest

from ladsim.core.errors import UserError
from ladsim.policy.library import load_instruments
from ladsim.results.run_result import RunResult
from ladsim.series.panel import by_seed, observed
from ladsim.validation import effects
from ladsim.validation.pages.effectboard import published_effects


@cache
def made_pair() -> RunResult:
    """History and the same with a quarter fewer of everything, as a run without something."""
    ways = ("bogota__cancun_airport__flight",)
    return fakes.pair(effect=-0.25, start="2021-01-01", end="2024-05-31", since="2020-12", seeds=(1, 2, 3), ways=ways)


def no_run(*_: Any, **__: Any) -> RunResult:
    return made_pair()


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.setattr(effects, "run", no_run)
    return effects.effects(seeds=3, scale=100).set_index("row")


def test_every_published_effect_is_answered_or_has_a_reason() -> None:
    plan, told = effects.read_plan(), effects.published()
    assert told is not None
    assert [e.row for e in plan.effects] == list(range(1, len(told) + 1))
    assert sum(bool(e.run) for e in plan.effects) >= 16
    assert all(bool(e.run) != bool(e.reason) and (e.compared or e.reason) for e in plan.effects)


def test_what_the_pairs_change_exists() -> None:
    library = load_instruments()
    for name, told in effects.read_plan().runs.items():
        assert told["said"], name
        assert set(told.get("exclude", ())) | set(told.get("terms", {})) <= set(library)
        assert str(told["end"]) <= "2024-08-31"


def test_before_and_after_is_the_change_in_history(table: pd.DataFrame) -> None:
    history = made_pair().reference
    assert history is not None
    monthly = by_seed(history, "darien_entries", ["VEN"])
    before, after = monthly.loc["2022-08":"2022-10"].mean(), monthly.loc["2022-11":"2023-01"].mean()
    assert table.loc[22, "before_after"] == pytest.approx((100 * (after / before - 1)).mean())
    real = observed("darien_entries", ["VEN"])
    change = real.loc["2022-11":"2023-01"].mean() / real.loc["2022-08":"2022-10"].mean() - 1
    assert table.loc[22, "observed"] == pytest.approx(100 * change)
    assert table.loc[22, "observed"] == pytest.approx(float(table.loc[22, "published"]), abs=0.06)


def test_with_and_without_is_the_policy_alone(table: pd.DataFrame) -> None:
    pair = made_pair()
    assert pair.reference is not None
    ours, theirs = (by_seed(r, "encounters_between_ports", ["VEN"]).loc["2022-02"] for r in (pair.reference, pair))
    assert table.loc[20, "with_without"] == pytest.approx((100 * (ours / theirs - 1)).mean())
    assert table.loc[20, "with_without_low"] < table.loc[20, "with_without"] < table.loc[20, "with_without_high"]
    four = ["CUB", "HTI", "NIC", "VEN"]
    ours, theirs = (
        by_seed(r, "encounters_between_ports", four).loc["2023-02":"2023-06"] for r in (pair.reference, pair)
    )
    assert table.loc[15, "with_without"] == pytest.approx((ours.mean() - theirs.mean()).mean())
    assert table.loc[16, "with_without"] != table.loc[15, "with_without"]


def test_an_elasticity_is_divided_by_what_moved(table: pd.DataFrame) -> None:
    pair = made_pair()
    assert pair.reference is not None
    change = []
    for series, first in (("encounters_between_ports", "2024-03"), ("encounters_at_ports", "2023-07")):
        ours, theirs = (by_seed(r, series).loc[first:"2024-05"].mean() for r in (pair, pair.reference))
        change.append(100 * (ours / theirs - 1))
    assert table.loc[8, "with_without"] == pytest.approx((10 * change[0] / change[1]).mean())


def test_what_no_pair_answers_has_a_reason_and_no_figure(table: pd.DataFrame) -> None:
    without = table[table["reason"] != ""]
    assert len(without) == sum(bool(e.reason) for e in effects.read_plan().effects)
    figures = without[["observed", "before_after", "with_without"]].astype(float)
    assert np.isnan(figures.to_numpy()).all()


def test_the_page_shows_every_effect(table: pd.DataFrame) -> None:
    text = published_effects(table.reset_index(), effects.read_plan())
    rows = [line for line in text.splitlines() if line.startswith("| [")]
    assert len(rows) == len(table)
    assert "-98,000 persons per month" in text
    assert "nan" not in text


PLAN = """\
seeds: 2
scale: 100
runs: {one: {said: "a pair", exclude: [chnv_parole], end: 2023-12-31}}
effects:
  - {row: 1, run: one, series: encounters_between_ports, after: [2023-01, 2023-02], compared: "x"}
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("run: one, ", "", "neither answered nor given a reason"),
        ("run: one", "run: two", "no such run"),
        ("series: encounters_between_ports", "series: fees", "nothing to compare"),
        ("compared", "comparing", "unknown key"),
    ],
)
def test_a_wrong_plan_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = tmp_path / "effects.yaml"
    file.write_text(PLAN.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError, match=message) as caught:
        effects.read_plan(file)
    assert str(caught.value.file).startswith(f"{file}:5")


def test_a_plan_that_leaves_rows_out_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "effects.yaml"
    file.write_text(PLAN, encoding="utf-8")
    with pytest.raises(UserError, match="not answered"):
        effects.effects(effects.read_plan(file))


def test_nothing_after_is_a_fall_of_a_hundred_percent_and_nothing_before_is_unknown() -> None:
    found = effects._ratio(np.array([0.0, 5.0, 0.0]), np.array([4.0, 0.0, 0.0]))
    assert found[0] == 0.0
    assert np.isnan(found[1:]).all()
