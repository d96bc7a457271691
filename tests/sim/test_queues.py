"""Whatever has a limited number of places: caps to the person, order, approval, seats, removals, regular status."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from small_world import Way, events, graph, parameters, people, population, today

from ladsim.actors.country import Country
from ladsim.behavior.departure import REGULARIZATION_GOAL
from ladsim.behavior.tables import CHANNEL_PORT, CHANNEL_RESIDENCE, CHANNEL_WALK_IN
from ladsim.core.draws import Decision, uniforms
from ladsim.core.schema import Outcome, State
from ladsim.policy.rules import NodeRemoval, Pathway, Regularization
from ladsim.policy.scenario import load_scenario
from ladsim.policy.timeline import Timeline
from ladsim.sim.queues import LONGEST_BOARDING, Queues
from ladsim.world.world import load_world

SEED = 4
FALSE_ALARM = 1e-3
GRAPH = graph([Way(0, 1, limited=True), Way(0, 1, limited=True), Way(0, 1)], 2, node_country=np.array([0, 0]))
FIRST = date(2023, 3, 1)


def pathway(**changes: Any) -> Pathway:
    given = {
        "id": "visa",
        "channel": "residence",
        "open": True,
        "capacity_per_day": 10.0,
        "processing_days": 30.0,
        "approval_rate": 1.0,
        "needs_ties": False,
        "bars_irregular_entry": False,
        "longest_first": 0.0,
        "eligible": np.ones((1, 1), dtype=bool),
        **changes,
    }
    return Pathway(**given)


class Model:
    """As much of a model as queues ask for: one nationality, one group at node 0, one country."""

    def __init__(self, crowd: Any, *, start: date = FIRST, capacity: Any = (10.0, 20.0, np.inf), **rules: Any) -> None:
        self.population, self.day, self.start = crowd, 0, start
        self.parameters = parameters(**rules.pop("behavior", {}))
        self.events = events(GRAPH, pathways=2, countries=1)
        self.countries = {"PAN": Country(mesa.Model(), "PAN", 0, True, 1)}
        held: dict[str, Any] = {
            "pathways": [],
            "regularizations": [],
            "removals": [],
            "walk_in_per_day": np.zeros(1),
            "way_capacity_factor": np.ones(3),
            **rules,
        }
        people_ = SimpleNamespace(n_nationalities=1, group_node=np.zeros(1, int), group_country=np.zeros(1, int))
        route = SimpleNamespace(capacity=np.array(capacity), countries=["PAN"])
        self.environment = SimpleNamespace(
            rules=SimpleNamespace(**held),
            pathway_ids=["visa", "walk_in"],
            n_pathways=2,
            graph=GRAPH,
            today=today(GRAPH),
            world=SimpleNamespace(people=people_, route=route),
            beliefs=SimpleNamespace(wait=np.zeros((2, 1))),
            paths=SimpleNamespace(channel=np.array([CHANNEL_PORT, CHANNEL_WALK_IN])),
            grows=np.array([False, True, False]),
            removal_share=np.zeros((2, 1)),
        )
        self.world = self.environment.world

    @property
    def date(self) -> date:
        return self.start + timedelta(days=self.day)

    def _people(self) -> Any:
        return people(self.population)


def in_line(count: int, **columns: Any) -> Any:
    return population(count, **{"state": int(State.PATHWAY_QUEUE), "goal": 0, "due": 10_000, **columns})


def granted(model: Model) -> np.ndarray:
    return np.flatnonzero(model.population.view("outcome") == Outcome.PAROLE)


def days(model: Model, queues: Queues, count: int) -> Iterator[int]:
    """Let days pass and yield how many agents have been granted a place so far."""
    for _ in range(count):
        queues.grant_pathways(model)  # type: ignore[arg-type]
        model.day += 1
        yield len(granted(model))


# -- a month's cap -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parole() -> Timeline:
    """The rules of a run with the parole processes alone: 30,000 a month from 2023-01-06."""
    instrument = load_scenario("history").instruments["chnv_parole"]
    assert instrument.terms["capacity"].unit == "persons/month"
    assert instrument.terms["capacity"].at(date(2024, 3, 1)) == 30_000
    start = date(2023, 1, 1)
    return Timeline({"chnv_parole": instrument}, load_world(), start, 600)


def month_by_month(parole: Timeline, first: date, months: int, scale: int) -> list[int]:
    """Return the persons granted a place in each month while more people wait than there are places."""
    model = Model(in_line(45_000 * months // scale), start=first)
    queues, found, before = Queues(scale, SEED), [], 0
    for _ in range(months):
        for _ in range(calendar.monthrange(model.date.year, model.date.month)[1]):
            path = parole.rules((model.date - parole.start).days).pathways[0]
            model.environment.rules.pathways = [replace(path, id="visa", approval_rate=1.0)]
            queues.grant_pathways(model)  # type: ignore[arg-type]
            model.day += 1
        total = len(granted(model)) * scale
        found.append(total - before)
        before = total
    return found


@pytest.mark.parametrize("scale", [1, 10, 100])
@pytest.mark.parametrize(
    "first", [date(2023, 2, 1), date(2024, 2, 1), date(2023, 4, 1), date(2023, 3, 1)], ids=["28", "29", "30", "31"]
)
def test_a_months_cap_is_that_many_persons(parole: Timeline, first: date, scale: int) -> None:
    assert month_by_month(parole, first, 1, scale)[0] == pytest.approx(30_000, abs=scale)


def test_months_in_a_row_keep_the_cap(parole: Timeline) -> None:
    found = month_by_month(parole, date(2023, 2, 1), 4, 100)
    assert found == pytest.approx([30_000] * 4, abs=100)
    assert sum(found) == pytest.approx(120_000, abs=100)


@pytest.mark.parametrize("scale", [1, 7, 100, 1000])
def test_a_daily_cap_is_kept_to_the_person_whatever_the_scale(scale: int) -> None:
    per_day = 83.7
    model = Model(in_line(31 * 100 // scale + 5), pathways=[pathway(capacity_per_day=per_day)])
    for day, count in enumerate(days(model, Queues(scale, SEED), 31), start=1):
        assert per_day * day - scale - 1e-6 < count * scale <= per_day * day + 1e-6


def test_places_not_used_are_kept_within_the_month_and_lost_at_its_end() -> None:
    model = Model(in_line(0), pathways=[pathway(capacity_per_day=10.0)])
    queues = Queues(1, SEED)
    list(days(model, queues, 10))
    model.population = in_line(500)
    assert list(days(model, queues, 2)) == [110, 120]
    late = Model(in_line(0), pathways=[pathway(capacity_per_day=10.0)])
    queues = Queues(1, SEED)
    list(days(late, queues, 31))
    late.population = in_line(500)
    assert late.date == date(2023, 4, 1)
    assert list(days(late, queues, 2)) == [10, 20]


def test_fractions_of_a_place_are_not_lost_at_the_end_of_a_month() -> None:
    model = Model(in_line(500), pathways=[pathway(capacity_per_day=0.1)])
    found = list(days(model, Queues(1, SEED), 31 + 30 + 31))
    assert found[-1] in (9, 10), "92 days at a tenth a day"


# -- order and approval ------------------------------------------------------------------------------------------------


def test_first_come_first_served() -> None:
    since = np.arange(200)[::-1].astype(np.int32)
    model = Model(in_line(200, state_since=since), pathways=[pathway(longest_first=1.0, capacity_per_day=30.0)])
    list(days(model, Queues(1, SEED), 2))
    assert set(granted(model)) == set(range(140, 200))


def test_a_lottery_goes_by_the_draw_of_the_day_and_not_by_time() -> None:
    since = np.arange(400).astype(np.int32)
    model = Model(in_line(400, state_since=since), pathways=[pathway(capacity_per_day=100.0)])
    list(days(model, Queues(1, SEED), 1))
    draws = uniforms(SEED, int(Decision.PATHWAY_RANK), model.population.view("person"), 0)
    assert set(granted(model)) == set(np.argsort(draws)[:100])
    early = int((granted(model) < 200).sum())
    assert binomtest(early, 100, 0.5).pvalue > FALSE_ALARM


def test_a_lottery_is_drawn_anew_every_day() -> None:
    winners = []
    for day in (0, 1):
        model = Model(in_line(50), pathways=[pathway(capacity_per_day=10.0)])
        model.day = day
        list(days(model, Queues(1, SEED), 1))
        winners.append(set(granted(model)))
    assert len(winners[0]) == len(winners[1]) == 10
    assert winners[0] != winners[1]


def test_who_else_waits_does_not_change_the_order_between_two() -> None:
    few, many = (Model(in_line(n), pathways=[pathway(capacity_per_day=20.0)]) for n in (40, 400))
    for model in (few, many):
        list(days(model, Queues(1, SEED), 1))
    outdone = set(granted(few)) - set(granted(many))
    assert set(granted(many)) & set(range(40)) <= set(granted(few))
    assert len(outdone) > 0


def test_granted_people_arrive_after_the_processing() -> None:
    model = Model(in_line(5), pathways=[pathway(processing_days=30.0)])
    list(days(model, Queues(1, SEED), 1))
    assert set(model.population.view("due")[granted(model)]) == {30}
    quick = Model(in_line(5), pathways=[pathway(processing_days=0.0)])
    list(days(quick, Queues(1, SEED), 1))
    assert set(quick.population.view("due")[granted(quick)]) == {1}


def test_approval_has_its_share_and_the_others_are_refused() -> None:
    many = 10_000
    model = Model(in_line(many), pathways=[pathway(capacity_per_day=np.inf, approval_rate=0.7)])
    model.environment.rules.pathways[0].capacity_per_day = 1e9
    list(days(model, Queues(1, SEED), 1))
    count = len(granted(model))
    assert binomtest(count, many, 0.7).pvalue > FALSE_ALARM
    state = model.population.view("state")
    assert (state == State.CONSIDERING).sum() == many - count
    assert set(model.population.view("goal")[state == State.CONSIDERING]) == {-1}


def test_who_is_refused_on_the_way_waits_there() -> None:
    model = Model(in_line(50, node=1), pathways=[pathway(approval_rate=0.0, capacity_per_day=100.0)])
    list(days(model, Queues(1, SEED), 1))
    assert set(model.population.view("state")) == {int(State.WAITING)}
    assert set(model.population.view("due")) == {1}


def test_refusals_use_no_places() -> None:
    model = Model(in_line(3000), pathways=[pathway(approval_rate=0.5, capacity_per_day=100.0)])
    assert list(days(model, Queues(1, SEED), 5)) == [100, 200, 300, 400, 500]
    refused = (model.population.view("state") == State.CONSIDERING).sum()
    assert binomtest(500, int(500 + refused), 0.5).pvalue > FALSE_ALARM, "only who was looked at is refused"


def test_places_that_refusals_left_are_there_the_next_day() -> None:
    model = Model(in_line(100), pathways=[pathway(approval_rate=0.0, capacity_per_day=100.0)])
    queues = Queues(1, SEED)
    assert list(days(model, queues, 1)) == [0]
    model.population = in_line(500)
    model.environment.rules.pathways[0].approval_rate = 1.0
    assert list(days(model, queues, 1)) == [200]


def test_who_has_a_place_is_not_served_again() -> None:
    model = Model(in_line(25), pathways=[pathway(capacity_per_day=20.0, processing_days=60.0)])
    assert list(days(model, Queues(1, SEED), 3)) == [20, 25, 25]
    assert set(model.population.view("due")[granted(model)]) == {60, 61}


def test_other_queues_are_left_alone() -> None:
    model = Model(in_line(20, goal=1), pathways=[pathway(capacity_per_day=100.0)])
    assert list(days(model, Queues(1, SEED), 1)) == [0]


def test_walk_ins_are_admitted_as_far_as_the_port_processes() -> None:
    model = Model(in_line(500, goal=1), walk_in_per_day=np.array([12.5]))
    assert list(days(model, Queues(1, SEED), 4)) == [12, 25, 37, 50]
    model = Model(in_line(500, goal=1))
    assert list(days(model, Queues(1, SEED), 4)) == [0, 0, 0, 0]


def test_who_waits_for_an_appointment_comes_without_one_where_the_line_leaves_places() -> None:
    model = Model(in_line(60, goal=[1] * 20 + [0] * 40), walk_in_per_day=np.array([15.0]))
    assert list(days(model, Queues(1, SEED), 2)) == [15, 30]
    came = granted(model)
    assert set(range(20)) <= set(came), "those in line come first"
    assert set(model.population.view("goal")[came]) == {1}
    model.environment.paths.channel[0] = CHANNEL_RESIDENCE
    assert list(days(model, Queues(1, SEED), 2)) == [30, 30], "nobody waits at the port any more"


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=20),
    st.floats(0.0, 50.0),
    st.sampled_from([1, 10, 100]),
    st.data(),
)
def test_no_queue_is_ever_negative(arrivals: list[int], per_day: float, scale: int, data: Any) -> None:
    """What is granted is never more than who waits, nor than the capacity so far; nobody gets lost."""
    rate = data.draw(st.floats(0.0, 1.0))
    model = Model(population(0), pathways=[pathway(capacity_per_day=per_day, approval_rate=rate)])
    queues, joined = Queues(scale, SEED), 0
    for day, count in enumerate(arrivals):
        fresh = in_line(count)
        columns = {name: fresh.view(name) for name in fresh.names}
        columns["person"] = columns["person"] + joined
        model.population.add(columns)
        joined += count
        before = len(granted(model))
        queues.grant_pathways(model)  # type: ignore[arg-type]
        model.day += 1
        now = len(granted(model))
        assert 0 <= now - before <= joined
        assert now * scale <= per_day * (day + 1) + 1e-6
        state = model.population.view("state")
        waiting = ((state == State.PATHWAY_QUEUE) & (model.population.view("outcome") < 0)).sum()
        refused = (state == State.CONSIDERING).sum()
        assert waiting + refused + now == joined
        assert (queues.waits(model.environment) >= 0.0).all()  # type: ignore[arg-type]


def test_expected_waits_follow_littles_law() -> None:
    model = Model(in_line(250), pathways=[pathway(capacity_per_day=100.0)])
    queues = Queues(10, SEED)
    list(days(model, queues, 1))
    assert queues.waits(model.environment)[0, 0] == pytest.approx(2500.0 / 100.0)  # type: ignore[arg-type]


# -- seats -------------------------------------------------------------------------------------------------------------


def line_up(model: Model, queues: Queues, way: int = 0) -> int:
    """Let all who still wait stand in line for a way; return how many got a seat today."""
    waiting = model.population.view("state") == State.WAITING
    queues.fill_seats(model, np.where(waiting, way, -1))  # type: ignore[arg-type]
    now = model.population.view("state") == State.WAITING
    model.day += 1
    return int(waiting.sum() - now.sum())


@pytest.mark.parametrize("scale", [1, 4, 10])
def test_the_seats_leave_to_the_nearest_agent(scale: int) -> None:
    """An agent boards when half of the seats it needs are there, so neither large nor small agents come off worse."""
    model = Model(population(300, state=int(State.WAITING)))
    queues = Queues(scale, SEED)
    for day in range(1, 15):
        line_up(model, queues)
        gone = (model.population.view("state") == State.TRAVELLING).sum() * scale
        assert abs(gone - 10.0 * day) <= scale / 2.0


def test_who_got_no_seat_stays_as_they_are() -> None:
    model = Model(population(30, state=int(State.WAITING), way=0, due=1, wait_weeks=3, state_since=-9))
    before = {name: model.population.view(name).copy() for name in model.population.names}
    assert line_up(model, Queues(1, SEED)) == 10
    left = model.population.view("state") == State.WAITING
    assert left.sum() == 20
    for name, column in before.items():
        assert np.array_equal(model.population.view(name)[left], column[left]), name
    assert set(model.population.view("way")[~left]) == {0}
    assert set(model.population.view("state_since")[~left]) == {0}


@pytest.mark.parametrize("scale", [1, 5, 20])
def test_the_wait_for_a_seat_follows_littles_law(scale: int) -> None:
    """With a line kept at a length, the wait is the people left standing over the seats a day, at any scale."""
    queues, waits = Queues(scale, SEED), []
    for day in range(200):
        model = Model(population(100 // scale, state=int(State.WAITING)))
        model.day = day
        line_up(model, queues)
        waits.append(queues.boarding_waits(model.environment)[0])  # type: ignore[arg-type]
    assert np.mean(waits[100:]) == pytest.approx((100.0 - 10.0) / 10.0, rel=0.02)


def test_a_cut_of_seats_is_felt_at_once() -> None:
    model = Model(population(300, state=int(State.WAITING)), way_capacity_factor=np.array([0.5, 1.0, 1.0]))
    queues = Queues(1, SEED)
    assert [line_up(model, queues) for _ in range(4)] == [5, 5, 5, 5]


def test_seats_grow_on_boats_and_charters_that_are_full_and_on_no_other() -> None:
    weekly = 0.2
    for way, expected in ((0, 1.0), (1, 1.0 + weekly)):
        model = Model(population(5000, state=int(State.WAITING)), behavior={"seat_growth": weekly})
        queues = Queues(1, SEED)
        first = line_up(model, queues, way)
        for _ in range(14):
            line_up(model, queues, way)
        week_later = line_up(model, queues, way)
        assert week_later / first == pytest.approx(expected ** (15 / 7), abs=0.1)


def test_the_wait_for_a_seat_is_felt_and_bounded() -> None:
    model = Model(population(3000, state=int(State.WAITING)))
    queues = Queues(1, SEED)
    for _ in range(60):
        line_up(model, queues)
    waits = queues.boarding_waits(model.environment)  # type: ignore[arg-type]
    assert waits[0] == LONGEST_BOARDING
    assert waits[2] == 0.0
    calm = Model(population(3, state=int(State.WAITING)))
    queues = Queues(1, SEED)
    line_up(calm, queues)
    assert queues.boarding_waits(calm.environment)[0] == 0.0  # type: ignore[arg-type]


@pytest.mark.parametrize("scale", [1, 100])
def test_with_seats_to_spare_nobody_waits_at_any_scale(scale: int) -> None:
    """50 seats a day, 25 people a day: at scale 100 one agent every four days, for whom seats have added up."""
    model = Model(population(0), capacity=(50.0, 50.0, np.inf))
    queues, waited = Queues(scale, SEED), 0
    for day in range(120):
        if scale == 1 or day % 4 == 3:
            fresh = population(25 * (1 if scale == 1 else 4) // scale, state=int(State.WAITING))
            columns = {name: fresh.view(name) for name in fresh.names}
            columns["person"] = columns["person"] + 1000 * day
            model.population.add(columns)
        line_up(model, queues)
        waited += int((model.population.view("state") == State.WAITING).sum()) * scale
    assert waited == 0


# -- removals from the way ---------------------------------------------------------------------------------------------


def removal(**changes: Any) -> NodeRemoval:
    given = {
        "id": "flights",
        "country": 0,
        "nodes": np.array([1]),
        "removals_per_day": 20.0,
        "screened_in_share": 0.0,
        "nationalities": np.array([True]),
        **changes,
    }
    return NodeRemoval(**given)


def arrived(count: int, **columns: Any) -> Any:
    return population(count, **{"state": int(State.WAITING), "node": 1, "due": 0, "state_since": 0, **columns})


NO_RETURN = {"behavior": {"reconsider_share": 0.0}}


def test_removals_keep_to_their_capacity_and_count() -> None:
    model = Model(arrived(100), removals=[removal()], **NO_RETURN)
    queues = Queues(1, SEED)
    queues.remove_from_the_way(model)  # type: ignore[arg-type]
    assert (model.population.view("state") == State.REMOVED).sum() == 20
    assert model.events.removals[0, 0] == 20
    assert queues.removed_share_today(model.environment)[:, 0] == pytest.approx([0.0, 0.2])  # type: ignore[arg-type]


def test_screening_keeps_its_share_from_removal() -> None:
    model = Model(arrived(4000), removals=[removal(removals_per_day=1e6, screened_in_share=0.3)], **NO_RETURN)
    Queues(1, SEED).remove_from_the_way(model)  # type: ignore[arg-type]
    removed = int((model.population.view("state") == State.REMOVED).sum())
    assert binomtest(removed, 4000, 0.7).pvalue > FALSE_ALARM


@pytest.mark.parametrize(
    "columns",
    [{"node": 0}, {"state": int(State.TRAVELLING)}, {"state_since": -3}, {"due": 4}],
    ids=["elsewhere", "travelling", "there for days", "not due"],
)
def test_only_new_arrivals_at_the_place_are_removed(columns: dict[str, int]) -> None:
    model = Model(arrived(10, **columns), removals=[removal()], **NO_RETURN)
    Queues(1, SEED).remove_from_the_way(model)  # type: ignore[arg-type]
    assert (model.population.view("state") == State.REMOVED).sum() == 0


def test_nobody_of_another_nationality_is_removed() -> None:
    model = Model(arrived(10), removals=[removal(nationalities=np.array([False]))], **NO_RETURN)
    Queues(1, SEED).remove_from_the_way(model)  # type: ignore[arg-type]
    assert (model.population.view("state") == State.REMOVED).sum() == 0


@pytest.mark.parametrize("scale", [1, 10, 100])
def test_removals_have_the_same_mean_at_any_scale(scale: int) -> None:
    removed = 0
    queues = Queues(scale, SEED)
    for day in range(100):
        model = Model(arrived(200, state_since=day, due=day), removals=[removal(removals_per_day=9.0)], **NO_RETURN)
        model.day = day
        queues.remove_from_the_way(model)  # type: ignore[arg-type]
        removed += int((model.population.view("state") == State.REMOVED).sum()) * scale
    assert removed == pytest.approx(900, abs=scale)


# -- regular status ----------------------------------------------------------------------------------------------------


def with_stock(crowd: Any, stock: float, per_day: float, total: float = np.inf) -> Model:
    model = Model(crowd, regularizations=[Regularization("plan", 0, per_day, total, np.array([True]))])
    model.countries["PAN"].irregular_stock[0] = stock
    return model


def test_regular_status_goes_to_those_who_asked_and_then_to_the_stock() -> None:
    model = with_stock(population(30, goal=REGULARIZATION_GOAL), stock=1000.0, per_day=50.0)
    Queues(1, SEED).regularize(model)  # type: ignore[arg-type]
    assert set(model.population.view("state")) == {int(State.REGULARIZED)}
    assert model.population.view("regular").all()
    assert model.events.regularizations[0, 0] == 50
    assert model.countries["PAN"].irregular_stock[0] == 950.0


def test_who_did_not_ask_is_left_as_they_are() -> None:
    model = with_stock(population(30), stock=0.0, per_day=50.0)
    Queues(1, SEED).regularize(model)  # type: ignore[arg-type]
    assert set(model.population.view("state")) == {int(State.CONSIDERING)}
    assert model.events.regularizations.sum() == 0


@pytest.mark.parametrize(("scale", "expected"), [(1, 100), (10, 100), (30, 90)])
def test_no_more_are_regularized_than_live_there_without_status(scale: int, expected: int) -> None:
    model = with_stock(population(0), stock=100.0, per_day=75.0)
    queues = Queues(scale, SEED)
    for _ in range(5):
        queues.regularize(model)  # type: ignore[arg-type]
    assert model.events.regularizations[0, 0] * scale == expected
    assert model.countries["PAN"].irregular_stock[0] == 100.0 - expected


def test_places_that_nobody_took_are_not_used_up() -> None:
    model = with_stock(population(0), stock=0.0, per_day=10.0, total=100.0)
    queues = Queues(1, SEED)
    for _ in range(10):
        queues.regularize(model)  # type: ignore[arg-type]
    model.countries["PAN"].irregular_stock[0] = 1000.0
    for _ in range(20):
        queues.regularize(model)  # type: ignore[arg-type]
    assert model.events.regularizations[0, 0] == 100


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_a_share_of_the_places_goes_to_those_who_have_waited_longest(share: float) -> None:
    since = np.arange(400)[::-1].astype(np.int32)
    model = Model(
        in_line(400, state_since=since), pathways=[pathway(longest_first=share, capacity_per_day=100.0, window="day")]
    )
    list(days(model, Queues(1, SEED), 1))
    kept = round(share * 100)
    assert set(range(400 - kept, 400)) <= set(granted(model)), "row 399 has waited longest"
    others = granted(model)[granted(model) < 400 - kept]
    assert len(others) == 100 - kept
    early = int((others < (400 - kept) // 2).sum())
    assert binomtest(early, len(others), 0.5).pvalue > FALSE_ALARM


def test_a_share_of_less_than_a_place_is_kept_on_average() -> None:
    longest = []
    for day in range(200):
        model = Model(in_line(50, state_since=np.arange(50).astype(np.int32)), pathways=[pathway(longest_first=0.5)])
        model.day = day
        order = Queues(1, SEED)._by_wait_and_lot(model, np.arange(50), 0.5, 1, 7)
        longest.append(order[0] == 0)
    assert binomtest(sum(longest), 200, 0.5 + 0.5 / 50).pvalue > FALSE_ALARM
