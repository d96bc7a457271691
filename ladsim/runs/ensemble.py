"""Run a scenario and its reference over several seeds, in parallel, paired by construction.

Replicate i has the same seed in every scenario, whatever else is run. One task is one seed: the scenario and its
reference, which share the days before they differ. The result does not depend on the number of workers or on the
order in which tasks finish.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import pickle
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ladsim.core.errors import UserError, close_matches
from ladsim.data.fitted import n_sets
from ladsim.results.fates import joined
from ladsim.results.run_result import RunResult, ScenarioInfo, tidy
from ladsim.runs.changes import changes_of, notes_of
from ladsim.runs.options import RunOptions, split_overrides
from ladsim.runs.workers import spread

if TYPE_CHECKING:
    from ladsim.policy.timeline import Timeline
    from ladsim.world.world import World

DEFAULTS = RunOptions()


@dataclass(frozen=True)
class Task:
    """The scenarios of one replicate: by role ('scenario' and perhaps 'reference'), one seed, one parameter set."""

    scenarios: Mapping[str, Any]
    seed: int
    scale: int
    behavior: Mapping[str, float]
    model: type | None = None
    parameter_set: int = 0


@dataclass(frozen=True)
class Done:
    """What a task returns: the tables of each role, who fared otherwise, and the seconds it took."""

    tables: Mapping[str, Tables]
    seed: int
    seconds: float
    changed: pd.DataFrame | None = None


@dataclass(frozen=True)
class Tables:
    """What one model leaves: its monthly frame, and its account of departures where it keeps one."""

    monthly: pd.DataFrame
    fates: pd.DataFrame | None = None


def run_task(task: Task) -> Done:
    """Run the scenarios of one replicate; what a worker process executes."""
    begun = time.perf_counter()
    tables, changed = run_together(task)
    return Done(tables, task.seed, time.perf_counter() - begun, changed)


def _finish(model: Any) -> Tables:
    monthly = model.run()
    return Tables(monthly, model.account() if hasattr(model, "account") else None)


def run_together(task: Task) -> tuple[dict[str, Tables], pd.DataFrame | None]:
    """Return the tables of each role, and who fared otherwise; days on which the two do not differ are run only once.

    A fork goes on exactly as a run of its own from the first day would (see LadModel.fork; a test compares them).
    """
    kind: Any = task.model
    if kind is None:
        from ladsim.sim.model import LadModel

        kind = LadModel
    made = {"seed": task.seed, "scale": task.scale, "parameters": dict(task.behavior)}
    if task.parameter_set:
        made["parameter_set"] = task.parameter_set
    ours, theirs = task.scenarios["scenario"], task.scenarios.get("reference")
    if theirs is None or not hasattr(kind, "fork"):
        return {role: _finish(kind(scenario, **made)) for role, scenario in task.scenarios.items()}, None
    from ladsim.sim.fates import changed
    from ladsim.sim.model import FEW, shared_pathways

    world, timeline, others, differs = _prepared(pickle.dumps((ours, theirs)))
    model = kind(theirs, pathways=shared_pathways(ours, theirs), world=world, timeline=timeline, **made)
    last = model.n_days if differs is None else differs + model.run_in
    while model.day < last:
        model.step()
    other = model.fork(ours, others)
    tables = {"reference": _finish(model), "scenario": _finish(other)}
    if model.scale < FEW:
        return tables, None
    pairs = changed(model.fates_by_person(), other.fates_by_person(), world.nationalities, task.scale)
    return tables, pairs


@lru_cache(maxsize=1)
def _prepared(pair: bytes) -> tuple[World, Timeline, Timeline, int | None]:
    """Return the world, the timelines of reference and scenario, and the first day on which these differ.

    Every replicate of a pair has the same; a process makes them for the first of its tasks only.

    Args:
        pair: scenario and reference, pickled.
    """
    from ladsim.sim.model import timeline_of
    from ladsim.world.world import load_world

    ours, theirs = pickle.loads(pair)
    world = load_world()
    timeline, others = timeline_of(theirs, world), timeline_of(ours, world)
    return world, timeline, others, timeline.first_difference(others)


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
    sets = min(options.parameter_sets or n_sets(), n_sets())
    tasks = [Task(pair, seed, options.scale, behavior or {}, model, i % sets) for i, seed in enumerate(seed_list)]
    workers = min(options.workers or os.cpu_count() or 1, len(tasks))
    frames: dict[str, dict[int, pd.DataFrame]] = {role: {} for role in pair}
    fates: dict[str, dict[int, pd.DataFrame]] = {role: {} for role in pair}
    changed: dict[int, pd.DataFrame] = {}
    seconds = 0.0
    for done in execute(tasks, workers=workers, title=options.scenario, progress=options.progress):
        for role, tables in done.tables.items():
            frames[role][done.seed] = tables.monthly
            if tables.fates is not None:
                fates[role][done.seed] = tables.fates
        if done.changed is not None:
            changed[done.seed] = done.changed
        seconds += done.seconds
    manifest = _manifest(options, created, workers, seconds)
    changes, notes = changes_of(options, instrument or {}, behavior or {}), notes_of(options, _filed_start(options))
    if model is not None:
        manifest["model"] = _model_of(model)
    manifest["parameter_sets"] = [task.parameter_set for task in tasks]
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
    return replace(made["scenario"], reference=made.get("reference"), changed_fates=pairs)


def _filed_start(options: RunOptions) -> date | None:
    """Return the first day that the scenario's file names, where another one was asked for."""
    from ladsim.policy.scenario import load_scenario

    return None if options.start is None else load_scenario(options.scenario, end=options.end).start


