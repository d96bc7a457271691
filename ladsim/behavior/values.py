"""What the way on is worth: a recursive logit on the route graph, by traveler class.

The value of being at node i for class c solves the soft Bellman equation

    V_c(i) = mu_i * log( sum over options k of exp(U_c(i, k) / mu_i) )

with U of a way = its own utility (money, days, hazards, hardship) + discount ** days * the value of what follows, and
with chance on every way (being stopped and sent back) and at the border (the perceived dispositions). Besides the ways,
a node offers to wait or to apply for a lawful pathway. A journey may end only after an event (being stopped, put back,
or worn out by waiting), where to go on competes with turning back, asking for asylum and settling:

    V_after(i) = mu_e * log( exp(V(i) / mu_e) + sum over exits x of exp(E(i, x) / mu_e) )

Fosgerau, Frejinger and Karlstrom (2013), A link based network route choice model with unrestricted choice set,
Transportation Research Part B 56.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ladsim.behavior.parameters import Parameters
from ladsim.behavior.solver import solve_classes
from ladsim.behavior.tables import (
    ANY_DAY,
    CHANNEL_PORT,
    CHANNEL_TRANSIT,
    CHANNEL_WALK_IN,
    N_OPTIONS,
    OPTION_ASYLUM,
    OPTION_SETTLE,
    OPTION_TURN_BACK,
    Bools,
    Floats,
    Graph,
    Ints,
    Paths,
)
from ladsim.core.schema import N_KIND, N_MEANS, N_PARTY, N_TIES, Kind, Mode, Outcome, Party

WAY_CROSSING, WAY_PORT, WAY_ENTRY = int(Mode.CROSSING), int(Mode.PORT), int(Mode.ENTRY)
RELEASE, TRANSFER = int(Outcome.RELEASE), int(Outcome.TRANSFER)
TITLE_8, TITLE_42 = int(Outcome.TITLE_8_REPATRIATION), int(Outcome.TITLE_42_EXPULSION)
RETURN_TO_MEXICO, PAROLE = int(Outcome.RETURN_TO_MEXICO), int(Outcome.PAROLE)
CHILD = int(Party.UNACCOMPANIED_CHILD)
PRESENTER, EVADER = int(Kind.PRESENTER), int(Kind.EVADER)
DAYS_PER_WEEK = 7.0
IMPOSSIBLE = -1e8


class Perceived(NamedTuple):
    """What people believe: stops W x N, removals from nodes I x N, outcomes N x P x O; the rest as it is known."""

    stop: Floats
    stop_removed: Floats
    node_removal: Floats
    outcome: Floats
    expulsion_air: Floats
    transfer_removed: Floats
    undetected_value: Floats
    own_border: Bools
    taken_back: Floats
    own_country: Ints
    interior_removal: Floats
    asylum_value: Floats
    home_value: Floats


def way_utilities(
    graph: Graph,
    cost: Floats,
    way_open: Bools,
    familiarity: Floats,
    attraction: Floats,
    boarding_wait: Floats,
    median_means: Floats,
    p: Parameters,
) -> Floats:
    """Return the utility of each way by itself, N x means class x W; minus infinity where it is closed.

    Args:
        cost: W x N, USD, fare and fees and charges together.
        way_open: W x N.
        familiarity: W x N, share of a nationality who know the way.
        attraction: W, constant of the way.
        boarding_wait: W, days that people wait for a seat.
        median_means: USD by means class.
    """
    hardship = np.where(graph.mode == int(Mode.WALK), p.hardship_walk, 0.0)
    hardship = hardship + np.where(graph.entry_country >= 0, p.irregular_border, 0.0)
    hardship = hardship + np.where(flies_abroad(graph), p.flight_barrier, 0.0)
    risk = risk_disutility(graph, p)
    hardship = hardship + np.where(graph.onward, 0.0, p.detour)
    waiting = (p.time + p.wait_cost / DAYS_PER_WEEK) * boarding_wait
    own = attraction - hardship - risk - waiting - p.time * graph.days
    known = p.familiarity_weight * np.log(familiarity.T)
    closed = np.where(way_open.T, 0.0, -np.inf)
    money = p.money * cost.T[:, None, :] / median_means[None, :, None]
    return (own[None, :] + known + closed)[:, None, :] - money


def flies_abroad(graph: Graph) -> Bools:
    """Return which ways are flights into another country (W)."""
    flight = np.isin(graph.mode, (int(Mode.FLIGHT_SCHEDULED), int(Mode.FLIGHT_CHARTER)))
    return np.asarray(flight & (graph.node_country[graph.start] != graph.node_country[graph.end]))


def risk_disutility(graph: Graph, p: Parameters) -> Floats:
    """Return the disutility of the hazards of each way (W), for somebody of mean risk aversion."""
    per_thousand = 1000.0
    return p.risk_death * graph.death * per_thousand + p.risk_robbery * graph.robbery


def node_scales(graph: Graph, p: Parameters) -> Floats:
    """Return the scale mu of the choice at each node (I): it may be larger where flights abroad are on offer.

    Mai, Fosgerau and Frejinger (2015), A nested recursive logit model for route choice analysis, Transportation
    Research Part B 75.
    """
    return np.asarray(np.where(graph.hub, p.hub_scale, 1.0) * p.route_scale)


def week_costs(graph: Graph, p: Parameters) -> Floats:
    """Return the disutility of a week's wait at each node (I): away from the border it breaks the journey."""
    return np.asarray(p.wait_cost + np.where(graph.at_border, 0.0, p.halt_cost))


