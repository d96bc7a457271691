"""What a calibration is asked to do: ``calibration.<key>=`` of a command line, checked before anything runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ladsim.calibration.refits import event_named, rows_of
from ladsim.calibration.targets import check_months
from ladsim.core.errors import UserError
from ladsim.data.fitted import fitted_file
from ladsim.runs.options import whole_number
from ladsim.series.months import FIRST_FITTED, LAST_FITTED
from ladsim.validation.experiments import refits_file


@dataclass(frozen=True)
class CalibrationOptions:
    """Options of a calibration.

    Attributes:
        folder: where trials are kept.
        sweeps: how many times each nationality's own moves are tried, at smaller and smaller steps.
        moments: rounds of a fit by moments, which then is all that is done.
        journeys: whether a fit by moments leaves levels of wishes and knowledge of ways as they are, and moves only who
            the travelers are, where they cross and how journeys end.
        rounds: how many times runs are made around the best point and a step is taken.
        runs: how many runs a round makes, besides those of its steps.
        sets: how many parameter sets are wanted, the best one included.
        scale: persons per agent.
        seed: the seed that all trials share.
        workers: processes, or None for one a core.
        first, last: months of the fit.
        start: a file of fitted sets whose first one is the start, or None for the values in use now.
        without: a natural experiment whose months are left out, for a refit: nothing but its rows is written then.
        write: where the sets are written, or the rows of the refit; None (``calibration.write=false``) writes nothing.
    """

    folder: Path = Path("results/calibration")
    sweeps: int = 0
    rounds: int = 4
    moments: int = 0
    journeys: bool = False
    runs: int = 64
    sets: int = 12
    scale: int = 50
    seed: int = 1
    workers: int | None = None
    first: str = FIRST_FITTED
    last: str = LAST_FITTED
    start: Path | None = None
    without: str | None = None
    write: Path | None = None

    def command(self) -> str:
        """Return the command that asks for the same search, naming what is not as it would be anyway."""
        standard = CalibrationOptions()
        named = {f.name: getattr(self, f.name) for f in fields(self) if f.name in KEYS and f.name != "write"}
        words = [f"calibration.{k}={v}" for k, v in named.items() if v != getattr(standard, k)]
        return " ".join(["python -m ladsim task=calibrate", *words, f"scale={self.scale}"])


KEYS = ("sweeps", "moments", "journeys", "rounds", "runs", "sets", "seed", "first", "last", "start", "without", "write")
"""What ``calibration.<key>=`` may set."""

TAKEN = ("task", "scale", "workers", "results_dir", "progress")
"""What else a calibration takes from a command line."""

GIVEN = {"scenario": "history", "reference": False}
"""What a calibration runs, whether it is said or not."""

LEAST = {"runs": 2, "sets": 1}


def options_from(values: Mapping[str, Any]) -> CalibrationOptions:
    """Return the options of a command line, checked.

    Raises:
        UserError: a number or month that cannot be, an event outside the months, a file that cannot be written.
    """
    given = {key.partition(".")[2]: value for key, value in values.items() if key.startswith("calibration.")}
    for key in given:
        if key not in KEYS:
            raise UserError("unknown option of a calibration", key=f"calibration.{key}", expected=", ".join(KEYS))
    counts = {
        key: whole_number(f"calibration.{key}", given[key], low=LEAST.get(key, 0))
        for key in ("sweeps", "moments", "rounds", "runs", "sets", "seed")
        if key in given
    }
    first = _month("calibration.first", given.get("first", FIRST_FITTED))
    last = _month("calibration.last", given.get("last", LAST_FITTED))
    check_months(first, last)
    start, without = given.get("start"), given.get("without")
    if without is not None:
        _check_event(str(without), first, last)
    journeys = given.get("journeys", False)
    if not isinstance(journeys, bool):
        raise UserError("not true or false", key="calibration.journeys", value=journeys, expected="true or false")
    standard = fitted_file() if without is None else refits_file()
    asked = given.get("write", standard)
    # false and null ask for nothing to be written; they are not the same as saying nothing.
    write = None if asked is None or asked is False else Path(str(asked))
    if write is not None:
        _check_written(write, refit=without is not None)
    return CalibrationOptions(
        folder=Path(values["results_dir"]) / "calibration",
        scale=values["scale"],
        workers=values["workers"],
        first=first,
        last=last,
        start=Path(str(start)) if start else None,
        without=None if without is None else str(without),
        write=write,
        journeys=journeys,
        **counts,
    )


def refuse_others(job: Mapping[str, Any]) -> None:
    """Refuse keys of a command line that a calibration would not heed: it fits ``history`` as it is.

    Raises:
        UserError: there is such a key.
    """
    for key, value in job.items():
        if key in TAKEN or key.startswith("calibration.") or value == GIVEN.get(key, ...):
            continue
        if key in GIVEN:
            raise UserError(f"task=calibrate fits {GIVEN['scenario']} alone", key=key, value=value, expected=GIVEN[key])
        expected = f"calibration.<{'|'.join(KEYS)}>, {', '.join(TAKEN[1:])}"
        raise UserError(f"task=calibrate takes no {key}", key=key, value=value, expected=expected)


def _month(key: str, value: Any) -> str:
    text = str(value)
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text):
        raise UserError("not a month", key=key, value=value, expected="YYYY-MM")
    return text


def _check_event(name: str, first: str, last: str) -> None:
    for event in event_named(name):
        months = [event["month_before"], event["month_after"]]
        if months[0] < first or months[1] > last:
            raise UserError(
                "the event lies outside the months that are fitted",
                key="calibration.without",
                value=name,
                expected=f"calibration.first at most {months[0]}, calibration.last at least {months[1]}",
            )


def _check_written(file: Path, *, refit: bool) -> None:
    key = "calibration.write"
    if file.suffix != ".csv" or file.is_dir():
        raise UserError("not a file that can be written", key=key, value=str(file), expected="the path of a .csv file")
    if not file.absolute().parent.is_dir():
        raise UserError("no such folder", key=key, value=str(file), expected="a folder that is there")
    if refit:
        rows_of(file)
