"""The calibration as a task: steps, refinement, ensemble, and the files that it leaves.

    python -m ladsim task=calibrate calibration.rounds=24 calibration.steps=3 calibration.sets=12

What has been run is kept in the folder of trials: the same command again goes on where it was stopped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ladsim.config import whole_number
from ladsim.errors import UserError
from ladsim.fitted import fitted_file, read_sets, write_sets
from ladsim.study.calibrate import Calibration
from ladsim.study.explore import Exploration
from ladsim.study.targets import FIRST_MONTH, LAST_MONTH, Targets, check_months
from ladsim.study.trials import Setting
from ladsim.study.unknowns import Unknowns

UNIT = 15.0
"""Unit of residuals in the wide search: roots of persons."""

TOLERANCE = 0.03
"""Sets whose loss is at most this share above the best one fit about equally well."""


@dataclass(frozen=True)
class CalibrationOptions:
    """Options of a calibration.

    Attributes:
        folder: where trials are kept.
        rounds: rounds of the wide search that comes first.
        steps: how many times slopes are found anew.
        sets: how many parameter sets are wanted, the best one included.
        scale: persons an agent.
        seed: the seed that all trials share.
        workers: processes, or None for one a core.
        first, last: months of the fit.
        start: a file of fitted sets whose first one is the start, or None for the values in use now.
        write: where the sets are written.
    """

    folder: Path = Path("results/calibration")
    rounds: int = 24
    steps: int = 3
    sets: int = 12
    scale: int = 50
    seed: int = 1
    workers: int | None = None
    first: str = FIRST_MONTH
    last: str = LAST_MONTH
    start: Path | None = None
    write: Path | None = None


KEYS = ("rounds", "steps", "sets", "seed", "first", "last", "start", "write")
"""What ``calibration.<key>=`` may set."""


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
        key: whole_number(f"calibration.{key}", given[key], low=1 if key == "sets" else 0)
        for key in ("rounds", "steps", "sets", "seed")
        if key in given
    }
    first = _month("calibration.first", given.get("first", FIRST_MONTH))
    last = _month("calibration.last", given.get("last", LAST_MONTH))
    check_months(first, last)
    start = given.get("start")
    return CalibrationOptions(
        folder=Path(values["results_dir"]) / "calibration",
        scale=values["scale"],
        workers=values["workers"],
        first=first,
        last=last,
        start=Path(str(start)) if start else None,
        write=Path(str(given["write"])) if given.get("write") else fitted_file(),
        **counts,
    )


def _month(key: str, value: Any) -> str:
    text = str(value)
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text):
        raise UserError("not a month", key=key, value=value, expected="YYYY-MM")
    return text


def calibrate(
    options: CalibrationOptions,
    without: Sequence[tuple[str, str | None, str, str]] = (),
    say: Callable[[str], None] = print,
) -> Calibration:
    """Fit, draw the ensemble, and write both.

    Args:
        options: what to do.
        without: months of series that are left out of the fit; see `ladsim.study.targets.Targets`.
        say: called with each line of news.

    Returns:
        The calibration as it ended.

    Raises:
        UserError: months that may not be fitted, a value outside its range, a file that cannot be read.
    """
    from ladsim.world.world import load_world

    codes = load_world().nationalities
    targets = Targets(codes, options.first, options.last, without)
    unknowns = Unknowns(codes)
    setting = Setting(scale=options.scale, seed=options.seed)
    search = Calibration(options.folder, unknowns, targets, setting, options.workers, say)
    begin = unknowns.start() if options.start is None else unknowns.vector_of(_first_set(options.start))
    if options.rounds:
        wide = Exploration(unknowns, targets, search.trials, say, UNIT)
        begin = wide.run(begin, options.rounds, options.seed)
    search.begin(begin)
    for number in range(options.steps):
        search.iterate(number)
        search.refine(number)
    sets = [search.fit.vector]
    if options.sets > 1:
        sets = [vector for vector, _ in search.ensemble(options.sets, TOLERANCE)]
    if options.write is not None:
        write_sets(options.write, [unknowns.values(vector) for vector in sets])
        _write_provenance(options, search, len(sets))
        say(f"{len(sets)} parameter sets written to {options.write}")
    return search


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
        "steps": options.steps,
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
