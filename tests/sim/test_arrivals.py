"""Who forms the wish to leave, and who of them would leave only by a lawful pathway."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from ladsim.core.errors import UserError
from ladsim.core.plain_yaml import read_mapping
from ladsim.core.schema import State
from ladsim.policy.scenario import load_scenario
from ladsim.sim.arrivals import NEVER_IRREGULARLY
from ladsim.sim.model import LadModel
from ladsim.world.wishes import lawful_only_per_day, read_wishes, wishes_of
from ladsim.world.world import World, load_world

FALSE_ALARM = 1e-4
"""Probability that a statistical test of this file fails by chance."""


def test_the_rate_is_persons_per_thousand_and_year() -> None:
    people = load_world().people
    rates = lawful_only_per_day(date(2023, 1, 1), 365, people, {"lawful_only": {people.nationalities[0]: 4.0}})
    own = people.group_nationality == 0
    stock = float(people.persons[own].sum())
    assert rates[:, own].sum() == pytest.approx(4.0 * stock / 1000.0 * 365 / 365.25, rel=1e-3)
    assert rates[:, ~own].sum() == 0.0


def test_nobody_is_added_where_nothing_is_said() -> None:
    people = load_world().people
    assert lawful_only_per_day(date(2023, 1, 1), 3, people, {}).sum() == 0.0


def short_run(lawful_only: float | None) -> LadModel:
    wishes = read_wishes()
    if lawful_only is not None:
        wishes["lawful_only"] = dict.fromkeys(("VEN", "HTI", "NIC"), lawful_only)
    scenario = load_scenario("history", start=date(2023, 2, 1), end=date(2023, 4, 30))
    model = LadModel(scenario, seed=3, scale=2000, wishes=wishes)
    model.run()
    return model


def test_they_apply_and_wait_but_never_depart_and_their_share_is_as_stated() -> None:
    model = short_run(20.0)
    people = model.population
    theirs = people.view("urgency") == NEVER_IRREGULARLY
    days = slice(-20, None)  # of whom nobody has left the table yet
    wishes = model.arrivals.expected[days]
    expected = float((model.arrivals.lawful_only[days] * wishes).sum() / wishes.sum())
    lately = people.view("born") >= len(model.arrivals.expected) - 20
    assert lately.sum() > 100
    assert binomtest(int(theirs[lately].sum()), int(lately.sum()), expected).pvalue > FALSE_ALARM
    states = people.view("state")[theirs]
    at_home = (State.CONSIDERING, State.GAVE_UP, State.PATHWAY_QUEUE, State.REGULARIZED, State.ARRIVED_LAWFULLY)
    assert np.isin(states, at_home).all(), "they are at home, in line there, or have arrived lawfully"
    assert (states == State.PATHWAY_QUEUE).sum() > 20, "the parole processes of 2023 have applicants among them"
    assert (people.view("encounters")[theirs] == 0).all()


def test_without_them_nobody_has_their_urgency() -> None:
    assert not (short_run(0.0).population.view("urgency") == NEVER_IRREGULARLY).any()


@pytest.mark.parametrize(
    ("value", "word"),
    [("many", "not a number"), (-1.0, "out of range"), (".nan", "not a number"), ("true", "not a number")],
)
def test_a_bad_rate_of_an_own_world_is_told(value: object, word: str, tmp_path: Path) -> None:
    example = Path(__file__).resolve().parents[2] / "examples" / "corridor"
    folder = tmp_path / "world"
    shutil.copytree(example, folder)
    file = folder / "wish.yaml"
    code = next(iter(read_mapping(file, "wish levels")["levels"]))
    file.write_text(file.read_text(encoding="utf-8") + f"\nlawful_only: {{{code}: {value}}}\n", encoding="utf-8")
    with pytest.raises(UserError, match=word):
        wishes_of(World.load(folder))


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("lawful_only: [1, 2]", "not by nationality"),
        ("lawful_only:", "not by nationality"),
        ("lawful_only: {NOBODY: 2.0}", "no such nationality"),
        ("lawful_prospect: 3", "not by nationality"),
    ],
)
def test_what_is_not_by_nationality_is_told(line: str, word: str, tmp_path: Path) -> None:
    folder = tmp_path / "world"
    shutil.copytree(Path(__file__).resolve().parents[2] / "examples" / "corridor", folder)
    file = folder / "wish.yaml"
    file.write_text(file.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    with pytest.raises(UserError, match=word):
        wishes_of(World.load(folder))
