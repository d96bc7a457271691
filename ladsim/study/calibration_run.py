"""The calibration as a task: rounds, ensemble, and the files that it leaves.

    python -m ladsim task=calibrate calibration.rounds=4 calibration.runs=64 calibration.sets=12

What has been run is kept in the folder of trials: the same command again goes on where it was stopped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ladsim.config import whole_number
from ladsim.errors import UserError
from ladsim.fitted import fitted_file, read_sets, write_sets
from ladsim.study.calibrate import Calibration
from ladsim.study.experiments import refits_file
from ladsim.study.refits import before_and_after, event_named, note_refit, without_event
from ladsim.study.targets import FIRST_MONTH, LAST_MONTH, Targets, check_months
from ladsim.study.trials import Setting
from ladsim.study.unknowns import Unknowns

TOLERANCE = 0.06
"""Sets whose loss is at most this share above the best one fit about equally well."""


@dataclass(frozen=True)
class CalibrationOptions:
    """Options of a calibration.

    Attributes:
        folder: where trials are kept.
        sweeps: how many times each nationality's own moves are tried, at smaller and smaller steps.
        rounds: how many times runs are made around the best point and a step is taken.
        runs: how many runs a round makes, besides those of its steps.
        sets: how many parameter sets are wanted, the best one included.
        scale: persons an agent.
        seed: the seed that all trials share.
        workers: processes, or None for one a core.
        first, last: months of the fit.
        start: a file of fitted sets whose first one is the start, or None for the values in use now.
        without: a natural experiment whose months are left out, for a refit: nothing but its row is written then.
        write: where the sets are written, or the row of the refit.
    """

    folder: Path = Path("results/calibration")
    sweeps: int = 0
    rounds: int = 4
    runs: int = 64
    sets: int = 12
    scale: int = 50
    seed: int = 1
    workers: int | None = None
    first: str = FIRST_MONTH
    last: str = LAST_MONTH
    start: Path | None = None
    without: str | None = None
    write: Path | None = None


KEYS = ("sweeps", "rounds", "runs", "sets", "seed", "first", "last", "start", "without", "write")
"""What ``calibration.<key>=`` may set."""

LEAST = {"runs": 2, "sets": 1}

SHRINKING_STEP = 0.75
"""The step of a sweep, against that of the one before."""

REFIT_SEEDS = 6
"""Seeds over which the counts of a refit are averaged."""


def options_from(values: Mapping[str, Any]) -> CalibrationOptions:
    """Return the options of a command line, checked.

    Raises:
        UserError: a number or month that cannot be.
    """
    given = {key.partition(".")[2]: value for key, value in values.items() if key.startswith("calibration.")}
    for key in given:
        if key not in KEYS:
            raise UserError("unknown option of a calibration", key=f"calibration.{key}", expected=", ".join(KEYS))
    counts = {
        key: whole_number(f"calibration.{key}", given[key], low=LEAST.get(key, 0))
        for key in ("sweeps", "rounds", "runs", "sets", "seed")
        if key in given
    }
    first = _month("calibration.first", given.get("first", FIRST_MONTH))
    last = _month("calibration.last", given.get("last", LAST_MONTH))
    check_months(first, last)
    start, without = given.get("start"), given.get("without")
    if without is not None:
        event_named(str(without))
    standard = fitted_file() if without is None else refits_file()
    return CalibrationOptions(
        folder=Path(values["results_dir"]) / "calibration",
        scale=values["scale"],
        workers=values["workers"],
        first=first,
        last=last,
        start=Path(str(start)) if start else None,
        without=None if without is None else str(without),
        write=Path(str(given["write"])) if given.get("write") else standard,
        **counts,
    )


def _month(key: str, value: Any) -> str:
    text = str(value)
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text):
        raise UserError("not a month", key=key, value=value, expected="YYYY-MM")
    return text


def calibrate(options: CalibrationOptions, say: Callable[[str], None] = print) -> Calibration:
    """Fit, draw the ensemble, and write both; or refit without an event and write what came of it.

    Args:
        options: what to do.
        say: called with each line of news.

    Returns:
        The calibration as it ended.

    Raises:
        UserError: months that may not be fitted, a value outside its range, a file that cannot be read.
    """
    from ladsim.world.world import load_world

    codes = load_world().nationalities
    event = None if options.without is None else event_named(options.without)
    targets = Targets(codes, options.first, options.last, without_event(event) if event else ())
    unknowns = Unknowns(codes)
    setting = Setting(scale=options.scale, seed=options.seed)
    search = Calibration(options.folder, unknowns, targets, setting, options.workers, say)
    begin = unknowns.start() if options.start is None else unknowns.vector_of(_first_set(options.start))
    search.begin(begin)
    for number in range(options.sweeps):
        search.sweep(SHRINKING_STEP**number)
    for number in range(options.rounds):
        search.round(number, options.runs)
    if event is not None:
        _write_refit(options, search, event, say)
        return search
    sets = [search.fit.vector]
    if options.sets > 1:
        if not options.rounds:
            search.look_around(0, options.runs)
        sets = [vector for vector, _ in search.ensemble(options.sets, TOLERANCE)]
    if options.write is not None:
        write_sets(options.write, [unknowns.values(vector) for vector in sets])
        _write_provenance(options, search, len(sets))
        say(f"{len(sets)} parameter sets written to {options.write}")
    return search


def _write_refit(
    options: CalibrationOptions, search: Calibration, event: dict[str, str], say: Callable[[str], None]
) -> None:
    best = (search.fit.vector, search.unknowns.inputs(search.fit.vector))
    seeds = [options.seed + k for k in range(REFIT_SEEDS)]
    before, after = before_and_after(event, search.targets, search.trials.counts([best] * REFIT_SEEDS, seeds))
    source = f"python -m ladsim task=calibrate calibration.without={options.without}"
    source += f" calibration.rounds={options.rounds} calibration.runs={options.runs} scale={options.scale}"
    assert options.write is not None
    note_refit(options.write, event, before, after, without_event(event), source)
    say(f"{event['title']}: {before:,.0f} to {after:,.0f} when left out of the fit; written to {options.write}")


def _first_set(path: Path) -> dict[tuple[str, str, str], float]:
    sets = read_sets(path)
    if not sets:
        raise UserError("no fitted sets to start from", file=path, expected=f"a table like {fitted_file()}")
    return sets[0]


def _write_provenance(options: CalibrationOptions, search: Calibration, sets: int) -> None:
    """Say beside the sets how they were made."""
    assert options.write is not None
    wape = search.targets.wape(search.fit.counts)
    made: dict[str, Any] = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "months": [options.first, options.last],
        "persons_an_agent": options.scale,
        "seed": options.seed,
        "rounds": options.rounds,
        "runs_a_round": options.runs,
        "sets": sets,
        "tolerance_of_loss": TOLERANCE,
        "start": str(options.start or "the values in use"),
        "loss": round(search.fit.loss, 2),
        "wape_in_fit_months": {name: round(value, 4) for name, value in wape.items() if value == value},
        "trials": sum(1 for _ in (options.folder / "trials").glob("*.npy")),
    }
    file = options.write.with_suffix(".json")
    part = file.with_suffix(".part")
    part.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    part.replace(file)
