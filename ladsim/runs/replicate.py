"""One replicate: a scenario and its reference under one seed, and again with other values of their assumed terms.

Days on which two of these do not differ are simulated once: what differs later is forked from the reference's model,
and goes on exactly as a run of its own from the first day would (see LadModel.fork; a test compares them).
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ladsim.runs.checkpoints import States

if TYPE_CHECKING:
    from ladsim.policy.timeline import Timeline
    from ladsim.world.world import World

SCENARIO, REFERENCE = "scenario", "reference"
_OTHER = {SCENARIO: "other scenario", REFERENCE: "other reference"}


@dataclass(frozen=True)
class Task:
    """The scenarios of one replicate: by role ('scenario' and perhaps 'reference'), one seed, one parameter set.

    ``world`` is the folder of its world's tables, None for the packaged one; ``kinds`` are the kinds of lever that were
    registered by a call; ``checkpoints`` is where states of the reference are stored, or None. ``others`` are the same
    scenarios with other values of their assumed terms, or nothing; ``of`` is the seed under which the tables are kept
    where that is not the seed of the draws.
    """

    scenarios: Mapping[str, Any]
    seed: int
    scale: int
    behavior: Mapping[str, float]
    model: type | None = None
    parameter_set: int = 0
    world: str | None = None
    kinds: tuple[Any, ...] = ()
    checkpoints: Path | None = None
    others: Mapping[str, Any] = field(default_factory=dict)
    of: int | None = None


@dataclass(frozen=True)
class Done:
    """What a task returns: the tables of each role, who fared differently, the seconds it took, and what to tell.

    ``others`` are the monthly tables by role under other values of the assumed terms.
    """

    tables: Mapping[str, Tables]
    seed: int
    seconds: float
    changed: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()
    others: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    of: int | None = None


@dataclass(frozen=True)
class Tables:
    """What one model leaves: its monthly frame, and its account of departures where it keeps one."""

    monthly: pd.DataFrame
    fates: pd.DataFrame | None = None


@dataclass(frozen=True)
class Made:
    """What all replicates with the same scenarios share: the world, a timeline for each, and where they part.

    Attributes:
        world: the world.
        timelines: by role.
        parts: first day on which a role differs from the one that it is forked from, None where it never does.
    """

    world: World
    timelines: Mapping[str, Timeline]
    parts: Mapping[str, int | None]


def run_task(task: Task) -> Done:
    """Run the scenarios of one replicate; what a worker process executes."""
    from ladsim.policy.kinds.registry import register_kind

    begun = time.perf_counter()
    for kind in task.kinds:
        register_kind(kind)
    notes: list[str] = []
    tables, changed, others = run_together(task, notes)
    return Done(tables, task.seed, time.perf_counter() - begun, changed, tuple(notes), others, task.of)


def run_together(
    task: Task, notes: list[str] | None = None
) -> tuple[dict[str, Tables], pd.DataFrame | None, dict[str, pd.DataFrame]]:
    """Return the tables of each role, who fared differently, and the monthly tables under other assumed terms.

    Args:
        task: what to run.
        notes: takes a line for each stored state that could not be used.
    """
    kind: Any = task.model
    if kind is None:
        from ladsim.sim.model import LadModel

        kind = LadModel
    made: dict[str, Any] = {"seed": task.seed, "scale": task.scale, "parameters": dict(task.behavior)}
    if task.parameter_set:
        made["parameter_set"] = task.parameter_set
    if not hasattr(kind, "fork") or (REFERENCE not in task.scenarios and not task.others):
        if task.world is not None:
            from ladsim.world.world import world_at

            made["world"] = world_at(task.world)
        tables = {role: _finish(kind(scenario, **made)) for role, scenario in task.scenarios.items()}
        return tables, None, {role: kind(scenario, **made).run() for role, scenario in task.others.items()}
    return _forked(task, kind, made, notes)


def _finish(model: Any) -> Tables:
    monthly = model.run()
    return Tables(monthly, model.account() if hasattr(model, "account") else None)


def _forked(
    task: Task, kind: Any, made: dict[str, Any], notes: list[str] | None
) -> tuple[dict[str, Tables], pd.DataFrame | None, dict[str, pd.DataFrame]]:
    from ladsim.sim.fates import changed
    from ladsim.sim.model import FEW, shared_pathways

    root = REFERENCE if REFERENCE in task.scenarios else SCENARIO
    shared = _made(pickle.dumps((dict(task.scenarios), dict(task.others))), task.world)
    first = task.scenarios[root]
    made |= {"world": shared.world, "timeline": shared.timelines[root]}
    if root == REFERENCE:
        made["pathways"] = shared_pathways(task.scenarios[SCENARIO], first)
    scenarios = {**task.scenarios, **{_OTHER[role]: scenario for role, scenario in task.others.items()}}
    n_days = shared.timelines[root].n_days

    def day_of(role: str) -> int:
        differs = shared.parts[role]
        return n_days if differs is None else differs

    from_root = [SCENARIO] if root == REFERENCE else []
    if task.others:
        # Another reference that never parts from the first is the first, and its scenario parts from that.
        apart = root == SCENARIO or shared.parts[_OTHER[REFERENCE]] is not None
        from_root.append(_OTHER[root] if apart else _OTHER[SCENARIO])
    from_root.sort(key=day_of)
    # Tables of another world are in no name of a stored state.
    stored = task.checkpoints if task.world is None and root == REFERENCE else None
    states = States(stored, lambda: kind(first, **made))
    model = states.at(shared.parts[from_root[0]])
    tables: dict[str, Tables] = {}
    others: dict[str, pd.DataFrame] = {}
    fates: dict[str, Any] = {}
    for role in from_root:
        _advance(model, day_of(role) + model.run_in)
        fork = model.fork(scenarios[role], shared.timelines[role])
        # Each is run to its end and let go at once: one more model in memory, not three.
        if role == SCENARIO:
            tables[role] = _finish(fork)
            fates[role] = fork.fates_by_person() if model.scale >= FEW else None
        elif role == _OTHER[REFERENCE]:
            last = _OTHER[SCENARIO]
            _advance(fork, day_of(last) + fork.run_in)
            others[SCENARIO] = fork.fork(scenarios[last], shared.timelines[last]).run()
            others[REFERENCE] = fork.run()
        else:
            others[SCENARIO] = fork.run()
        del fork
    model = states.finished(model)
    if notes is not None:
        notes += states.notes
    tables[root] = _finish(model)
    if task.others:
        # Another reference that never parted from the first has its table.
        others = {role: others[role] if role in others else tables[role].monthly for role in task.others}
    if root == SCENARIO or model.scale < FEW:
        return tables, None, others
    pairs = changed(model.fates_by_person(), fates[SCENARIO], shared.world.nationalities, task.scale)
    return {role: tables[role] for role in (REFERENCE, SCENARIO)}, pairs, others


def _advance(model: Any, day: int) -> None:
    while model.day < day:
        model.step()


@lru_cache(maxsize=2)
def _made(scenarios: bytes, folder: str | None) -> Made:
    """Return what the replicates of the same scenarios share; a process makes it once for as long as they are alike.

    Args:
        scenarios: those of a task and its others, pickled.
        folder: of the world's tables, None for the packaged one.
    """
    from ladsim.sim.model import timeline_of
    from ladsim.world.world import world_at

    ours, others = pickle.loads(scenarios)
    world = world_at(folder)
    timelines = {role: timeline_of(scenario, world) for role, scenario in ours.items()}
    timelines |= {_OTHER[role]: timeline_of(scenario, world) for role, scenario in others.items()}
    root = REFERENCE if REFERENCE in ours else SCENARIO
    parts: dict[str, int | None] = {}
    if root == REFERENCE:
        parts[SCENARIO] = timelines[root].first_difference(timelines[SCENARIO])
    if others:
        parts[_OTHER[root]] = timelines[root].first_difference(timelines[_OTHER[root]])
        if root == REFERENCE:
            parts[_OTHER[SCENARIO]] = timelines[_OTHER[root]].first_difference(timelines[_OTHER[SCENARIO]])
    return Made(world, timelines, parts)
