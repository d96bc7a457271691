"""Dispositions: what capacity lets the authorities deliver, and what a crossing leads to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2
from small_world import (
    Way,
    events,
    graph,
    outcomes,
    parameters,
    paths,
    people,
    perceived,
    population,
    processing,
    today,
)

from ladsim.behavior import kernels
from ladsim.behavior.border import disposition_shares
from ladsim.behavior.values import border_terms
from ladsim.core.schema import N_OUTCOME, N_PARTY, Mode, Outcome, Party, State

N = 3
CHILD, ADULTS = int(Party.UNACCOMPANIED_CHILD), slice(0, int(Party.UNACCOMPANIED_CHILD))
TITLE_42, TO_MEXICO = int(Outcome.TITLE_42_EXPULSION), int(Outcome.RETURN_TO_MEXICO)
TITLE_8, TRANSFER, RELEASE = int(Outcome.TITLE_8_REPATRIATION), int(Outcome.TRANSFER), int(Outcome.RELEASE)
FALSE_ALARM = 1e-3
"""Chance that a statistical test below fails on right code with another seed."""


def table(low: float, high: float, *shape: int) -> st.SearchStrategy[np.ndarray]:
    size = int(np.prod(shape))
    steps = st.lists(st.integers(0, 1000), min_size=size, max_size=size)
    return steps.map(lambda v: low + (high - low) * np.array(v).reshape(shape) / 1000.0)


@st.composite
def borders(draw: Any) -> tuple[np.ndarray, dict[str, Any]]:
    capacities = st.lists(st.sampled_from([0.0, 0.5, 20.0, 300.0, 2500.0, np.inf]), min_size=N, max_size=N)
    capacity = draw(capacities)
    agreed = np.array(draw(st.lists(st.booleans(), min_size=N, max_size=N)))
    return draw(table(0.0, 2000.0, N, N_PARTY)), {
        "expulsion_share": draw(table(0.0, 1.0, N, N_PARTY)),
        "expulsion_capacity": np.array(capacity),
        "expulsion_pool": np.arange(len(capacity)),
        "return_to_mexico_per_day": float(draw(st.integers(0, 3000))),
        "taken_back_share": np.where(agreed, draw(table(0.0, 1.0, N)), 0.0),
        "taken_back_per_day": np.array(draw(capacities)),
        "consequence_per_day": float(draw(st.integers(1, 5000))),
        "ease": draw(table(-4.0, 4.0, N, N_PARTY)),
        "direct_share": draw(table(0.0, 1.0, N)),
        "own_border": np.array(draw(st.lists(st.booleans(), min_size=N, max_size=N))),
        "congestion_floor": draw(st.floats(0.05, 1.0)),
    }


@settings(deadline=None)
@given(borders())
def test_shares_of_outcomes(made: tuple[np.ndarray, dict[str, Any]]) -> None:
    load, terms = made
    shares, price = disposition_shares(load, processing(N, **terms))
    own = terms["own_border"]
    persons = shares * load[..., None]

    assert shares.shape == (N, N_PARTY, N_OUTCOME)
    assert shares.sum(axis=-1) == pytest.approx(np.ones((N, N_PARTY)), abs=1e-12)
    assert shares.min() >= -1e-15
    assert price >= terms["congestion_floor"] * (1.0 - 1e-9)

    expelled = persons[..., TITLE_42].sum(axis=1)
    assert (expelled <= terms["expulsion_capacity"] * (1.0 + 1e-9) + 1e-9).all()
    assert (shares[..., TITLE_42] <= terms["expulsion_share"] + 1e-12).all()
    wanted = (terms["expulsion_share"] * load).sum(axis=1)
    assert expelled == pytest.approx(np.minimum(wanted, terms["expulsion_capacity"]), rel=1e-9, abs=1e-9)

    returned = persons[..., TO_MEXICO]
    assert returned.sum() <= terms["return_to_mexico_per_day"] * (1.0 + 1e-9) + 1e-9
    assert not returned[:, CHILD].any()
    assert not shares[own][..., TO_MEXICO].any(), "nobody is returned to wait in their own country"

    taken_back = terms["taken_back_share"] > 0.0
    over_the_border = persons[taken_back][:, ADULTS, TITLE_8].sum(axis=1)
    assert (over_the_border <= terms["taken_back_per_day"][taken_back] * (1.0 + 1e-9) + 1e-9).all()

    delivered = persons[:, ADULTS, TITLE_8].sum() + persons[:, ADULTS, TRANSFER].sum()
    capacity = terms["consequence_per_day"]
    assert delivered <= capacity * (1.0 + 1e-4) + 1e-4
    if price > terms["congestion_floor"] * 1.001:
        assert delivered == pytest.approx(capacity, rel=1e-4)


def test_the_four_nationalities_share_what_mexico_takes_back() -> None:
    terms = processing(
        2,
        consequence_per_day=1000.0,
        taken_back_share=np.array([0.5, 0.5]),
        taken_back_per_day=np.full(2, 100.0),
        taken_back_pool=np.zeros(2, np.int64),
    )
    shares, _ = disposition_shares(np.array([[300.0, 0.0, 0.0], [100.0, 0.0, 0.0]]), terms)
    back = shares[:, 0, TITLE_8] * np.array([300.0, 100.0])
    assert back == pytest.approx([75.0, 25.0], rel=1e-6)


@settings(deadline=None)
@given(borders())
def test_unaccompanied_children_are_expelled_or_handed_over(made: tuple[np.ndarray, dict[str, Any]]) -> None:
    load, terms = made
    shares, _ = disposition_shares(load, processing(N, **terms))
    own, expelled = terms["own_border"], shares[:, CHILD, TITLE_42]
    assert (expelled <= terms["expulsion_share"][:, CHILD] + 1e-12).all()
    assert shares[~own, CHILD, TRANSFER] == pytest.approx(1.0 - expelled[~own])
    assert shares[own, CHILD, TITLE_8] == pytest.approx(1.0 - expelled[own])


@settings(deadline=None)
@given(borders(), st.floats(1.05, 3.0))
def test_more_encounters_never_raise_the_share_of_consequences(
    made: tuple[np.ndarray, dict[str, Any]], more: float
) -> None:
    load, terms = made
    terms = {**terms, "expulsion_share": np.zeros((N, N_PARTY)), "return_to_mexico_per_day": 0.0}
    assume(load[:, ADULTS].sum() > 1.0)
    few, _ = disposition_shares(load, processing(N, **terms))
    many, _ = disposition_shares(load * more, processing(N, **terms))
    assert (many[:, ADULTS, RELEASE] >= few[:, ADULTS, RELEASE] - 1e-6).all()


@settings(deadline=None)
@given(borders())
def test_easier_cases_end_in_a_consequence_more_often(made: tuple[np.ndarray, dict[str, Any]]) -> None:
    load, terms = made
    terms = {**terms, "expulsion_share": np.zeros((N, N_PARTY)), "return_to_mexico_per_day": 0.0}
    shares, _ = disposition_shares(load, processing(N, **terms))
    hard = np.argsort(terms["ease"][:, ADULTS].ravel())
    assert (np.diff(shares[:, ADULTS, RELEASE].ravel()[hard]) <= 1e-9).all()


def log_odds(share: float) -> float:
    return float(np.log(share / (1.0 - share)))


@pytest.mark.parametrize("times", [1.25, 2.0, 4.0])
def test_congestion_slope(times: float) -> None:
    """With equal ease and capacity K the released are 1 - K / E, so d logit / d log E = E / (E - K); 2 at E = 2 K."""
    capacity, step = 100.0, 1e-3
    released = []
    for factor in (times * (1.0 - step), times * (1.0 + step)):
        load = np.zeros((2, N_PARTY))
        load[:, 0] = factor * capacity / 2.0
        shares, _ = disposition_shares(load, processing(2, consequence_per_day=capacity))
        released.append(shares[0, 0, RELEASE])
    slope = (log_odds(released[1]) - log_odds(released[0])) / np.log((1.0 + step) / (1.0 - step))
    assert slope == pytest.approx(times / (times - 1.0), rel=1e-2)
    assert np.mean(released) == pytest.approx(1.0 - 1.0 / times, rel=1e-3)


def test_the_slope_is_about_two_with_unequal_ease_too() -> None:
    load = np.zeros((3, N_PARTY))
    load[:, 0] = [80.0, 70.0, 50.0]
    ease = np.repeat(np.array([1.0, 0.0, -1.0])[:, None], N_PARTY, axis=1)
    released = [disposition_shares(load * f, processing(3, ease=ease))[0][:, 0, RELEASE] for f in (0.99, 1.01)]
    slopes = [(log_odds(b) - log_odds(a)) / np.log(1.01 / 0.99) for a, b in zip(*released, strict=True)]
    assert slopes == pytest.approx([2.4, 2.4, 2.4], abs=0.5)
    assert np.ptp(slopes) < 1e-3, "one price, so one slope"


def test_below_capacity_the_price_is_its_floor() -> None:
    load = np.zeros((1, N_PARTY))
    load[0, 0] = 50.0
    shares, price = disposition_shares(load, processing(1, consequence_per_day=1000.0, congestion_floor=0.25))
    assert price == pytest.approx(0.25)
    assert shares[0, 0, RELEASE] == pytest.approx(1.0 - 1.0 / (1.0 + 0.25))


def test_a_rule_that_lets_nobody_go_is_met_whatever_the_capacity() -> None:
    load = np.array([[900.0, 700.0, 50.0]])
    terms = {"consequence_per_day": 100.0, "direct_share": np.array([0.4])}
    free, _ = disposition_shares(load, processing(1, **terms))
    held, _ = disposition_shares(load, processing(1, **terms, held_share=np.array([0.9])))
    np.testing.assert_allclose(held[0, :2, RELEASE], 0.1 * free[0, :2, RELEASE])
    np.testing.assert_allclose(held[0, :2, TITLE_8], 0.4 * (1.0 - held[0, :2, RELEASE]))
    np.testing.assert_array_equal(held[0, 2], free[0, 2], "children alone go to the health department as before")


def test_nobody_encountered() -> None:
    shares, price = disposition_shares(np.zeros((1, N_PARTY)), processing(1, congestion_floor=0.5))
    assert shares.sum(axis=-1) == pytest.approx(np.ones((1, N_PARTY)))
    assert price == pytest.approx(0.5)


@pytest.mark.parametrize("ease", [0.0, 20.0])
def test_without_capacity_everybody_is_released(ease: float) -> None:
    load = np.full((1, N_PARTY), 50.0)
    terms = processing(1, consequence_per_day=0.0, ease=np.full((1, N_PARTY), ease))
    shares, _ = disposition_shares(load, terms)
    assert shares[0, ADULTS, RELEASE] == pytest.approx([1.0, 1.0], abs=1e-6)


# -- what a crossing leads to ------------------------------------------------------------------------------------------

MANY = 40_000
MIX = {
    "release": 0.2,
    "transfer": 0.3,
    "title_8_repatriation": 0.15,
    "title_42_expulsion": 0.2,
    "return_to_mexico": 0.1,
    "parole": 0.05,
}
BORDER = graph([Way(0, 1, mode=int(Mode.CROSSING), detection=0.8)], 2)


def cross_all(**more: Any) -> tuple[Any, Any]:
    """Let many people end the same crossing on day 3; return the population and what was counted."""
    party, p = more.pop("party", 0), more.pop("p", parameters(reconsider_share=0.0))
    columns = more.pop("columns", {})
    crowd = population(MANY, party=party, state=int(State.TRAVELLING), way=0, due=3, **columns)
    counted = events(BORDER)
    day = today(BORDER, outcome_share=outcomes(**MIX), **more)
    rows = np.arange(MANY)
    kernels.arrive(rows, 3, 24_000, 0, 11, people(crowd), BORDER, day, paths(), np.zeros(1, np.int64), p, counted)
    return crowd, counted


def fits(counts: np.ndarray, expected: np.ndarray) -> bool:
    """Tell whether counts fit expected shares by a chi-square test with the false-alarm rate above."""
    e = expected / expected.sum() * counts.sum()
    keep = e > 0.0
    assert counts[~keep].sum() == 0
    statistic = float(((counts - e)[keep] ** 2 / e[keep]).sum())
    return statistic < chi2.ppf(1.0 - FALSE_ALARM, keep.sum() - 1)


def test_encounters_and_dispositions_have_their_frequencies() -> None:
    _, counted = cross_all()
    met = counted.encounters.sum()
    assert fits(np.array([met, counted.undetected.sum()]), np.array([0.8, 0.2]))
    by_outcome = counted.dispositions.sum(axis=(1, 2))
    assert by_outcome.sum() == met == counted.encountered_today.sum() == counted.unique.sum()
    assert fits(by_outcome, outcomes(**MIX)[0, 0])


def after(crowd: Any, counted: Any, t: float, day: Any = None) -> dict[str, float]:
    """Return shares of those encountered who are back at the border, removed and arrived, once custody has ended."""
    p = parameters(reconsider_share=0.0)
    held = np.flatnonzero(crowd.view("state") == State.CUSTODY)
    day = day or today(BORDER, transfer_removed=np.array([t]))
    due = crowd.view("due")[held].max() if len(held) else 3
    home = np.zeros(1, np.int64)
    kernels.arrive(held, int(due), 24_000, 0, 11, people(crowd), BORDER, day, paths(), home, p, counted)
    state, met = crowd.view("state"), counted.encounters.sum()
    assert not (state == State.CUSTODY).any()
    counts = {
        "back": (state == State.WAITING).sum(),
        "removed": (state == State.REMOVED).sum(),
        "arrived": (state == State.RELEASED).sum(),
    }
    assert sum(counts.values()) == met
    return {name: float(count / met) for name, count in counts.items()}


@pytest.mark.parametrize(
    ("party", "own", "taken_back"),
    [(0, False, False), (CHILD, False, False), (CHILD, True, False), (0, True, False), (0, False, True)],
)
def test_what_happens_is_what_values_expect(party: int, own: bool, taken_back: bool) -> None:
    """People who know the true shares are right about what an encounter leads to (deviation of 5 standard errors)."""
    air, t = 0.25, 0.4
    over = {"own_border": np.array([own]), "taken_back": np.array([taken_back])}
    crowd, counted = cross_all(party=party, expulsion_air=np.array([air]), transfer_removed=np.array([t]), **over)
    day = today(BORDER, transfer_removed=np.array([t]), **over)
    seen = after(crowd, counted, t, day)
    beliefs = perceived(
        BORDER,
        outcome=outcomes(**MIX),
        expulsion_air=np.array([air]),
        transfer_removed=np.array([t]),
        own_border=np.array([own]),
        taken_back=np.array([float(taken_back)]),
    )
    p = parameters(expulsion_cost=0.0, repatriation_cost=0.0, removed_value=0.0)
    fixed, back = border_terms(beliefs, np.array([[1.0]]), p)
    assert seen["back"] == pytest.approx(back[0, party], abs=5 * 0.5 / np.sqrt(0.8 * MANY))
    assert seen["arrived"] == pytest.approx(fixed[0, party, 0], abs=5 * 0.5 / np.sqrt(0.8 * MANY))


def test_put_back_people_stand_at_the_border_city_and_try_again_later() -> None:
    crowd, _ = cross_all()
    p = parameters()
    waiting = crowd.view("state") == State.WAITING
    assert waiting.any()
    assert set(crowd.view("node")[waiting]) == {0}
    assert set(crowd.view("due")[waiting]) == {3 + int(p.put_back_days)}
    assert set(crowd.view("way")[waiting]) == {-1}
    assert set(crowd.view("attempts")[waiting]) == {1}


def test_custody_lasts_its_days() -> None:
    crowd, _ = cross_all()
    p = parameters()
    held = crowd.view("state") == State.CUSTODY
    days = crowd.view("due")[held] - 3
    transferred = crowd.view("outcome")[held] == Outcome.TRANSFER
    assert set(days[transferred]) == {int(p.detention_days)}
    assert set(days[~transferred]) == {int(p.custody_days)}


def test_a_second_encounter_in_a_month_is_the_same_person() -> None:
    _, counted = cross_all(columns={"last_encounter_month": 24_000})
    assert counted.unique.sum() == 0
    assert counted.encounters.sum() > 0
    _, counted = cross_all(columns={"last_encounter_month": 23_999})
    assert counted.unique.sum() == counted.encounters.sum()


@pytest.mark.parametrize(("before", "recognition"), [(0, 1.0), (2, 1.0), (2, 0.0)])
def test_recognition_keeps_repeaters_from_release(before: int, recognition: float) -> None:
    _, counted = cross_all(recognition=recognition, columns={"encounters": before})
    released = counted.dispositions[RELEASE].sum()
    assert (released == 0) == (before > 0 and recognition == 1.0)


def test_some_of_those_removed_consider_leaving_again() -> None:
    p = parameters(reconsider_share=0.3, reconsider_days=45)
    crowd, counted = cross_all(p=p, expulsion_air=np.array([1.0]))
    state = crowd.view("state")
    again = state == State.CONSIDERING
    removed = counted.removals.sum()
    assert removed == again.sum() + (state == State.REMOVED).sum()
    assert fits(np.array([again.sum(), removed - again.sum()]), np.array([0.3, 0.7]))
    assert set(crowd.view("due")[again]) == {48}


# -- walking in at a port ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [{"title_42_expulsion": 0.5, "release": 0.5}, {"release": 1.0}])
def test_who_walks_in_is_paroled_or_put_back(rule: dict[str, float]) -> None:
    columns = {"state": int(State.PATHWAY_QUEUE), "goal": 0, "outcome": int(Outcome.PAROLE), "due": 3}
    crowd, counted = population(MANY, **columns), events(BORDER)
    day = today(BORDER, walk_in_parole=np.array([0.35]), outcome_share=outcomes(**rule))
    p, home = parameters(), np.zeros(1, np.int64)
    kernels.arrive(np.arange(MANY), 3, 24_000, 0, 11, people(crowd), BORDER, day, paths(), home, p, counted)
    state = crowd.view("state")
    paroled, back = (state == State.ARRIVED_LAWFULLY).sum(), (state == State.WAITING).sum()
    assert paroled + back == MANY == counted.encounters.sum() == counted.unique.sum()
    assert fits(np.array([paroled, back]), np.array([0.35, 0.65]))
    assert counted.arrivals.sum() == paroled == counted.dispositions[Outcome.PAROLE].sum()
    refused = TITLE_42 if "title_42_expulsion" in rule else TITLE_8
    assert counted.dispositions[refused].sum() == back
    assert set(crowd.view("goal")[state == State.WAITING]) == {-1}
    assert set(crowd.view("outcome")[state == State.WAITING]) == {-1}
