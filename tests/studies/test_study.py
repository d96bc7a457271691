"""Studies: designs, replicates that survive anything, and the same bits as single runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ladsim
from ladsim.cli import app
from ladsim.core.errors import UserError
from ladsim.studies.design import Design, design, read_design
from ladsim.studies.outcomes import outcome
from ladsim.studies.store import Store
from ladsim.studies.study import Study, study

pytestmark = pytest.mark.usefixtures("short_run_in")
REMOVALS = "instrument.panama_removal_program.terms.removals_per_day"
TOLD: dict[str, Any] = {
    "name": "quick",
    "scenario": "panama_removal",
    "start": "2024-06-15",
    "end": "2024-08-15",
    "scale": 3000,
    "seeds": 2,
    "factors": {REMOVALS: [0, 90]},
}
FILE = """study:
  name: quick
  scenario: panama_removal
  start: 2024-06-15
  end: 2024-08-15
  scale: 3000
  seeds: 3
  factors:
    instrument.panama_removal_program.terms.removals_per_day: [0, 90]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study(design(TOLD), folder=tmp_path_factory.mktemp("study"), workers=1)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {f.name: f.read_bytes() for f in sorted(folder.rglob("*.parquet"))}


def test_a_point_is_to_the_bit_what_a_run_of_its_own_gives(made: Study) -> None:
    alone = ladsim.run(
        "panama_removal",
        assumed=False,
        start="2024-06-15",
        end="2024-08-15",
        scale=3000,
        seeds=2,
        workers=1,
        overrides={REMOVALS: 90},
    )
    point = made.result(1)
    for ours, theirs in ((point, alone), (point.reference, alone.reference)):
        assert ours is not None
        assert theirs is not None
        pd.testing.assert_frame_equal(ours.totals(freq="M"), theirs.totals(freq="M"))


def test_assumed_terms_are_drawn_on_request_as_in_a_run(tmp_path: Path) -> None:
    """A point equals the run that draws them, and differs from the one that does not."""
    options: dict[str, Any] = {"start": "2024-06-15", "end": "2024-08-15", "scale": 3000, "seeds": 2, "workers": 1}
    alone = ladsim.run("panama_removal", assumed=True, **options, overrides={REMOVALS: 90})
    asked = {REMOVALS: [90]}
    found = {
        assumed: study(design({**TOLD, "factors": asked, "assumed": assumed}), folder=tmp_path, workers=1).result(0)
        for assumed in (True, False)
    }
    pd.testing.assert_frame_equal(found[True].totals(freq="M"), alone.totals(freq="M"))
    assert found[True].reference is not None and alone.reference is not None
    pd.testing.assert_frame_equal(found[True].reference.totals(freq="M"), alone.reference.totals(freq="M"))
    assert not found[True].totals(freq="M").equals(found[False].totals(freq="M"))


def test_the_table_has_a_row_a_point_seed_and_outcome(made: Study) -> None:
    table = made.table()
    assert len(table) == 2 * 2 * table[["measure", "place"]].drop_duplicates().shape[0]
    assert set(table[REMOVALS]) == {0, 90}
    assert np.allclose(table["difference"], table["value"] - table["reference"])
    responses = made.responses()
    assert set(responses["seeds"]) == {2}
    assert (responses["low"] >= 0).all()


def test_an_outcome_that_did_not_happen_is_zero(made: Study) -> None:
    point = made.result(1)
    nobody = replace(point, monthly=point.monthly[point.monthly["measure"] != "departures"])
    found = outcome(nobody, "departures", None, "M")
    assert found.shape == (3, 2)
    assert (found == 0.0).all(axis=None)


