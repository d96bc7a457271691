"""Mesa's own tests of the installed version, and what makes them speak of a LadModel.

The tests come from Mesa's source distribution, whose hash is pinned; nothing of it is kept in this repository. Their
`Model` becomes a small LadModel with nobody in it, their `AgentSet` a set of the face, and their `Agent` one of three:

- `actors`: a plain actor, as countries and smuggling networks are;
- `migrants`: a migrant, whose attributes are columns declared by the model;
- `mixed`: two migrants in three, the third a plain actor.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
import sys
import tarfile
import tempfile
import types
import unittest
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import mesa
import numpy as np
import pytest
import yaml

from ladsim.actors import face
from ladsim.actors.face import Everybody, KeyedSet, MigrantSet, PanelCollector
from ladsim.actors.migrant import Migrant
from ladsim.columns import Column
from ladsim.core.schema import State
from ladsim.policy.scenario import Scenario, load_scenario
from ladsim.policy.timeline import Timeline
from ladsim.sim.model import LadModel, timeline_of
from ladsim.world.world import World

CORRIDOR = Path(__file__).parents[1] / "examples" / "corridor"
ACCOUNT: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "actors" / "mesa_tests.yaml").read_text("utf-8"))
SCALE = 100_000
PANEL = 200
PIP_SECONDS = 300

WHOLE = ("val", "val2", "type_a_val", "type_b_val", "value", "steps", "remaining_life", "age", "i", "b")
REAL = ("a", "local", "energy", "wealth", "health", "some_attribute", "some_default_value")
TRUTH = ("called", "even")
COLUMNS = (
    *[Column(name, "int64", 0, "number", "In Mesa's tests", low=-np.inf) for name in WHOLE],
    *[Column(name, "float64", 0.0, "number", "In Mesa's tests", low=-np.inf) for name in REAL],
    *[Column(name, "bool", False, "yes/no", "In Mesa's tests", high=1) for name in TRUTH],
    Column("c", "int64", -1, "number", "Missing where it is -1", low=-1),
)
BESIDE = ("agent_set", "is_alive")
"""What Mesa's tests note on an agent for themselves: which set to change, and whether it was removed."""


# -- the source distribution -----------------------------------------------------------------------------------------


def sdist() -> Path:
    """Return Mesa's source distribution, from the user's cache or by pip; skip the test where it cannot be had."""
    name = f"mesa-{ACCOUNT['version']}.tar.gz"
    if mesa.__version__ != ACCOUNT["version"]:
        pytest.skip(f"the account is of Mesa {ACCOUNT['version']}, installed is {mesa.__version__}")
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ladsim" / "mesa"
    kept = folder / name
    if not (kept.is_file() and _sha256(kept) == ACCOUNT["sha256"]):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            _download(Path(fresh))
            found = Path(fresh) / name
            assert _sha256(found) == ACCOUNT["sha256"], f"{name} is not the one whose hash is pinned"
            found.replace(kept)
    return kept


def _download(folder: Path) -> None:
    wanted = f"mesa=={ACCOUNT['version']}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-binary", "mesa", "--no-deps", wanted]
    try:
        done = subprocess.run(
            [*command, "--dest", str(folder)], capture_output=True, text=True, timeout=PIP_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"pip did not bring Mesa's source distribution within {PIP_SECONDS} s")
    if done.returncode:
        pytest.skip(f"pip cannot bring Mesa's source distribution: {done.stderr.strip().splitlines()[-1:]}")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def sources() -> dict[str, str]:
    """Return the text of Mesa's test files by name."""
    prefix = f"mesa-{ACCOUNT['version']}/tests/"
    with tarfile.open(sdist()) as archive:
        members = [m for m in archive if m.name.startswith(prefix + "test_") and m.name.endswith(".py")]
        return {m.name.removeprefix(prefix): archive.extractfile(m).read().decode() for m in members}  # type: ignore[union-attr]


# -- models, agents and sets as Mesa's tests make them ---------------------------------------------------------------


@cache
def _world() -> World:
    return World.load(CORRIDOR)


@cache
def _scenario() -> Scenario:
    return load_scenario("as_it_is", world=_world())


@cache
def _timeline() -> Timeline:
    return timeline_of(_scenario(), _world())


class AdaptedModel(LadModel):
    """A LadModel of the invented corridor before its first day, without actors or migrants."""

    made: list[AdaptedModel] = []  # noqa: RUF012

    def __init__(self, *, seed: Any = None, rng: Any = None) -> None:
        more = {"world": _world(), "timeline": _timeline(), "columns": COLUMNS}
        super().__init__(_scenario(), seed=seed, rng=rng, scale=SCALE, **more)
        self.remove_all_agents()
        for kind in [kind for kind, members in self.agents_by_type.items() if kind is not Migrant]:
            del self._agents_by_type[kind]
        face.release(self)  # ids begin with 1 again
        AdaptedModel.made.append(self)


