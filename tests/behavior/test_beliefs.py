"""Beliefs: half-life, announcements and their reversion, no news without tries, and what spreads by word of mouth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import Way, graph, outcomes, parameters

from ladsim.behavior.beliefs import Beliefs
from ladsim.core.schema import N_OUTCOME, N_PARTY, Outcome, Party
from ladsim.policy.rules import Announcement

RELEASE, TITLE_8 = int(Outcome.RELEASE), int(Outcome.TITLE_8_REPATRIATION)
TITLE_42, TRANSFER = int(Outcome.TITLE_42_EXPULSION), int(Outcome.TRANSFER)
CHILD = int(Party.UNACCOMPANIED_CHILD)
GRAPH = graph(
    [Way(0, 1, stop_country=0), Way(0, 1, stop_country=1), Way(0, 1)], 2, sea_exits=[1], node_country=np.array([0, 1])
)
WAYS, NODES = 3, 2


def beliefs(n: int = 1, *, outcome: np.ndarray | None = None, familiar: float = 0.1, **changes: float) -> Beliefs:
    p = parameters(
        **{
            "belief_half_life": 30.0,
            "wait_half_life": 10.0,
            "belief_evidence": 0.0,
            "credibility": 0.6,
            "disappointment": 1.0,
            **changes,
        }
    )
    start = outcomes(n, release=0.5, title_8_repatriation=0.5) if outcome is None else outcome
    return Beliefs(start, np.full((WAYS, n), 0.2), NODES, np.full((1, n), 50.0), np.full((1, n), familiar), p)


def learn(b: Beliefs, days: int, memory: float = 1.0, day: int = 0, **seen: Any) -> None:
    """Let days pass on which the same happens; by default nothing but what is believed already."""
    n = b.outcome.shape[0]
    for _ in range(days):
        given = {
            "shares": b.outcome.copy(),
            "encounters": np.full(n, 1000.0),
            "stop": b.stop.copy(),
            "node_removal": b.node_removal.copy(),
            "wait": b.wait.copy(),
            "boarding_wait": b.boarding_wait.copy(),
            **seen,
        }
        b.learn(**given, memory=memory, day=day)


def test_half_life_is_exact() -> None:
    b = beliefs()
    shown = outcomes(release=0.9, title_8_repatriation=0.1)
    seen = {
        "shares": shown,
        "stop": np.full((WAYS, 1), 0.6),
        "node_removal": np.full((NODES, 1), 0.4),
        "wait": np.full((1, 1), 150.0),
        "boarding_wait": np.full(WAYS, 8.0),
    }
    learn(b, 10, **seen)
    assert b.wait[0, 0] == pytest.approx(100.0)
    learn(b, 20, **seen)
    assert b.outcome[0, 0, RELEASE] == pytest.approx(0.7, abs=1e-12)
    assert b.stop == pytest.approx(np.full((WAYS, 1), 0.4))
    assert b.node_removal == pytest.approx(np.full((NODES, 1), 0.2))
    assert b.wait[0, 0] == pytest.approx(137.5)
    assert b.boarding_wait == pytest.approx(np.full(WAYS, 4.0))
    learn(b, 30, **seen)
    assert b.outcome[0, 0, RELEASE] == pytest.approx(0.8, abs=1e-12)


def test_news_travels_at_half_speed_at_the_evidence_given() -> None:
    slow, fast = beliefs(belief_evidence=40.0), beliefs(belief_evidence=0.0)
    shown = outcomes(release=0.9, title_8_repatriation=0.1)
    for b in (slow, fast):
        b.encounters_per_day = np.array([40.0])
        learn(b, 1, shares=shown, encounters=np.array([40.0]))
    gained = [b.outcome[0, 0, RELEASE] - 0.5 for b in (slow, fast)]
    assert gained[0] == pytest.approx(0.5 * gained[1], rel=1e-12)


def test_no_news_of_dispositions_without_tries() -> None:
    b = beliefs(2, belief_evidence=40.0)
    learn(b, 200, shares=outcomes(2, title_8_repatriation=1.0), encounters=np.array([0.0, 100.0]))
    assert b.outcome[0, 0, RELEASE] == 0.5, "nobody of the first nationality tried"
    assert b.outcome[1, 0, RELEASE] < 0.1


def test_encounters_are_smoothed_with_a_half_life() -> None:
    b = beliefs()
    learn(b, 10, memory=10.0, encounters=np.array([80.0]))
    assert b.encounters_per_day[0] == pytest.approx(40.0)


@settings(deadline=None)
@given(st.lists(st.integers(0, 100), min_size=N_OUTCOME, max_size=N_OUTCOME).filter(any), st.integers(1, 60))
def test_perceived_shares_stay_shares(weights: list[int], days: int) -> None:
    b = beliefs()
    shown = np.tile(np.array(weights) / sum(weights), (1, N_PARTY, 1))
    learn(b, days, shares=shown)
    assert b.outcome.sum(axis=-1) == pytest.approx(np.ones((1, N_PARTY)))
    assert b.outcome.min() >= 0.0


def told(
    claim: str, value: float, who: list[bool], countries: tuple[int, ...] = (), end: float = np.inf
) -> Announcement:
    return Announcement("test", 0, claim, value, np.array(who), countries, end=end)


@pytest.mark.parametrize(("value", "release"), [(0.1, 0.5 + 0.6 * (0.1 - 0.5)), (0.9, 0.5)])
def test_an_announcement_is_believed_as_far_as_it_is_credible(value: float, release: float) -> None:
    b = beliefs(2)
    b.hear([told("release", value, [True, False])], np.zeros((2, N_PARTY)), GRAPH, np.zeros((NODES, 2), bool))
    assert b.outcome[0, 0, RELEASE] == pytest.approx(release)
    assert b.outcome[0, :CHILD].sum(axis=-1) == pytest.approx([1.0, 1.0])
    assert b.outcome[0, CHILD, RELEASE] == 0.5, "it is not about unaccompanied children"
    assert b.outcome[1, 0, RELEASE] == 0.5, "it is not about the others"


def test_who_is_not_released_is_expelled_where_that_is_the_rule_else_repatriated() -> None:
    b = beliefs(2)
    rule = np.zeros((2, N_PARTY))
    rule[0] = 1.0
    b.hear([told("release", 0.0, [True, True])], rule, GRAPH, np.zeros((NODES, 2), bool))
    assert b.outcome[0, 0, TITLE_42] == pytest.approx(0.3)
    assert b.outcome[1, 0, TITLE_42] == 0.0
    assert b.outcome[1, 0, TITLE_8] == pytest.approx(0.8)


def test_who_believes_already_that_fewer_are_released_learns_nothing() -> None:
    b = beliefs(outcome=outcomes(release=0.2, transfer=0.2, title_8_repatriation=0.6))
    before = b.outcome.copy()
    b.hear([told("release", 0.7, [True])], np.zeros((1, N_PARTY)), GRAPH, np.zeros((NODES, 1), bool))
    assert (b.outcome == before).all()


def test_transfers_are_believed_in_as_releases_are() -> None:
    b = beliefs(outcome=outcomes(release=0.5, transfer=0.2, title_8_repatriation=0.3))
    b.hear([told("release", 0.1, [True])], np.zeros((1, N_PARTY)), GRAPH, np.zeros((NODES, 1), bool))
    assert b.outcome[0, 0, TRANSFER] / b.outcome[0, 0, RELEASE] == pytest.approx(0.4)
    assert b.outcome[0, 0].sum() == pytest.approx(1.0)


def test_the_end_of_the_order_ends_the_fear_of_expulsion() -> None:
    b = beliefs(outcome=outcomes(release=0.3, title_42_expulsion=0.6, title_8_repatriation=0.1))
    order = np.ones((1, N_PARTY))
    b.follow_the_law(order)
    assert b.outcome[0, 0, TITLE_42] == pytest.approx(0.6)
    b.follow_the_law(0.0 * order)
    assert b.outcome[0, 0, TITLE_42] == 0.0
    assert b.outcome[0, 0, TITLE_8] == pytest.approx(0.7)


def test_an_announcement_that_is_not_applied_wears_off_by_half_in_a_half_life() -> None:
    b = beliefs()
    true = b.outcome.copy()
    b.hear([told("release", 0.0, [True])], np.zeros((1, N_PARTY)), GRAPH, np.zeros((NODES, 1), bool))
    jump = b.outcome[0, 0, RELEASE] - 0.5
    assert jump == pytest.approx(-0.3)
    learn(b, 30, shares=true)
    assert b.outcome[0, 0, RELEASE] - 0.5 == pytest.approx(jump / 2.0)
    learn(b, 300, shares=true)
    assert b.outcome == pytest.approx(true, abs=1e-3)


def release_of_no_more_than(b: Beliefs, value: float, *, end: float = np.inf) -> float:
    """Let it be announced that no more are released; return how far people believe it."""
    before = float(b.outcome[0, 0, RELEASE])
    b.hear([told("release", value, [True], end=end)], np.zeros((1, N_PARTY)), GRAPH, np.zeros((NODES, 1), bool))
    return float((before - b.outcome[0, 0, RELEASE]) / (before - value))


def test_who_was_told_what_did_not_come_about_believes_the_next_one_less() -> None:
    b = beliefs()
    as_before = outcomes(release=0.6, title_8_repatriation=0.4)
    assert release_of_no_more_than(b, 0.2) == pytest.approx(0.6)
    learn(b, 30, shares=as_before)
    assert b.reputation["release"].kept[0, 0] == pytest.approx(0.75), (
        "half way to 0.4 of the 0.8 who were to be sent back"
    )
    assert release_of_no_more_than(b, 0.1) == pytest.approx(0.6 * 0.75)


@pytest.mark.parametrize(("disappointment", "believed"), [(0.0, 0.6), (0.4, 0.6 * 0.9), (1.0, 0.6 * 0.75)])
def test_how_much_less_is_said_by_a_parameter(disappointment: float, believed: float) -> None:
    b = beliefs(disappointment=disappointment)
    release_of_no_more_than(b, 0.2)
    learn(b, 30, shares=outcomes(release=0.6, title_8_repatriation=0.4))
    assert release_of_no_more_than(b, 0.1) == pytest.approx(believed)


def test_an_announcement_that_comes_about_keeps_the_next_one_as_credible() -> None:
    b = beliefs()
    assert release_of_no_more_than(b, 0.3) == pytest.approx(0.6)
    learn(b, 30, shares=outcomes(release=0.25, title_8_repatriation=0.75))
    assert release_of_no_more_than(b, 0.1) == pytest.approx(0.6)


def test_what_happens_after_the_end_of_a_rule_does_not_speak_against_it() -> None:
    b = beliefs()
    assert release_of_no_more_than(b, 0.2, end=100) == pytest.approx(0.6)
    learn(b, 30, shares=outcomes(release=0.9, title_8_repatriation=0.1), day=100)
    assert release_of_no_more_than(b, 0.2) == pytest.approx(0.6)


def test_nobody_judges_an_announcement_without_tries() -> None:
    b = beliefs(belief_evidence=40.0)
    assert release_of_no_more_than(b, 0.2) == pytest.approx(0.6)
    learn(b, 100, shares=outcomes(release=0.9, title_8_repatriation=0.1), encounters=np.zeros(1))
    assert release_of_no_more_than(b, 0.1) == pytest.approx(0.6)


def test_what_is_foreseen_is_not_yet_judged() -> None:
    b = beliefs()
    later = [told("release", 0.2, [True])]
    b.foreseen(later, np.zeros((1, N_PARTY)), GRAPH, np.zeros((NODES, 1), bool))
    learn(b, 30, shares=outcomes(release=0.6, title_8_repatriation=0.4))
    assert (b.reputation["release"].kept == 1.0).all()


def test_stops_that_were_announced_and_did_not_come_are_believed_less_next_time() -> None:
    b = beliefs()
    claim = [told("interdiction", 0.8, [True], countries=(0,))]
    removing = np.ones((NODES, 1), bool)
    b.hear(claim, np.zeros((1, N_PARTY)), GRAPH, removing)
    assert b.stop[:, 0] == pytest.approx([0.2 + 0.6 * 0.6, 0.2, 0.2])
    learn(b, 30, stop=np.full((WAYS, 1), 0.2), node_removal=np.zeros((NODES, 1)))
    stop, removal = b.stop.copy(), b.node_removal.copy()
    b.hear(claim, np.zeros((1, N_PARTY)), GRAPH, removing)
    assert b.stop[0, 0] - stop[0, 0] == pytest.approx(0.6 * 0.625 * (0.8 - stop[0, 0])), "a quarter came, half known"
    assert b.node_removal[0, 0] - removal[0, 0] == pytest.approx(0.6 * 0.5 * (0.8 - removal[0, 0])), "nothing came"


def test_what_was_announced_before_the_first_day_has_a_reputation_on_it() -> None:
    b = beliefs()
    before = [told("release", 0.2, [True]), told("interdiction", 0.4, [True], countries=(0,))]
    b.remember(before, b.outcome, b.stop, GRAPH, np.ones((NODES, 1), bool))
    assert b.outcome[0, 0, RELEASE] == 0.5, "what is perceived is what happens on the first day"
    assert b.reputation["release"].kept[0, 0] == pytest.approx(0.5 / 0.8)
    assert b.reputation["stop"].kept[:, 0] == pytest.approx([0.5, 1.0, 1.0])
    assert (b.reputation["node_removal"].kept == 1.0).all()
    assert release_of_no_more_than(b, 0.1) == pytest.approx(0.6 * 0.625)


def test_announced_interdiction_is_felt_on_the_ways_and_at_the_removing_places_of_that_country() -> None:
    b = beliefs(2)
    removing = np.array([[True, True], [True, True]])
    removing[0, 0] = False
    b.hear([told("interdiction", 0.7, [True, True], countries=(0,))], np.zeros((2, N_PARTY)), GRAPH, removing)
    assert b.stop[0] == pytest.approx([0.5, 0.5])
    assert b.stop[1:] == pytest.approx(np.full((2, 2), 0.2))
    assert b.node_removal == pytest.approx(np.array([[0.0, 0.42], [0.0, 0.0]]))


def test_familiarity_grows_as_a_logistic_curve() -> None:
    b = beliefs(familiarity_growth=0.05, familiarity_decay=0.0, familiar=0.02)
    days = 120
    for _ in range(days):
        b.spread_the_word(np.array([[5.0]]), np.array([5.0]))
    expected = 0.02
    for _ in range(days):
        expected += 0.05 * expected * (1.0 - expected)
    assert b.familiarity[0, 0] == pytest.approx(expected)
    continuous = 1.0 / (1.0 + (1.0 / 0.02 - 1.0) * np.exp(-0.05 * days))
    assert b.familiarity[0, 0] == pytest.approx(continuous, rel=0.02)


def test_familiarity_fades_to_where_it_began_and_no_lower() -> None:
    b = beliefs(familiarity_growth=0.05, familiarity_decay=0.02, familiar=0.1)
    b.familiarity[...] = 0.5
    for _ in range(40):
        b.spread_the_word(np.zeros((1, 1)), np.array([5.0]))
    assert b.familiarity[0, 0] == pytest.approx(0.1 + 0.4 * 0.98**40)
    for _ in range(2000):
        b.spread_the_word(np.zeros((1, 1)), np.array([5.0]))
    assert b.familiarity[0, 0] == pytest.approx(0.1)


@settings(deadline=None)
@given(
    st.floats(0.005, 1.0),
    st.floats(0.0, 0.3),
    st.floats(0.0, 0.1),
    st.lists(st.tuples(st.floats(0.0, 1e4), st.floats(0.0, 1e4)), min_size=1, max_size=40),
)
def test_familiarity_stays_between_where_it_began_and_all(
    first: float, growth: float, decay: float, days: list[tuple[float, float]]
) -> None:
    b = beliefs(familiarity_growth=growth, familiarity_decay=decay, familiar=first)
    for used, wishes in days:
        b.spread_the_word(np.array([[used]]), np.array([wishes]))
        assert first <= b.familiarity[0, 0] <= 1.0


def test_an_unused_way_does_not_become_known() -> None:
    b = beliefs(familiarity_growth=0.1, familiarity_decay=0.0, familiar=0.3)
    b.spread_the_word(np.zeros((1, 1)), np.array([5.0]))
    assert b.familiarity[0, 0] == 0.3