def test_more_seeds_are_added_and_nothing_is_made_twice(made: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bytes_of(made.store.folder)
    kept: list[str] = []
    own = Store.keep
    monkeypatch.setattr(Store, "keep", lambda self, key, table: (kept.append(key), own(self, key, table)))
    more = study(design({**TOLD, "seeds": 3}), folder=made.store.folder.parent, workers=1)
    assert len(kept) == 3
    assert more.seeds[:2] == made.seeds
    after = bytes_of(made.store.folder)
    assert {name: after[name] for name in before} == before


def test_a_file_cut_short_is_made_anew(tmp_path: Path, made: Study) -> None:
    store = Store(tmp_path)
    table = made.store.read(made.keys[0][0][0])
    assert table is not None
    store.keep("ab" * 16, table)
    whole = store.file("ab" * 16).read_bytes()
    for broken in (b"", whole[: len(whole) // 2], b"PAR1"):
        store.file("ab" * 16).write_bytes(broken)
        assert not store.has("ab" * 16)


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    file = tmp_path / "quick.yaml"
    file.write_text(FILE, encoding="utf-8")
    words = ["-m", "ladsim", "task=study", f"study={file}", "workers=1"]
    rng = np.random.default_rng(5)
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, *words, f"results_dir={tmp_path / 'killed'}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(float(rng.uniform(2.0, 6.0)))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for name in ("killed", "whole"):
        done = subprocess.run(
            [sys.executable, *words, f"results_dir={tmp_path / name}"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    assert bytes_of(tmp_path / "killed") == bytes_of(tmp_path / "whole")
    one, two = (tmp_path / name / "studies" / "quick" for name in ("killed", "whole"))
    assert (one / "table.csv").read_bytes() == (two / "table.csv").read_bytes()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"factors": {}}, "study.factors"),
        ({"factors": {REMOVALS: []}}, f"study.factors.{REMOVALS}"),
        ({"factors": [1]}, "study.factors"),
        ({"design": "cube"}, "study.design"),
        ({"name": "../x"}, "study.name"),
        ({"points": 3}, "study.points"),
        ({"speed": 3}, "study.speed"),
        ({"scale": 0}, "scale"),
    ],
)
def test_a_design_that_cannot_be_is_refused(change: dict[str, Any], key: str) -> None:
    with pytest.raises(UserError) as caught:
        design({**TOLD, **change})
    assert caught.value.key == key


def test_a_value_out_of_its_range_names_the_point() -> None:
    wrong = design({**TOLD, "factors": {REMOVALS: [-1]}})
    with pytest.raises(UserError, match="removals_per_day=-1"):
        wrong.checked()


def points_of(told: dict[str, Any]) -> Design:
    return design({**TOLD, **told})


def test_designs_have_the_points_that_they_say() -> None:
    two = {REMOVALS: [0, 90], "behavior.credibility": [0.5, 0.9]}
    assert len(points_of({"factors": two}).points) == 4
    alone = points_of({"factors": two, "design": "one_at_a_time"})
    assert [p.label for p in alone.points] == [
        *("as it is", "removals_per_day=0", "removals_per_day=90"),
        *("credibility=0.5", "credibility=0.9"),
    ]
    scenarios = points_of({"scenario": ["panama_removal", "no_chnv"], "factors": {}})
    assert [p.values["scenario"] for p in scenarios.points] == ["panama_removal", "no_chnv"]


def test_mistakes_in_a_file_name_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(FILE.replace("seeds: 3", "seeds: 0"), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_design(file)
    assert "bad.yaml:7" in str(caught.value)
    assert app.main(["task=study", f"study={file}"]) == 2
    assert app.main(["task=study"]) == 2
    assert app.main(["task=study", f"study={tmp_path / 'none.yaml'}"]) == 2
    assert app.main(["task=study", f"study={file}", "figures=false"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "studies").write_text("a file", encoding="utf-8")
    with pytest.raises(UserError, match="cannot be kept here"):
        Store(tmp_path / "studies" / "replicates")


def test_the_table_is_an_xarray_dataset_on_request(made: Study) -> None:
    table, found = made.table("M"), made.dataset("M")
    assert set(found.dims) == {"point", "outcome", "period", "seed"}
    assert found[REMOVALS].values.tolist() == [0, 90]
    row = table[(table["measure"] == "irregular_entries") & (table["point"] == 1)].iloc[0]
    at = {"outcome": "irregular_entries at PAN", "point": 1, "period": row["period"], "seed": row["seed"]}
    assert float(found["difference"].sel(at)) == row["difference"]
    assert int(found["value"].count()) == len(table)
