"""The kernels and the plain-Python rules agree draw for draw: the same monthly table and the same people."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mesa import Agent
from mesa.agent import AgentSet

from ladsim.core import draws
from ladsim.core.schema import FIRST_ABSORBING, State
from ladsim.policy.scenario import Scenario, load_scenario
from ladsim.population import COLUMNS
from ladsim.sim.model import LadModel
from ladsim.twin import ReferenceMigrant, ReferenceModel
from ladsim.twin.choice import Draws, draw_option
from ladsim.world.world import World, load_world

SEED = 20220610
RUN_IN = 30.0
NAMES = [name for name in COLUMNS if name != "person"]
ROUNDED = ("means", "risk_aversion", "urgency", "paid")
"""Normal draws, and with them money, agree to 1e-14; everything else to the bit."""


@cache
def the_world() -> World:
    return load_world()


def columns_of(model: LadModel) -> pd.DataFrame:
    """Return the people on the way from the columns, by person."""
    frame = pd.DataFrame({name: model.population.view(name) for name in COLUMNS}).set_index("person")
    return frame[(frame["state"] < FIRST_ABSORBING) & (frame["state"] != State.REGULARIZED)]


def attributes_of(model: ReferenceModel) -> pd.DataFrame:
    """Return the people on the way from the agents, by person."""
    rows = [[getattr(agent, name) for name in COLUMNS] for agent in model.migrants]
    return pd.DataFrame(rows, columns=list(COLUMNS)).set_index("person")


def assert_same_people(kernels: LadModel, plain: ReferenceModel) -> None:
    columns, attributes = columns_of(kernels), attributes_of(plain)
    assert list(columns.index) == list(attributes.index), f"other people on the way on {kernels.date}"
    for name in NAMES:
        found, expected = columns[name].to_numpy(float), attributes[name].to_numpy(float)
        tolerance = 1e-9 * np.maximum(1.0, np.abs(expected)) if name in ROUNDED else 0.0
        wrong = columns.index[np.abs(found - expected) > tolerance]
        assert not len(wrong), f"{name} on {kernels.date} of persons {list(wrong[:5])}"
    np.testing.assert_array_equal(kernels.population.counts(), plain.counts())
    assert int(plain.counts().sum()) == kernels.population.considered


def run_both(name: str, start: str, end: str, scale: int, every: int) -> pd.DataFrame:
    """Run a scenario with both models and compare them; see run_scenario."""
    return run_scenario(load_scenario(name, start=start, end=end), scale, every)


def run_scenario(scenario: Scenario, scale: int, every: int, **parameters: float) -> pd.DataFrame:
    """Run both, compare people every so many days and the tables at the end, and return the table."""
    given = {"run_in_days": RUN_IN, **parameters}
    kernels = LadModel(scenario, seed=SEED, scale=scale, parameters=given, world=the_world())
    plain = ReferenceModel(scenario, seed=SEED, scale=scale, parameters=given, world=the_world())
    while kernels.day < kernels.n_days:
        kernels.step()
        plain.step()
        if kernels.day % every == 0:
            assert_same_people(kernels, plain)
    assert_same_people(kernels, plain)
    table = kernels.monthly()
    pd.testing.assert_frame_equal(table, plain.monthly(), check_exact=True)
    return table


def test_both_agree_where_tastes_last() -> None:
    """Spells of tastes that end within the run; fewer leave than where tastes are drawn every week."""
    of = load_scenario("history", start="2023-03-01", end="2023-06-30")
    lasting = run_scenario(of, scale=3000, every=30, taste_days=60.0)
    weekly = LadModel(of, seed=SEED, scale=3000, parameters={"run_in_days": RUN_IN}, world=the_world()).run()
    left = [table.loc[table["measure"] == "departures", "value"].sum() for table in (lasting, weekly)]
    assert 0 < left[0] < left[1]


def measures_of(table: pd.DataFrame) -> set[str]:
    return set(table.loc[table["value"] > 0, "measure"])


@pytest.fixture(scope="module")
def history() -> pd.DataFrame:
    """Run history to the end of the record with both, and compare them twice a month."""
    return run_both("history", "2021-01-01", "2024-08-31", scale=2000, every=15)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "last", "some"),
    [
        ("2021-01", "2021-06", {"dispositions_title_42_expulsion", "encounters_between_ports", "interdictions"}),
        (
            "2022-10",
            "2023-02",
            {"lawful_applications", "lawful_arrivals", "encounters_at_ports", "regularizations", "irregular_entries"},
        ),
        ("2021-01", "2024-08", {"dispositions_return_to_mexico"}),
        ("2024-06", "2024-08", {"dispositions_transfer", "removals", "lawful_queue"}),
    ],
    ids=["expulsions of 2021", "pathways of the winter of 2022", "returns to Mexico", "the bar of June 2024"],
)
def test_both_agree_on_what_happened(history: pd.DataFrame, first: str, last: str, some: set[str]) -> None:
    """The fixture compares them; what was compared is not nothing."""
    assert some <= measures_of(history[history["month"].between(first, last)])


def test_every_day_of_two_weeks() -> None:
    run_both("history", "2023-05-05", "2023-05-18", scale=3000, every=1)


def test_removals_from_the_way() -> None:
    more = {"target": {"nationalities": ["VEN", "HTI", "ECU", "COL", "CHN"]}, "terms": {"removals_per_day": 100}}
    scenario = load_scenario(
        "panama_removal",
        start="2024-07-01",
        end="2024-08-31",
        instrument_overrides={"panama_removal_program": more},
    )
    table = run_scenario(scenario, scale=200, every=10)
    removed = table[(table["measure"] == "removals") & (table["place"] == "PAN")]
    assert removed["value"].sum() > 0


def test_migrants_are_plain_mesa_agents() -> None:
    scenario = load_scenario("history", start="2022-03-01", end="2022-03-02")
    model = ReferenceModel(scenario, seed=SEED, scale=1000, parameters={"run_in_days": 3.0}, world=the_world())
    for _ in range(3):
        model.step()
    assert type(model.migrants) is AgentSet
    assert len(model.migrants) > 0
    assert all(type(agent) is ReferenceMigrant and isinstance(agent, Agent) for agent in model.migrants)
    assert model.population.n == 0
    assert set(COLUMNS) <= set(vars(model.migrants[0]))


def test_compiled_draws_are_the_same_draws() -> None:
    scenario = load_scenario("history", start="2022-03-01", end="2022-03-31")
    given = {"run_in_days": 5.0}
    compiled = Draws(SEED, draws.uniform, draws.uniform2, draws.normal)
    one = ReferenceModel(scenario, seed=SEED, scale=5000, parameters=given, world=the_world()).run()
    other = ReferenceModel(scenario, seed=SEED, scale=5000, parameters=given, world=the_world(), draws=compiled).run()
    pd.testing.assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize(
    ("u", "chosen"),
    [(0.0, 0), (0.2499, 0), (0.2501, 2), (0.9999, 2)],
)
def test_an_option_is_drawn_by_its_share(u: float, chosen: int) -> None:
    scale = 0.5
    option, logsum = draw_option([0.0, -np.inf, scale * np.log(3.0)], scale, u)
    assert option == chosen
    assert logsum == pytest.approx(scale * np.log(4.0))


def test_no_option_is_drawn_where_all_are_impossible() -> None:
    assert draw_option([-np.inf, -np.inf], 1.0, 0.5) == (-1, -np.inf)


def test_the_rules_for_people_name_no_kernel() -> None:
    folder = Path(draws.__file__).parents[1] / "twin"
    own = {"ladsim.twin", *(f"ladsim.twin.{file.stem}" for file in folder.glob("*.py"))}
    plain = {
        "ladsim.core.draws",
        "ladsim.core.schema",
        "ladsim.columns",
        "ladsim.population",
        "ladsim.behavior.tables",
        "ladsim.sim.arrivals",
    }
    plain |= {"ladsim.core", "ladsim.core.person_ids"}
    plain |= {"ladsim.actors.country", "ladsim.behavior.parameters", "ladsim.sim.parts", "ladsim.world.world"}
    for name in ("migrant", "journey", "decision", "choice", "arrivals"):
        tree = ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))
        found: set[Any] = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        ours = {module for module in found if module.startswith("ladsim.")}
        assert ours <= own | plain, name
