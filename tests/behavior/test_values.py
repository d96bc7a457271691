"""Values of the way on: small graphs with exact answers, and the soft Bellman equation on the packaged graph."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from small_world import NEVER, Way, graph, lonely, outcomes, parameters, paths, perceived, shares, soft_max, solve

from ladsim.behavior.graph_order import length_to_border, node_orders
from ladsim.behavior.parameters import Parameters
from ladsim.behavior.tables import (
    ANY_DAY,
    CHANNEL_PORT,
    CHANNEL_TRANSIT,
    CHANNEL_WALK_IN,
    OPTION_ASYLUM,
    OPTION_SETTLE,
    OPTION_TURN_BACK,
    OPTION_WAIT,
    Graph,
)
from ladsim.behavior.values import border_terms, class_parts, node_scales, solve_values, way_terms, way_utilities
from ladsim.core.schema import CLASSES_PER_NATIONALITY, N_KIND, N_MEANS, N_PARTY, N_TIES, Kind, Mode, Party, class_index
from ladsim.policy.scenario import load_scenario
from ladsim.sim import valuation
from ladsim.sim.model import LadModel
from ladsim.world.world import load_world

CROSSING = int(Mode.CROSSING)
NOTHING_TO_DO = -50.0
ADULT = class_index(0, int(Party.SINGLE_ADULT), 1, 0)
ADULT_WITH_TIES = class_index(0, int(Party.SINGLE_ADULT), 1, 1)
CHILD = class_index(0, int(Party.UNACCOMPANIED_CHILD), 1, 0)


def arrival(p: Parameters, ties: int = 0) -> float:
    return p.arrival_value + ties * p.ties_value


# -- exact answers -----------------------------------------------------------------------------------------------------


def test_class_parts_invert_class_index() -> None:
    sizes = (3, N_PARTY, N_MEANS, N_TIES, N_KIND)
    every = list(itertools.product(*(range(size) for size in sizes)))
    assert [class_parts(class_index(*parts)) for parts in every] == every
    assert len(every) == 3 * CLASSES_PER_NATIONALITY


def test_parallel_ways_have_logit_shares() -> None:
    p = lonely(route_scale=0.4, discount=0.99, sea_value=0.5)
    days, own = [1.0, 3.0, 10.0], [-1.0, -0.6, 0.3]
    g = graph([Way(0, 1, days=d) for d in days], 2, sea_exits=[1])
    solved = solve(g, p, own)
    worth = [u + p.discount**d * p.sea_value * arrival(p) for u, d in zip(own, days, strict=True)]
    assert solved.way[ADULT] == pytest.approx(worth, abs=1e-12)
    assert solved.values[ADULT, 0] == pytest.approx(soft_max(worth, 0.4), abs=1e-10)
    assert shares(solved.way[ADULT], 0.4) == pytest.approx(np.exp((np.array(worth) - solved.values[ADULT, 0]) / 0.4))


def test_places_with_flights_have_a_scale_of_their_own() -> None:
    """A nested recursive logit: the logsum of each place is of its own scale, and so is what it adds upstream."""
    p = lonely(route_scale=0.2, hub_scale=4.5, discount=1.0, sea_value=0.5)
    own = [-0.3, -0.5, -1.0, -0.7]
    g = graph([Way(0, 1), Way(0, 1), Way(1, 2), Way(1, 2)], 3, sea_exits=[2], hub=np.array([True, False, False]))
    solved = solve(g, p, own)
    end = p.sea_value * arrival(p)
    beyond = soft_max([own[2] + end, own[3] + end], p.route_scale)
    assert node_scales(g, p) == pytest.approx([0.9, 0.2, 0.2])
    assert solved.values[ADULT, 1] == pytest.approx(beyond, abs=1e-10)
    assert solved.values[ADULT, 0] == pytest.approx(soft_max([own[0] + beyond, own[1] + beyond], 0.9), abs=1e-10)


def test_ties_raise_the_value_of_any_arrival() -> None:
    p = lonely(sea_value=1.0, discount=0.98)
    g = graph([Way(0, 1, days=2.0)], 2, sea_exits=[1])
    solved = solve(g, p, [-1.0])
    gain = solved.values[ADULT_WITH_TIES, 0] - solved.values[ADULT, 0]
    assert gain == pytest.approx(p.discount**2 * p.ties_value)


def test_two_ways_in_a_row() -> None:
    p = lonely(route_scale=0.3, discount=0.97, sea_value=0.8)
    g = graph([Way(0, 1, days=4.0), Way(1, 2, days=2.5)], 3, sea_exits=[2])
    solved = solve(g, p, [-0.7, -0.2])
    second = -0.2 + p.discount**2.5 * p.sea_value * arrival(p)
    assert solved.values[ADULT, 1] == pytest.approx(second, abs=1e-9)
    assert solved.values[ADULT, 0] == pytest.approx(-0.7 + p.discount**4.0 * second, abs=1e-9)


def test_two_ways_in_a_row_with_a_choice_at_the_second_place() -> None:
    p = lonely(route_scale=0.5, discount=1.0, sea_value=1.0)
    g = graph([Way(0, 1), Way(1, 2), Way(1, 2)], 3, sea_exits=[2])
    solved = solve(g, p, [-1.0, -2.0, -2.0])
    assert solved.values[ADULT, 0] == pytest.approx(arrival(p) - 3.0 + 0.5 * np.log(2.0), abs=1e-9)


def test_waiting_where_there_is_no_way_on_solves_its_equation() -> None:
    """V = (1 - r) V + r mu_e log(exp(V / mu_e) + exp(b / mu_e)) - w: only who is worn out may turn back."""
    p = parameters(
        discount=1.0,
        patience=4.0,
        exit_scale=0.9,
        wait_cost=0.5,
        halt_cost=0.3,
        route_scale=0.6,
        turn_back_cost=1.5,
        turn_back_day=0.1,
        settle_value=-NEVER,
    )
    g = graph([Way(0, 1)], 2, sea_exits=[1], return_days=np.array([[4.0, 0.0]]))
    solved = solve(g, p, [-np.inf])
    back = -1.5 - 0.1 * 4.0
    root = brentq(lambda v: 0.25 * (soft_max([v, back], 0.9) - v) - 0.8, -50.0, 50.0, xtol=1e-14)
    assert solved.values[ADULT, 0] == pytest.approx(root, abs=1e-9)
    assert solved.stay[ADULT, 0, OPTION_TURN_BACK] == pytest.approx(back)
    assert solved.stay[ADULT, 0, OPTION_WAIT] == pytest.approx(solved.values[ADULT, 0], abs=1e-9)
    assert solved.way[ADULT, 0] == -np.inf


def test_waiting_at_the_border_breaks_no_journey() -> None:
    p = lonely(wait_cost=0.5, halt_cost=0.3)
    g = graph([Way(0, 1), Way(1, 2, mode=CROSSING, detection=1.0)], 3)
    assert g.at_border.tolist() == [False, True, False]
    solved = solve(g, p, [-1.0, -1.0])
    week = p.discount**7.0
    for i, cost in ((0, 0.8), (1, 0.5)):
        assert solved.stay[ADULT, i, OPTION_WAIT] == pytest.approx(week * solved.values[ADULT, i] - cost, abs=1e-6)


def test_waiting_with_discount_solves_the_scalar_equation() -> None:
    p = parameters(
        discount=0.98,
        wait_cost=0.2,
        halt_cost=0.1,
        patience=5.0,
        exit_scale=0.7,
        turn_back_cost=NEVER,
        settle_value=1.0,
    )
    g = graph([Way(0, 1)], 2, sea_exits=[1])
    solved = solve(g, p, [-np.inf])
    week = p.discount**7.0
    root = brentq(lambda v: week * (0.8 * v + 0.2 * soft_max([v, 1.0], 0.7)) - 0.3 - v, -60.0, 60.0, xtol=1e-14)
    assert solved.values[ADULT, 0] == pytest.approx(root, abs=1e-9)


@pytest.mark.parametrize("own", [False, True])
def test_expulsion_and_another_try_is_a_geometric_series(own: bool) -> None:
    p = lonely(discount=0.999, expulsion_cost=2.0, own_border_ease=0.75)
    q, met = 0.7, 0.9
    g = graph([Way(0, 1, mode=CROSSING, days=1.0, detection=met)], 2)
    beliefs = perceived(
        g,
        outcome=outcomes(release=1.0 - q, title_42_expulsion=q),
        own_border=np.array([own]),
        undetected_value=np.array([0.6]),
    )
    solved = solve(g, p, [-0.5], beliefs)
    cost = 2.0 * (0.25 if own else 1.0)
    once = -0.5 + p.discount * (met * ((1.0 - q) * arrival(p) - q * cost) + (1.0 - met) * 0.6 * arrival(p))
    assert solved.values[ADULT, 0] == pytest.approx(once / (1.0 - p.discount * met * q), abs=1e-8)


def test_dispositions_after_an_encounter_are_worth_their_expectation() -> None:
    p = lonely(discount=1.0, expulsion_cost=0.4, removed_value=-1.3)
    share = {"release": 0.2, "transfer": 0.3, "title_8_repatriation": 0.15, "title_42_expulsion": 0.25, "parole": 0.1}
    g = graph([Way(0, 1, mode=CROSSING, detection=1.0)], 2)
    beliefs = perceived(
        g,
        outcome=outcomes(**share),
        expulsion_air=np.array([0.2]),
        transfer_removed=np.array([0.4]),
        home_value=np.array([0.5]),
    )
    solved = solve(g, p, [-1.0], beliefs)
    removed = 0.5 - 1.3
    back = 0.25 * 0.8
    adult = -1.0 + 0.3 * arrival(p) + 0.3 * (0.6 * arrival(p) + 0.4 * removed) + (0.15 + 0.25 * 0.2) * removed
    assert solved.values[ADULT, 0] == pytest.approx((adult - back * 0.4) / (1.0 - back), abs=1e-8)
    child = -1.0 + (0.3 + 0.3) * arrival(p) + (0.15 + 0.25 * 0.2) * removed
    assert solved.values[CHILD, 0] == pytest.approx((child - back * 0.4) / (1.0 - back), abs=1e-8)


def test_stopped_and_sent_back_along_the_way() -> None:
    p = lonely(discount=0.99, interdiction_cost=0.7, removed_value=-2.0, sea_value=1.0)
    stop, removed_share = 0.6, 0.25
    g = graph([Way(0, 1, days=3.0, stop_country=0, stop_to=0), Way(1, 2, days=1.0)], 3, sea_exits=[2])
    beliefs = perceived(g, stop=np.array([[stop], [0.0]]), stop_removed=np.array([removed_share]))
    solved = solve(g, p, [-0.4, -0.1], beliefs)
    there = -0.1 + p.discount * arrival(p)
    far = p.discount**3.0
    once = -0.4 + far * ((1 - stop) * there + stop * (removed_share * -2.0 - (1 - removed_share) * 0.7))
    assert solved.values[ADULT, 0] == pytest.approx(once / (1.0 - far * stop * (1 - removed_share)), abs=1e-8)


def test_stopped_and_sent_home_is_being_removed() -> None:
    p = lonely(discount=0.99, removed_value=-2.0, sea_value=1.0)
    g = graph([Way(0, 1, days=3.0, stop_country=0, stop_to=-1), Way(1, 2)], 3, sea_exits=[2])
    solved = solve(g, p, [0.0, 0.0], perceived(g, stop=np.array([[0.6], [0.0]]), home_value=np.array([0.3])))
    there = p.discount * arrival(p)
    assert solved.values[ADULT, 0] == pytest.approx(p.discount**3 * (0.4 * there + 0.6 * (0.3 - 2.0)), abs=1e-9)


def test_removal_from_the_place_of_arrival() -> None:
    p = lonely(discount=1.0, removed_value=-2.0, sea_value=1.0)
    g = graph([Way(0, 1, stop_country=0, stop_to=-1), Way(1, 2)], 3, sea_exits=[2])
    beliefs = perceived(g, stop=np.array([[0.5], [0.0]]), node_removal=np.array([[0.0], [0.4], [0.0]]))
    solved = solve(g, p, [0.0, 0.0], beliefs)
    expected = 0.5 * -2.0 + 0.5 * (0.4 * -2.0 + 0.6 * arrival(p))
    assert solved.values[ADULT, 0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("mode", [Mode.PORT, Mode.ENTRY])
def test_ways_of_a_port_are_taken_by_appointment_only(mode: Mode) -> None:
    p = lonely(sea_value=1.0)
    g = graph([Way(0, 1), Way(0, 2, mode=int(mode))], 3, sea_exits=[1])
    solved = solve(g, p, [0.0, 50.0])
    assert solved.way[ADULT, 1] == -np.inf
    assert solved.values[ADULT, 0] == pytest.approx(p.discount * arrival(p), abs=1e-9)


def test_a_closed_way_is_as_if_it_were_not_there() -> None:
    p = parameters(sea_value=1.0)
    two = graph([Way(0, 1, days=2.0), Way(0, 1, days=1.0)], 2, sea_exits=[1])
    one = graph([Way(0, 1, days=2.0)], 2, sea_exits=[1])
    closed, alone = solve(two, p, [-1.0, -np.inf]), solve(one, p, [-1.0])
    assert closed.way[ADULT, 1] == -np.inf
    assert np.array_equal(closed.values[:, 0], alone.values[:, 0])


def test_asylum_and_settling_are_options_abroad_only() -> None:
    p = parameters(settle_value=-1.0)
    g = graph([Way(0, 1), Way(1, 2)], 3, sea_exits=[2], node_country=np.array([0, 1, 1]))
    beliefs = perceived(g, own_country=np.array([0]), asylum_value=np.array([3.0, 2.0]))
    solved = solve(g, p, [0.0, 0.0], beliefs)
    assert np.isneginf(solved.stay[ADULT, 0, [OPTION_ASYLUM, OPTION_SETTLE]]).all()
    assert solved.stay[ADULT, 1, [OPTION_ASYLUM, OPTION_SETTLE]].tolist() == [2.0, -1.0]


@pytest.mark.parametrize(
    ("channel", "here"),
    [(CHANNEL_PORT, {"port_zone"}), (CHANNEL_WALK_IN, {"walk_in_zone"}), (CHANNEL_TRANSIT, {"office"})],
)
def test_pathways_are_worth_something_where_they_can_be_applied_for(channel: int, here: set[str]) -> None:
    p = lonely(route_scale=0.3)
    zones = {name: np.array([name in here, False]) for name in ("port_zone", "walk_in_zone")}
    g = graph([Way(0, 1)], 2, sea_exits=[1], **zones)
    office = np.array([["office" in here]])
    lawful = paths(
        channel=np.array([channel]),
        open=np.array([True]),
        value=np.array([[5.0]]),
        apply_cost=np.array([0.4]),
        office=office,
    )
    assert solve(g, p, [-np.inf], lawful=lawful).values[ADULT, 0] == pytest.approx(4.6, abs=1e-9)
    with_ties = solve(g, p, [-np.inf], lawful=lawful._replace(needs_ties=np.array([True]))).values[:, 0]
    assert with_ties[ADULT_WITH_TIES] == pytest.approx(4.6 + p.ties_value, abs=1e-9)
    assert with_ties[ADULT] < NOTHING_TO_DO
    to_others = solve(g, p, [-np.inf], lawful=lawful._replace(to_us=np.array([False]))).values[:, 0]
    assert to_others[[ADULT, ADULT_WITH_TIES]] == pytest.approx([4.6, 4.6], abs=1e-9), "the ties are in the US"
    closed = solve(g, p, [-np.inf], lawful=lawful._replace(open=np.array([False]))).values[ADULT, 0]
    elsewhere = graph([Way(0, 1)], 2, sea_exits=[1])
    nowhere = lawful._replace(office=np.array([[False]]))
    assert closed == solve(elsewhere, p, [-np.inf], lawful=nowhere).values[ADULT, 0] < NOTHING_TO_DO


def test_own_utility_of_ways_adds_up() -> None:
    p = parameters(
        money=2.0, time=0.05, risk_death=0.5, risk_robbery=0.7, hardship_walk=1.1, irregular_border=0.2, detour=3.0,
        familiarity_weight=0.5, wait_cost=0.7,
    )  # fmt: skip
    g = graph(
        [
            Way(0, 1, days=2.0),
            Way(0, 1, mode=int(Mode.WALK), days=5.0, death=0.002, robbery=0.3, entry_country=0),
            Way(0, 1, onward=False, days=1.0),
        ],
        2,
        sea_exits=[1],
    )
    open_ = np.array([[True], [True], [True]])
    cost = np.array([[100.0], [400.0], [0.0]])
    known = np.array([[1.0], [0.25], [1.0]])
    got = way_utilities(
        g, cost, open_, known, np.array([0.3, 0.0, 0.0]), np.array([4.0, 0.0, 0.0]), np.array([200.0, 400.0, 800.0]), p
    )
    assert got.shape == (1, N_MEANS, 3)
    first = 0.3 - 4.0 * (0.05 + 0.1) - 0.05 * 2.0
    second = -1.1 - 0.2 - (0.5 * 2.0 + 0.7 * 0.3) - 0.05 * 5.0 + 0.5 * np.log(0.25)
    third = -3.0 - 0.05
    for m, median in enumerate((200.0, 400.0, 800.0)):
        assert got[0, m] == pytest.approx([first - 200.0 / median, second - 800.0 / median, third])
    closed = way_utilities(g, cost, ~open_, known, np.zeros(3), np.zeros(3), np.full(3, 500.0), p)
    assert np.isneginf(closed).all()


def test_a_flight_into_another_country_has_a_barrier_and_one_within_a_country_none() -> None:
    p = parameters(flight_barrier=0.9, time=0.0, money=0.0)
    flight, charter = int(Mode.FLIGHT_SCHEDULED), int(Mode.FLIGHT_CHARTER)
    ways = [Way(0, 1, mode=flight), Way(0, 2, mode=flight), Way(0, 2, mode=charter), Way(0, 2)]
    g = graph(ways, 3, sea_exits=[2])._replace(node_country=np.array([0, 0, 1]))
    every = np.ones((4, 1))
    got = way_utilities(g, every, every > 0.0, every, np.zeros(4), np.zeros(4), np.full(N_MEANS, 500.0), p)
    assert got[0, 0] - got[0, 0, 0] == pytest.approx([0.0, -0.9, -0.9, 0.0])


def test_days_to_the_border_are_those_of_the_shortest_way() -> None:
    ways = [
        Way(0, 1, days=5.0),
        Way(1, 2, days=2.0),
        Way(0, 2, days=9.0),
        Way(2, 3, mode=CROSSING),
        Way(4, 4, days=1.0),
    ]
    g = graph(ways, 5)
    got = length_to_border(g.start, g.end, g.days, g.mode, g.sea_exit)
    assert got[:3].tolist() == [7.0, 2.0, 0.0]
    assert np.isinf(got[3:]).all()


def test_nodes_are_swept_from_the_border_outwards_and_only_where_people_come() -> None:
    g = graph([Way(0, 1), Way(1, 2), Way(2, 3, mode=CROSSING), Way(4, 1)], 5)
    assert [o.tolist() for o in node_orders(g, [np.array([0])])] == [[2, 1, 0]]
    assert sorted(node_orders(g, [np.array([0, 4])])[0].tolist()) == [0, 1, 2, 4]


# -- properties on graphs made at random -------------------------------------------------------------------------------


@st.composite
def networks(draw: Any) -> tuple[Graph, list[float]]:
    """Draw a chain of places to a border with more ways between them, back and forth, and a crossing at its end."""
    n = draw(st.integers(2, 6))
    days = st.floats(0.5, 20.0)
    ways = [Way(i, i + 1, days=draw(days), stop_country=0, stop_to=draw(st.integers(-1, i))) for i in range(n - 1)]
    for _ in range(draw(st.integers(0, 5))):
        i, j = draw(st.integers(0, n - 1)), draw(st.integers(0, n - 1))
        if i != j:
            ways.append(Way(i, j, days=draw(days), stop_country=0, stop_to=i))
    ways.append(Way(n - 1, n, mode=CROSSING, detection=draw(st.floats(0.0, 1.0))))
    own = draw(st.lists(st.floats(-6.0, -0.2), min_size=len(ways), max_size=len(ways)))
    return graph(ways, n + 1), own


MODEST = {"expulsion_cost": 1.0, "removed_value": -1.0, "arrival_value": 8.0, "discount": 0.999, "wait_cost": 0.5}


@settings(max_examples=40, deadline=None)
@given(networks(), st.data())
def test_a_higher_release_share_never_lowers_a_value(made: tuple[Graph, list[float]], data: Any) -> None:
    g, own = made
    p = parameters(**MODEST, route_scale=0.3, turn_back_cost=1.0, settle_value=-3.0)
    stop = np.where(g.stop_country >= 0, data.draw(st.floats(0.0, 0.8)), 0.0)[:, None]
    low, more = data.draw(st.floats(0.0, 0.6)), data.draw(st.floats(0.0, 0.3))
    expelled = 0.1
    found = [
        solve(
            g,
            p,
            own,
            perceived(
                g,
                stop=stop,
                outcome=outcomes(release=s, title_42_expulsion=expelled, title_8_repatriation=1.0 - expelled - s),
            ),
            tolerance=1e-11,
        ).values
        for s in (low, low + more)
    ]
    assert (found[1] >= found[0] - 1e-8).all()


@settings(max_examples=40, deadline=None)
@given(networks(), st.data())
def test_closing_a_way_never_raises_a_value(made: tuple[Graph, list[float]], data: Any) -> None:
    g, own = made
    p = parameters(**MODEST, route_scale=0.3, turn_back_cost=1.0, settle_value=-3.0)
    shut = data.draw(st.integers(0, len(own) - 1))
    before = solve(g, p, own, tolerance=1e-11).values
    after = solve(g, p, [-np.inf if w == shut else u for w, u in enumerate(own)], tolerance=1e-11).values
    assert (after <= before + 1e-8).all()


@settings(max_examples=40, deadline=None)
@given(networks())
def test_probabilities_sum_to_one_at_every_place(made: tuple[Graph, list[float]]) -> None:
    g, own = made
    p = parameters(**MODEST, route_scale=0.3, turn_back_cost=1.0, settle_value=-3.0)
    solved = solve(g, p, own, tolerance=1e-11)
    for i in range(len(g.node_country) - 1):
        out = g.out[g.out_start[i] : g.out_start[i + 1]]
        options = np.append(solved.way[ADULT, out], solved.stay[ADULT, i, OPTION_WAIT])
        assert np.exp((options - solved.values[ADULT, i]) / 0.3).sum() == pytest.approx(1.0, abs=1e-7)


# -- the packaged graph ------------------------------------------------------------------------------------------------

Call = dict[str, Any]
NAMES = [
    "active",
    "utilities",
    "graph",
    "order",
    "perceived",
    "paths",
    "p",
    "tolerance",
    "sweeps",
    "values",
    "way",
    "stay",
]


def call_of(day: date) -> Call:
    """Return what solve_values is given on the first day of a run of history, with its results filled in."""
    seen: list[tuple[Any, ...]] = []

    def spy(*given: Any) -> float:
        seen.append(given)
        return solve_values(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(valuation, "solve_values", spy)
        model = LadModel(load_scenario("history", start=day, end=day), seed=1, scale=10_000)
        model.apply_instruments()
    assert len(seen) == 1
    return dict(zip(NAMES, seen[0], strict=True))


@pytest.fixture(scope="module", params=[date(2021, 11, 15), date(2023, 7, 1)], ids=["title_42", "title_8"])
def packaged(request: pytest.FixtureRequest) -> Call:
    return call_of(request.param)


def encounter(call: Call, n: int, party: int, kind: int, border: float, arrived: float) -> float:
    """Return what an encounter is worth, outcome by outcome, as model.md tells it."""
    b, p = call["perceived"], call["p"]
    release, transfer, title_8, title_42, to_mexico, parole = b.outcome[n, party]
    own = bool(b.own_border[n])
    put_back = border - p.expulsion_cost * (1.0 - p.own_border_ease if own or kind == Kind.EVADER else 1.0)
    removed = b.home_value[n] + p.removed_value
    over_the_border = put_back - p.repatriation_cost
    repatriated = over_the_border if own else removed
    to_mexico_again = 0.0 if own else min(title_8, b.taken_back[n] * (title_8 + transfer))
    kept = 0.0 if party == Party.UNACCOMPANIED_CHILD else b.transfer_removed[n]
    return float(
        (release + parole) * arrived
        + transfer * (kept * repatriated + (1.0 - kept) * arrived)
        + to_mexico_again * over_the_border
        + (title_8 - to_mexico_again) * repatriated
        + title_42 * (b.expulsion_air[n] * removed + (1.0 - b.expulsion_air[n]) * put_back)
        + to_mexico * put_back
    )


def after_event(call: Call, n: int, i: int, v: np.ndarray) -> float:
    """Return what a place is worth right after an event, when the journey may end."""
    g, b, p = call["graph"], call["perceived"], call["p"]
    ends = [b.home_value[n] - p.turn_back_cost - p.turn_back_day * g.return_days[n, i]]
    if g.node_country[i] != b.own_country[n]:
        ends += [b.asylum_value[g.node_country[i]], p.settle_value]
    return float(soft_max([v[i], *ends], p.exit_scale))


def way_worth(call: Call, c: int, w: int, v: np.ndarray) -> float:
    """Return what a way and what follows is worth to a class, given the values of the places."""
    g, b, p = call["graph"], call["perceived"], call["p"]
    n, party, means, ties, kind = class_parts(c)
    own = call["utilities"][n, kind, means, w]
    arrived = p.arrival_value + p.ties_value * ties
    removed = b.home_value[n] + p.removed_value
    stop, end = b.stop[w, n], g.end[w]
    if g.mode[w] in (int(Mode.PORT), int(Mode.ENTRY)):
        return -np.inf
    if g.mode[w] == CROSSING:
        met = g.detection[w]
        unseen = 1.0 if kind == Kind.EVADER else b.undetected_value[n]
        border = after_event(call, n, int(g.start[w]), v)
        after = met * encounter(call, n, party, kind, border, arrived) + (1 - met) * unseen * arrived
    elif g.sea_exit[end]:
        after = (1.0 - stop) * p.sea_value * arrived + stop * removed
    else:
        gone = b.node_removal[end, n]
        on = gone * removed + (1.0 - gone) * v[end]
        if g.stop_to[w] < 0:
            halted = removed
        else:
            sent = b.stop_removed[g.stop_country[w]]
            halted = sent * removed + (1.0 - sent) * (after_event(call, n, int(g.stop_to[w]), v) - p.interdiction_cost)
        after = (1.0 - stop) * on + stop * halted
    return float(own + p.discount ** g.days[w] * after)


def other_worths(call: Call, c: int, i: int, v: np.ndarray) -> list[float]:
    """Return what waiting and each lawful pathway are worth at a place."""
    g, p, lawful = call["graph"], call["p"], call["paths"]
    n, _, _, ties, kind = class_parts(c)
    country = g.node_country[i]
    worn_out = 1.0 / p.patience
    week = (1.0 - worn_out) * v[i] + worn_out * after_event(call, n, i, v)
    found = [p.discount**7.0 * week - p.wait_cost - (0.0 if g.at_border[i] else p.halt_cost)]
    for k in range(len(lawful.open)):
        channel = lawful.channel[k]
        there = {
            CHANNEL_PORT: g.port_zone[i],
            CHANNEL_WALK_IN: g.walk_in_zone[i],
            CHANNEL_TRANSIT: lawful.office[k, country] and lawful.present_here[k] == ANY_DAY,
        }.get(int(channel), False)
        if lawful.open[k] and there and lawful.value[k, n] > -1e8 and (ties or not lawful.needs_ties[k]):
            at_port = kind == Kind.EVADER and channel in (CHANNEL_PORT, CHANNEL_WALK_IN)
            shy = p.kind_switch if at_port else 0.0
            found.append(lawful.value[k, n] - lawful.apply_cost[k] + p.ties_value * ties * lawful.to_us[k] - shy)
    return found


def largest_residual(call: Call, values: np.ndarray) -> float:
    """Return the largest error of the soft Bellman equation over all classes and the places they come to."""
    g, worst = call["graph"], 0.0
    for c in np.flatnonzero(call["active"]):
        v = values[c]
        for i in call["order"][class_parts(int(c))[0]]:
            ways = g.out[g.out_start[i] : g.out_start[i + 1]]
            options = [way_worth(call, int(c), int(w), v) for w in ways]
            total = soft_max(options + other_worths(call, int(c), int(i), v), node_scales(g, call["p"])[i])
            worst = max(worst, abs(total - v[i]))
    return worst


def test_hubs_are_where_flights_abroad_are_on_offer(packaged: Call) -> None:
    nodes = load_world().route.node_index
    hub = packaged["graph"].hub
    assert [bool(hub[nodes[name]]) for name in ("caracas", "lima", "quito", "dakar")] == [True] * 4
    assert [bool(hub[nodes[name]]) for name in ("necocli", "tapachula", "mexico_city", "ciudad_juarez")] == [False] * 4


def test_values_solve_the_equation_on_the_packaged_graph(packaged: Call) -> None:
    values, way, stay = (packaged[name].copy() for name in ("values", "way", "stay"))
    left = solve_values(*[packaged[name] for name in NAMES[:7]], 1e-11, 20_000, values, way, stay)
    assert left < 1e-11
    assert largest_residual(packaged, values) < 1e-7


def test_what_a_run_uses_is_solved_to_its_tolerance(packaged: Call) -> None:
    assert packaged["tolerance"] <= 0.01
    assert largest_residual(packaged, packaged["values"]) < 2.0 * packaged["tolerance"]


def test_closing_any_kind_of_way_never_raises_a_value_on_the_packaged_graph(packaged: Call) -> None:
    g = packaged["graph"]
    active = np.zeros_like(packaged["active"])
    active[::12] = packaged["active"][::12]
    rows = np.flatnonzero(active)
    given = {**packaged, "active": active}

    def values(shut: np.ndarray) -> np.ndarray:
        utilities = np.where(shut, -np.inf, packaged["utilities"])
        start = packaged["values"].copy()
        call = {**given, "utilities": utilities}
        rest = [packaged[name].copy() for name in ("way", "stay")]
        solve_values(*[call[name] for name in NAMES[:7]], 1e-10, 20_000, start, *rest)
        return start[rows]

    before = values(np.zeros(len(g.start), dtype=bool))
    flights = np.isin(g.mode, [int(Mode.FLIGHT_SCHEDULED), int(Mode.FLIGHT_CHARTER)])
    for shut in (g.mode == int(Mode.WALK), flights, g.mode == int(Mode.BOAT)):
        assert shut.any()
        after = values(shut)
        assert (after <= before + 1e-7).all()
        assert (after < before - 1e-3).any()


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_people_reckon_with_removal_from_inside_the_country(share: float) -> None:
    """An entry, released or undetected, is worth the mean of staying and of being sent back."""
    g = graph([Way(0, 1, mode=int(Mode.CROSSING), detection=0.5, days=0.0)], 2)
    p = parameters(arrival_value=8.0, ties_value=0.0, removed_value=-1.0)
    b = perceived(g, interior_removal=np.array([share]), home_value=np.array([3.0]))
    constant, _, _ = way_terms(g, b, np.array([8.0, 8.0]), p)
    np.testing.assert_allclose(constant[0, :, :, :, 0], (1.0 - share) * 8.0 + share * 2.0)


def test_the_border_is_worth_its_expectation(packaged: Call) -> None:
    b, p = packaged["perceived"], packaged["p"]
    levels = np.array([p.arrival_value, p.arrival_value + p.ties_value])
    fixed, back = border_terms(b, np.tile(levels, (len(b.outcome), 1)), p)
    for n in range(b.outcome.shape[0]):
        for party in range(N_PARTY):
            for kind, ties in itertools.product(range(N_KIND), range(N_TIES)):
                direct = encounter(packaged, n, party, kind, 3.0, levels[ties])
                assert fixed[n, party, kind, ties] + back[n, party] * 3.0 == pytest.approx(direct, abs=1e-9)
