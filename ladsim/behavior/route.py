"""Which way on: the choice of somebody who stands at a node of the route graph."""

from __future__ import annotations

import numpy as np
from numba import njit

from ladsim.behavior.tables import (
    N_OPTIONS,
    OPTION_ASYLUM,
    OPTION_SETTLE,
    OPTION_TURN_BACK,
    OPTION_WAIT,
)
from ladsim.behavior.values import DAYS_PER_WEEK, WAY_CROSSING, pathway_here
from ladsim.draws import Decision, normal, uniform
from ladsim.schema import State

TRAVELLING, WAITING = int(State.TRAVELLING), int(State.WAITING)
PATHWAY_QUEUE, SETTLED, RETURNED = int(State.PATHWAY_QUEUE), int(State.SETTLED), int(State.RETURNED)
CONSIDERING = int(State.CONSIDERING)
ROUTE, TRAVEL_DAYS = int(Decision.ROUTE), int(Decision.TRAVEL_DAYS)
NO_PATHWAY = -1


@njit(cache=True)
def way_utility(a, w, slot, people, graph, today, values, risk, p):  # type: ignore[no-untyped-def]
    """Return what a way is worth to person a: the class's perceived value, the person's own risk and fatigue.

    Minus infinity where the way is closed today or cannot be paid.
    """
    n = people.nationality[a]
    if not today.way_open[w, n] or today.cost[w, n] > people.means[a]:
        return -np.inf
    u = np.float64(values.way[slot, people.traveller_class[a], w])
    u -= (people.risk_aversion[a] - 1.0) * risk[w]
    if graph.mode[w] == WAY_CROSSING:
        u -= p.fatigue * people.attempts[a]
    return u


@njit(cache=True)
def draw_option(utilities, count, mu, u):  # type: ignore[no-untyped-def]
    """Return the option that the uniform number u picks from a logit of scale mu, and the logsum; -1 if none."""
    best = -np.inf
    for k in range(count):
        best = max(best, utilities[k])
    if best == -np.inf:
        return -1, -np.inf
    total = 0.0
    for k in range(count):
        total += np.exp((utilities[k] - best) / mu)
    reach = u * total
    chosen = -1
    passed = 0.0
    for k in range(count):
        weight = np.exp((utilities[k] - best) / mu)
        if weight > 0.0:
            chosen = k
            passed += weight
            if reach < passed:
                break
    return chosen, best + mu * np.log(total)


@njit(cache=True)
def board(a, w, day, seed, people, graph, today, events):  # type: ignore[no-untyped-def]
    """Set person a on way w: the cost is paid, the days are drawn, departure from home is counted."""
    n = people.nationality[a]
    if people.state[a] == CONSIDERING:
        events.departures[people.group[a]] += 1
    days = graph.days[w]
    if graph.days_spread[w] > 0.0:
        days += graph.days_spread[w] * normal(seed, TRAVEL_DAYS, people.person[a], day)
    people.means[a] -= today.cost[w, n]
    people.paid[a] += today.smuggler_cost[w]
    events.payments[w, n] += today.smuggler_cost[w]
    events.boarded_today[w, n] += 1
    people.state[a] = TRAVELLING
    people.state_since[a] = day
    people.way[a] = w
    people.goal[a] = NO_PATHWAY
    people.wait_weeks[a] = 0
    people.due[a] = day + max(1, int(np.rint(days)))


@njit(cache=True)
def wait_a_week(a, day, people, p):  # type: ignore[no-untyped-def]
    """Person a waits a week where they are, earns, and gets help from relatives if there are any."""
    if people.state[a] != WAITING:
        people.state_since[a] = day
    people.state[a] = WAITING
    people.goal[a] = NO_PATHWAY
    people.wait_weeks[a] += 1
    people.means[a] += p.weekly_earnings + (p.relatives_help if people.ties[a] else 0.0)
    people.due[a] = day + int(DAYS_PER_WEEK)


@njit(cache=True)
def may_apply(a, k, people, graph, paths):  # type: ignore[no-untyped-def]
    """Tell whether person a, on the way, may apply for pathway k where they stand."""
    if not pathway_here(k, people.node[a], people.nationality[a], people.ties[a], graph, paths):
        return False
    since = paths.bars_since[k]
    return since < 0 or people.irregular_since[a] < since


@njit(cache=True)
def choose_way(a, day, seed, slot, people, graph, today, paths, values, risk, p, events, scratch, pending):  # type: ignore[no-untyped-def]
    """Decide for person a at a node: a way, a pathway, waiting, turning back, asylum or settling.

    Returns 1 where the way chosen has a limited number of seats and the person is put in line for it, else 0.
    """
    i = people.node[a]
    n = people.nationality[a]
    c = people.traveller_class[a]
    first, last = graph.out_start[i], graph.out_start[i + 1]
    m = last - first
    for e in range(m):
        scratch[e] = way_utility(a, graph.out[first + e], slot, people, graph, today, values, risk, p)
    for k in range(N_OPTIONS):
        scratch[m + k] = values.stay[slot, c, i, k]
    current = people.goal[a] if people.state[a] == PATHWAY_QUEUE else NO_PATHWAY
    pathways = paths.open.shape[0]
    for k in range(pathways):
        u = -np.inf
        if may_apply(a, k, people, graph, paths):
            u = paths.value[k, n] + (p.ties_value if people.ties[a] else 0.0)
            if k != current:
                u -= paths.apply_cost[k]
        scratch[m + N_OPTIONS + k] = u
    draw = uniform(seed, ROUTE, people.person[a], day)
    chosen, _ = draw_option(scratch, m + N_OPTIONS + pathways, p.route_scale, draw)
    if chosen < m:
        w = graph.out[first + chosen]
        if graph.limited[w]:
            people.state[a] = WAITING
            people.goal[a] = w
            pending[a] = w
            return 1
        board(a, w, day, seed, people, graph, today, events)
        return 0
    chosen -= m
    if chosen == OPTION_WAIT:
        wait_a_week(a, day, people, p)
    elif chosen == OPTION_TURN_BACK:
        events.returns[people.group[a]] += 1
        people.state[a] = RETURNED
        people.state_since[a] = day
    elif chosen == OPTION_ASYLUM:
        events.asylum[graph.node_country[i], n] += 1
        people.state[a] = SETTLED
        people.state_since[a] = day
    elif chosen == OPTION_SETTLE:
        events.settled[graph.node_country[i], n] += 1
        people.state[a] = SETTLED
        people.state_since[a] = day
    else:
        join_queue(a, chosen - N_OPTIONS, current, day, people, p, events)
    return 0


@njit(cache=True)
def join_queue(a, k, current, day, people, p, events):  # type: ignore[no-untyped-def]
    """Person a applies for pathway k, or stays in its queue; the choice is looked at again later."""
    if k != current:
        events.applications[k, people.nationality[a]] += 1
        people.state[a] = PATHWAY_QUEUE
        people.state_since[a] = day
        people.goal[a] = k
    people.means[a] += p.weekly_earnings * p.queue_review_days / DAYS_PER_WEEK
    people.due[a] = day + int(p.queue_review_days)
