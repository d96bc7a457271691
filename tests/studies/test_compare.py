"""Saved runs compared: paired where they can be, refused where they are unlike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import ladsim
from ladsim.cli import app
from ladsim.core.errors import UserError
from ladsim.results.run_result import RunResult
from ladsim.studies.compare import compare

pytestmark = pytest.mark.usefixtures("short_run_in")


@pytest.fixture(scope="module")
def runs() -> tuple[RunResult, RunResult]:
    common = {"scale": 3000, "seeds": 3, "workers": 1, "start": "2024-07-01"}
    common |= {"reference": False, "assumed": False}
    one = ladsim.run("history", end="2024-09-15", **common)
    two = ladsim.run("no_chnv", end="2024-08-31", **common)
    return one, two


def test_runs_are_compared_over_whole_shared_months(runs: tuple[RunResult, RunResult]) -> None:
    found = compare(runs)
    assert found.months == ("2024-07", "2024-08")
    assert found.seeds == runs[0].seeds
    row = found.table[(found.table["run"] == "no_chnv") & (found.table["measure"] == "lawful_arrivals")].iloc[0]
    ours, theirs = (
        run.monthly[(run.monthly["measure"] == "lawful_arrivals") & (run.monthly["month"] <= "2024-08")]["value"].sum()
        / len(run.seeds)
        for run in (runs[1], runs[0])
    )
    assert row["mean"] == pytest.approx(ours)
    assert row["difference"] == pytest.approx(ours - theirs)


def test_pairing_makes_the_variance_of_a_single_levers_effect_smaller() -> None:
    common = {"scale": 2000, "seeds": 6, "workers": 1, "start": "2024-06-15", "end": "2024-07-31"}
    common |= {"reference": False, "assumed": False}
    changed = {"instrument.panama_removal_program.terms.removals_per_day": 90}
    pair = [ladsim.run("panama_removal", **common), ladsim.run("panama_removal", overrides=changed, **common)]
    table = compare(pair).table
    row = table[table["measure"] == "encounters_between_ports"].iloc[-1]
    assert row["variance_paired"] < 0.5 * row["variance_unpaired"]


def test_only_shared_seeds_are_paired(runs: tuple[RunResult, RunResult]) -> None:
    sets = runs[1].manifest["parameter_sets"][1:]
    fewer = replace(runs[1], seeds=runs[1].seeds[1:], manifest={**runs[1].manifest, "parameter_sets": sets})
    assert compare([runs[0], fewer]).seeds == runs[0].seeds[1:]


def test_unlike_runs_are_refused_with_what_differs(runs: tuple[RunResult, RunResult]) -> None:
    other = replace(runs[1], scale=500, seeds=(1, 2))
    with pytest.raises(UserError) as caught:
        compare([runs[0], other])
    assert "scale of no_chnv: 500, not 3000" in str(caught.value)
    assert "seeds: none is in all of them" in str(caught.value)
    later = replace(runs[1], scenario=replace(runs[1].scenario, start="2024-09-01", end="2024-10-31"))
    with pytest.raises(UserError, match=r"months: none is whole in all of them: 2024-07-01 to 2024-09-15; 2024-09-01"):
        compare([runs[0], later])
    changed = replace(runs[1], config={**runs[1].config, "behavior": {"credibility": 0.5}})
    with pytest.raises(UserError, match=r"changed behavior of no_chnv: \{'credibility': 0.5\}, not none"):
        compare([runs[0], changed])


def test_one_run_is_nothing_to_compare(runs: tuple[RunResult, RunResult]) -> None:
    with pytest.raises(UserError, match="at least two"):
        compare([runs[0]])


def test_saved_folders_are_compared_from_the_command_line(
    runs: tuple[RunResult, RunResult], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [run.save(tmp_path / name, figures=False) for name, run in zip("ab", runs, strict=True)]
    assert app.main(["task=compare", f"folders=[{folders[0]},{folders[1]}]"]) == 0
    said = capsys.readouterr().out
    assert "2024-07 to 2024-08" in said
    assert {"variance_paired", "variance_unpaired", "times_below"} <= set(said.split())
    assert app.main(["task=compare"]) == 2
    assert app.main(["task=compare", f"folders=[{folders[0]}]"]) == 2
    assert app.main(["task=compare", "folders=[nowhere,else]"]) == 2
