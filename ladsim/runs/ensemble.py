"""Run a scenario and its reference over several seeds, in parallel, paired by construction.

Replicate i has the same seed in every scenario, whatever else is run. One task is one seed: the scenario and its
reference, which share the days before they differ. The result does not depend on the number of workers or on the
order in which tasks finish.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ladsim.core.errors import UserError, close_matches
from ladsim.data.fitted import n_sets
from ladsim.results.fates import joined
from ladsim.results.run_result import RunResult, tidy
from ladsim.results.scenario_info import ScenarioInfo
from ladsim.results.variance import CHANCE, FEWEST, TERMS, repeats
from ladsim.runs.assumed import drawn_of, pair_of, told
from ladsim.runs.changes import changes_of, idle_notes, notes_of
from ladsim.runs.checkpoints import folder_of, tell
from ladsim.runs.first_compile import compile_first
from ladsim.runs.options import RunOptions, split_overrides
from ladsim.runs.progress import progress_bar
from ladsim.runs.replicate import Done, Task, run_task
from ladsim.runs.workers import spread

if TYPE_CHECKING:
    from ladsim.world.world import World

DEFAULTS = RunOptions()
AGAIN = 4
"""How many replicates are run again with other assumed terms, to tell how much these matter."""


def run(
    scenario: str,
    *,
    start: str | date | None = None,
    end: str | date | None = None,
    scale: int = DEFAULTS.scale,
    seeds: int = DEFAULTS.seeds,
    workers: int | None = None,
    root_seed: int = DEFAULTS.root_seed,
    overrides: Mapping[str, Any] | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    reference: bool | str = True,
    parameter_sets: int | None = None,
    progress: bool | None = None,
    instruments_dir: str | Path | None = None,
    world: World | str | Path | None = None,
    checkpoints: str | Path | None = None,
    assumed: bool = DEFAULTS.assumed,
    model: type | None = None,
) -> RunResult:
    """Run a scenario, and its reference with the same people and the same draws.

    Args:
        scenario: Name of a scenario; see :func:`ladsim.scenarios`.
        start: First day, for both; the scenario's own when left out.
        end: Last day, for both; the scenario's own when left out.
        scale: Persons per agent.
        seeds: How many replicates.
        workers: Processes; as many as there are cores when left out.
        root_seed: Names the list of seeds: replicate i of one root is the same everywhere.
        overrides: Changed terms, dates and behavior, either nested
            (``{"instrument": {"chnv_parole": {"terms": {"capacity": 10000}}}, "behavior": {"credibility": 0.5}}``) or
            flat (``{"instrument.chnv_parole.terms.capacity": 10000}``). Those of instruments change the scenario and
            leave its reference as its file has it; those of behavior hold for both.
        include: More instruments to put into the scenario (not into its reference).
        exclude: Instruments to leave out of the scenario (not of its reference).
        reference: True runs the scenario's own reference, False none, a name that scenario instead.
        parameter_sets: How many fitted parameter sets the replicates take in turn; all there are when left out. With 1,
            the best one holds throughout, and intervals cover chance only.
        progress: True shows a progress bar on standard error, False none; by default only on a terminal.
        instruments_dir: A folder with instruments of your own, one YAML file each (docs/own-instrument.md). They act in
            the scenario and not in its reference.
        world: The folder of a world of your own (docs/own-corridor.md), or what World.load returned for it: its tables,
            its instruments and its scenarios, in place of the packaged ones.
        checkpoints: A folder in which states of references are stored, so that another scenario against the same
            reference starts on the day on which it first differs; ``"off"`` stores none. The user's cache folder when
            left out. No result depends on it.
        assumed: Draw the assumed terms of the instruments that differ, and assumed claims, within their ranges, anew
            for each replicate (docs/concepts.md). False takes all as their files have them.
        model: A subclass of LadModel to run instead.

    Returns:
        The result; ``.reference`` holds the reference's.

    Raises:
        UserError: Anything wrong in what was asked for; nothing has been run then.
    """
    options = RunOptions.checked(
        scenario=scenario,
        start=start,
        end=end,
        scale=scale,
        seeds=seeds,
        workers=workers,
        root_seed=root_seed,
        include=include,
        exclude=exclude,
        reference=reference,
        parameter_sets=parameter_sets,
        progress=progress,
        instruments_dir=instruments_dir,
        world=world,
        checkpoints=checkpoints,
        assumed=assumed,
    )
    instrument, behavior = split_overrides({} if overrides is None else overrides)
    return run_options(options, instrument=instrument, behavior=behavior, model=model)


def run_options(
    options: RunOptions,
    *,
    instrument: Mapping[str, Any] | None = None,
    behavior: Mapping[str, float] | None = None,
    model: type | None = None,
) -> RunResult:
    """Run what checked options ask for; :func:`run` and the command line both end here."""
    begun, created = time.perf_counter(), datetime.now(UTC)
    pair = load_pair(options, instrument or {}, behavior or {})
    seed_list = seeds_of(options)
    tasks = _tasks(options, pair, seed_list, behavior or {}, model)
    workers = min(options.workers or os.cpu_count() or 1, len(tasks))
    frames: dict[str, dict[int, pd.DataFrame]] = {role: {} for role in pair}
    again: dict[str, dict[str, dict[int, pd.DataFrame]]] = {}
    fates: dict[str, dict[int, pd.DataFrame]] = {role: {} for role in pair}
    changed: dict[int, pd.DataFrame] = {}
    seconds, notes_told = 0.0, list[str]()
    if model is None:
        compile_first()
    for done in execute(tasks, workers=workers, title=options.scenario, progress=options.progress):
        seconds += done.seconds
        notes_told += done.notes
        for role, table in done.others.items():
            again.setdefault(TERMS, {}).setdefault(role, {})[done.seed] = table
        if done.of is not None:
            for role, tables in done.tables.items():
                again.setdefault(CHANCE, {}).setdefault(role, {})[done.of] = tables.monthly
            continue
        for role, tables in done.tables.items():
            frames[role][done.seed] = tables.monthly
            if tables.fates is not None:
                fates[role][done.seed] = tables.fates
        if done.changed is not None:
            changed[done.seed] = done.changed
    tell(notes_told)
    manifest = _manifest(options, created, workers, seconds)
    changes = changes_of(options, instrument or {}, behavior or {})
    notes = (*notes_of(options, _filed_start(options)), *idle_notes(pair, frames))
    if model is not None:
        manifest["model"] = _model_of(model)
    manifest["parameter_sets"] = [task.parameter_set for task in tasks if task.of is None]
    if options.assumed:
        manifest["assumed"] = told(drawn_of(pair), options.root_seed, options.seeds)
    config = {**options.plain(), "instrument": _plain(instrument or {}), "behavior": dict(behavior or {})}
    made = {
        role: RunResult(
            ScenarioInfo.of(s, changes=changes[role], notes=notes),
            tidy(frames[role], s.name),
            tuple(seed_list),
            options.scale,
            manifest=manifest,
            config=config,
            instruments=_plain(s.instruments),
            fates=joined(fates[role], s.name),
        )
        for role, s in pair.items()
    }
    if not any(len(run.monthly) for run in made.values()):
        raise UserError(
            "nobody is in this run: one agent stands for more persons than wish to move",
            key="scale",
            value=options.scale,
            expected="fewer persons per agent, or more months",
        )
    manifest["wall_seconds"] = round(time.perf_counter() - begun, 3)
    pairs = joined(changed, options.scenario)
    runs = {kind: _run_again(made, tables, seed_list) for kind, tables in sorted(again.items())}
    return replace(made["scenario"], reference=made.get("reference"), changed_fates=pairs, again=runs)


def _tasks(
    options: RunOptions, pair: Mapping[str, Any], seeds: Sequence[int], behavior: Mapping[str, float], model: Any
) -> list[Task]:
    """Return a task for each replicate, and those that are needed beside to tell chance from fitted sets."""
    from ladsim.core.draws import replicate_seed
    from ladsim.policy.kinds.registry import added_kinds

    n = min(options.parameter_sets or n_sets(), n_sets())
    stored, root = folder_of(options.checkpoints), options.root_seed
    drawn = drawn_of(pair) if options.assumed else ()
    sets = [i % n for i in range(len(seeds))]
    several = len(seeds) >= FEWEST

    def task(i: int, seed: int, **more: Any) -> Task:
        ours = pair_of(pair, drawn, root, i)
        kinds = added_kinds()
        return Task(ours, seed, options.scale, behavior, model, sets[i], options.world, kinds, stored, **more)

    def others(i: int) -> dict[str, Any]:
        return pair_of(pair, drawn, root, i, other=True) if drawn and several and i < AGAIN else {}

    found = [task(i, seed, others=others(i)) for i, seed in enumerate(seeds)]
    lacking = FEWEST - repeats(sets) if options.assumed and several and len(set(sets)) > 1 else 0
    return [*found, *(task(i, replicate_seed(root, len(seeds) + i), of=seeds[i]) for i in range(lacking))]


def _run_again(
    made: Mapping[str, RunResult], tables: Mapping[str, Mapping[int, pd.DataFrame]], seeds: Sequence[int]
) -> RunResult:
    """Return replicates that were run again as a run with its reference, under the seeds of the first time."""
    held = tuple(seed for seed in seeds if seed in tables["scenario"])
    runs = {
        role: replace(run, monthly=tidy(tables[role], run.scenario.name), seeds=held, fates=None)
        for role, run in made.items()
    }
    return replace(runs["scenario"], reference=runs.get("reference"))


def _filed_start(options: RunOptions) -> date | None:
    """Return the first day that the scenario's file names, where another one was asked for."""
    from ladsim.policy.scenario import load_scenario
    from ladsim.world.world import world_at

    world = None if options.world is None else world_at(options.world)
    return None if options.start is None else load_scenario(options.scenario, end=options.end, world=world).start


