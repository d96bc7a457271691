"""What a rule of one's own does to people keeps the counts, the account and the number of persons right."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import ladsim
from ladsim.core.schema import Fate, State
from ladsim.policy.scenario import load_scenario
from ladsim.sim import verbs
from ladsim.sim.model import LadModel

ROOT = Path(__file__).parents[2]


@pytest.fixture
def model() -> LadModel:
    scenario = load_scenario("history", start="2023-02-01", end="2023-03-31")
    made = LadModel(scenario, seed=2, scale=2000, parameters={"run_in_days": 10})
    for _ in range(30):
        made.step()
    return made


def test_people_on_the_way_turn_back_and_settle(model: LadModel) -> None:
    rows = verbs.on_the_way(model)
    assert len(rows) > 20
    before = model.events.returns.sum(), model.events.settled.sum(), model.events.fates.sum()
    under_way = int((model.population.view("departed")[rows[:12]] >= 0).sum())
    assert verbs.turn_back(model, rows[:8]) == 8
    assert verbs.settle(model, rows[8:12]) == 4
    assert model.events.returns.sum() == before[0] + 8
    assert model.events.settled.sum() == before[1] + 4
    assert model.events.fates.sum() == before[2] + under_way
    assert (model.population.view("fate")[rows[:8]] == Fate.TURNED_BACK).all()
    model.population.check()
    for _ in range(10):
        model.step()
    model.population.check()


def test_who_is_not_on_the_way_is_refused(model: LadModel) -> None:
    home = np.flatnonzero(model.population.view("state") == State.CONSIDERING)[:3]
    for verb in (verbs.turn_back, verbs.settle):
        with pytest.raises(ValueError, match="not on the way"):
            verb(model, home)
    with pytest.raises(ValueError, match="only people who wait"):
        verbs.hold(model, np.flatnonzero(model.population.view("state") == State.TRAVELLING)[:1], 3)
    waiting = verbs.on_the_way(model)
    with pytest.raises(ValueError, match="consider leaving"):
        verbs.give_status(model, waiting[:1])


def test_status_is_given_and_people_are_held(model: LadModel) -> None:
    home = np.flatnonzero(model.population.view("state") == State.CONSIDERING)[:5]
    before = model.events.regularizations.sum()
    assert verbs.give_status(model, home) == 5
    assert model.events.regularizations.sum() == before + 5
    p = model.population
    on_way = verbs.on_the_way(model)
    waiting = on_way[p.view("state")[on_way] == State.WAITING][:4]
    verbs.hold(model, waiting, days=9)
    assert (p.view("due")[waiting] >= model.day + 9).all()
    p.check()


def _example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("shelter", ROOT / "examples" / "rule" / "shelter.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["shelter"] = made
    spec.loader.exec_module(made)
    return made


@pytest.mark.usefixtures("short_run_in")
def test_the_example_of_the_page_runs_and_is_named_in_the_manifest() -> None:
    shelter = _example()
    given = {"scale": 3000, "seeds": 1, "workers": 1, "start": "2023-02-01", "end": "2023-03-15", "progress": False}
    plain = ladsim.run("history", reference=False, **given)
    ruled = ladsim.run("history", reference=False, model=shelter.WithShelter, **given)
    assert ruled.manifest["model"]["class"].endswith("WithShelter")
    assert len(ruled.manifest["model"]["source"]) == 64
    crossings = [r.total("irregular_entries", place="PAN", freq="all")["mean"].iloc[0] for r in (plain, ruled)]
    assert crossings[1] < crossings[0]
    page = (ROOT / "docs" / "own-rule.md").read_text(encoding="utf-8")
    for name in ("on_the_way", "turn_back", "settle", "hold", "give_status"):
        assert f"`{name}(" in page
        assert hasattr(verbs, name)
    for phase in ("apply_instruments", "journeys_end", "close_the_day"):
        assert f"`{phase}`" in page
        assert hasattr(ladsim.LadModel, phase)
