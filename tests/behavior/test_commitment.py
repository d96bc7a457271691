"""A journey ends only after an event; kinds of journey; what people at the border see of others who crossed."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
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
    solve,
    today,
)

from ladsim import data
from ladsim.behavior import kernels
from ladsim.behavior.after_transfer import AfterTransfer, arriving
from ladsim.behavior.border import put_back
from ladsim.behavior.kinds import evader_shares, party_shares
from ladsim.behavior.places import CityNews, Places
from ladsim.behavior.tables import LARGEST_CHOICE
from ladsim.behavior.values import kind_utilities
from ladsim.core.schema import N_KIND, N_OUTCOME, N_PARTY, Kind, Met, Mode, Outcome, Party, State, class_index

CROSSING = int(Mode.CROSSING)
PRESENTER, EVADER = int(Kind.PRESENTER), int(Kind.EVADER)
DAY, MANY, FALSE_ALARM = 40, 20_000, 1e-3
NO_STAY = [-NEVER] * 4
HOME = np.array([0], dtype=np.int64)
BORDER = graph([Way(0, 1, mode=CROSSING, detection=0.98), Way(0, 1, mode=CROSSING, detection=0.5)], 2)
BORDER = BORDER._replace(guided=np.array([0, 1], dtype=np.int64))


def decide(crowd: Any, g: Any, worth: Any, p: Any, **day: Any) -> Any:
    counted = events(g)
    pending = np.full(crowd.n, -1, dtype=np.int64)
    kernels.decide(
        np.arange(crowd.n), DAY, 5, np.zeros(61, dtype=np.int64), people(crowd), g, today(g, **day), paths(), worth,
        np.zeros(len(g.start)), HOME, p, counted, pending, np.empty(LARGEST_CHOICE),
    )  # fmt: skip
    return counted


def waiting(count: int, **columns: Any) -> Any:
    return population(count, **{"state": int(State.WAITING), "due": DAY, "state_since": 0, "departed": 0, **columns})


# -- ends --------------------------------------------------------------------------------------------------------------


def test_nobody_turns_back_to_whom_nothing_happened() -> None:
    g = graph([Way(0, 1)], 2, sea_exits=[1])
    crowd = waiting(500)
    counted = decide(crowd, g, same_for_all([0.0], [[0.0, 50.0, 50.0, 50.0], NO_STAY]), parameters())
    assert counted.returns.sum() == counted.asylum.sum() == counted.settled.sum() == 0


def test_after_an_event_going_on_competes_with_the_ends_at_their_own_scale() -> None:
    g, p = graph([Way(0, 1)], 2, sea_exits=[1]), parameters(route_scale=0.3, exit_scale=0.8, fatigue=0.0)
    crowd = waiting(MANY, shaken=True, met=int(Met.STOPPED))
    counted = decide(crowd, g, same_for_all([1.0], [[-NEVER, 0.5, -NEVER, 0.2], NO_STAY]), p)
    seen = [(crowd.view("state") == State.TRAVELLING).sum(), counted.returns.sum(), counted.settled.sum()]
    assert chisquare(seen, MANY * shares([1.0, 0.5, 0.2], 0.8)).pvalue > FALSE_ALARM
    assert not crowd.view("shaken").any(), "an event is weighed once"
    turned = counted.fates[0, 0, 0, PRESENTER]
    assert turned[:, Met.STOPPED].sum() == turned.sum() == counted.returns.sum() + counted.settled.sum()


def test_waiting_wears_people_out_at_a_constant_rate() -> None:
    g, p = graph([Way(0, 1)], 2, sea_exits=[1]), parameters(patience=4.0, fatigue=0.0)
    crowd = waiting(MANY, wait_weeks=3)
    counted = decide(crowd, g, same_for_all([0.0], [[-NEVER, NEVER / 10, -NEVER, -NEVER], NO_STAY]), p)
    back = int(counted.returns.sum())
    assert chisquare([back, MANY - back], MANY * np.array([0.25, 0.75])).pvalue > FALSE_ALARM
    assert set(crowd.view("met")[crowd.view("state") == State.RETURNED]) == {int(Met.WAITED)}


def test_who_can_pay_no_way_on_may_turn_back() -> None:
    g = graph([Way(0, 1)], 2, sea_exits=[1])
    crowd = waiting(50, means=10.0)
    worth = same_for_all([9.0], [[0.0, NEVER / 10, -NEVER, -NEVER], NO_STAY])
    counted = decide(crowd, g, worth, parameters(), cost=np.array([[100.0]]))
    assert counted.returns.sum() == 50
    assert set(crowd.view("met")) == {int(Met.NO_MONEY)}


def test_being_put_back_is_an_event() -> None:
    crowd = waiting(1, way=0)
    put_back(0, DAY, 0, 3, people(crowd), BORDER)
    assert crowd.view("shaken")[0]
    assert crowd.view("met")[0] == Met.PUT_BACK


def test_news_is_weighed_once_by_those_who_set_out_before_it() -> None:
    g, p = graph([Way(0, 1)], 2, sea_exits=[1]), parameters(fatigue=0.0)
    worth = same_for_all([9.0], [[-NEVER, NEVER / 10, -NEVER, -NEVER], NO_STAY])
    worth.news[...] = DAY - 10
    left_before, left_after = waiting(50, heard=DAY - 11), waiting(50, heard=DAY - 10)
    assert decide(left_before, g, worth, p).returns.sum() == 50
    assert set(left_before.view("met")) == {int(Met.NEWS)}
    assert decide(left_after, g, worth, p).returns.sum() == 0
    undeterred = waiting(1, heard=DAY - 11)
    decide(undeterred, g, same_for_all([9.0], [[-NEVER] * 4, NO_STAY])._replace(news=worth.news), p)
    assert undeterred.view("heard")[0] == DAY - 10, "who goes on has weighed it"


def test_who_sets_out_knows_the_news_up_to_their_lag() -> None:
    g = graph([Way(0, 1)], 2, sea_exits=[1])
    crowd = population(1, state=int(State.CONSIDERING), due=DAY, lag=6, urgency=NEVER / 10)
    decide(crowd, g, same_for_all([0.0], [NO_STAY, NO_STAY]), parameters())
    assert crowd.view("departed")[0] == 0
    assert crowd.view("heard")[0] == DAY - 6


def test_ends_out_of_reach_leave_the_values_of_going_on() -> None:
    """With ends at minus infinity, what follows an event is what was there before it."""
    g = graph([Way(0, 1, stop_country=0, stop_to=0, days=2.0), Way(1, 2)], 3, sea_exits=[2])
    given = {"turn_back_cost": NEVER, "settle_value": -NEVER, "sea_value": 1.0}
    values = [solve(g, parameters(**given, exit_scale=s), [-0.5, -0.5]).values[0] for s in (0.3, 3.0)]
    np.testing.assert_array_equal(*values)


# -- kinds -------------------------------------------------------------------------------------------------------------


def test_each_kind_crosses_in_its_own_way() -> None:
    p = parameters(kind_switch=3.0, money=1.0, credit_weight=0.4, package_tries=4.0)
    cost, means = np.array([[100.0], [4000.0]]), np.array([1000.0, 1000.0, 1000.0])
    own = np.array([-0.1, -4.0])
    made = kind_utilities(BORDER, np.broadcast_to(own, (1, 3, 2)).copy(), cost, means, p)
    assert made.shape == (1, N_KIND, 3, 2)
    assert made[0, PRESENTER, 0] == pytest.approx([-0.1, -7.0])
    assert made[0, EVADER, 0] == pytest.approx([-3.1, -4.0 + 4.0 * (1.0 - 0.1)]), "on credit, for four attempts"


def test_an_evader_pays_once_for_several_attempts_on_credit() -> None:
    crowd = waiting(1, kind=EVADER, means=5.0, traveler_class=class_index(0, 0, 1, 0, EVADER))
    p = parameters(package_tries=3.0)
    paid = []
    for _ in range(4):
        crowd.view("state")[:], crowd.view("due")[:] = int(State.WAITING), DAY
        day = {"cost": np.array([[100.0], [4000.0]]), "smuggler_cost": np.array([0.0, 4000.0])}
        paid.append(decide(crowd, BORDER, same_for_all([-NEVER, 9.0], [NO_STAY, NO_STAY]), p, **day).payments.sum())
        crowd.view("way")[:] = -1
    assert paid == [4000.0, 0.0, 0.0, 4000.0]
    assert crowd.view("means")[0] == 5.0
    assert crowd.view("paid")[0] == 8000.0


def test_shares_of_kinds_and_parties_come_from_the_wishes() -> None:
    wishes = {
        "evaders": {"default": {"single_adult": 0.1}, "MEX": {"single_adult": 0.9, "unaccompanied_child": 0.3}},
        "parties": {"MEX": {"single_adult": 3.0, "family_member": 1.0, "unaccompanied_child": 0.0}},
    }
    otherwise = np.array([[0.2, 0.3, 0.5], [0.2, 0.3, 0.5]])
    assert evader_shares(wishes, ["MEX", "VEN"]).tolist() == [[0.9, 0.0, 0.3], [0.1, 0.0, 0.0]]
    assert party_shares(wishes, ["MEX", "VEN"], otherwise).tolist() == [[0.75, 0.25, 0.0], [0.2, 0.3, 0.5]]
    assert evader_shares({}, ["MEX"]).tolist() == [[0.0, 0.0, 0.0]]


# -- news of the city --------------------------------------------------------------------------------------------------


def news(half_life: float, released: float, weight: float = 0.5) -> np.ndarray:
    """Return what a nationality that believes in no release makes of a week in which others were released."""
    p = parameters(city_half_life=half_life, city_weight=weight)
    seen = CityNews(BORDER, 2, N_PARTY, p)
    arrived = np.array([[released] * N_PARTY, [0.0] * N_PARTY])
    none = np.zeros((2, N_PARTY))
    for _ in range(7):
        seen.note(np.array([[50.0, 0.0], [0.0, 0.0]]), arrived, none, np.zeros(2, dtype=bool))
    return seen.utilities(none, none, np.zeros(2, dtype=bool))


def test_who_sees_others_released_is_drawn_over_the_border() -> None:
    assert news(3.0, 0.9)[0, 1].min() > 1.0
    assert news(3.0, 0.0) == pytest.approx(0.0)
    assert news(3.0, 0.9)[0, 1, 0] > news(3.0, 0.4)[0, 1, 0]


def test_without_weight_or_memory_the_belief_of_the_nationality_alone_holds() -> None:
    assert news(3.0, 0.9, weight=0.0) == pytest.approx(0.0)
    assert news(1e12, 0.9) == pytest.approx(0.0, abs=1e-6)


def test_whom_the_order_lets_expel_does_not_learn_from_whom_it_does_not() -> None:
    p = parameters(city_half_life=1.0)
    seen = CityNews(BORDER, 2, N_PARTY, p)
    arrived = np.array([[1.0] * N_PARTY, [0.0] * N_PARTY])
    expelled = np.array([[0.0] * N_PARTY, [1.0] * N_PARTY])
    seen.note(np.array([[50.0, 0.0], [0.0, 0.0]]), arrived, expelled, np.zeros(2, dtype=bool))
    assert seen.utilities(np.zeros((2, N_PARTY)), expelled, np.zeros(2, dtype=bool))[0, 1] == pytest.approx(0.0)


# -- places and transfers ----------------------------------------------------------------------------------------------


def test_people_cross_where_compatriots_crossed_lately() -> None:
    g = graph([Way(0, 1, mode=CROSSING), Way(0, 2, mode=CROSSING)], 3, nationalities=2)
    g = g._replace(border_area=np.array([-1, 0, 1]))
    places = Places(g, ["East", "West"], ["AAA", "BBB"], {}, parameters(place_weight=1.0, place_half_life=1.0))
    before = places.utilities(date(2022, 1, 1))
    assert before[0] == pytest.approx(before[1])
    places.note(np.array([[90.0, 0.0], [10.0, 100.0]]))
    after = places.utilities(date(2022, 1, 2))
    assert after[0, 0] > after[1, 0]
    assert after[0, 1] < after[1, 1]


def test_conditions_of_places_are_dated_and_corridors_are_of_nationalities() -> None:
    g = graph([Way(0, 1, mode=CROSSING), Way(0, 2, mode=CROSSING)], 3, nationalities=2)
    g = g._replace(border_area=np.array([-1, 0, 1]))
    given = {
        "states": {"East": "TX", "West": "CA"},
        "years": {"East": {2021: 1.0, 2023: 3.0}},
        "nationalities": {"BBB": {"CA": 0.5}},
    }
    places = Places(g, ["East", "West"], ["AAA", "BBB"], given, parameters(place_weight=0.0))
    assert places.utilities(date(2023, 7, 1)) == pytest.approx(np.array([[3.0, 3.0], [0.0, 0.5]]))
    assert places.utilities(date(2022, 7, 1))[0, 0] == pytest.approx(2.0, abs=0.01)
    assert places.utilities(date(2030, 1, 1))[0, 0] == pytest.approx(3.0)


def test_who_is_removed_after_a_transfer_is_dated() -> None:
    after = AfterTransfer(["VEN", "ZZZ"], np.array([0.5, 0.4]), data.table("transfer_removals"))
    early, late = after.removed(date(2021, 3, 1)), after.removed(date(2023, 9, 1))
    assert early[0] < 0.05 < late[0], "flights to Venezuela began in October 2023"
    assert early[1] == late[1] == 0.4
    np.testing.assert_array_equal(after.removed(date(2025, 1, 1)), late)


def test_who_arrives_after_an_encounter() -> None:
    outcome = np.zeros((1, N_PARTY, N_OUTCOME))
    outcome[..., Outcome.RELEASE], outcome[..., Outcome.TRANSFER] = 0.5, 0.4
    got = arriving(outcome, np.array([0.25]))[0]
    assert got[Party.SINGLE_ADULT] == pytest.approx(0.5 + 0.4 * 0.75)
    assert got[Party.UNACCOMPANIED_CHILD] == pytest.approx(0.9)