def load_pair(options: RunOptions, instrument: Mapping[str, Any], behavior: Mapping[str, float]) -> dict[str, Any]:
    """Return {'scenario': ..., 'reference': ...} loaded and checked; the reference only where one is wanted.

    Raises:
        UserError: Unknown names, or values that do not fit; an override of an instrument that is not in the scenario.
    """
    from ladsim.behavior.inputs import check_inputs
    from ladsim.behavior.parameters import load_parameters
    from ladsim.core.paths import instruments_dir
    from ladsim.core.strict_yaml import yaml_files
    from ladsim.policy.library import INSTRUMENTS
    from ladsim.policy.scenario import load_scenario
    from ladsim.world.world import world_at

    load_parameters(behavior)
    world = None if options.world is None else world_at(options.world)
    if world is not None:
        check_inputs(world)
    library = instruments_dir() if world is None else world.folder / INSTRUMENTS
    folders = [library, *([Path(options.instruments_dir)] if options.instruments_dir else [])]
    known = sorted({name for folder in folders for name in yaml_files(folder)})
    for key, names in (("include", options.include), ("exclude", options.exclude)):
        for name in names:
            if name not in known:
                raise UserError("unknown instrument", key=key, value=name, expected=close_matches(name, known))
    ours = load_scenario(
        options.scenario,
        start=options.start,
        end=options.end,
        instrument_overrides=dict(instrument) or None,
        include=options.include,
        exclude=options.exclude,
        instruments_dir=options.instruments_dir,
        world=world,
    )
    pair = {"scenario": ours}
    if options.reference is True:
        reference = ours.load_reference()
    elif options.reference:
        # The reference covers the scenario's days, whatever its own file says: only equal dates can be paired.
        reference = load_scenario(options.reference, start=ours.start, end=ours.end, world=world)
    else:
        reference = None
    return pair | ({"reference": reference} if reference is not None else {})


