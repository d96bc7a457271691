"""Replicates of one seed that are run together, in worker processes or on a cluster, each kept as it is finished.

Points that share a reference and behavior are run together for a seed: the reference once, and each point from the day
on which it first differs. That gives to the bit what a run of its own would.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ladsim.core.errors import UserError
from ladsim.results.manifest import made_from
from ladsim.runs.checkpoints import States, tell
from ladsim.runs.cluster import spread_on
from ladsim.runs.first_compile import compile_first
from ladsim.runs.workers import spread
from ladsim.studies.store import Store


@dataclass(frozen=True)
class Wanted:
    """A replicate that is wanted: a scenario and the key under which it is kept."""

    key: str
    scenario: Any


@dataclass(frozen=True)
class Bundle:
    """Replicates of one seed that share a reference (or have none), run together.

    Attributes:
        folder: of the store.
        name: what tells the bundle from others: it is the same in every process, whatever is missing there.
        reference: the reference's replicate, or None.
        points: those that are missing.
        pathways: lawful pathways that the model holds.
        made: other arguments of the model.
        checkpoints: where states of the reference are stored, or None.
        made_from: code and data of the process that asks; a worker with others refuses.
        wait: wait for another process that runs the same; otherwise it is left to that process for now.
    """

    folder: Path
    name: str
    reference: Wanted | None
    points: tuple[Wanted, ...]
    pathways: tuple[str, ...]
    made: Mapping[str, Any] = field(default_factory=dict)
    checkpoints: Path | None = None
    made_from: str = ""
    wait: bool = False

    @property
    def size(self) -> int:
        """How many replicates it has."""
        return len(self.points) + (self.reference is not None)


@dataclass(frozen=True)
class Ran:
    """What came of a bundle.

    Attributes:
        bundle: the one that was run.
        left: whether another process has it under way, so that nothing was done.
        notes: what should be told of stored states.
    """

    bundle: Bundle
    left: bool = False
    notes: tuple[str, ...] = ()


def run_bundle(bundle: Bundle) -> Ran:
    """Run the replicates of a bundle and keep each as soon as it is finished.

    What another process has finished since the bundle was made is not run again.

    Raises:
        UserError: this process has another version of the code or the data, or a replicate cannot be written.
    """
    if bundle.made_from != made_from():
        raise UserError(
            "a worker has another version of the code or the data",
            key="scheduler",
            value=platform.node(),
            expected="the same ladsim on every machine",
        )
    store = Store(bundle.folder)
    with store.claimed(bundle.name, wait=bundle.wait) as ours:
        if not ours:
            return Ran(bundle, left=True)
        points = tuple(one for one in bundle.points if not store.has(one.key))
        if not points and (bundle.reference is None or store.has(bundle.reference.key)):
            return Ran(bundle)
        return Ran(bundle, notes=tuple(_run(replace(bundle, points=points), store)))


def _run(bundle: Bundle, store: Store) -> list[str]:
    """Run a bundle and return what should be told of stored states."""
    from ladsim.sim.model import LadModel, timeline_of
    from ladsim.world.world import load_world

    world = load_world()
    made = {**bundle.made, "pathways": list(bundle.pathways), "world": world, "follow_fates": False}
    if bundle.reference is None:
        for one in bundle.points:
            store.keep(one.key, LadModel(one.scenario, **made).run())
        return []
    timeline = timeline_of(bundle.reference.scenario, world)
    reference = bundle.reference.scenario
    states = States(bundle.checkpoints, lambda: LadModel(reference, timeline=timeline, **made))
    forks = []
    for one in bundle.points:
        own = timeline_of(one.scenario, world)
        differs = timeline.first_difference(own)
        forks.append((timeline.n_days if differs is None else differs, one, own))
    forks.sort(key=lambda fork: fork[0])
    model = states.at(forks[0][0] if forks else None)
    for differs, one, own in forks:
        day = differs + model.run_in
        while model.day < day:
            model.step()
        store.keep(one.key, model.fork(one.scenario, own).run())
    if not store.has(bundle.reference.key):
        store.keep(bundle.reference.key, model.run())
    return states.notes


def execute(
    bundles: Sequence[Bundle], workers: int, say: Callable[[str], None] | None, scheduler: str | None = None
) -> None:
    """Run bundles side by side; those that another process has under way come last, and are then waited for.

    Args:
        bundles: what is missing.
        workers: processes here.
        say: called with a line of news now and then; standard error on a terminal when left out.
        scheduler: address of a Dask scheduler, whose workers are used instead.

    Raises:
        UserError: of a bundle, of the workers or of the cluster.
    """
    if not bundles:
        return
    if say is None and sys.stderr.isatty():
        say = _to_terminal
    if scheduler is None:
        compile_first()
    notes: list[str] = []
    begun, total, done = time.monotonic(), sum(one.size for one in bundles), 0
    for ran in _ran(bundles, workers, scheduler):
        done += ran.bundle.size
        notes += ran.notes
        if say is not None:
            gone = time.monotonic() - begun
            left = gone / done * (total - done)
            say(f"{done} of {total} replicates, {gone:.0f} s gone, about {left:.0f} s to go")
    tell(notes)


def _ran(bundles: Sequence[Bundle], workers: int, scheduler: str | None) -> Iterator[Ran]:
    """Yield what came of each bundle, once it is done here or elsewhere."""
    left: list[Bundle] = []
    for ran in _side_by_side(bundles, workers, scheduler):
        if ran.left:
            left.append(replace(ran.bundle, wait=True))
        else:
            yield ran
    if left:
        yield from _side_by_side(left, workers, scheduler)


def _side_by_side(bundles: Sequence[Bundle], workers: int, scheduler: str | None) -> Iterator[Ran]:
    calls = ((bundle,) for bundle in bundles)
    if scheduler is None:
        return spread(run_bundle, calls, min(workers, len(bundles)))
    return spread_on(scheduler, run_bundle, calls)


def _to_terminal(text: str) -> None:
    print(text, file=sys.stderr)
