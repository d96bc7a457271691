"""The ten lines of a run, and its JSON."""

from __future__ import annotations

import json

import pytest
from fakes import pair, result

from ladsim.report.brief import as_json, brief, numbers


def test_a_run_is_told_in_ten_lines() -> None:
    lines = brief(pair(), "results/x").splitlines()
    assert len(lines) <= 10
    assert "against baseline" in lines[0]
    assert "Encounters between ports (events)" in lines[2]
    assert lines[-1].startswith("Report, tables and figures are in results/x")
    assert all(len(line) <= 150 for line in lines)


def test_the_numbers_are_those_of_the_tables() -> None:
    run = pair()
    row = next(r for r in numbers(run) if r["label"] == "Encounters between ports")
    expected = run.compare(measure="encounters_between_ports", freq="all").iloc[0]
    assert row["difference"] == pytest.approx(expected["difference"])
    assert row["difference_low"] == pytest.approx(expected["low"])
    said = json.loads(as_json(run, "x"))
    assert said["numbers"][0]["difference"] == pytest.approx(row["difference"])
    assert said["seeds"] == 4


def test_one_seed_has_no_interval() -> None:
    text = brief(result(seeds=(1,)))
    assert "one seed gives no interval" in text
    assert json.loads(as_json(result(seeds=(1,))))["numbers"][0]["low"] is None