def kind_utilities(graph: Graph, utilities: Floats, cost: Floats, median_means: Floats, p: Parameters) -> Floats:
    """Return the utilities of ways by themselves by kind of journey: N x Q x means class x W.

    Presenters cross alone and evaders with a guide; the other way round costs ``kind_switch``. Evaders' guides are paid
    on the credit of relatives, which weighs ``credit_weight``; a crossing is paid once for ``package_tries`` attempts.

    Args:
        utilities: N x means class x W, from way_utilities.
        cost: W x N, USD.
        median_means: USD by means class.
    """
    crossing, guided = graph.mode == WAY_CROSSING, graph.guided == 1
    made = np.repeat(utilities[:, None], N_KIND, axis=1)
    made[:, PRESENTER, :, crossing & guided] -= p.kind_switch
    made[:, EVADER, :, crossing & ~guided] -= p.kind_switch
    share = np.where(crossing, p.credit_weight / p.package_tries, p.credit_weight)
    spared = p.money * cost.T[:, None, :] / median_means[None, :, None] * (1.0 - share)
    made[:, EVADER] += np.where(guided, spared, 0.0)
    return made


def removed_value(perceived: Perceived, p: Parameters) -> Floats:
    """Return what being sent back to the own country is worth, N."""
    return perceived.home_value + p.removed_value


def border_terms(perceived: Perceived, arrival: Floats, p: Parameters) -> tuple[Floats, Floats]:
    """Return what an encounter is worth: a constant (N x P x Q x T) and the weight of being back at the border (N x P).

    ``arrival`` (N x T) is the value of a release without and with ties. An expulsion under the public-health order cost
    those at their own border little, and evaders, whose guides try again; a repatriation under Title 8, which bars from
    entry for years, costs them more. Whom Mexico takes back under Title 8 is at the border
    again too: of those with a consequence no more than the agreed share, also where more is believed.
    """
    own = perceived.own_border[:, None]
    spared = np.stack([perceived.own_border, np.ones_like(perceived.own_border)], axis=-1)[:, None, :]
    eased = p.expulsion_cost * np.where(spared, 1.0 - p.own_border_ease, 1.0)
    air = perceived.expulsion_air[:, None]
    detained = np.repeat(perceived.transfer_removed[:, None], N_PARTY, axis=1)
    detained[:, CHILD] = 0.0
    shares = np.moveaxis(perceived.outcome, -1, 0)
    repatriated = shares[TITLE_8] + shares[TRANSFER] * detained
    put_back = shares[TITLE_42] * (1.0 - air) + shares[RETURN_TO_MEXICO]
    agreed = perceived.taken_back[:, None] * (shares[TITLE_8] + shares[TRANSFER])
    over_border = np.where(own, repatriated, np.minimum(shares[TITLE_8], agreed))
    back = put_back + over_border
    removed = shares[TITLE_42] * air + repatriated - over_border
    arrived = shares[RELEASE] + shares[PAROLE] + shares[TRANSFER] * (1.0 - detained)
    fixed = (
        (removed * removed_value(perceived, p)[:, None])[..., None]
        - put_back[..., None] * eased
        - over_border[..., None] * (eased + p.repatriation_cost)
    )
    return arrived[:, :, None, None] * arrival[:, None, None] + fixed[..., None], back


