"""Who may apply for a lawful pathway: presence by a day, at home and on the way, and what an arrival is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from small_world import NEVER, Way, events, graph, parameters, paths, people, population, same_for_all, today

from ladsim.behavior import kernels
from ladsim.behavior.parameters import load_parameters
from ladsim.behavior.pathways import CLOSED, PathwayTables, pathway_ids
from ladsim.behavior.tables import ANY_DAY, CHANNEL_RESIDENCE, CHANNEL_TRANSIT, CHANNEL_WALK_IN, LARGEST_CHOICE
from ladsim.behavior.values import fixed_logsums
from ladsim.core.schema import State
from ladsim.policy.scenario import load_scenario
from ladsim.sim.model import timeline_of
from ladsim.world.world import load_world

FALSE_ALARM = 1e-3
"""Chance that a binomial test below fails on right code with another seed."""
MANY = 4000
DAY = 400
GRAPH = graph([Way(0, 1)], 2, sea_exits=[1])
STAYS_OFF = same_for_all([-NEVER], [[-50.0, -NEVER, -NEVER, -NEVER], [-NEVER] * 4])


def applications(crowd: Any, channel: int, home: int = 0, **columns: Any) -> int:
    """Let people decide under one pathway that is far better than anything else; return how many apply."""
    lawful = paths(
        k=2,
        channel=np.array([channel, CHANNEL_WALK_IN]),
        open=np.array([True, False]),
        office=np.array([[True], [False]]),
        value=np.array([[5.0], [-1e9]]),
        **columns,
    )
    p = parameters(fade_days=1e12, leave_constant=-NEVER, route_scale=0.1, pathway_scale=0.1, residence_years=2.0)
    counted = events(GRAPH, pathways=2)
    kernels.decide(
        np.arange(crowd.n),
        DAY,
        5,
        np.zeros(61, dtype=np.int64),
        people(crowd),
        GRAPH,
        today(GRAPH, home_value=np.array([-50.0])),
        lawful,
        STAYS_OFF,
        np.zeros(1),
        np.array([home], dtype=np.int64),
        p,
        counted,
        np.full(crowd.n, -1, dtype=np.int64),
        np.empty(LARGEST_CHOICE),
    )
    return int(counted.applications[0, 0])


def at_home(count: int, born: int) -> Any:
    return population(count, state=int(State.CONSIDERING), due=DAY, born=born, state_since=born)


def present_by(day: int) -> dict[str, np.ndarray]:
    return {"present_by": np.array([[day], [ANY_DAY]]), "present_here": np.array([day, ANY_DAY])}


@pytest.mark.parametrize("channel", [CHANNEL_RESIDENCE, CHANNEL_TRANSIT])
def test_without_a_day_of_presence_all_residents_may_apply(channel: int) -> None:
    assert applications(at_home(50, born=390), channel) == 50


@pytest.mark.parametrize("channel", [CHANNEL_RESIDENCE, CHANNEL_TRANSIT])
def test_who_formed_the_wish_before_the_day_was_present(channel: int) -> None:
    assert applications(at_home(50, born=200), channel, **present_by(200)) == 50


OFFICE = """
id: office_abroad
title: "An office in Mexico"
actors: [USA, MEX]
pillar: lawful_pathways
lever: lawful_pathway
status: in_force
start: 2023-01-01
channel: {channel}
target: {{nationalities: [HTI, MEX], countries: [MEX]}}
terms: {{capacity: 4000, approval_rate: 0.9}}
evidence: assumed
"""


@pytest.mark.parametrize(("channel", "homes"), [("transit", {"MEX"}), ("residence", {"MEX", "HTI", "CHL", "DOM"})])
def test_residents_apply_at_an_office_of_their_country_alone(channel: str, homes: set[str], tmp_path: Path) -> None:
    (tmp_path / "office_abroad.yaml").write_text(OFFICE.format(channel=channel), encoding="utf-8")
    scenario = load_scenario("history", start="2023-02-01", end="2023-02-28", instruments_dir=tmp_path)
    world, ids = load_world(), pathway_ids(scenario.instruments)
    n = world.people.n_nationalities
    tables = PathwayTables(world, ids, load_parameters(), np.zeros(n), 0)
    found = tables.today(timeline_of(scenario, world).rules(0), np.zeros((len(ids), n)), frozenset())
    k = ids.index("office_abroad")
    haitians, mexicans = (world.nationalities.index(code) for code in ("HTI", "MEX"))
    countries = {world.people.group_country_code[g] for g in np.flatnonzero(found.eligible[k, haitians])}
    assert countries >= homes if channel == "residence" else countries == homes
    others = np.delete(found.value[k], [haitians, mexicans])
    assert (others == CLOSED).all()
    assert (found.value[k, [haitians, mexicans]] > CLOSED).all(), "travelers of each nationality may apply on the way"


@pytest.mark.parametrize("days", [73, 365])
def test_of_later_wishes_the_share_who_had_come_by_the_day(days: int) -> None:
    """Time since arrival is exponential with a mean of two years here."""
    found = applications(at_home(MANY, born=DAY - 10), CHANNEL_RESIDENCE, **present_by(DAY - 10 - days))
    expected = np.exp(-days / (365.25 * 2.0))
    assert binomtest(found, MANY, expected).pvalue > FALSE_ALARM


def test_presence_does_not_change_from_week_to_week() -> None:
    crowd = at_home(500, born=DAY - 10)
    first = applications(crowd, CHANNEL_RESIDENCE, **present_by(DAY - 300))
    crowd.view("due")[:] = DAY
    assert 0 < first < 500
    assert applications(crowd, CHANNEL_RESIDENCE, **present_by(DAY - 300)) == 0, "those who wait need not apply again"


@pytest.mark.parametrize(("refused", "applies"), [(0, True), (1, False), (2, True), (3, False)])
def test_who_was_refused_does_not_apply_for_that_pathway_again(refused: int, applies: bool) -> None:
    crowd = at_home(30, born=390)
    crowd.view("refused")[:] = refused
    assert applications(crowd, CHANNEL_RESIDENCE) == (30 if applies else 0)


def on_the_way(count: int, since: int, **columns: Any) -> Any:
    return population(count, **{"state": int(State.WAITING), "due": DAY, "state_since": since, "born": 1, **columns})


@pytest.mark.parametrize(("since", "applies"), [(199, True), (200, True), (201, False), (DAY, False)])
def test_on_the_way_one_must_stand_there_since_the_day(since: int, applies: bool) -> None:
    assert applications(on_the_way(30, since), CHANNEL_TRANSIT, **present_by(200)) == (30 if applies else 0)


def test_who_waits_at_an_office_stays_in_its_queue() -> None:
    crowd = on_the_way(30, DAY - 5, state=int(State.PATHWAY_QUEUE), goal=0)
    assert applications(crowd, CHANNEL_TRANSIT, home=1, **present_by(200)) == 0
    assert set(crowd.view("state")) == {int(State.PATHWAY_QUEUE)}


def test_no_office_is_reckoned_with_on_the_way_that_asks_for_presence() -> None:

    p = parameters()
    open_office = paths(
        k=2,
        channel=np.array([CHANNEL_TRANSIT, CHANNEL_WALK_IN]),
        open=np.array([True, False]),
        office=np.array([[True], [False]]),
        value=np.array([[9.0], [-1e9]]),
    )
    with_office = fixed_logsums(GRAPH, open_office, p)[..., 0]
    dated = fixed_logsums(GRAPH, open_office._replace(**present_by(200)), p)
    closed = fixed_logsums(GRAPH, open_office._replace(open=np.array([False, False])), p)
    assert (with_office > dated).all()
    np.testing.assert_array_equal(dated, closed)
