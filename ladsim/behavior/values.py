"""What the way on is worth: a recursive logit on the route graph, by traveller class.

The value of being at node i for class c solves the soft Bellman equation

    V_c(i) = mu * log( sum over options k of exp(U_c(i, k) / mu) )

with U of a way = its own utility (money, days, hazards, hardship) + discount ** days * the value of what follows, and
with chance on every way (being stopped and sent back) and at the border (the perceived dispositions). Besides the ways,
a node offers to wait, turn back, ask for asylum, settle, or apply for a lawful pathway.
Fosgerau, Frejinger and Karlstrom (2013), A link based network route choice model with unrestricted choice set,
Transportation Research Part B 56.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from ladsim.behavior.parameters import Parameters
from ladsim.behavior.tables import (
    CHANNEL_PORT,
    CHANNEL_TRANSIT,
    CHANNEL_WALK_IN,
    N_OPTIONS,
    OPTION_ASYLUM,
    OPTION_SETTLE,
    OPTION_TURN_BACK,
    OPTION_WAIT,
    Floats,
    Graph,
    Ints,
    Paths,
)
from ladsim.schema import CLASSES_PER_NATIONALITY, N_MEANS, N_PARTY, N_TIES, Mode, Outcome, Party

WAY_CROSSING, WAY_PORT, WAY_ENTRY = int(Mode.CROSSING), int(Mode.PORT), int(Mode.ENTRY)
RELEASE, TRANSFER = int(Outcome.RELEASE), int(Outcome.TRANSFER)
TITLE_8, TITLE_42 = int(Outcome.TITLE_8_REPATRIATION), int(Outcome.TITLE_42_EXPULSION)
RETURN_TO_MEXICO, PAROLE = int(Outcome.RETURN_TO_MEXICO), int(Outcome.PAROLE)
CHILD = int(Party.UNACCOMPANIED_CHILD)
DAYS_PER_WEEK = 7.0
LARGEST_CHOICE = 256
NEGLIGIBLE = 40.0


class Perceived(NamedTuple):
    """What people believe: stops W x N, removals from nodes I x N, outcomes N x P x O; the rest as it is known."""

    stop: Floats
    stop_removed: Floats
    node_removal: Floats
    outcome: Floats
    expulsion_air: Floats
    transfer_removed: Floats
    undetected_value: Floats
    own_border: np.ndarray
    own_country: Ints
    asylum_value: Floats


def way_utilities(
    graph: Graph,
    cost: Floats,
    way_open: np.ndarray,
    familiarity: Floats,
    attraction: Floats,
    median_means: Floats,
    p: Parameters,
) -> Floats:
    """Return the utility of each way by itself, N x means class x W; minus infinity where it is closed.

    Args:
        cost: W x N, USD, fare and fees and charges together.
        way_open: W x N.
        familiarity: W x N, share of a nationality who know the way.
        attraction: W, constant of the way.
        median_means: USD by means class.
    """
    hardship = np.where(graph.mode == int(Mode.WALK), p.hardship_walk, 0.0)
    hardship = hardship + np.where(graph.entry_country >= 0, p.irregular_border, 0.0)
    risk = risk_disutility(graph, p)
    hardship = hardship + np.where(graph.onward, 0.0, p.detour)
    own = attraction - hardship - risk - p.time * graph.days
    known = p.familiarity_weight * np.log(familiarity.T)
    closed = np.where(way_open.T, 0.0, -np.inf)
    money = p.money * cost.T[:, None, :] / median_means[None, :, None]
    return (own[None, :] + known + closed)[:, None, :] - money


def risk_disutility(graph: Graph, p: Parameters) -> Floats:
    """Return the disutility of the hazards of each way (W), for somebody of mean risk aversion."""
    per_thousand = 1000.0
    return p.risk_death * graph.death * per_thousand + p.risk_robbery * graph.robbery


@njit(cache=True)
def border_terms(n, party, perceived, arrival, p):  # type: ignore[no-untyped-def]
    """Return what an encounter is worth as (constant, weight of the value of being back at the border city)."""
    shares = perceived.outcome[n, party]
    cost = p.expulsion_cost
    if perceived.own_border[n]:
        cost = p.expulsion_cost * (1.0 - p.own_border_ease)
    air = perceived.expulsion_air[n]
    detained = 0.0 if party == CHILD else perceived.transfer_removed[n]
    back = shares[TITLE_42] * (1.0 - air) + shares[RETURN_TO_MEXICO]
    removed = shares[TITLE_42] * air
    repatriated = shares[TITLE_8] + shares[TRANSFER] * detained
    if perceived.own_border[n]:
        back += repatriated
    else:
        removed += repatriated
    arrived = shares[RELEASE] + shares[PAROLE] + shares[TRANSFER] * (1.0 - detained)
    return arrived * arrival + removed * p.removed_value - back * cost, back


@njit(cache=True)
def way_terms(w, n, party, graph, perceived, arrival, p):  # type: ignore[no-untyped-def]
    """Return what follows from a way as (constant, weight of the value of its end, weight of the value of going back).

    Going back is to the place people are sent to when stopped, or to the border city after an expulsion.
    """
    discount = p.discount ** graph.days[w]
    if graph.mode[w] == WAY_CROSSING:
        met = graph.detection[w]
        constant, back = border_terms(n, party, perceived, arrival, p)
        constant = met * constant + (1.0 - met) * arrival * perceived.undetected_value[n]
        return discount * constant, 0.0, discount * met * back
    j = graph.end[w]
    stop = perceived.stop[w, n]
    if graph.sea_exit[j]:
        constant = (1.0 - stop) * p.sea_value * arrival + stop * p.removed_value
        return discount * constant, 0.0, 0.0
    gone = perceived.node_removal[j, n]
    constant = (1.0 - stop) * gone * p.removed_value
    onward = (1.0 - stop) * (1.0 - gone)
    back = 0.0
    if stop > 0.0:
        sent = 1.0 if graph.stop_to[w] < 0 else perceived.stop_removed[graph.stop_country[w]]
        constant += stop * (sent * p.removed_value - (1.0 - sent) * p.interdiction_cost)
        back = stop * (1.0 - sent)
    return discount * constant, discount * onward, discount * back


@njit(cache=True)
def option_values(i, n, value, graph, perceived, p, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` with the utility of waiting a week, turning back, asking for asylum and settling at node i."""
    country = graph.node_country[i]
    out[OPTION_WAIT] = -p.wait_cost + p.discount**DAYS_PER_WEEK * value
    out[OPTION_TURN_BACK] = -p.turn_back_cost - p.turn_back_day * graph.return_days[n, i]
    out[OPTION_ASYLUM] = -np.inf
    out[OPTION_SETTLE] = -np.inf
    if country != perceived.own_country[n]:
        out[OPTION_ASYLUM] = perceived.asylum_value[country]
        out[OPTION_SETTLE] = p.settle_value


