"""The search: it finds what made the counts, keeps every trial, and refuses what may not be fitted."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ladsim.calibration import targets as targets_module
from ladsim.calibration import trials as trials_module
from ladsim.calibration.search import Calibration
from ladsim.calibration.surrogate import learn, ridge
from ladsim.calibration.sweeps import ELASTICITY, SIZES, own_moves
from ladsim.calibration.targets import SERIES, Contrast, Targets
from ladsim.calibration.trials import Setting, Trials
from ladsim.calibration.unknowns import LEVEL_MONTHS, Unknowns
from ladsim.core.errors import UserError
from ladsim.data.fitted import read_sets, within, write_sets
from ladsim.world.wishes import level_on
from ladsim.world.world import load_world

CODES = tuple(load_world().nationalities)
TARGETS = Targets(CODES)
UNKNOWNS = Unknowns(CODES)
DAYS = np.array([date(int(m[:4]), int(m[5:]), 1).toordinal() for m in TARGETS.months])


def counts_of(vector: np.ndarray) -> np.ndarray:
    """Return counts of a toy: flows follow the level of the half-year, the value of home and one shared parameter."""
    value = {(u.kind, u.name, u.nationality): u.value(z) for u, z in zip(UNKNOWNS.unknowns, vector, strict=True)}
    out = np.zeros(TARGETS.shape)
    pull = value["parameter", "arrival_value", None] - 9.0
    for n, code in enumerate(CODES):
        level = level_on({m: value["wish_level", m, code] for m in LEVEL_MONTHS}, DAYS)
        leave = np.exp(0.3 * pull - 0.2 * value["home_value", "home_value", code])
        out[:, :, n] = 100.0 * level * leave * np.linspace(1.0, 0.2, len(SERIES))[:, None]
    return out


class Toy:
    """Trials that need no model."""

    setting = Setting()

    def counts(self, points: Any, seeds: Any = None) -> list[np.ndarray]:
        return [counts_of(vector) for vector, _ in points]


def fitted_to(truth: np.ndarray) -> Targets:
    """Return targets that a vector of the toy meets exactly."""
    made = counts_of(truth)
    found = Targets(CODES)
    found.targets = [
        type(t)(t.series, t.label, t.members, t.months, found._of(t, made), t.weight) for t in found.targets
    ]
    return found


def truth_and_start() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    truth = UNKNOWNS.clip(0.2 * rng.standard_normal(len(UNKNOWNS)))
    return truth, np.zeros(len(UNKNOWNS))


def test_rounds_come_nearer_to_what_made_the_counts(tmp_path: Path) -> None:
    truth, start = truth_and_start()
    lines: list[str] = []
    search = Calibration(tmp_path, UNKNOWNS, fitted_to(truth), say=lines.append)
    search.trials = Toy()  # type: ignore[assignment]
    search.begin(start)
    first = search.targets.wape(search.fit.counts)["encounters_between_ports_by"]
    losses = [search.fit.loss]
    for number in range(3):
        search.round(number, runs=40)
        losses.append(search.fit.loss)
    last = search.targets.wape(search.fit.counts)["encounters_between_ports_by"]
    assert first > 0.2
    assert last < 0.6 * first
    assert losses == sorted(losses, reverse=True)
    assert any("encounters_between_ports" in line for line in lines)
    kept = json.loads((tmp_path / "best.json").read_text())
    np.testing.assert_allclose(kept["vector"], search.fit.vector)


def test_a_sweep_tries_more_elastic_flows_for_every_nationality() -> None:
    moves = own_moves(UNKNOWNS, 1.0)
    more, less = moves["elasticity +"], moves["elasticity -"]
    np.testing.assert_array_equal(more, -less)
    for unknown, z in zip(UNKNOWNS.unknowns, more, strict=True):
        assert z * unknown.spread == pytest.approx(ELASTICITY.get(unknown.kind, 0.0))
    kinds = {u.kind for u, z in zip(UNKNOWNS.unknowns, more, strict=True) if z}
    assert kinds == set(ELASTICITY) <= set(SIZES)


def test_a_sweep_lets_each_nationality_move_alone(tmp_path: Path) -> None:
    """Only two nationalities are off, in different ways; the sweep must move them and leave the others alone."""
    signs = {"VEN": 1.0, "GTM": -1.0}
    levels = [signs.get(str(u.nationality), 0.0) * (u.kind == "wish_level") / u.spread for u in UNKNOWNS.unknowns]
    truth = SIZES["wish_level"] * np.array(levels)
    search = Calibration(tmp_path, UNKNOWNS, fitted_to(truth), say=lambda line: None)
    search.trials = Toy()  # type: ignore[assignment]
    search.begin(np.zeros(len(UNKNOWNS)))
    before = search.fit.loss
    assert search.sweep(1.0)
    assert search.fit.loss < 0.3 * before
    moved = {u.nationality for u, z in zip(UNKNOWNS.unknowns, search.fit.vector, strict=True) if abs(z) > 1e-9}
    assert moved == {"VEN", "GTM"}
    at_best = search.fit.loss
    search.sweep(0.5)
    assert search.fit.loss <= at_best


def test_the_ensemble_are_draws_that_fit_about_as_well(tmp_path: Path) -> None:
    truth, _ = truth_and_start()
    search = Calibration(tmp_path, UNKNOWNS, fitted_to(truth), say=lambda line: None)
    search.trials = Toy()  # type: ignore[assignment]
    search.begin(UNKNOWNS.clip(truth + 0.05))
    search.look_around(0, runs=30)
    found = search.ensemble(6, tolerance=3.0)
    assert 2 <= len(found) <= 6
    np.testing.assert_array_equal(found[0][0], search.fit.vector)
    for vector, loss in found:
        assert loss == pytest.approx(search.loss(vector, counts_of(vector)))
        assert loss <= 4.0 * search.fit.loss
    assert len({tuple(v) for v, _ in found}) == len(found)


def test_draws_come_before_points_of_the_search(tmp_path: Path) -> None:
    truth, _ = truth_and_start()
    search = Calibration(tmp_path, UNKNOWNS, fitted_to(truth), say=lambda line: None)
    search.trials = Toy()  # type: ignore[assignment]
    search.begin(UNKNOWNS.clip(truth + 0.05))
    search.sweep(0.1)
    search.look_around(0, runs=30)
    compared = {tuple(vector) for vector, _ in search._checked}
    plenty = search.ensemble(4, tolerance=1e6)
    assert len(plenty) == 4
    assert not compared & {tuple(vector) for vector, _ in plenty[1:]}
    beside = search.ensemble(4, tolerance=-1.0)[1:]
    assert beside == [], "the tolerance holds for draws and for points of the search"


def test_the_surrogate_learns_slopes_that_are_there() -> None:
    """A toy without chance: the regression must find how home values and levels move the counts."""
    center = np.zeros(len(UNKNOWNS))
    rng = np.random.default_rng(8)
    half = 0.03 * rng.standard_normal((60, len(UNKNOWNS)))
    vectors = np.concatenate([half, -half])
    counts = np.array([counts_of(v) for v in vectors])
    found = learn(UNKNOWNS, TARGETS, center, vectors, counts, np.ones(len(vectors)))
    fresh = 0.03 * rng.standard_normal(len(UNKNOWNS))
    truth = np.sqrt(counts_of(fresh) + TARGETS.rounding)
    at_center = np.sqrt(counts_of(center) + TARGETS.rounding)
    assert np.abs(found.roots(fresh) - truth).mean() < 0.35 * np.abs(at_center - truth).mean()


def test_ridge_shrinks_noise_and_keeps_a_signal() -> None:
    rng = np.random.default_rng(4)
    features = rng.standard_normal((60, 12))
    truth = np.zeros((12, 2))
    truth[3] = 2.0, 0.0
    values = 5.0 + features @ truth + 0.3 * rng.standard_normal((60, 2))
    at_zero, slopes, left = ridge(features, values, np.ones(60), np.ones(12))
    np.testing.assert_allclose(at_zero, 5.0, atol=0.2)
    assert slopes[3, 0] == pytest.approx(2.0, abs=0.2)
    assert np.abs(np.delete(slopes, 3, axis=0)).max() < 0.2
    assert 0.25 < left < 0.45


def test_experiments_of_the_fit_are_log_ratios_among_the_targets() -> None:
    """Twice the observed counts have the observed ratio; half of them after the event miss it by log 2."""
    found = [t for t in TARGETS.targets if isinstance(t, Contrast)]
    assert {"mex_visa_ecu", "ven_expulsion_parole", "mex_enforcement"} <= {t.label for t in found}
    assert not {"june_rule", "panama_removals", "mex_visa_per"} & {t.label for t in found}
    for target in found:
        weights = TARGETS.weights(target)
        double = 2.0 * target.values + TARGETS.rounding
        assert target.residuals(double, weights) == pytest.approx([0.0], abs=1e-9)
        halved = np.array([double[0], 0.5 * (double[1] + TARGETS.rounding) - TARGETS.rounding])
        assert target.residuals(halved, weights) == pytest.approx([-target.weight * np.log(2.0)])
        step = np.array([1.0, -2.0])
        moved = target.residuals(double + step, weights) - target.residuals(double, weights)
        assert target.slopes(double, weights) @ step == pytest.approx(moved, rel=0.01)


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


HEADER = "kind,name,nationality,set_00\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not a table"),
        ("kind,name\n", "not a table"),
        (HEADER, "not a table"),
        (f"{HEADER}parameter,money,,much\n", "not a number"),
        (f"{HEADER}x,y\n", "broken row"),
        (f"{HEADER}parameter,money,,1.5\nparameter,money,,1.6\n", "stands twice"),
        (f"{HEADER}parameter,mony,,1.5\n", "money"),
        (f"{HEADER}parameter,credibility,,1.7\n", "outside its range"),
        (f"{HEADER}wish_level,2021-4x,VEN,5\n", "2021-04"),
        (f"{HEADER}wish_level,2021-04,VEN,-2\n", "outside its range"),
        (f"{HEADER}wish_level,2021-04,XYZ,5\n", "row 2, nationality"),
        (f"{HEADER}season,west.cos_1,,0.1\n", "row 2, name"),
        (f"{HEADER}season,south.cos_1,,900\n", "outside its range"),
        (f"{HEADER}familiarity,darien,VEN,7\n", "outside its range"),
        (f"{HEADER}familiarity,moon,VEN,0.5\n", "row 2, name"),
        (f"{HEADER}home_value,home_value,VEN,500\n", "outside its range"),
        (f"{HEADER}parameter,money,VEN,1.5\n", "row 2, nationality"),
    ],
)
def test_a_broken_table_of_sets_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "fitted.csv"
    file.write_text(text)
    with pytest.raises(UserError, match="fitted") as refused:
        read_sets(file)
    assert told in str(refused.value)


def test_a_table_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "fitted.csv"
    file.write_bytes(HEADER.encode() + b"parameter,\xff\xfe,,1\n")
    with pytest.raises(UserError, match="cannot read fitted sets"):
        read_sets(file)


def test_levels_walk_from_half_year_to_half_year() -> None:
    vector = np.zeros(len(UNKNOWNS))
    rows, slopes = UNKNOWNS.prior_rows(vector)
    assert len(rows) == len(UNKNOWNS) + len(CODES) * (len(LEVEL_MONTHS) - 1)
    step = 1e-6
    for i in (0, len(UNKNOWNS) // 2, len(UNKNOWNS) - 1):
        moved = vector.copy()
        moved[i] += step
        change = (UNKNOWNS.prior_rows(moved)[0] - rows) / step
        np.testing.assert_allclose(change, slopes[:, i], atol=1e-6)


@pytest.mark.parametrize(("low", "high"), [(-10.0, 12.0), (-6.0, -1.0), (0.00001, 500.0), (0.0, 1.0)])
def test_a_bound_lies_in_its_range_and_what_is_beyond_does_not(low: float, high: float) -> None:
    assert within(low, low, high)
    assert within(high, low, high)
    assert not within(low - 0.001, low, high)
    assert not within(high + 0.001, low, high)
