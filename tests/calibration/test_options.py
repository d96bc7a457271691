"""What a calibration may be asked to do, and what is refused before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ladsim.calibration.options import CalibrationOptions, options_from, refuse_others
from ladsim.core.errors import UserError

BASE: dict[str, Any] = {"results_dir": "results", "scale": 100, "workers": None}


def test_the_command_asks_for_the_same_search(tmp_path: Path) -> None:
    given = {"sweeps": 1, "rounds": 0, "runs": 40, "sets": 8, "start": "conf/behavior/start.csv"}
    asked = options_from(BASE | {f"calibration.{k}": v for k, v in given.items()})
    assert asked.command() == (
        "python -m ladsim task=calibrate calibration.sweeps=1 calibration.rounds=0 calibration.runs=40 "
        "calibration.sets=8 calibration.start=conf/behavior/start.csv scale=100"
    )
    words = dict(word.split("=", 1) for word in asked.command().split()[3:])
    assert (
        options_from(
            BASE
            | {k: words[k] for k in words if k.startswith("calibration.start")}
            | {k: int(v) for k, v in words.items() if k.startswith("calibration.") and v.isdigit()}
        )
        == asked
    )
    assert CalibrationOptions().command() == "python -m ladsim task=calibrate scale=50"


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"first": "2019-01"}, "first"),
        ({"first": "2021-02"}, "first"),
        ({"last": "2024-06"}, "last"),
        ({"first": "2023-01", "last": "2022-01"}, "first"),
        ({"last": "June"}, "calibration.last"),
        ({"runs": 1}, "calibration.runs"),
        ({"without": "mex_visa_ecu", "first": "2022-01"}, "calibration.without"),
        ({"without": "title_42_end", "last": "2022-12"}, "calibration.without"),
        ({"without": "june_rule"}, "calibration.without"),
        ({"write": "/no/such/folder/sets.csv"}, "calibration.write"),
        ({"write": "sets.json"}, "calibration.write"),
        ({"write": "/tmp"}, "calibration.write"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], key: str) -> None:
    with pytest.raises(UserError) as told:
        options_from(BASE | {f"calibration.{k}": v for k, v in given.items()})
    assert f"key: {key}" in str(told.value)


def test_a_refit_is_not_written_into_another_table(tmp_path: Path) -> None:
    file = tmp_path / "sets.csv"
    file.write_text("kind,name,nationality,set_00\n")
    with pytest.raises(UserError, match="not a table of refits"):
        options_from(BASE | {"calibration.without": "mex_visa_ecu", "calibration.write": str(file)})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("behavior.money", 2),
        ("instrument.chnv_parole.terms.capacity", 10),
        ("exclude", ["chnv_parole"]),
        ("end", "2023-12-31"),
        ("seeds", 4),
        ("scenario", "baseline"),
        ("reference", True),
    ],
)
def test_what_would_not_be_heeded_is_refused(key: str, value: Any) -> None:
    with pytest.raises(UserError, match="task=calibrate") as told:
        refuse_others({"task": "calibrate", key: value})
    assert key in str(told.value)
    refuse_others({"task": "calibrate", "scenario": "history", "reference": False, "calibration.runs": 8, "scale": 50})


@pytest.mark.parametrize("value", [False, None])
def test_nothing_is_written_where_that_is_asked_for(value: object) -> None:
    assert options_from(BASE | {"calibration.write": value}).write is None
    assert options_from(BASE).write is not None
