"""The departure: a nested logit with known shares, fading wishes, and what is counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest, chisquare
from small_world import NEVER, Way, events, graph, parameters, paths, people, population, same_for_all, soft_max, today

from ladsim.behavior import kernels
from ladsim.behavior.departure import REGULARIZATION_GOAL
from ladsim.behavior.tables import CHANNEL_RESIDENCE, LARGEST_CHOICE
from ladsim.core.draws import Decision, uniforms
from ladsim.core.schema import State

FALSE_ALARM = 1e-3
MANY = 20_000
DAY = 21
GRAPH = graph([Way(0, 1), Way(0, 1)], 2, sea_exits=[1])
NO_STAY = [[-NEVER] * 4, [-NEVER] * 4]
WAYS = [1.0, 0.6]
HOME = np.array([0], dtype=np.int64)
NO_FADING = {"fade_days": 1e12}


def two_pathways(first: float, second: float) -> Any:
    return paths(
        k=3,
        channel=np.array([CHANNEL_RESIDENCE, CHANNEL_RESIDENCE, 3]),
        open=np.array([True, True, False]),
        value=np.array([[first], [second], [-1e9]]),
        apply_cost=np.array([0.5, 0.25, 0.0]),
    )


def decide(crowd: Any, p: Any, *, lawful: Any = None, g: Any = GRAPH, day: int = DAY, **more: Any) -> tuple[Any, Any]:
    """Let people at home decide; return what was counted and the way for which each stands in line."""
    lawful = lawful or paths()
    counted, pending = events(g, pathways=len(lawful.open)), np.full(crowd.n, -1, dtype=np.int64)
    kernels.decide(
        np.arange(crowd.n),
        day,
        5,
        np.zeros(61, dtype=np.int64),
        people(crowd),
        g,
        today(g, **more),
        lawful,
        same_for_all(WAYS, NO_STAY),
        np.zeros(2),
        HOME,
        p,
        counted,
        pending,
        np.empty(LARGEST_CHOICE),
    )
    return counted, pending


@pytest.mark.parametrize("taste_days", [7.0, 400.0])
@pytest.mark.parametrize("hub", [False, True])
@pytest.mark.parametrize("urgency", [-0.5, 0.7])
@pytest.mark.parametrize("regular", [False, True])
def test_nested_logit_shares(urgency: float, regular: bool, hub: bool, taste_days: float) -> None:
    p = parameters(
        **NO_FADING, taste_days=taste_days, route_scale=0.4, hub_scale=1.75, pathway_scale=0.8, leave_constant=-0.3,
        aid_value=0.5, regular_status_value=0.6, regularization_value=0.2, ties_value=0.5,
    )  # fmt: skip
    crowd = population(MANY, due=DAY, urgency=urgency, regular=regular)
    mu = 0.7 if hub else 0.4
    more = {"aid": np.full((1, 1, 3), 0.4), "home_value": np.array([0.1]), "regularization_open": np.array([[True]])}
    g = GRAPH._replace(hub=np.array([hub, False]))
    counted, _ = decide(crowd, p, g=g, lawful=two_pathways(1.0, 0.4), **more)
    pathway = soft_max([0.5, 0.15], 0.8)
    nests = [
        0.1 + 0.5 * 0.4 + (0.6 if regular else 0.0),
        -np.inf if regular else 0.1 + 0.2 + 0.6,
        pathway,
        -0.3 + soft_max(WAYS, mu) + urgency,
    ]
    weight = np.exp(np.array(nests))
    nest = weight / weight.sum()
    of_pathways = np.exp(np.array([0.5, 0.15]) / 0.8)
    of_ways = np.exp(np.array(WAYS) / mu)
    expected = np.concatenate([nest[:2], nest[2] * of_pathways / of_pathways.sum(), nest[3] * of_ways / of_ways.sum()])
    state, goal, way = (crowd.view(name) for name in ("state", "goal", "way"))
    considering = state == State.CONSIDERING
    seen = np.array(
        [
            (considering & (goal == -1)).sum(),
            (considering & (goal == REGULARIZATION_GOAL)).sum(),
            *[((state == State.PATHWAY_QUEUE) & (goal == k)).sum() for k in (0, 1)],
            *[((state == State.TRAVELLING) & (way == w)).sum() for w in (0, 1)],
        ]
    )
    assert seen.sum() == MANY
    assert seen[expected == 0.0].sum() == 0
    keep = expected > 0
    assert chisquare(seen[keep], MANY * expected[keep]).pvalue > FALSE_ALARM
    assert counted.departures.sum() == seen[4:].sum()
    assert counted.applications[:, 0].tolist() == [*seen[2:4], 0]


def left_by(crowd: Any) -> Any:
    return crowd.view("state") == State.TRAVELLING


def share_leaving(constant: float) -> float:
    """Return the share who leave, of people for whom staying is worth 0 and nothing else is open."""
    return float(1.0 / (1.0 + np.exp(-(constant + soft_max(WAYS, 0.5)))))


def weeks(crowd: Any, taste_days: float, constants: list[float]) -> list[Any]:
    """Let people decide once a week, leaving being worth ``constants`` more; return who had left after each week."""
    found = []
    for week, constant in enumerate(constants):
        p = parameters(**NO_FADING, taste_days=taste_days, leave_constant=constant, route_scale=0.5)
        decide(crowd, p, day=DAY + 7 * week, home_value=np.array([0.0]))
        found.append(left_by(crowd).copy())
    return found


def test_who_stays_at_first_stays_as_long_as_nothing_changes() -> None:
    """With tastes that last, the second look sends nobody off; with weekly ones, as large a share as the first."""
    share = share_leaving(-2.0)
    first, second = weeks(population(MANY, due=DAY), 1e6, [-2.0, -2.0])
    assert first.mean() == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / MANY))
    assert np.array_equal(first, second)
    first, second = weeks(population(MANY, due=DAY), 7.0, [-2.0, -2.0])
    again = (second & ~first).sum() / (~first).sum()
    assert again == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / MANY))


def test_a_better_prospect_sends_off_those_between_and_a_worse_one_nobody() -> None:
    """Whoever would have left for less is gone already; the stock that leaves is the difference of the shares."""
    first, better, worse = weeks(population(MANY, due=DAY), 1e6, [-2.0, -1.0, -3.0])
    more = share_leaving(-1.0) - share_leaving(-2.0)
    assert not (first & ~better).any()
    assert (better & ~first).mean() == pytest.approx(more, abs=4 * np.sqrt(more * (1 - more) / MANY))
    assert np.array_equal(better, worse)


def test_tastes_are_drawn_anew_when_their_days_are_over() -> None:
    """Of spells of 70 days, each on days of its own, a fifth ends within two weeks."""
    crowd = population(MANY, due=DAY)
    first, _, third = weeks(crowd, 70.0, [-2.0, -2.0, -2.0])
    share = share_leaving(-2.0)
    expected = 0.2 * share
    again = (third & ~first).sum() / (~first).sum()
    assert again == pytest.approx(expected, abs=5 * np.sqrt(expected / MANY))


def test_a_taste_for_a_way_lasts_too() -> None:
    """Of those who would leave, each keeps to the way that they like best, whenever they decide."""
    p = parameters(**NO_FADING, taste_days=1e6, leave_constant=NEVER, route_scale=0.5)
    ways = []
    for day in (DAY, DAY + 7, DAY + 70):
        crowd = population(500, due=day)
        decide(crowd, p, day=day)
        ways.append(crowd.view("way").copy())
    assert np.array_equal(ways[0], ways[1]) and np.array_equal(ways[0], ways[2])
    assert set(ways[0]) == {0, 1}


def test_who_stays_looks_again_in_a_week() -> None:
    crowd = population(100, due=DAY)
    decide(crowd, parameters(**NO_FADING, leave_constant=-NEVER))
    assert set(crowd.view("due")) == {DAY + 7}
    assert set(crowd.view("state")) == {int(State.CONSIDERING)}


def test_who_is_not_due_does_nothing() -> None:
    crowd = population(100, due=DAY + 1)
    counted, _ = decide(crowd, parameters(leave_constant=NEVER))
    assert set(crowd.view("state")) == {int(State.CONSIDERING)}
    assert counted.departures.sum() == 0


def test_wishes_fade_with_their_mean_time() -> None:
    """Looked at once a week, the share left after t weeks is exp(-7 t / fade_days), to 4 standard errors."""
    p = parameters(fade_days=70.0, leave_constant=-NEVER)
    crowd = population(MANY, due=0)
    for week in range(10):
        decide(crowd, p, day=7 * week)
    left = (crowd.view("state") == State.CONSIDERING).mean()
    expected = np.exp(-1.0)
    assert left == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / MANY))
    assert (crowd.view("state") == State.GAVE_UP).sum() == MANY - left * MANY


def test_wishes_of_people_in_line_for_seats_fade_no_faster() -> None:
    """In line from their second look on, daily, as many are left after four weeks as of those who look weekly."""
    g = graph([Way(0, 1, limited=True), Way(0, 1, limited=True)], 2, sea_exits=[1])
    left = []
    for constant in (NEVER, -NEVER):
        p = parameters(fade_days=70.0, leave_constant=constant)
        crowd = population(MANY, due=0)
        decide(crowd, p._replace(leave_constant=-NEVER), g=g, day=0)
        for day in range(1, 29):
            _, pending = decide(crowd, p, g=g, day=day)
            considering = crowd.view("state") == State.CONSIDERING
            assert ((pending >= 0) == (considering & (constant > 0.0) & (day >= 7))).all()
        left.append(considering.mean())
    expected = np.exp(-35.0 / 70.0)
    assert left == pytest.approx([expected] * 2, abs=4 * np.sqrt(expected * (1 - expected) / MANY))


def test_people_in_line_have_not_departed_yet() -> None:
    g = graph([Way(0, 1, limited=True), Way(0, 1, limited=True)], 2, sea_exits=[1])
    crowd = population(50, due=DAY)
    counted, pending = decide(crowd, parameters(**NO_FADING, leave_constant=NEVER), g=g)
    assert (pending >= 0).all()
    assert counted.departures.sum() == 0
    assert set(crowd.view("due")) == {DAY + 1}
    kernels.board_all(np.arange(50), pending, DAY, 5, people(crowd), g, today(g), HOME, parameters(), counted)
    assert counted.departures.sum() == 50


def test_a_way_that_nobody_can_pay_is_no_reason_to_leave() -> None:
    crowd = population(200, due=DAY, means=10.0)
    decide(crowd, parameters(**NO_FADING, leave_constant=1000.0), cost=np.full((2, 1), 11.0))
    assert set(crowd.view("state")) == {int(State.CONSIDERING)}


def test_choice_of_pathway_and_rank_are_independent() -> None:
    """Else who applies for the first pathway on a day also ranks first in that day's lottery (binomial test)."""
    p = parameters(**NO_FADING, leave_constant=-NEVER, pathway_scale=0.8)
    crowd = population(4000, due=DAY)
    decide(crowd, p, lawful=two_pathways(5.0, 4.75), home_value=np.array([-NEVER]))
    rank = uniforms(5, int(Decision.PATHWAY_RANK), crowd.view("person"), DAY)
    lucky = rank < np.median(rank)
    first = int((lucky & (crowd.view("goal") == 0)).sum())
    share = (crowd.view("goal") == 0).mean()
    assert binomtest(first, int(lucky.sum()), share).pvalue > FALSE_ALARM
