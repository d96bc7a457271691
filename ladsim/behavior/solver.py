"""The soft Bellman equation of each traveller class, solved by sweeps over the nodes."""

from __future__ import annotations

import numpy as np
from numba import njit

from ladsim.behavior.tables import LARGEST_CHOICE, NEGLIGIBLE, OPTION_WAIT
from ladsim.schema import N_MEANS, N_PARTY, N_TIES

STEEPEST = 0.98


@njit(cache=True)
def solve_classes(  # type: ignore[no-untyped-def]
    classes,
    usable,
    constant,
    onward,
    back,
    here,
    final,
    out_start,
    out,
    end,
    back_to,
    order,
    order_start,
    mu,
    week_cost,
    week,
    tolerance,
    sweeps,
    values,
    way,
    stay,
):
    """Solve one class after the other with solve_class; the arrays are those of all nationalities, parties, ties."""
    worst = 0.0
    for c in classes:
        rest, ties = divmod(c, N_TIES)
        rest, means = divmod(rest, N_MEANS)
        n, party = divmod(rest, N_PARTY)
        stay[c] = final[n]
        change = solve_class(
            usable[n, means] + constant[n, party, ties],
            onward[n],
            back[n, party],
            here[n, ties],
            out_start,
            out,
            end,
            back_to,
            order[order_start[n] : order_start[n + 1]],
            mu,
            week_cost,
            week,
            tolerance,
            sweeps,
            values[c],
            way[c],
            stay[c],
        )
        worst = max(worst, change)
    return worst


@njit(cache=True)
def solve_class(  # type: ignore[no-untyped-def]
    utility,
    onward,
    back,
    here,
    out_start,
    out,
    end,
    back_to,
    order,
    mu,
    week_cost,
    week,
    tolerance,
    sweeps,
    values,
    way,
    stay,
):
    """Solve the soft Bellman equation of one class in place; return the largest change in the last sweep.

    At each node a Newton step takes account of the options that lead back to the node itself (waiting, and trying
    again after an expulsion), which plain sweeps would follow only slowly.

    Args:
        utility, onward, back: W, utility with the constant of what follows, and the weights of values; see way_terms.
        here: I, logsum of the options that depend on no value.
        out_start, out, end, back_to: the graph.
        order: nodes to sweep.
        mu, week: scale, discount over a week.
        week_cost: I, disutility of a week's wait.
        tolerance, sweeps: when to stop.
        values: I, the start, and filled with V.
        way, stay: W and I x 4, filled with utilities.
    """
    scratch = np.empty(LARGEST_CHOICE)
    change = 0.0
    for _ in range(sweeps):
        change = 0.0
        for i in order:
            value = values[i]
            waiting = week * value - week_cost[i]
            stay[i, OPTION_WAIT] = waiting
            best = max(here[i], waiting)
            first = out_start[i]
            count = out_start[i + 1] - first
            for e in range(count):
                w = out[first + e]
                u = utility[w]
                if u > -np.inf:
                    u += onward[w] * values[end[w]] + back[w] * values[back_to[w]]
                    best = max(best, u)
                way[w] = u
                scratch[e] = u
            floor = best - NEGLIGIBLE * mu
            own = np.exp((waiting - best) / mu)
            total = np.exp((here[i] - best) / mu) + own
            own *= week
            for e in range(count):
                if scratch[e] > floor:
                    weight = np.exp((scratch[e] - best) / mu)
                    total += weight
                    w = out[first + e]
                    if back_to[w] == i:
                        own += weight * back[w]
            step = (best + mu * np.log(total) - value) / (1.0 - min(own / total, STEEPEST))
            change = max(change, abs(step))
            values[i] = value + step
        if change < tolerance:
            break
    return change