def seeds_of(options: RunOptions) -> list[int]:
    """Return the seed of each replicate."""
    from ladsim.core.draws import replicate_seed

    return [replicate_seed(options.root_seed, i) for i in range(options.seeds)]


def execute(tasks: list[Task], *, workers: int, title: str, progress: bool | None) -> Iterator[Done]:
    """Yield what the tasks return, as they finish; Ctrl-C ends the worker processes before it goes on."""
    with progress_bar(title, len(tasks), progress) as advance:
        for done in spread(run_task, ((task,) for task in tasks), workers):
            yield done
            advance()


def _manifest(options: RunOptions, created: datetime, workers: int, seconds: float) -> dict[str, Any]:
    from ladsim.results.manifest import provenance

    return {
        "created": created.isoformat(timespec="seconds"),
        "root_seed": options.root_seed,
        "workers": workers,
        "model_seconds": round(seconds, 3),
        **provenance(options.world),
    }


def _model_of(kind: type) -> dict[str, str]:
    """Return the class that was run in place of LadModel, and a digest of the file that defines it."""
    try:
        digest = hashlib.sha256(Path(inspect.getfile(kind)).read_bytes()).hexdigest()
    except (OSError, TypeError):
        digest = "not in a file"
    return {"class": f"{kind.__module__}.{kind.__qualname__}", "source": digest}


def _plain(value: Any) -> Any:
    """Return a value as mappings, lists, numbers and text, which YAML and JSON can hold."""
    if hasattr(value, "model_dump"):
        return _plain(value.model_dump(mode="json"))
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in value]
    if isinstance(value, date):
        return value.isoformat()
    return value
