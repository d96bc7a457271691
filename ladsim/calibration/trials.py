"""Runs of ``history`` for a calibration, each kept on disk, so that a search that is stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ladsim.calibration.targets import Targets
from ladsim.calibration.unknowns import Inputs

if TYPE_CHECKING:
    from ladsim.policy.scenario import Scenario
    from ladsim.policy.timeline import Timeline
    from ladsim.world.world import World

Floats = NDArray[np.float64]


BEHAVIOR_FILES = ("default", "wish", "familiarity", "priors")


@dataclass(frozen=True)
class Setting:
    """How trials are run: first and last day, persons per agent, and the seed that all of them share."""

    start: date = date(2021, 1, 1)
    end: date = date(2024, 5, 31)
    scale: int = 100
    seed: int = 1


def run_history(inputs: Inputs, setting: Setting, targets: Targets) -> Floats:
    """Run ``history`` once and return what it counted: series x months x nationalities."""
    from ladsim.core.compiled import keep_compiled_kernels

    keep_compiled_kernels()
    from ladsim.sim.model import LadModel

    scenario, world, timeline = _history(setting.start, setting.end)
    model = LadModel(
        scenario,
        world=world,
        timeline=timeline,
        seed=setting.seed,
        scale=setting.scale,
        parameters=inputs.loaded(),
        wishes=inputs.wishes,
        familiarity=inputs.familiarity,
    )
    monthly = model.run()
    return targets.simulated(monthly, model.environment.areas[: model.environment.n_sectors])


@lru_cache(maxsize=1)
def _history(start: date, end: date) -> tuple[Scenario, World, Timeline]:
    """Return what all trials of a process share; a timeline keeps the rules of the days it was asked for."""
    from ladsim.policy.scenario import load_scenario
    from ladsim.sim.model import timeline_of
    from ladsim.world.world import load_world

    scenario, world = load_scenario("history", start=start, end=end), load_world()
    return scenario, world, timeline_of(scenario, world)


def _run(vector: Floats, inputs: Inputs, setting: Setting, targets: Targets) -> tuple[Floats, Setting, Floats, float]:
    begun = time.perf_counter()
    return vector, setting, run_history(inputs, setting, targets), time.perf_counter() - begun


class Trials:
    """Trials of a calibration, run in parallel and remembered.

    Args:
        folder: where they are kept; made if it is not there.
        setting: how they are run.
        targets: what they are compared with.
        workers: processes; as many as there are cores if not given.
        kept: digest of what is fitted but no vector holds.
    """

    def __init__(
        self, folder: Path, setting: Setting, targets: Targets, workers: int | None = None, kept: str = ""
    ) -> None:
        self.folder = folder
        self.setting, self.targets = setting, targets
        self._workers = workers or os.cpu_count() or 1
        self._sources = _sources() + kept
        self._used: set[Path] = set()
        (folder / "trials").mkdir(parents=True, exist_ok=True)

    @property
    def used(self) -> int:
        """How many trials were asked for, run now or read."""
        return len(self._used)

    def counts(self, points: Sequence[tuple[Floats, Inputs]], seeds: Sequence[int] | None = None) -> list[Floats]:
        """Return what each point counts; those that were run before are read.

        Args:
            points: vectors and what they stand for.
            seeds: a seed for each; the setting's for all if not given.
        """
        own = [self.setting.seed] * len(points) if seeds is None else list(seeds)
        settings = [replace(self.setting, seed=seed) for seed in own]
        files = [self._file(vector, setting) for (vector, _), setting in zip(points, settings, strict=True)]
        self._used.update(files)
        lacking = [i for i, file in enumerate(files) if not file.exists()]
        for vector, setting, counted, seconds in self._execute([(*points[i], settings[i]) for i in lacking]):
            self._keep(vector, setting, counted, seconds)
        return [np.load(file) for file in files]

    def _execute(
        self, jobs: Sequence[tuple[Floats, Inputs, Setting]]
    ) -> Iterator[tuple[Floats, Setting, Floats, float]]:
        if len(jobs) <= 1 or self._workers == 1:
            for vector, inputs, setting in jobs:
                yield _run(vector, inputs, setting, self.targets)
            return
        from joblib import Parallel, delayed

        pool = Parallel(n_jobs=self._workers, return_as="generator_unordered", batch_size=1)
        yield from pool(delayed(_run)(vector, inputs, setting, self.targets) for vector, inputs, setting in jobs)

    def _file(self, vector: Floats, setting: Setting) -> Path:
        key = json.dumps([np.round(vector, 9).tolist(), repr(setting), self.targets.months, self._sources])
        return self.folder / "trials" / f"{hashlib.sha256(key.encode()).hexdigest()[:20]}.npy"

    def _keep(self, vector: Floats, setting: Setting, counted: Floats, seconds: float) -> None:
        # Written beside and renamed, so that a trial is there whole or not at all.
        file = self._file(vector, setting)
        part = file.with_suffix(".part")
        with part.open("wb") as stream:
            np.save(stream, counted)
        part.replace(file)
        row: dict[str, Any] = {
            "trial": file.stem,
            "seed": setting.seed,
            "seconds": round(seconds, 1),
            "wape": {k: round(v, 4) for k, v in self.targets.wape(counted).items()},
            "sources": self._sources[:12],
            "vector": np.round(vector, 9).tolist(),
        }
        with (self.folder / "trials.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")


NOT_SIMULATED = ("calibration", "cli", "report", "runs", "series", "twin", "validation")
"""Parts of the package on which what is simulated does not depend."""


def _sources() -> str:
    """Return a digest of what a trial depends on besides its vector.

    The model's code, data and instruments, the scenario, and what a vector stands for: priors, and the behavior that is
    not fitted.
    """
    from ladsim.core import paths

    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    code = [f for f in sorted(package.rglob("*.py")) if f.relative_to(package).parts[0] not in NOT_SIMULATED]
    files = [*code, *sorted(paths.data_dir().glob("*.csv")), *sorted(paths.instruments_dir().glob("*.yaml"))]
    behavior = [paths.conf_dir() / "behavior" / f"{name}.yaml" for name in BEHAVIOR_FILES]
    for file in [*files, *behavior, paths.scenarios_dir() / "history.yaml"]:
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
