"""Stored states of references: found again, to the same bits, and made anew where they cannot be used."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ladsim
from ladsim.core.errors import UserError
from ladsim.results.run_result import RunResult
from ladsim.runs import checkpoints
from ladsim.runs.checkpoints import States, folder_of
from ladsim.sim.model import LadModel
from ladsim.studies.design import design
from ladsim.studies.study import study

REMOVALS = "instrument.panama_removal_program.terms.removals_per_day"
GIVEN: dict[str, Any] = {"start": "2024-06-01", "end": "2024-07-31", "scale": 3000, "seeds": 2, "workers": 1}


def run(folder: Path | str, removals: int = 90, **more: Any) -> RunResult:
    overrides = {REMOVALS: removals, "behavior.run_in_days": 40}
    given = {"assumed": False, **GIVEN, **more}
    return ladsim.run("panama_removal", overrides=overrides, checkpoints=folder, progress=False, **given)


def same(one: RunResult, two: RunResult) -> None:
    assert one.reference is not None
    assert two.reference is not None
    pd.testing.assert_frame_equal(one.monthly, two.monthly)
    pd.testing.assert_frame_equal(one.reference.monthly, two.reference.monthly)
    pd.testing.assert_frame_equal(one.fates, two.fates)
    pd.testing.assert_frame_equal(one.changed_fates, two.changed_fates)


def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the days that are simulated from now on."""
    counted: list[int] = []
    plain = LadModel.apply_instruments

    def counting(self: LadModel) -> None:
        counted.append(self.day)
        plain(self)

    monkeypatch.setattr(LadModel, "apply_instruments", counting)
    return counted


@pytest.fixture(scope="module")
def alone() -> RunResult:
    return run("off", 120)


@pytest.fixture(scope="module")
def stored_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stored") / "states"
    run(folder)
    return folder


@pytest.fixture
def stored(stored_once: Path, tmp_path: Path) -> Path:
    """Return a copy of the states that a run has stored, to do with as one likes."""
    return Path(shutil.copytree(stored_once, tmp_path / "states"))


def test_a_changed_term_starts_from_the_stored_state_and_gives_the_same_bits(
    stored: Path, alone: RunResult, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(list(stored.glob("*/*.npz"))) == 2 * GIVEN["seeds"]
    days = steps(monkeypatch)
    same(run(stored, 120), alone)
    first, n_days = min(days), max(days) + 1
    assert first > 40, "no day before the scenario differs is run again"
    assert len(days) == GIVEN["seeds"] * (n_days - first), "the reference is not run again at all"
    assert "stored state" not in capsys.readouterr().err


def test_states_are_shared_by_studies(stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {**{k: v for k, v in GIVEN.items() if k != "workers"}, "name": "x", "scenario": "panama_removal"}
    told["factors"] = {REMOVALS: [0, 120]}
    one = study(design({**told, "checkpoints": "off"}), folder=tmp_path / "one", workers=1).table()
    folder = str(tmp_path / "states2")
    two = study(design({**told, "checkpoints": folder}), folder=tmp_path / "two", workers=1).table()
    days = steps(monkeypatch)
    three = study(design({**told, "checkpoints": folder}), folder=tmp_path / "three", workers=1).table()
    pd.testing.assert_frame_equal(one, two)
    pd.testing.assert_frame_equal(one, three)
    assert min(days) > 40


def test_what_cannot_be_used_is_made_anew_with_one_line(
    stored: Path, alone: RunResult, capsys: pytest.CaptureFixture[str]
) -> None:
    files = sorted(stored.glob("*/*.npz"))
    foreign = files[-1].read_bytes()
    for file in files[:-1]:
        file.write_bytes(file.read_bytes()[:5000])
    files[0].write_bytes(foreign)
    same(run(stored, 120), alone)
    said = capsys.readouterr().err
    assert said.count("cannot be used and is made anew") == len(said.splitlines()) == len(files) - 1
    assert "cut short" in said
    assert "it is of another model; unlike are:" in said or "it is of another day" in said
    same(run(stored, 120), alone)
    assert capsys.readouterr().err == ""


def test_another_version_uses_no_stored_state(stored: Path, alone: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "version", lambda: "another one")
    days = steps(monkeypatch)
    same(run(stored, 120), alone)
    assert min(days) == 0


def test_a_folder_that_cannot_be_written_is_done_without(
    tmp_path: Path, alone: RunResult, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ladsim.sim.checkpoint.write_checkpoint", full)
    same(run(tmp_path / "states", 120), alone)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "No space left on device" in said[0]


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="stored states cannot be kept here"):
        run(tmp_path / "file")


def test_states_used_longest_ago_give_way(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = list(stored.glob("*/*.npz"))
    monkeypatch.setattr(checkpoints, "MOST_BYTES", sum(file.stat().st_size for file in files))
    run(stored, 90, root_seed=5, seeds=1)
    left = list(stored.glob("*/*.npz"))
    assert sum(file.stat().st_size for file in left) <= checkpoints.MOST_BYTES
    assert set(left) - set(files), "the newest are there"


def test_nothing_is_stored_of_a_model_of_ones_own(tmp_path: Path) -> None:
    class Own(LadModel):
        pass

    run(tmp_path / "states", seeds=1, model=Own)
    assert not list(tmp_path.rglob("*.npz"))


def test_where_states_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folder_of("off") is None
    assert folder_of(None) is None, "tests store nothing unless they say so"
    monkeypatch.setenv(checkpoints.VARIABLE, str(tmp_path / "mine"))
    assert folder_of(None) == tmp_path / "mine"
    monkeypatch.delenv(checkpoints.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder_of(None) == tmp_path / "ladsim" / "checkpoints"
    assert States(None, lambda: LadModel("history", seed=1, scale=3000)).days() == []
