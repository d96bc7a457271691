"""Files of a run: a scenario file that runs as the page did, tables as CSV and Excel."""

from __future__ import annotations

from pathlib import Path

import fakes
import pandas as pd
import pytest

from ladsim.core.errors import UserError
from ladsim.explore import files
from ladsim.explore.jobs import Jobs
from ladsim.policy.scenario import load_scenario
from ladsim.runs.ensemble import load_pair
from ladsim.runs.options import RunOptions, split_overrides

REMOVALS = "instrument.panama_removal_program.terms.removals_per_day"
ASKED = {
    "scenario": "panama_removal_scaled",
    "changes": {
        REMOVALS: {"2024-07-01": 0, "2024-09-01": 33},
        "instrument.cbp_one_appointments.terms.capacity_per_day": 99,
        "instrument.chnv_parole.end": "2024-10-31",
    },
    "exclude": ["us_detention_2025"],
    "include": [],
    "reference": True,
}


def test_the_scenario_file_is_what_the_page_ran(tmp_path: Path) -> None:
    known = load_scenario("panama_removal_scaled").instruments
    changes = {k: v for k, v in ASKED["changes"].items() if k.split(".")[1] in known and _has(known, k)}
    asked = {**ASKED, "changes": changes, "exclude": ["title_42_end_lawful_pathways_rule"]}
    assert REMOVALS in changes
    file = tmp_path / "panama_removal_scaled_changed.yaml"
    file.write_text(files.scenario_file(asked), encoding="utf-8")
    instrument, _ = split_overrides(changes)
    options = RunOptions.checked(scenario="panama_removal_scaled", exclude=asked["exclude"])
    ours = load_pair(options, instrument, {})["scenario"]
    theirs = load_scenario(str(file))
    assert theirs.reference == ours.reference
    assert theirs.instruments == ours.instruments
    assert (theirs.start, theirs.end, theirs.freeze_on) == (ours.start, ours.end, ours.freeze_on)


def _has(known: dict[str, object], key: str) -> bool:
    _, name, *path = key.split(".")
    return path[0] != "terms" or path[1] in known[name].terms  # type: ignore[attr-defined]


def test_a_scenario_compared_with_itself_says_so() -> None:
    asked = {"scenario": "history", "changes": {}, "exclude": ["chnv_parole"], "include": [], "reference": "history"}
    text = files.scenario_file(asked)
    assert "reference: history" in text
    assert "- chnv_parole" in text


def test_tables_hold_both_worlds(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    result = fakes.pair(ways=(), seeds=(1, 2), start="2024-01-01", since="2024-02")
    files.write_tables(result, tmp_path)
    table = pd.read_csv(tmp_path / files.TABLE)
    row = table[(table["measure"] == "encounters_between_ports") & (table["period"] == "2024-01")].iloc[0]
    ours = result.total("encounters_between_ports", freq="M").set_index("period").loc["2024-01", "mean"]
    assert row["scenario"] == pytest.approx(ours, rel=1e-5)
    assert {"reference", "low", "high", "unit"} <= set(table)
    book = openpyxl.load_workbook(tmp_path / files.WORKBOOK)
    assert "comparison" in book.sheetnames


def test_files_of_a_job_that_is_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        Jobs(tmp_path).file("none", "table")