class RowAgent(Migrant):
    """A migrant that enters the table when it is made, as Mesa's tests make agents."""

    def __init__(self, model: Any) -> None:
        person = next(mesa.Agent._ids[model])
        new = {"person": np.array([person]), "nationality": 0, "group": 0, "node": 0, "state": int(State.WAITING)}
        row = model.population.add(new).start
        super().__init__(model, model.population, person, row, model.population.version)
        model.__dict__.setdefault("_migrant_views", {})[person] = self

    def __setattr__(self, name: str, value: Any) -> None:
        if name in BESIDE:
            self.__dict__[name] = value
        elif not (name == "model" and value is self.model):
            super().__setattr__(name, value)


class _Mixing(type):
    """Makes two instances in three migrants, by a class derived from the one that is asked for."""

    numbers = itertools.count()
    twins: dict[type, type] = {}  # noqa: RUF012

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if issubclass(cls, RowAgent) or next(_Mixing.numbers) % 3 == 1:
            return super().__call__(*args, **kwargs)
        if cls not in _Mixing.twins:
            twin = _Mixing(f"{cls.__name__}Row", (cls, RowAgent), {"__module__": cls.__module__})
            setattr(sys.modules[cls.__module__], twin.__name__, twin)  # where pickle looks
            _Mixing.twins[cls] = twin
        return _Mixing.twins[cls](*args, **kwargs)


class MixedAgent(mesa.Agent, metaclass=_Mixing):
    """A migrant or a plain actor."""


AGENTS: dict[str, type] = {"actors": mesa.Agent, "migrants": RowAgent, "mixed": MixedAgent}


def fixed_set(agents: Iterable[Any], random: Random | None = None) -> KeyedSet:
    """Return a fixed set of the face, made as Mesa makes an AgentSet."""
    members = list(agents)
    if not members and random is None:
        raise TypeError("a set of the face belongs to a model")
    model = members[0].model if members else next(m for m in AdaptedModel.made if m.random is random)
    if any(isinstance(agent, Migrant) for agent in members):
        return Everybody.of(model, model.population, members, random)
    keys = -1 - np.arange(len(members), dtype=np.int64)
    return Everybody(MigrantSet(model, model.population, None, random), actors=members, keys=keys)


def collector(**reporters: Any) -> PanelCollector:
    """Return the data collector that a LadModel has, with room for all agents of a test in its panel."""
    return PanelCollector(panel=PANEL, seed=1, **reporters)


# -- running them ----------------------------------------------------------------------------------------------------


@cache
def module(file: str, variant: str) -> types.ModuleType:
    """Return one of Mesa's test files as a module in which the names of Mesa are ours."""
    made = types.ModuleType(f"mesa_own_{file.removesuffix('.py')}_{variant}")
    agent = AGENTS[variant]
    sys.modules[made.__name__] = made
    with pytest.MonkeyPatch.context() as patch:
        for home, name, ours in [
            (mesa, "Agent", agent),
            (mesa.agent, "Agent", agent),
            (mesa.agent, "AgentSet", fixed_set),
            (mesa, "Model", AdaptedModel),
            (mesa.model, "Model", AdaptedModel),
            (mesa, "DataCollector", collector),
            (mesa.datacollection, "DataCollector", collector),
        ]:
            patch.setattr(home, name, ours)
        exec(compile(sources()[file], f"mesa {ACCOUNT['version']}: tests/{file}", "exec"), made.__dict__)
    return made


def own_tests(made: types.ModuleType) -> dict[str, Callable[[], Any]]:
    """Return what pytest would run of a module, by name; of a unittest class as `Class.test`."""
    found: dict[str, Callable[[], Any]] = {}
    for name, thing in vars(made).items():
        if isinstance(thing, type) and issubclass(thing, unittest.TestCase):
            for test in unittest.defaultTestLoader.getTestCaseNames(thing):
                found[f"{name}.{test}"] = thing(test).debug
        elif name.startswith("test_") and callable(thing):
            found[name] = thing
    return found


@contextmanager
def adapted(name: str = "") -> Iterator[list[AdaptedModel]]:
    """Let migrants have a `step` of their own and batch runs stay in this process; give the models that a test makes.

    Batch runs of which a test asks nothing but that they end are shorter, as the account says.
    """
    AdaptedModel.made.clear()
    _Mixing.numbers = itertools.count()
    in_batches = mesa.batch_run
    with pytest.MonkeyPatch.context() as patch:
        for part in (face.migrants, face.everybody):
            patch.setattr(part, "is_idle", lambda method: False)
        quiet: dict[str, Any] = {"number_processes": 1, "display_progress": False}
        if name in ACCOUNT["shortened"]:
            quiet["max_steps"] = ACCOUNT["shortened"][name]
        patch.setattr(mesa, "batch_run", lambda *args, **kwargs: in_batches(*args, **{**kwargs, **quiet}))
        yield AdaptedModel.made
    AdaptedModel.made.clear()
