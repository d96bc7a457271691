"""The soft Bellman equation of each traveler class, solved by sweeps over the nodes."""

from __future__ import annotations

import numpy as np
from numba import njit

from ladsim.behavior.tables import LARGEST_CHOICE, NEGLIGIBLE, OPTION_WAIT
from ladsim.core.schema import N_KIND, N_MEANS, N_PARTY, N_TIES

STEEPEST = 0.98
PASSED_OVER = 0.25


@njit(cache=True, error_model="numpy", inline="always")
def after_event(value, exits, scale):  # type: ignore[no-untyped-def]
    """Return what being somewhere is worth right after an event, and the chance of going on."""
    if exits == -np.inf:
        return value, 1.0
    best = max(value, exits)
    on, end = np.exp((value - best) / scale), np.exp((exits - best) / scale)
    return best + scale * np.log(on + end), on / (on + end)


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
    """Solve one class after the other with solve_class; the arrays are those of all nationalities, parties, ties."""
    worst = 0.0
    for c in classes:
        rest, ties = divmod(c, N_TIES)
        rest, means = divmod(rest, N_MEANS)
        rest, kind = divmod(rest, N_KIND)
        n, party = divmod(rest, N_PARTY)
        stay[c] = final[n]
        change = solve_class(
            usable[n, kind, means] + constant[n, party, kind, ties],
            onward[n],
            back[n, party],
            here[n, kind, ties],
            exits[n],
            out_start,
            out,
            end,
            back_to,
            order[order_start[n] : order_start[n + 1]],
            mu,
            week_cost,
            week,
            worn_out,
            exit_scale,
            tolerance,
            sweeps,
            values[c],
            way[c],
            stay[c],
        )
        worst = max(worst, change)
    return worst


@njit(cache=True, error_model="numpy")
def solve_class(  # type: ignore[no-untyped-def]
    utility,
    onward,
    back,
    here,
    exits,
    out_start,
    out,
    end,
    back_to,
    order,
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
    """Solve the soft Bellman equation of one class in place; return the largest change in the last sweep.

    At each node a Newton step takes account of the options that lead back to the node itself (waiting, and trying
    again after an expulsion), which plain sweeps would follow only slowly.

    A node whose logsum cannot have moved much since it was last taken is passed over: to first order it moves by the
    changes of its options times their probabilities, and what that neglects is at most the square of the range of the
    changes over 8 mu (the variance of what lies in an interval is at most a quarter of its length squared).

    Args:
        utility, onward, back: W, utility with the constant of what follows, and the weights of values; see way_terms.
        here: I, logsum of the options that depend on no value.
        exits: I, logsum of the ends of the journey, on offer only after an event.
        out_start, out, end, back_to: the graph.
        order: nodes to sweep.
        mu: I, scale at each node.
        week: discount over a week.
        worn_out: chance that a week of waiting makes somebody think the journey over.
        exit_scale: scale of the choice between going on and an end.
        week_cost: I, disutility of a week's wait.
        tolerance, sweeps: when to stop.
        values: I, the start, and filled with V.
        way, stay: W and I x 4, filled with utilities.
    """
    # The ways that can be gone, side by side in the order of the sweep.
    n = len(order)
    begin = np.empty(n + 1, np.int64)
    which = np.empty(len(out), np.int64)
    begin[0] = m = 0
    for k in range(n):
        for e in range(out_start[order[k]], out_start[order[k] + 1]):
            way[out[e]] = -np.inf
            if utility[out[e]] > -np.inf:
                which[m] = out[e]
                m += 1
        begin[k + 1] = m
    ends, backs, ahead, again, worth = (
        end[which[:m]],
        back_to[which[:m]],
        onward[which[:m]],
        back[which[:m]],
        utility[which[:m]],
    )
    continued, share = np.zeros(m), np.zeros(m)
    waited, share_of_wait, taken, slope = np.zeros(n), np.zeros(n), np.full(n, np.inf), np.ones(n)
    scratch = np.empty(LARGEST_CHOICE)
    after, goes_on = values.copy(), np.ones(len(values))
    for i in order:
        after[i], goes_on[i] = after_event(values[i], exits[i], exit_scale)
    change = 0.0
    for _ in range(sweeps):
        change = 0.0
        for k in range(n):
            i = order[k]
            value, scale = values[i], mu[i]
            waiting = week * ((1.0 - worn_out) * value + worn_out * after[i]) - week_cost[i]
            best = max(here[i], waiting)
            first, last = begin[k], begin[k + 1]
            moved = waiting - waited[k]
            low, high = min(moved, 0.0), max(moved, 0.0)
            logsum = taken[k] + share_of_wait[k] * moved
            for e in range(first, last):
                u = worth[e] + ahead[e] * values[ends[e]] + again[e] * after[backs[e]]
                best = max(best, u)
                moved = u - continued[e]
                low, high = min(moved, low), max(moved, high)
                logsum += share[e] * moved
                scratch[e - first] = u
            bend = 1.0 / (8.0 * scale)
            if abs(logsum - value) + (high - low) * (high - low) * bend < PASSED_OVER * tolerance * slope[k]:
                continue
            floor, per_scale = best - NEGLIGIBLE * scale, 1.0 / scale
            own = np.exp((waiting - best) * per_scale)
            total = np.exp((here[i] - best) * per_scale) + own
            share_of_wait[k] = own
            own *= week * (1.0 - worn_out + worn_out * goes_on[i])
            for e in range(first, last):
                u = continued[e] = scratch[e - first]
                share[e] = 0.0
                if u > floor:
                    weight = np.exp((u - best) * per_scale)
                    total += weight
                    share[e] = weight
                    if backs[e] == i:
                        own += weight * again[e] * goes_on[i]
            for e in range(first, last):
                share[e] /= total
            share_of_wait[k] /= total
            waited[k] = waiting
            taken[k] = best + scale * np.log(total)
            slope[k] = 1.0 - min(own / total, STEEPEST)
            step = (taken[k] - value) / slope[k]
            change = max(change, abs(step))
            values[i] = value + step
            after[i], goes_on[i] = after_event(values[i], exits[i], exit_scale)
        if change < tolerance:
            break
    for i in order:
        stay[i, OPTION_WAIT] = week * ((1.0 - worn_out) * values[i] + worn_out * after[i]) - week_cost[i]
    for e in range(m):
        way[which[e]] = worth[e] + ahead[e] * values[ends[e]] + again[e] * after[backs[e]]
    return change