@njit(cache=True)
def pathway_here(k, i, n, ties, graph, paths):  # type: ignore[no-untyped-def]
    """Tell whether pathway k can be applied for at node i on the way."""
    if not paths.open[k] or (paths.needs_ties[k] and not ties):
        return False
    channel = paths.channel[k]
    if channel == CHANNEL_PORT:
        return graph.port_zone[i] and paths.value[k, n] > -1e8
    if channel == CHANNEL_WALK_IN:
        return graph.walk_in_zone[i] and paths.value[k, n] > -1e8
    if channel == CHANNEL_TRANSIT:
        return paths.office[k, graph.node_country[i]] and paths.value[k, n] > -1e8
    return False


@njit(cache=True)
def solve_values(active, utilities, graph, order, perceived, paths, p, tolerance, sweeps, values, way, stay):  # type: ignore[no-untyped-def]
    """Solve the soft Bellman equation for each active class by Gauss-Seidel sweeps, from ``values`` as a start.

    Args:
        active: C, classes to solve.
        utilities: N x means x W, from way_utilities.
        graph: the route graph.
        order: nodes, those nearest to the destination first.
        perceived: what people believe.
        paths: lawful pathways.
        p: behavior parameters.
        tolerance: largest change of a value in the last sweep.
        sweeps: most sweeps that are made.
        values: C x I, read as a start and filled with V.
        way: C x W, filled with the utility of each way and what follows.
        stay: C x I x 4, filled with the utilities of the other options.

    Returns:
        The largest change of a value in the last sweep of any class.
    """
    n_ways = graph.start.shape[0]
    constant, onward, back = np.empty(n_ways), np.empty(n_ways), np.empty(n_ways)
    worst = 0.0
    for first in range(0, active.shape[0], N_TIES * N_MEANS):
        n = first // CLASSES_PER_NATIONALITY
        party = (first // (N_TIES * N_MEANS)) % N_PARTY
        for ties in range(N_TIES):
            arrival = p.arrival_value + p.ties_value * ties
            for w in range(n_ways):
                constant[w], onward[w], back[w] = way_terms(w, n, party, graph, perceived, arrival, p)
            for means in range(N_MEANS):
                c = first + means * N_TIES + ties
                if active[c]:
                    last = solve_class(
                        n,
                        ties,
                        utilities[n, means],
                        constant,
                        onward,
                        back,
                        graph,
                        order,
                        perceived,
                        paths,
                        p,
                        tolerance,
                        sweeps,
                        values[c],
                        way[c],
                        stay[c],
                    )
                    worst = max(worst, last)
    return worst


@njit(cache=True)
def solve_class(  # type: ignore[no-untyped-def]
    n, ties, utility, constant, onward, back, graph, order, perceived, paths, p, tolerance, sweeps, values, way, stay
):
    """Solve the soft Bellman equation of one class in place; return the largest change in the last sweep."""
    mu = p.route_scale
    scratch = np.empty(LARGEST_CHOICE)
    others = np.empty(N_OPTIONS)
    change = 0.0
    for _ in range(sweeps):
        change = 0.0
        for i in order:
            option_values(i, n, values[i], graph, perceived, p, others)
            count = 0
            best = -np.inf
            for k in range(N_OPTIONS):
                stay[i, k] = others[k]
                scratch[count] = others[k]
                best = max(best, others[k])
                count += 1
            for e in range(graph.out_start[i], graph.out_start[i + 1]):
                w = graph.out[e]
                u = utility[w]
                if u > -np.inf and graph.mode[w] < WAY_PORT:
                    u += constant[w] + onward[w] * values[graph.end[w]] + back[w] * values[graph.back_to[w]]
                else:
                    u = -np.inf
                way[w] = u
                scratch[count] = u
                best = max(best, u)
                count += 1
            for k in range(paths.open.shape[0]):
                if pathway_here(k, i, n, ties, graph, paths):
                    u = paths.value[k, n] - paths.apply_cost[k] + p.ties_value * ties
                    scratch[count] = u
                    best = max(best, u)
                    count += 1
            total = 0.0
            for k in range(count):
                if scratch[k] > best - NEGLIGIBLE * mu:
                    total += np.exp((scratch[k] - best) / mu)
            new = best + mu * np.log(total)
            change = max(change, abs(new - values[i]))
            values[i] = new
        if change < tolerance:
            break
    return change


def days_to_border(start: Ints, end: Ints, days: Floats, mode: Ints, sea_exit: np.ndarray) -> Floats:
    """Return the days of the shortest way from each node to a crossing of the border or the exit by sea."""
    crossing = mode >= WAY_CROSSING
    distance = np.full(sea_exit.shape[0], np.inf)
    distance[start[crossing]] = 0.0
    distance[sea_exit] = 0.0
    while True:
        through = np.where(crossing, np.inf, distance[end] + days)
        updated = distance.copy()
        np.minimum.at(updated, start, through)
        if np.array_equal(updated, distance):
            return distance
        distance = updated


def node_order(graph: Graph) -> Ints:
    """Return nodes with ways out, those fewest days from the border first, for fast convergence."""
    distance = days_to_border(graph.start, graph.end, graph.days, graph.mode, graph.sea_exit)
    has_ways = np.diff(graph.out_start) > 0
    order = np.argsort(distance, kind="stable")
    return order[has_ways[order] & np.isfinite(distance[order])].astype(np.int64)