def way_terms(graph: Graph, perceived: Perceived, arrival: Floats, p: Parameters) -> tuple[Floats, Floats, Floats]:
    """Return what follows from a way: a constant, the weight of the value of its end, and of that of going back.

    Whoever enters reckons with a chance of being removed from inside the country. Going back is to the place people are
    sent to when stopped, or to the border city after an expulsion.

    Returns:
        constant N x P x Q x T x W, onward N x W, back N x P x W.
    """
    discount = p.discount**graph.days
    crossing = graph.mode == WAY_CROSSING
    sea = graph.sea_exit[graph.end]
    stop = perceived.stop.T
    gone = perceived.node_removal[graph.end].T
    to_home = graph.stop_to < 0
    sent = np.where(to_home, 1.0, perceived.stop_removed[graph.stop_country])
    onward = (1.0 - stop) * (1.0 - gone)
    onward[:, crossing | sea] = 0.0
    removed = removed_value(perceived, p)[:, None]
    reckoned = perceived.interior_removal[:, None]
    arrival = (1.0 - reckoned) * arrival + reckoned * removed
    stopped = stop * (sent * removed - (1.0 - sent) * p.interdiction_cost)
    overland = (1.0 - stop) * gone * removed + stopped
    at_border, returned = border_terms(perceived, arrival, p)
    met = np.where(crossing, graph.detection, 0.0)
    worth = np.stack([perceived.undetected_value, np.ones_like(perceived.undetected_value)], axis=-1)
    undetected = worth[:, :, None] * arrival[:, None]
    constant = np.empty((*at_border.shape, graph.days.shape[0]))
    parties = at_border.shape[1]
    constant[...] = overland[:, None, None, None, :]
    by_sea = (1.0 - stop)[:, None, :] * p.sea_value * arrival[:, :, None] + stop[:, None, :] * removed[:, None]
    constant[..., sea] = by_sea[:, None, None][..., sea]
    over_border = met * at_border[..., None] + (1.0 - met) * undetected[:, None, ..., None]
    constant[..., crossing] = over_border[..., crossing]
    back = np.repeat((stop * (1.0 - sent))[:, None, :], parties, axis=1)
    back[..., sea] = 0.0
    back[..., crossing] = (met * returned[..., None])[..., crossing]
    return discount * constant, discount * onward, discount * back


def final_options(graph: Graph, perceived: Perceived, p: Parameters) -> Floats:
    """Return N x I x 4, the utilities of turning back, asking for asylum and settling (waiting is left at 0)."""
    n, nodes = graph.return_days.shape
    out = np.zeros((n, nodes, N_OPTIONS))
    abroad = graph.node_country[None, :] != perceived.own_country[:, None]
    home = perceived.home_value[:, None]
    out[..., OPTION_TURN_BACK] = home - p.turn_back_cost - p.turn_back_day * graph.return_days
    out[..., OPTION_ASYLUM] = np.where(abroad, perceived.asylum_value[graph.node_country], -np.inf)
    out[..., OPTION_SETTLE] = np.where(abroad, p.settle_value, -np.inf)
    return out


