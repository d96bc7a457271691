"""task=show is answered without Hydra, and says what it would say with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ladsim.cli.app import main

ROOT = Path(__file__).parents[2]
BY_HYDRA = "hydra.job.chdir=false"
"""A key of Hydra's that changes nothing, with which the configuration is composed."""


@pytest.mark.parametrize(
    "asked",
    [
        ["scenario=panama_removal"],
        ["scenario=panama_removal", "instrument.panama_removal_program.terms.removals_per_day=40", "end=2024-10-31"],
        ["scenario=history", "reference=no_chnv", "include=[mpp_2019]", "start=2022-01-01"],
        [f"scenario={ROOT / 'scenarios' / 'labor_pathways.yaml'}"],
        [f"world={ROOT / 'examples' / 'corridor'}", "scenario=more_controls"],
    ],
    ids=["plain", "terms", "options", "file", "world"],
)
def test_the_same_is_shown_as_by_hydra(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["task=show", *asked]) == 0
    without = capsys.readouterr().out
    assert main(["task=show", *asked, BY_HYDRA]) == 0
    assert without == capsys.readouterr().out
    assert len(without.splitlines()) > 5
