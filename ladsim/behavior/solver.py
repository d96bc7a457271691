"""The soft Bellman equation of the traveler classes: what is solved, nationality by nationality.

The classes of a nationality differ in what a way is worth and share the graph. They are solved side by side, one lane
a class (ladsim.behavior.sweeps); here their ways are laid out for it, and what is found is written back.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ladsim.behavior.sweeps import CLOSED, WIDTH, Lanes, Scratch, Terms, solve_lanes
from ladsim.behavior.tables import LARGEST_CHOICE, OPTION_WAIT
from ladsim.core.schema import N_KIND, N_MEANS, N_PARTY, N_TIES

CLASSES = N_PARTY * N_KIND * N_MEANS * N_TIES


@njit(cache=True, error_model="numpy", inline="always")
def parts(c):  # type: ignore[no-untyped-def]
    """Return party, kind, means and ties of a class."""
    rest, ties = divmod(c, N_TIES)
    rest, means = divmod(rest, N_MEANS)
    rest, kind = divmod(rest, N_KIND)
    return rest % N_PARTY, kind, means, ties


@njit(cache=True, error_model="numpy")
def solve_classes(  # type: ignore[no-untyped-def]
    classes,
    usable,
    constant,
    onward,
    back,
    here,
    final,
    exits,
    out_start,
    out,
    end,
    back_to,
    order,
    order_start,
    mu,
    week_cost,
    week,
    worn_out,
    exit_scale,
    tolerance,
    sweeps,
    values,
    way,
    stay,
):
    """Solve the classes, and return the largest change of a value in the last sweep of any of them.

    Args:
        classes: the classes to solve, ascending.
        usable: nationality x kind x means x W, utility of each way by itself, minus infinity where it cannot be gone.
        constant, onward, back: utility of what follows a way, and the weights of values in it; see way_terms.
        here: nationality x kind x ties x I, logsum of the options that depend on no value.
        final: nationality x I x 4, utilities of the other options; only that of waiting is found here.
        exits: nationality x I, logsum of the ends of the journey, on offer only after an event.
        out_start, out, end, back_to: the graph.
        order, order_start: nodes to sweep, nationality by nationality.
        mu: I, scale at each node.
        week_cost: I, disutility of a week's wait.
        week: discount over a week.
        worn_out: chance that a week of waiting makes somebody think the journey over.
        exit_scale: scale of the choice between going on and an end.
        tolerance, sweeps: when to stop.
        values: C x I, read as the start and filled with V.
        way, stay: C x W and C x I x 4, filled with utilities.
    """
    worst = 0.0
    terms = Terms(week, worn_out, exit_scale, tolerance, sweeps)
    first = 0
    while first < len(classes):
        n = classes[first] // CLASSES
        last = first
        while last < len(classes) and classes[last] // CLASSES == n:
            last += 1
        nodes = order[order_start[n] : order_start[n + 1]]
        begin, which = ways_of(classes[first:last], usable[n], nodes, out_start, out)
        ends, backs, ahead = end[which], back_to[which], onward[n][which]
        for block in range(first, last, WIDTH):
            own = classes[block : min(block + WIDTH, last)]
            m, n_nodes = len(which), len(mu)
            worth, again = np.empty((m, WIDTH)), np.empty((m, WIDTH))
            fixed, found = np.empty((n_nodes, WIDTH)), np.empty((n_nodes, WIDTH))
            for lane in range(WIDTH):
                c = own[min(lane, len(own) - 1)]
                party, kind, means, ties = parts(c)
                for e in range(m):
                    utility = usable[n, kind, means, which[e]] + constant[n, party, kind, ties, which[e]]
                    worth[e, lane] = utility if utility > -np.inf else CLOSED
                    again[e, lane] = back[n, party, which[e]]
                for i in range(n_nodes):
                    fixed[i, lane] = here[n, kind, ties, i]
                    found[i, lane] = values[c, i]
            after = found.copy()
            lanes = Lanes(nodes, begin, ends, backs, ahead, again, worth, fixed, exits[n], mu, week_cost)
            worst = max(worst, solve_lanes(lanes, terms, found, after, scratch(len(nodes), m, n_nodes, len(own))))
            for lane in range(len(own)):
                c = own[lane]
                stay[c] = final[n]
                for i in range(n_nodes):
                    values[c, i] = found[i, lane]
                for i in nodes:
                    week_on = week * ((1.0 - worn_out) * found[i, lane] + worn_out * after[i, lane])
                    stay[c, i, OPTION_WAIT] = week_on - week_cost[i]
                    for e in range(out_start[i], out_start[i + 1]):
                        way[c, out[e]] = -np.inf
                for e in range(m):
                    if worth[e, lane] > CLOSED:
                        going_on = ahead[e] * found[ends[e], lane] + again[e, lane] * after[backs[e], lane]
                        way[c, which[e]] = worth[e, lane] + going_on
        first = last
    return worst


@njit(cache=True, error_model="numpy")
def ways_of(classes, usable, nodes, out_start, out):  # type: ignore[no-untyped-def]
    """Return the ways that any of the classes can go, side by side in the order of the nodes, and where each begins."""
    can = np.zeros(usable.shape, np.bool_)
    for c in classes:
        _, kind, means, _ = parts(c)
        can[kind, means] = True
    begin = np.zeros(len(nodes) + 1, np.int64)
    which = np.empty(len(out), np.int64)
    m = 0
    for k in range(len(nodes)):
        for e in range(out_start[nodes[k]], out_start[nodes[k] + 1]):
            is_open = False
            for kind in range(N_KIND):
                for means in range(N_MEANS):
                    is_open |= can[kind, means, out[e]] and usable[kind, means, out[e]] > -np.inf
            if is_open:
                which[m] = out[e]
                m += 1
        begin[k + 1] = m
    return begin, which[:m]


@njit(cache=True, error_model="numpy")
def scratch(n, m, n_nodes, n_working):  # type: ignore[no-untyped-def]
    """Return what the sweeps remember, as at the start; lanes from n_working on have no class."""
    return Scratch(
        np.ones((n_nodes, WIDTH)),
        np.zeros((m, WIDTH)),
        np.zeros((m, WIDTH)),
        np.zeros((n, WIDTH)),
        np.zeros((n, WIDTH)),
        np.full((n, WIDTH), np.inf),
        np.ones((n, WIDTH)),
        np.empty((LARGEST_CHOICE, WIDTH)),
        np.empty(WIDTH),
        np.empty(WIDTH),
        np.empty(WIDTH),
        np.empty(WIDTH),
        np.empty(WIDTH),
        np.empty(WIDTH),
        np.empty(WIDTH),
        np.zeros(WIDTH),
        np.zeros(WIDTH),
        np.arange(WIDTH) < n_working,
        np.zeros(WIDTH, np.bool_),
    )
