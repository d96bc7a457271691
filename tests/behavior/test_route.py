"""The way on: frequencies of a choice, what can be paid, waiting and earning, ends of a journey, and bars."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from small_world import (
    NEVER,
    Way,
    events,
    graph,
    parameters,
    paths,
    people,
    population,
    same_for_all,
    shares,
    soft_max,
    today,
)

from ladsim.behavior import kernels
from ladsim.behavior.route import draw_option
from ladsim.behavior.tables import (
    CHANNEL_PORT,
    CHANNEL_RESIDENCE,
    CHANNEL_TRANSIT,
    CHANNEL_WALK_IN,
    LARGEST_CHOICE,
    Graph,
)
from ladsim.core.draws import Decision, uniforms
from ladsim.core.schema import Mode, State

FALSE_ALARM = 1e-3
"""Chance that a chi-square test below fails on right code with another seed."""
MANY = 20_000
DAY = 40
NO_STAY = [-NEVER] * 4
HOME = np.array([0], dtype=np.int64)
GRAPH = graph([Way(0, 1), Way(0, 1), Way(0, 1)], 2, sea_exits=[1])


def decide(crowd: Any, g: Graph, worth: Any, home: np.ndarray = HOME, **more: Any) -> tuple[Any, np.ndarray]:
    """Let people decide on one day; return what was counted and the way for which each stands in line."""
    day = more.pop("day", DAY)
    p = more.pop("p", parameters())
    lawful = more.pop("lawful", paths())
    risk = more.pop("risk", np.zeros(len(g.start)))
    counted = events(g, pathways=len(lawful.open))
    pending = np.full(crowd.n, -1, dtype=np.int64)
    kernels.decide(
        np.arange(crowd.n),
        day,
        5,
        np.zeros(61, dtype=np.int64),
        people(crowd),
        g,
        today(g, **more),
        lawful,
        worth,
        risk,
        home,
        p,
        counted,
        pending,
        np.empty(LARGEST_CHOICE),
    )
    return counted, pending


def travelers(count: int, **columns: Any) -> Any:
    return population(count, **{"state": int(State.WAITING), "due": DAY, **columns})


# -- one draw ----------------------------------------------------------------------------------------------------------


def test_draw_option_has_logit_frequencies() -> None:
    utilities, mu = np.array([9.0, 1.0, 0.4, -np.inf, 1.3, 0.1, 9.0]), 0.7
    draws = uniforms(3, int(Decision.ROUTE), np.arange(MANY), DAY)
    chosen = [draw_option(utilities, 1, 5, mu, u) for u in draws]
    counts = np.bincount([k for k, _ in chosen], minlength=5)
    expected = shares(utilities[1:6], mu)
    assert counts[2] == 0, "what is impossible is never chosen"
    keep = expected > 0
    assert chisquare(counts[keep], MANY * expected[keep]).pvalue > FALSE_ALARM
    assert {value for _, value in chosen} == {chosen[0][1]}
    assert chosen[0][1] == pytest.approx(soft_max(utilities[[1, 2, 4, 5]], mu))


@settings(deadline=None)
@given(st.lists(st.floats(-50.0, 50.0) | st.just(-np.inf), min_size=1, max_size=8), st.floats(0.1, 2.0))
def test_draw_option_divides_the_unit_interval_in_order(utilities: list[float], mu: float) -> None:
    array = np.array(utilities)
    if np.isneginf(array).all():
        assert draw_option(array, 0, len(array), mu, 0.5) == (-1, -np.inf)
        return
    edges = np.concatenate([[0.0], np.cumsum(shares(utilities, mu))])
    for k, (low, high) in enumerate(pairwise(edges)):
        if high - low > 1e-6:
            assert draw_option(array, 0, len(array), mu, (low + high) / 2.0)[0] == k
            assert draw_option(array, 0, len(array), mu, low + 1e-9)[0] == k
    last = draw_option(array, 0, len(array), mu, np.nextafter(1.0, 0.0))[0]
    assert array[last] > -np.inf


# -- a crowd at a place ------------------------------------------------------------------------------------------------


def test_a_crowd_takes_ways_in_logit_shares() -> None:
    p = parameters(route_scale=0.5)
    crowd = travelers(MANY)
    worth = same_for_all([1.0, 0.5, -0.2], [[0.3, -0.1, -np.inf, 0.0], NO_STAY])
    counted, _ = decide(crowd, GRAPH, worth, p=p)
    state = crowd.view("state")
    seen = [
        *np.bincount(crowd.view("way")[state == State.TRAVELLING], minlength=3),
        (state == State.WAITING).sum(),
    ]
    assert not any(c.sum() for c in (counted.returns, counted.settled, counted.asylum)), "nothing had happened to them"
    assert counted.boarded_today[:, 0].tolist() == seen[:3]
    assert sum(seen) == MANY
    expected = shares([1.0, 0.5, -0.2, 0.3], 0.5)
    assert chisquare(seen, MANY * expected).pvalue > FALSE_ALARM


def test_a_crowd_where_flights_are_on_offer_is_less_of_one_mind() -> None:
    p, flights = parameters(route_scale=0.2, hub_scale=4.0), GRAPH._replace(hub=np.array([True, False]))
    crowd = travelers(MANY)
    decide(crowd, flights, same_for_all([1.0, 0.5, -0.2], [NO_STAY, NO_STAY]), p=p)
    counts = np.bincount(crowd.view("way"), minlength=3)
    assert chisquare(counts, MANY * shares([1.0, 0.5, -0.2], 0.8)).pvalue > FALSE_ALARM


def test_caution_weighs_dangers() -> None:
    """Somebody of twice the mean risk aversion feels the hazards of a way once more."""
    p, risk = parameters(route_scale=1.0), np.array([0.0, 1.2, 0.0])
    crowd = travelers(MANY, risk_aversion=2.0)
    decide(crowd, GRAPH, same_for_all([0.0, 0.0, -NEVER], [NO_STAY, NO_STAY]), p=p, risk=risk)
    counts = np.bincount(crowd.view("way"), minlength=3)
    assert counts[2] == 0
    assert chisquare(counts[:2], MANY * shares([0.0, -1.2], 1.0)).pvalue > FALSE_ALARM


def test_who_is_behind_with_news_decides_by_older_values() -> None:
    crowd = travelers(200, lag=np.repeat([0, 30], 100).astype(np.int16))
    new, old = [5.0, 0.0, -NEVER], [0.0, 5.0, -NEVER]
    worth = same_for_all(new, [NO_STAY, NO_STAY])
    both = worth._replace(
        way=np.concatenate([worth.way, same_for_all(old, [NO_STAY, NO_STAY]).way]),
        stay=np.concatenate([worth.stay, worth.stay]),
    )
    slots = np.zeros(61, dtype=np.int64)
    slots[20:] = 1
    pending = np.full(200, -1, dtype=np.int64)
    lawful, day = paths(), today(GRAPH)
    p, risk = parameters(route_scale=0.2), np.zeros(3)
    kernels.decide(
        np.arange(200),
        DAY,
        5,
        slots,
        people(crowd),
        GRAPH,
        day,
        lawful,
        both,
        risk,
        HOME,
        p,
        events(GRAPH),
        pending,
        np.empty(LARGEST_CHOICE),
    )
    assert crowd.view("way").tolist() == [0] * 100 + [1] * 100


def test_only_what_can_be_paid_is_taken() -> None:
    crowd = travelers(300, means=np.repeat([99.99, 100.0, 1000.0], 100))
    worth = same_for_all([5.0, -NEVER, 0.0], [[1.0, *NO_STAY[1:]], NO_STAY])
    cost = np.array([[100.0], [0.0], [1000.0]])
    p = parameters(route_scale=0.1, weekly_earnings=50.0)
    counted, _ = decide(crowd, GRAPH, worth, cost=cost, smuggler_cost=np.array([30.0, 0.0, 0.0]), p=p)
    assert (crowd.view("state")[:100] == State.WAITING).all()
    assert (crowd.view("way")[100:] == 0).all()
    assert crowd.view("means")[100:200] == pytest.approx(np.zeros(100))
    assert crowd.view("means")[200:] == pytest.approx(np.full(100, 900.0))
    assert crowd.view("paid")[100:] == pytest.approx(np.full(200, 30.0))
    assert counted.payments[0, 0] == pytest.approx(200 * 30.0)


def test_a_closed_way_is_not_taken_whatever_people_believe() -> None:
    crowd = travelers(500)
    worth = same_for_all([5.0, 0.0, 0.0], [NO_STAY, NO_STAY])
    decide(crowd, GRAPH, worth, way_open=np.array([[False], [True], [False]]))
    assert set(crowd.view("way")) == {1}


@pytest.mark.parametrize("ties", [False, True])
def test_waiting_earns_and_comes_back_in_a_week(ties: bool) -> None:
    p = parameters(weekly_earnings=55.0, relatives_help=110.0)
    crowd = travelers(10, means=20.0, ties=ties, node=0, goal=2)
    decide(crowd, GRAPH, same_for_all([-NEVER] * 3, [[0.0, *NO_STAY[1:]], NO_STAY]), p=p)
    assert crowd.view("means") == pytest.approx(np.full(10, 20.0 + 55.0 + (110.0 if ties else 0.0)))
    assert set(crowd.view("wait_weeks")) == {1}
    assert set(crowd.view("due")) == {DAY + 7}
    assert set(crowd.view("goal")) == {-1}


@pytest.mark.parametrize(
    ("way", "means", "spared"),
    [
        pytest.param(Way(0, 1), 1000.0, False, id="can go on"),
        pytest.param(Way(0, 1), 10.0, True, id="cannot pay"),
        pytest.param(Way(0, 1, onward=False), 1000.0, True, id="only away from the border"),
        pytest.param(Way(0, 1, mode=int(Mode.CROSSING), detection=1.0), 10.0, False, id="at the border"),
    ],
)
def test_who_cannot_go_on_is_spared_the_cost_of_breaking_the_journey(way: Way, means: float, spared: bool) -> None:
    """After an event all settle unless they are spared that cost."""
    g = graph([way], 2)
    p = parameters(route_scale=0.01, exit_scale=0.01, halt_cost=1.0, weariness=0.0, fatigue=0.0)
    crowd = travelers(50, means=means, shaken=True)
    decide(crowd, g, same_for_all([-NEVER], [[0.0, -NEVER, -NEVER, 0.5]] * 2), p=p, cost=np.full((1, 1), 100.0))
    assert set(crowd.view("state").tolist()) == {int(State.WAITING) if spared else int(State.SETTLED)}


def test_waiting_week_after_week_pays_for_the_way_in_the_end() -> None:
    p = parameters(weekly_earnings=30.0, relatives_help=0.0, route_scale=0.1)
    crowd = travelers(5, means=0.0, due=0)
    worth = same_for_all([10.0, -NEVER, -NEVER], [[0.0, *NO_STAY[1:]], NO_STAY])
    pending = np.full(5, -1, dtype=np.int64)
    for day in range(0, 50, 7):
        kernels.decide(
            np.arange(5),
            day,
            5,
            np.zeros(61, dtype=np.int64),
            people(crowd),
            GRAPH,
            today(GRAPH, cost=np.full((3, 1), 100.0)),
            paths(),
            worth,
            np.zeros(3),
            HOME,
            p,
            events(GRAPH),
            pending,
            np.empty(LARGEST_CHOICE),
        )
    assert set(crowd.view("state")) == {int(State.TRAVELLING)}
    assert set(crowd.view("state_since")) == {28}, "after four weeks they have 120 USD"
    assert crowd.view("means") == pytest.approx(np.full(5, 20.0))


def test_failures_make_an_end_more_attractive() -> None:
    p = parameters(route_scale=0.3, exit_scale=1.0, fatigue=0.5, weariness=0.5)
    crowd = travelers(MANY, attempts=3, shaken=True)
    decide(crowd, GRAPH, same_for_all([0.0, -NEVER, -NEVER], [[-NEVER, 0.0, -NEVER, -NEVER], NO_STAY]), p=p)
    returned = (crowd.view("state") == State.RETURNED).sum()
    assert chisquare([MANY - returned, returned], MANY * shares([0.0, 1.5], 1.0)).pvalue > FALSE_ALARM


def test_long_waits_make_waiting_on_less_bearable_and_the_way_on_more_attractive() -> None:
    p = parameters(route_scale=1.0, fatigue=0.5, weariness=0.5)
    crowd = travelers(MANY, wait_weeks=3)
    decide(crowd, GRAPH, same_for_all([0.0, -NEVER, -NEVER], [[0.0, -NEVER, -NEVER, -NEVER], NO_STAY]), p=p)
    waiting = (crowd.view("state") == State.WAITING).sum()
    assert chisquare([MANY - waiting, waiting], MANY * shares([0.0, -1.5], 1.0)).pvalue > FALSE_ALARM


def test_weeks_in_a_queue_on_the_way_are_weeks_of_waiting() -> None:
    p = parameters(route_scale=1.0, weariness=0.5, queue_review_days=14.0)
    g = graph([Way(0, 1)], 2, sea_exits=[1])
    office = pathway(CHANNEL_TRANSIT, office=np.array([[True], [False]]))
    office = office._replace(value=np.array([[0.0], [-NEVER]]))
    crowd = population(MANY, state=int(State.PATHWAY_QUEUE), goal=0, due=DAY, state_since=0, wait_weeks=4)
    decide(crowd, g, same_for_all([0.0], [NO_STAY, NO_STAY]), np.array([1], dtype=np.int64), p=p, lawful=office)
    stayed = crowd.view("state") == State.PATHWAY_QUEUE
    assert set(crowd.view("wait_weeks")[stayed]) == {6}
    assert chisquare([MANY - stayed.sum(), stayed.sum()], MANY * shares([0.0, -2.0], 1.0)).pvalue > FALSE_ALARM


@pytest.mark.parametrize(
    ("option", "state", "counter"),
    [(1, State.RETURNED, "returns"), (2, State.SETTLED, "asylum"), (3, State.SETTLED, "settled")],
)
def test_ends_of_a_journey(option: int, state: State, counter: str) -> None:
    stay = [-NEVER] * 4
    stay[option] = 0.0
    crowd = travelers(50, shaken=True)
    counted, _ = decide(crowd, GRAPH, same_for_all([-NEVER] * 3, [stay, NO_STAY]))
    assert set(crowd.view("state")) == {int(state)}
    assert {name: getattr(counted, name).sum() for name in ("returns", "asylum", "settled")} == {
        **dict.fromkeys(("returns", "asylum", "settled"), 0),
        counter: 50,
    }


def test_limited_seats_put_people_in_line() -> None:
    g = graph([Way(0, 1, limited=True), Way(0, 1)], 2, sea_exits=[1])
    crowd = travelers(50)
    counted, pending = decide(crowd, g, same_for_all([5.0, -NEVER], [NO_STAY, NO_STAY]))
    assert set(pending) == {0}
    assert counted.boarded_today.sum() == 0
    assert set(crowd.view("state")) == {int(State.WAITING)}
    lawful, day = paths(), today(g, cost=np.full((2, 1), 10.0))
    assert len(lawful.open) == 1
    kernels.board_all(np.arange(20), np.zeros(20, np.int64), DAY, 5, people(crowd), g, day, HOME, parameters(), counted)
    assert (crowd.view("state") == State.TRAVELLING).sum() == 20
    assert counted.boarded_today.sum() == 20
    assert counted.departures.sum() == 0, "they had departed before"


LINE = graph([Way(0, 1, limited=True), Way(0, 1)], 2, sea_exits=[1])


@pytest.mark.parametrize(
    ("state", "home"), [(State.WAITING, 0), (State.PATHWAY_QUEUE, 1), (State.PATHWAY_QUEUE, 0), (State.CONSIDERING, 0)]
)
def test_in_line_people_keep_all_else_and_look_again_on_a_weekday_of_their_own(state: State, home: int) -> None:
    """They stay in line although the other way has become better; a week later all have looked once."""
    p = parameters(fade_days=1e12, leave_constant=NEVER, route_scale=0.1, patience=1e12)
    home_node = np.array([home], dtype=np.int64)
    lawful = pathway(CHANNEL_TRANSIT, office=np.array([[True], [False]]))
    lawful = lawful._replace(value=np.full((2, 1), -NEVER))
    crowd = population(140, state=int(state), goal=0, due=DAY, state_since=9, wait_weeks=4, means=70.0)
    worth = {w: same_for_all([5.0 - 5.0 * w, 5.0 * w], [NO_STAY, NO_STAY]) for w in (0, 1)}
    kept = {name: crowd.view(name).copy() for name in crowd.names if name not in ("way", "due")}
    _, pending = decide(crowd, LINE, worth[0], home_node, p=p, lawful=lawful)
    assert set(pending) == set(crowd.view("way")) == {0}
    looked = np.zeros(140, dtype=bool)
    for day in range(DAY + 1, DAY + 8):
        assert set(crowd.view("due")[~looked]) == {day}
        _, pending = decide(crowd, LINE, worth[1], home_node, p=p, lawful=lawful, day=day)
        looked_before, looked = looked, looked | ((day + crowd.view("person")) % 7 == 0)
        assert (looked & ~looked_before).sum() == 20, "a seventh a day"
        assert ((pending == 0) == ~looked).all()
        assert ((crowd.view("state") == State.TRAVELLING) == looked).all()
        for name, column in kept.items():
            assert np.array_equal(crowd.view(name)[~looked], column[~looked]), name
    assert looked.all()


@pytest.mark.parametrize("shut", [{"way_open": np.array([[False], [True]])}, {"cost": np.array([[80.0], [0.0]])}])
def test_who_can_no_longer_take_the_way_leaves_the_line_at_once(shut: dict[str, Any]) -> None:
    crowd = travelers(140, means=70.0)
    worth = same_for_all([5.0, 0.0], [NO_STAY, NO_STAY])
    decide(crowd, LINE, worth)
    assert set(crowd.view("way")) == {0}
    _, pending = decide(crowd, LINE, worth, day=DAY + 1, **shut)
    assert set(pending) == {-1}
    assert set(crowd.view("way")) == {1}
    assert set(crowd.view("state")) == {int(State.TRAVELLING)}


def test_who_boards_from_a_queue_at_home_departs_and_from_a_queue_on_the_way_does_not() -> None:
    for home, departures in ((0, 30), (1, 0)):
        crowd, counted = population(30, state=int(State.PATHWAY_QUEUE), goal=0, way=0), events(LINE)
        at, day = np.array([home], dtype=np.int64), today(LINE)
        kernels.board_all(
            np.arange(30), np.zeros(30, np.int64), DAY, 5, people(crowd), LINE, day, at, parameters(), counted
        )
        assert counted.departures.sum() == departures
        assert set(crowd.view("goal")) == {-1}


def test_travel_takes_its_days_and_at_least_one() -> None:
    g = graph([Way(0, 1, days=4.0, days_spread=3.0), Way(0, 1, days=0.2)], 2, sea_exits=[1])
    crowd = travelers(MANY)
    decide(crowd, g, same_for_all([0.0, -NEVER], [NO_STAY, NO_STAY]))
    days = crowd.view("due") - DAY
    assert days.min() == 1
    normal = 4.0 + 3.0 * np.random.default_rng(1).standard_normal(200_000)
    expected = np.maximum(1, np.rint(normal))
    error = expected.std() / np.sqrt(MANY)
    assert abs(days.mean() - expected.mean()) < 4.0 * error, "4 standard errors: false alarm below 1e-4"
    quick = travelers(5)
    decide(quick, g, same_for_all([-NEVER, 0.0], [NO_STAY, NO_STAY]))
    assert set(quick.view("due")) == {DAY + 1}


# -- lawful pathways ---------------------------------------------------------------------------------------------------


def pathway(channel: int, **more: Any) -> Any:
    return paths(
        k=2,
        countries=1,
        channel=np.array([channel, CHANNEL_WALK_IN]),
        open=np.array([True, False]),
        value=np.array([[5.0], [-1e9]]),
        **more,
    )


ZONE = graph([Way(0, 1)], 2, sea_exits=[1], port_zone=np.array([True, False]), walk_in_zone=np.array([True, False]))


@pytest.mark.parametrize(
    ("channel", "where", "expected"),
    [
        (CHANNEL_PORT, "way", True),
        (CHANNEL_RESIDENCE, "way", False),
        (CHANNEL_TRANSIT, "way", True),
        (CHANNEL_PORT, "home", False),
        (CHANNEL_RESIDENCE, "home", True),
        (CHANNEL_TRANSIT, "home", True),
    ],
)
def test_where_a_pathway_can_be_applied_for(channel: int, where: str, expected: bool) -> None:
    lawful = pathway(channel, office=np.array([[True], [False]]))
    state = State.WAITING if where == "way" else State.CONSIDERING
    crowd = population(30, state=int(state), due=DAY)
    p = parameters(fade_days=1e12, leave_constant=-NEVER, route_scale=0.1, pathway_scale=0.1)
    worth = same_for_all([-NEVER], [[-50.0, *NO_STAY[1:]], NO_STAY])
    counted, _ = decide(crowd, ZONE, worth, lawful=lawful, p=p, home_value=np.array([-50.0]))
    assert (counted.applications[0, 0] == 30) == expected
    assert ((crowd.view("state") == State.PATHWAY_QUEUE).all()) == expected


@pytest.mark.parametrize(
    ("entered", "bars_since", "applies"),
    [(-1, 10, True), (9, 10, True), (10, 10, False), (25, 10, False), (25, -1, True)],
)
@pytest.mark.parametrize("state", [State.WAITING, State.CONSIDERING])
def test_irregular_entry_since_the_start_bars(entered: int, bars_since: int, applies: bool, state: State) -> None:
    channel = CHANNEL_PORT if state == State.WAITING else CHANNEL_RESIDENCE
    lawful = pathway(channel, bars_since=np.array([bars_since, -1]))
    crowd = population(30, state=int(state), due=DAY, irregular_since=entered)
    p = parameters(fade_days=1e12, leave_constant=-NEVER, route_scale=0.1, pathway_scale=0.1)
    worth = same_for_all([-NEVER], [[-50.0, *NO_STAY[1:]], NO_STAY])
    counted, _ = decide(crowd, ZONE, worth, lawful=lawful, p=p, home_value=np.array([-50.0]))
    assert (counted.applications[0, 0] > 0) == applies


def test_who_waits_in_a_queue_does_not_apply_again_and_pays_no_application() -> None:
    lawful = pathway(CHANNEL_PORT, apply_cost=np.array([100.0, 0.0]))
    worth = same_for_all([-NEVER], [[0.0, *NO_STAY[1:]], NO_STAY])
    p = parameters(route_scale=0.1, queue_review_days=14)
    new = travelers(20)
    counted, _ = decide(new, ZONE, worth, lawful=lawful, p=p)
    assert counted.applications.sum() == 0, "an application is too dear"
    old = population(20, state=int(State.PATHWAY_QUEUE), goal=0, due=DAY, state_since=3)
    home = np.array([1], dtype=np.int64)
    counted, _ = decide(old, ZONE, worth, lawful=lawful, p=p, home=home)
    assert counted.applications.sum() == 0
    assert set(old.view("state")) == {int(State.PATHWAY_QUEUE)}
    assert set(old.view("state_since")) == {3}, "the place in the queue is kept"
    assert set(old.view("due")) == {DAY + 14}
