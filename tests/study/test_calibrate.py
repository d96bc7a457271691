"""The search: it finds what made the counts, keeps every trial, and refuses what may not be fitted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ladsim.errors import UserError
from ladsim.fitted import read_sets, write_sets
from ladsim.study import targets as targets_module
from ladsim.study import trials as trials_module
from ladsim.study.calibrate import Calibration
from ladsim.study.explore import Exploration
from ladsim.study.targets import SERIES, Targets
from ladsim.study.trials import Setting, Trials
from ladsim.study.unknowns import YEARS, Unknowns
from ladsim.world.world import load_world

CODES = tuple(load_world().nationalities)
TARGETS = Targets(CODES)
UNKNOWNS = Unknowns(CODES)
MONTH_YEARS = np.array([int(m[:4]) for m in TARGETS.months])


def counts_of(vector: np.ndarray) -> np.ndarray:
    """Return counts of a toy: flows follow the level of the year, the value of home and one shared parameter."""
    value = {(u.kind, u.name, u.nationality): u.value(z) for u, z in zip(UNKNOWNS.unknowns, vector, strict=True)}
    out = np.zeros(TARGETS.shape)
    pull = value["parameter", "arrival_value", None] - 9.0
    for n, code in enumerate(CODES):
        level = np.array([value["wish_level", str(year), code] for year in MONTH_YEARS])
        leave = np.exp(0.3 * pull - 0.2 * value["home_value", "home_value", code])
        out[:, :, n] = 100.0 * level * leave * np.linspace(1.0, 0.2, len(SERIES))[:, None]
    return out


class Toy:
    """Trials that need no model."""

    def __init__(self) -> None:
        self.asked = 0

    def counts(self, points: Any) -> list[np.ndarray]:
        self.asked += len(points)
        return [counts_of(vector) for vector, _ in points]


def fitted_to(truth: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> Targets:
    """Return targets that a vector of the toy meets exactly."""
    made = counts_of(truth)
    found = Targets(CODES)
    found.targets = [
        targets_module.Target(t.series, t.label, t.members, t.months, found._of(t, made), t.weight)
        for t in found.targets
    ]
    return found


def truth_and_start() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    truth = UNKNOWNS.clip(0.2 * rng.standard_normal(len(UNKNOWNS)))
    return truth, np.zeros(len(UNKNOWNS))


def test_steps_come_nearer_to_what_made_the_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    truth, start = truth_and_start()
    lines: list[str] = []
    search = Calibration(tmp_path, UNKNOWNS, fitted_to(truth, monkeypatch), say=lines.append)
    search.trials = Toy()  # type: ignore[assignment]
    search.begin(start)
    first = search.targets.wape(search.fit.counts)["encounters_between_ports_by"]
    assert search.iterate(0)
    for number in range(1, 4):
        search.iterate(number)
    last = search.targets.wape(search.fit.counts)["encounters_between_ports_by"]
    assert first > 0.2
    assert last < 0.25 * first
    assert any("WAPE" in line or "encounters_between_ports" in line for line in lines)
    kept = json.loads((tmp_path / "best.json").read_text())
    np.testing.assert_allclose(kept["vector"], search.fit.vector)


def test_the_ensemble_are_trials_that_fit_about_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    truth, _ = truth_and_start()
    search = Calibration(tmp_path, UNKNOWNS, fitted_to(truth, monkeypatch), say=lambda line: None)
    toy = Toy()
    search.trials = toy  # type: ignore[assignment]
    search.begin(UNKNOWNS.clip(truth + 0.05))
    rng = np.random.default_rng(2)
    vectors = [UNKNOWNS.clip(search.fit.vector + s * rng.standard_normal(len(UNKNOWNS))) for s in (0.001, 0.01, 2.0)]
    toy.kept = lambda: [(v, counts_of(v)) for v in (search.fit.vector, *vectors)]  # type: ignore[attr-defined]
    found = search.ensemble(12, tolerance=1.0)
    kept = [v for v, _ in found]
    assert len(kept) == 3
    np.testing.assert_array_equal(kept[0], search.fit.vector)
    assert all(loss <= 2.0 * search.fit.loss for _, loss in found)
    assert not any(np.array_equal(vectors[2], v) for v in kept)
    assert len(search.ensemble(2, tolerance=1.0)) == 2


def test_exploration_reads_levels_off_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    truth, start = truth_and_start()
    targets = fitted_to(truth, monkeypatch)
    explore = Exploration(UNKNOWNS, targets, Toy(), lambda line: None, spread=15.0)  # type: ignore[arg-type]
    before = targets.wape(counts_of(start))["encounters_between_ports_by"]
    profiled = explore.profile(start, counts_of(start))
    after = targets.wape(profiled.counts)["encounters_between_ports_by"]
    assert after < 0.9 * before
    moved = [i for i, u in enumerate(UNKNOWNS.unknowns) if u.kind == "wish_level"]
    assert np.abs(profiled.vector[moved]).max() > 0.0
    others = np.setdiff1d(np.arange(len(UNKNOWNS)), moved)
    np.testing.assert_allclose(profiled.vector[others], UNKNOWNS.clip(start)[others])


def test_exploration_never_keeps_what_fits_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    truth, start = truth_and_start()
    targets = fitted_to(truth, monkeypatch)
    explore = Exploration(UNKNOWNS, targets, Toy(), lambda line: None, spread=15.0)  # type: ignore[arg-type]
    before = explore._actual(start, counts_of(start))
    best = explore.run(start, rounds=3, seed=5)
    assert explore._actual(best, counts_of(best)) < 0.9 * before


def test_a_trial_is_run_once_and_is_whole_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []

    def run(inputs: Any, setting: Setting, targets: Targets) -> np.ndarray:
        runs.append(inputs)
        return np.ones(targets.shape)

    monkeypatch.setattr(trials_module, "run_history", run)
    point = np.zeros(len(UNKNOWNS))
    for _ in range(2):
        trials = Trials(tmp_path, Setting(), TARGETS, workers=1)
        (counted,) = trials.counts([(point, UNKNOWNS.inputs(point))])
        assert (counted == 1.0).all()
    assert len(runs) == 1
    assert not list(tmp_path.rglob("*.part"))
    assert len((tmp_path / "trials.jsonl").read_text().splitlines()) == 1
    other = Trials(tmp_path, Setting(seed=2), TARGETS, workers=1)
    other.counts([(point, UNKNOWNS.inputs(point))])
    assert len(runs) == 2


def test_what_was_run_before_a_stop_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def run(inputs: Any, setting: Setting, targets: Targets) -> np.ndarray:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(1)
        return np.ones(targets.shape)

    monkeypatch.setattr(trials_module, "run_history", run)
    points = [np.full(len(UNKNOWNS), 0.01 * k) for k in range(4)]
    trials = Trials(tmp_path, Setting(), TARGETS, workers=1)
    with pytest.raises(KeyboardInterrupt):
        trials.counts([(p, UNKNOWNS.inputs(p)) for p in points])
    assert len(list((tmp_path / "trials").glob("*.npy"))) == 2


@pytest.mark.parametrize("last", ["2024-06", "2024-08", "2025-01"])
def test_validation_months_cannot_be_fitted(last: str) -> None:
    with pytest.raises(UserError, match="validation") as told:
        Targets(CODES, last=last)
    assert last in str(told.value)
    assert "2024-05" in str(told.value)


def test_nothing_after_the_last_month_is_compared() -> None:
    assert TARGETS.months[-1] == "2024-05"
    assert max(int(t.months.max()) for t in TARGETS.targets) == len(TARGETS.months) - 1


def test_a_missing_series_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = targets_module.observed_series
    monkeypatch.setattr(
        targets_module, "observed_series", lambda name: real(name).iloc[:0] if name == "darien_entries" else real(name)
    )
    with pytest.raises(UserError, match="darien_entries"):
        Targets(CODES)


def test_months_of_an_event_can_be_left_out() -> None:
    without = Targets(CODES, without=[("encounters_between_ports", None, "2023-04", "2023-10")])
    left = {m for t in without.targets if t.series == 0 for m in t.months}
    names = {without.months[m] for m in left}
    assert not names & {"2023-04", "2023-07", "2023-10"}
    assert {"2023-03", "2023-11"} <= names
    assert any("2023-05" in {without.months[m] for m in t.months} for t in without.targets if t.series == 2)


def test_vectors_and_values_are_the_same_thing() -> None:
    rng = np.random.default_rng(1)
    vector = UNKNOWNS.clip(0.5 * rng.standard_normal(len(UNKNOWNS)))
    np.testing.assert_allclose(UNKNOWNS.vector(_complete(vector)), vector, atol=1e-9)
    np.testing.assert_allclose(UNKNOWNS.vector_of(UNKNOWNS.values(vector)), vector, atol=1e-6)


def _complete(vector: np.ndarray) -> Any:
    return UNKNOWNS.inputs(vector)


def test_a_fitted_value_outside_its_range_is_refused(tmp_path: Path) -> None:
    values = UNKNOWNS.values(np.zeros(len(UNKNOWNS)))
    values["parameter", "credibility", ""] = 1.7
    with pytest.raises(UserError, match="credibility"):
        UNKNOWNS.vector_of(values)


def test_sets_are_written_and_read(tmp_path: Path) -> None:
    sets = [UNKNOWNS.values(np.full(len(UNKNOWNS), z)) for z in (0.0, 0.1)]
    write_sets(tmp_path / "fitted.csv", sets)
    for ours, theirs in zip(read_sets(tmp_path / "fitted.csv"), sets, strict=True):
        assert ours.keys() == theirs.keys()
        np.testing.assert_allclose(list(ours.values()), list(theirs.values()), rtol=1e-5)


@pytest.mark.parametrize(
    "text",
    ["", "kind,name\n", "kind,name,nationality,set_00\nparameter,money,,much\n", "kind,name,nationality,set_00\nx,y\n"],
)
def test_a_broken_table_of_sets_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "fitted.csv"
    file.write_text(text)
    with pytest.raises(UserError, match="fitted"):
        read_sets(file)


def test_levels_walk_from_year_to_year() -> None:
    vector = np.zeros(len(UNKNOWNS))
    rows, slopes = UNKNOWNS.prior_rows(vector)
    assert len(rows) == len(UNKNOWNS) + len(CODES) * (len(YEARS) - 1)
    step = 1e-6
    for i in (0, len(UNKNOWNS) // 2, len(UNKNOWNS) - 1):
        moved = vector.copy()
        moved[i] += step
        change = (UNKNOWNS.prior_rows(moved)[0] - rows) / step
        np.testing.assert_allclose(change, slopes[:, i], atol=1e-6)
