"""The calibration as a task: rounds, ensemble, and the files that it leaves.

    python -m ladsim task=calibrate calibration.rounds=4 calibration.runs=64 calibration.sets=12

What has been run is kept in the folder of trials: the same command again goes on where it was stopped.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ladsim.calibration.moments_task import fit_by_moments
from ladsim.calibration.options import CalibrationOptions
from ladsim.calibration.refits import event_named, note_refit, refitted, without_event
from ladsim.calibration.search import Calibration
from ladsim.calibration.targets import Targets
from ladsim.calibration.trials import Setting
from ladsim.calibration.unknowns import Unknowns
from ladsim.core.errors import UserError
from ladsim.core.paths import conf_dir
from ladsim.core.plain_yaml import read_mapping
from ladsim.data.fitted import fitted_file, read_sets, write_sets

TOLERANCE = 0.06
"""Sets whose loss is at most this share above the best one fit about equally well."""

SHRINKING_STEP = 0.75
"""The step of a sweep, against that of the one before."""

REFIT_SEEDS = 6
"""Seeds over which the counts of a refit are averaged."""


def calibrate(options: CalibrationOptions, say: Callable[[str], None] = print) -> Calibration | None:
    """Fit, draw the ensemble, and write both; or refit without an event and write what came of it.

    Args:
        options: what to do.
        say: called with each line of news.

    Returns:
        The calibration as it ended; None of a fit by moments.

    Raises:
        UserError: months that may not be fitted, a value outside its range, a file that cannot be read.
    """
    from ladsim.world.world import load_world

    codes = load_world().nationalities
    if options.moments:
        _by_moments(options, say)
        return None
    figures = [] if options.without is None else event_named(options.without)
    targets = Targets(codes, options.first, options.last, without_event(figures))
    unknowns = Unknowns(codes)
    setting = Setting(scale=options.scale, seed=options.seed)
    search = Calibration(options.folder, unknowns, targets, setting, options.workers, say)
    begin = unknowns.start() if options.start is None else unknowns.vector_of(_first_set(options.start))
    search.begin(begin)
    for number in range(options.sweeps):
        search.sweep(SHRINKING_STEP**number)
    for number in range(options.rounds):
        search.round(number, options.runs)
    if figures:
        _write_refit(options, search, figures, say)
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


def _by_moments(options: CalibrationOptions, say: Callable[[str], None]) -> None:
    """Fit by moments and write the sets."""
    priors = read_mapping(conf_dir() / "behavior" / "priors.yaml", "priors")
    sets, made = fit_by_moments(options, list(priors["parameters"]), say)
    if options.write is not None:
        write_sets(options.write, sets)
        options.write.with_suffix(".json").write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
        say(f"{len(sets)} parameter sets written to {options.write}")


def _write_refit(
    options: CalibrationOptions, search: Calibration, figures: list[dict[str, str]], say: Callable[[str], None]
) -> None:
    best = (search.fit.vector, search.unknowns.inputs(search.fit.vector))
    seeds = [options.seed + k for k in range(REFIT_SEEDS)]
    counts = search.trials.counts([best] * REFIT_SEEDS, seeds)
    found = [refitted(event, search.targets, counts, options.scale) for event in figures]
    if options.write is not None:
        note_refit(options.write, found, without_event(figures), options.command())
    where = f"in {options.write}" if options.write is not None else "written nowhere"
    for event, one in zip(figures, found, strict=True):
        say(f"{event['title']}: {one.before:,.0f} to {one.after:,.0f} when left out of the fit; {where}")


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
        "command": options.command(),
        "start": str(options.start or "the values in use"),
        "sets": sets,
        "tolerance_of_loss": TOLERANCE,
        "loss": round(search.fit.loss, 2),
        "wape_in_fit_months": {name: round(value, 4) for name, value in wape.items() if value == value},
        "trials": search.trials.used,
    }
    file = options.write.with_suffix(".json")
    part = file.with_suffix(".part")
    part.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    part.replace(file)