def soft_max(options: Floats, mu: Floats | float) -> Floats:
    """Return the logsum of the options on the last axis at the scale mu; minus infinity where all of them are."""
    best = options.max(axis=-1)
    at = np.where(best > -np.inf, best, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(at + mu * np.log(np.exp((options - at[..., None]) / np.asarray(mu)[..., None]).sum(axis=-1)))


def exit_logsums(final: Floats, p: Parameters) -> Floats:
    """Return N x I, what the ends of a journey are worth together, after an event."""
    mu = p.exit_scale
    return soft_max(final[..., 1:], mu)


def fixed_logsums(graph: Graph, paths: Paths, p: Parameters) -> Floats:
    """Return N x Q x T x I, the logsum at each node of the pathways, which do not depend on values of nodes.

    To ask at a port costs evaders ``kind_switch``. It is minus infinity where no pathway is on offer.
    """
    bonus = p.ties_value * np.arange(N_TIES)[:, None] * paths.to_us
    port = (paths.channel == CHANNEL_PORT)[:, None] & graph.port_zone
    walk_in = (paths.channel == CHANNEL_WALK_IN)[:, None] & graph.walk_in_zone
    comers = (paths.channel == CHANNEL_TRANSIT) & (paths.present_here == ANY_DAY)
    office = comers[:, None] & paths.office[:, graph.node_country]
    there = (port | walk_in | office) & paths.open[:, None]
    offered = there.any(axis=1)
    worth = np.where(paths.value > IMPOSSIBLE, paths.value - paths.apply_cost[:, None], -np.inf)
    path = worth.T[:, None, :] + bonus[None]
    path = np.where(paths.needs_ties & (np.arange(N_TIES) == 0)[:, None], -np.inf, path)
    at_port = np.isin(paths.channel, (CHANNEL_PORT, CHANNEL_WALK_IN))
    shy = np.where(at_port, p.kind_switch, 0.0) * np.arange(N_KIND)[:, None]
    path = path[:, None] - shy[None, :, None]
    mu = node_scales(graph, p)
    if not offered.any():
        return np.full((path.shape[0], N_KIND, N_TIES, len(mu)), -np.inf)
    options = np.where(there[offered].T, path[..., None, offered], -np.inf)
    return soft_max(options, mu)


def solve_values(
    active: Bools,
    utilities: Floats,
    graph: Graph,
    order: list[Ints],
    perceived: Perceived,
    paths: Paths,
    p: Parameters,
    tolerance: float,
    sweeps: int,
    values: Floats,
    way: Floats,
    stay: Floats,
) -> float:
    """Solve the soft Bellman equation for each active class by Gauss-Seidel sweeps, from ``values`` as a start.

    Args:
        active: C, classes to solve.
        utilities: N x Q x means x W, from kind_utilities.
        graph: the route graph.
        order: nodes by nationality, those nearest to the destination first.
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
    arrival = p.arrival_value + p.ties_value * np.arange(N_TIES, dtype=np.float64)
    constant, onward, back = way_terms(graph, perceived, arrival, p)
    final = final_options(graph, perceived, p)
    here = fixed_logsums(graph, paths, p)
    usable = np.where(graph.mode < WAY_PORT, utilities, -np.inf)
    starts = np.concatenate([[0], np.cumsum([len(nodes) for nodes in order])])
    return float(
        solve_classes(
            np.flatnonzero(active),
            usable,
            constant,
            onward,
            back,
            here,
            final,
            exit_logsums(final, p),
            graph.out_start,
            graph.out,
            graph.end,
            graph.back_to,
            np.concatenate(order),
            starts,
            node_scales(graph, p),
            week_costs(graph, p),
            p.discount**DAYS_PER_WEEK,
            1.0 / p.patience,
            p.exit_scale,
            tolerance,
            sweeps,
            values,
            way,
            stay,
        )
    )


def class_parts(c: int) -> tuple[int, int, int, int, int]:
    """Return nationality, party, means class, ties and kind of a traveler class; the inverse of schema.class_index."""
    rest, ties = divmod(c, N_TIES)
    rest, means = divmod(rest, N_MEANS)
    rest, kind = divmod(rest, N_KIND)
    n, party = divmod(rest, N_PARTY)
    return n, party, means, ties, kind