def load_pair(options: RunOptions, instrument: Mapping[str, Any], behavior: Mapping[str, float]) -> dict[str, Any]:
    """Return {'scenario': ..., 'reference': ...} loaded and checked; the reference only where one is wanted.

    Raises:
        UserError: Unknown names, or values that do not fit; an override of an instrument that the scenario lacks.
    """
    from ladsim.behavior.parameters import load_parameters
    from ladsim.core.paths import instruments_dir
    from ladsim.policy.scenario import load_scenario

    load_parameters(behavior)
    folders = [instruments_dir(), *([Path(options.instruments_dir)] if options.instruments_dir else [])]
    known = sorted({p.stem for folder in folders for p in folder.glob("*.yaml")})
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
    )
    pair = {"scenario": ours}
    if options.reference is True:
        reference = ours.load_reference()
    elif options.reference:
        # The reference covers the scenario's days, whatever its own file says: only equal dates can be paired.
        reference = load_scenario(options.reference, start=ours.start, end=ours.end)
    else:
        reference = None
    return pair | ({"reference": reference} if reference is not None else {})


def seeds_of(options: RunOptions) -> list[int]:
    """Return the seed of each replicate."""
    from ladsim.core.draws import replicate_seed

    return [replicate_seed(options.root_seed, i) for i in range(options.seeds)]


def execute(tasks: list[Task], *, workers: int, title: str, progress: bool | None) -> Iterator[Done]:
    """Yield what the tasks return, as they finish; Ctrl-C ends the worker processes before it goes on."""
    with _progress(title, len(tasks), progress) as advance:
        for done in spread(run_task, ((task,) for task in tasks), workers):
            yield done
            advance()


@contextmanager
def _progress(title: str, total: int, wanted: bool | None) -> Iterator[Any]:
    if wanted is False or (wanted is None and not sys.stderr.isatty()):
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("seeds,"),
        TimeElapsedColumn(),
        TextColumn("gone,"),
        TimeRemainingColumn(),
        TextColumn("to go"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        job = bar.add_task(title, total=total)
        yield lambda: bar.advance(job)


def _manifest(options: RunOptions, created: datetime, workers: int, seconds: float) -> dict[str, Any]:
    from ladsim.results.manifest import provenance

    return {
        "created": created.isoformat(timespec="seconds"),
        "root_seed": options.root_seed,
        "workers": workers,
        "model_seconds": round(seconds, 3),
        **provenance(),
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
