"""Hydra's multirun with the joblib launcher: the same engine, so the same bits as a run of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import ladsim

REMOVALS = "instrument.panama_removal_program.terms.removals_per_day"
DATES = {"start": "2024-08-01", "end": "2024-09-30"}


@pytest.mark.slow
def test_jobs_side_by_side_give_the_bits_of_runs_of_their_own(tmp_path: Path) -> None:
    words = ["-m", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "scenario=panama_removal", f"{REMOVALS}=0,90"]
    words += [f"{key}={value}" for key, value in DATES.items()]
    words += ["scale=5000", "seeds=2", "figures=false", "table=quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "ladsim", *words], cwd=tmp_path, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    folders = sorted((tmp_path / "results" / "panama_removal").iterdir(), key=lambda folder: folder.name[20:])
    assert [folder.name.partition(" ")[2] for folder in folders] == ["removals_per_day=0", "removals_per_day=90"]
    assert [path.name for path in tmp_path.iterdir()] == ["results"], "Hydra leaves nothing of its own"
    for folder, value in zip(folders, (0, 90), strict=True):
        alone = ladsim.run("panama_removal", overrides={REMOVALS: value}, scale=5000, seeds=2, workers=1, **DATES)
        found = ladsim.load(folder)
        pd.testing.assert_frame_equal(found.monthly, alone.monthly)
        assert found.reference is not None
        assert alone.reference is not None
        pd.testing.assert_frame_equal(found.reference.monthly, alone.reference.monthly)
