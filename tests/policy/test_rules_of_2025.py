"""The rules of 2025: what they set, and that the scenarios built of them differ by what they say."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from ladsim.policy.library import load_instruments
from ladsim.policy.scenario import load_scenario
from ladsim.policy.timeline import Timeline
from ladsim.sim.model import timeline_of
from ladsim.world.world import World, load_world

OF_2025 = {n for n in load_instruments() if n.endswith("_2025")}
GROUPS = ("asylum_suspended_2025", "pathways_end_2025", "status_ends_2025", "aid_ends_2025", "transit_enforcement_2025")


@pytest.fixture(scope="module")
def world() -> World:
    return load_world()


def day_of(timeline: Timeline, day: date) -> int:
    return (day - timeline.start).days


def test_no_rule_of_2025_is_in_a_scenario_that_ends_before() -> None:
    assert OF_2025
    assert not OF_2025 & set(load_scenario("history").instruments)
    assert set(load_scenario("history_2025").instruments) >= OF_2025


@pytest.mark.parametrize("name", [*GROUPS, "history_2025"])
def test_nothing_differs_from_the_reference_before_2025(name: str, world: World) -> None:
    scenario = load_scenario(name)
    reference = scenario.load_reference()
    assert reference is not None
    ours, theirs = timeline_of(scenario, world), timeline_of(reference, world)
    found = ours.first_difference(theirs)
    assert found is not None
    # Of what is announced ahead, people hear before it holds; only history_2025 has policies of late 2024 as they were.
    earliest = date(2024, 9, 1) if name == "history_2025" else date(2025, 1, 1)
    assert found >= day_of(ours, earliest)


def test_nobody_transferred_is_let_go_under_the_suspension(world: World) -> None:
    timeline = timeline_of(load_scenario("asylum_suspended_2025"), world)
    before, after = (timeline.rules(day_of(timeline, day)) for day in (date(2025, 1, 19), date(2025, 1, 20)))
    assert not before.removed_after_transfer.any()
    assert np.all(after.removed_after_transfer == 0.9)
    shifts = [bar.ease_shift for bar in after.asylum_bars if bar.id == "asylum_suspension_2025"]
    assert shifts == [4.0]
    assert not before.held_share.any()
    assert np.all(after.held_share == 0.95)
    inside = timeline.rules(day_of(timeline, date(2025, 1, 21))).interior_removal_share
    assert np.all(inside == 0.15)


def test_pathways_that_end_take_nobody(world: World) -> None:
    timeline = timeline_of(load_scenario("pathways_end_2025"), world)
    rules = timeline.rules(day_of(timeline, date(2025, 2, 1)))
    open_now = {path.id for path in rules.pathways if path.open}
    assert not {"chnv_parole", "cbp_one_appointments", "usrap_ceiling"} & open_now


def test_paroles_at_ports_end_and_stay_as_they_were_before(world: World) -> None:
    timeline = timeline_of(load_scenario("history_2025"), world)
    before, after = (timeline.rules(day_of(timeline, day)) for day in (date(2024, 6, 1), date(2025, 1, 20)))
    assert before.walk_in_parole_share.max() > 0.0
    assert after.walk_in_parole_share.max() == 0.0
