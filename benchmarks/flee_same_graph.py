"""Flee's cost per agent and day on ladsim's route graph, with ladsim's agents and days.

Flee (Suleimenova, Bell and Groen 2017, doi:10.1038/s41598-017-13828-9) moves agents as Python objects over places and
links, with simpler rules: no policies, no beliefs, no lawful ways. Here it has every place and way of ladsim's graph
with its distance, and each agent appears on the day and at the place at which one appears in a LadModel. Agents leave
Flee when they reach the destination. All rules of movement are Flee's defaults.

    pip install --no-deps flee beartype
    python benchmarks/flee_same_graph.py
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import resource
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from typing import Any

import numpy as np

from ladsim.core.schema import FIRST_ABSORBING, NodeKind, State
from ladsim.policy.scenario import load_scenario
from ladsim.sim.model import LadModel
from ladsim.world.world import load_world

MEBIBYTE = 1024.0
DESTINATION = "camp"
"""Flee's word for a place at which journeys end."""


@dataclass
class FleeCost:
    """What Flee took: processor seconds, days, agents on the way added up over days, and memory."""

    scale: int
    days: int
    seconds: float
    agent_days: int
    peak_mib: float


def installed() -> bool:
    """Return whether Flee can be imported."""
    return find_spec("flee") is not None and find_spec("beartype") is not None


def arrivals(scenario: str, start: date, days: int, scale: int) -> list[list[int]]:
    """Return, for each day of a LadModel, the places at which persons who were not there before appear."""
    chosen = load_scenario(scenario, start=start, end=start + timedelta(days=days - 1))
    model = LadModel(chosen, seed=1, scale=scale)
    known = np.empty(0, np.int64)
    found: list[list[int]] = []
    for day in range(model.run_in + days):
        model.step()
        people, state, node = (np.asarray(model.population.view(name)) for name in ("person", "state", "node"))
        here = (state < FIRST_ABSORBING) & (state != State.REGULARIZED) & (node >= 0)
        new = here & ~np.isin(people, known)
        known = people.copy()
        if day >= model.run_in:
            found.append(node[new].tolist())
    return found


def ecosystem() -> tuple[Any, list[Any]]:
    """Return Flee's ecosystem with ladsim's graph, and its places in ladsim's order."""
    from flee import flee
    from flee.SimulationSettings import SimulationSettings

    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write("{}\n")
        file.flush()
        SimulationSettings.ReadFromYML(file.name)
    SimulationSettings.spawn_rules["camps_are_sinks"] = True
    route = load_world().route
    made = flee.Ecosystem()
    places = []
    for i, name in enumerate(route.nodes):
        ends = route.kind[i] == NodeKind.DESTINATION
        place = made.addLocation(
            name, float(route.lat[i]), float(route.lon[i]), location_type=DESTINATION if ends else "town"
        )
        place.attributes = {"deactivation_probability": 1.0} if ends else {}
        places.append(place)
    for source, target, distance in zip(route.source, route.target, route.distance_km, strict=True):
        places[source].links.append(flee.Link(places[source], places[target], max(float(distance), 1.0)))
    return made, places


def measure(scenario: str, start: date, run_in: int, days: int, scale: int) -> FleeCost:
    """Return what Flee takes for the days after a run-in.

    Args:
        scenario: of the LadModel whose agents appear.
        start: first day.
        run_in: days before the clock starts.
        days: days that are timed.
        scale: persons per agent.
    """
    appear = arrivals(scenario, start, run_in + days, scale)
    random.seed(1)
    np.random.seed(1)
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        made, places = ecosystem()
        seconds, agent_days = 0.0, 0
        for day, nodes in enumerate(appear):
            for node in nodes:
                made.addAgent(places[node], {})
            begin = time.process_time()
            made.evolve()
            spent = time.process_time() - begin
            # Those who have arrived cost nothing from here on.
            made.agents = [agent for agent in made.agents if agent.location is not None]
            if day >= run_in:
                seconds += spent
                agent_days += len(made.agents)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEBIBYTE
    return FleeCost(scale, days, seconds, agent_days, peak)


def main() -> int:
    """Measure with the arguments scenario, start, run-in, days, scale, and print JSON; return the exit code."""
    if not installed():
        print("Flee is not installed: pip install --no-deps flee beartype", file=sys.stderr)
        return 2
    given = [*sys.argv[1:], *("history", "2022-07-01", "120", "90", "100")[len(sys.argv) - 1 :]]
    scenario, start, run_in, days, scale = given[:5]
    cost = measure(scenario, date.fromisoformat(start), int(run_in), int(days), int(scale))
    print(json.dumps(asdict(cost)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
