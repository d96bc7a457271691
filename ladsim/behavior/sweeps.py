"""Sweeps over the nodes that solve the soft Bellman equation of many classes side by side, one lane a class.

Each lane does what it would do alone, and stops when it has converged. The loops over lanes have no branches and no
two arrays share memory, so that they become vector instructions: some eight times as fast as one class after another.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.core.compiler import CompilerBase, DefaultPassBuilder

from ladsim.behavior.exponential import exp_of_negative, log_from_one
from ladsim.behavior.tables import NEGLIGIBLE

STEEPEST = 0.98
PASSED_OVER = 0.25
CLOSED = -1e300
WIDTH = 8


class NothingShared(CompilerBase):
    """Numba's compiler, told that no two array arguments of the function share memory."""

    def define_pipelines(self) -> list[Any]:
        """Return the passes, which are Numba's own."""
        self.state.flags.noalias = True
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]


class Lanes(NamedTuple):
    """What is solved: K nodes to sweep, M ways, I nodes in all.

    Attributes:
        nodes: K, the nodes in the order of the sweep.
        begin: K + 1, the first way of each of them.
        ends, backs, ahead: M, where a way leads, where it leads back to after an event, weight of the value at its end.
        again: M x lanes, weight of the value after an event where the way leads back to.
        worth: M x lanes, what a way is worth but for these values; CLOSED where a lane cannot go it.
        here: I x lanes, logsum of the options that depend on no value.
        exits: I, logsum of the ends of the journey, on offer only after an event.
        mu: I, scale at each node.
        week_cost: I, disutility of a week's wait.
    """

    nodes: Any
    begin: Any
    ends: Any
    backs: Any
    ahead: Any
    again: Any
    worth: Any
    here: Any
    exits: Any
    mu: Any
    week_cost: Any


class Terms(NamedTuple):
    """Numbers that hold for all lanes: those of solve_classes by the same names."""

    week: Any
    worn_out: Any
    exit_scale: Any
    tolerance: Any
    sweeps: Any


class Scratch(NamedTuple):
    """What the sweeps remember, by node, way and lane; see solver.scratch for the start of each.

    Attributes:
        goes_on: I x lanes, chance of going on after an event.
        continued, share: M x lanes, utility and probability of each way when its node was last taken.
        waited, share_of_wait: K x lanes, the same of waiting.
        taken, slope: K x lanes, the logsum then, and one less its derivative by the value of the node itself.
        utility: ways of a node x lanes, their utility now.
        waiting, best, low, high, logsum, own, total: of the node under way, by lane.
        change, last_change: largest step of each lane in this sweep, and in its last one.
        at_work, taking: whether a lane has not converged yet, and whether its node is taken.
    """

    goes_on: Any
    continued: Any
    share: Any
    waited: Any
    share_of_wait: Any
    taken: Any
    slope: Any
    utility: Any
    waiting: Any
    best: Any
    low: Any
    high: Any
    logsum: Any
    own: Any
    total: Any
    change: Any
    last_change: Any
    at_work: Any
    taking: Any


@njit(cache=True, error_model="numpy", pipeline_class=NothingShared)
def solve_lanes(lanes, terms, values, after, mind):  # type: ignore[no-untyped-def]
    """Solve the soft Bellman equation of the lanes in place; return the largest change in a lane's last sweep.

    At each node a Newton step takes account of the options that lead back to the node itself (waiting, and trying
    again after an expulsion), which plain sweeps would follow only slowly.

    A node whose logsum cannot have moved much since it was last taken is passed over: to first order it moves by the
    changes of its options times their probabilities, and what that neglects is at most the square of the range of the
    changes over 8 mu (the variance of what lies in an interval is at most a quarter of its length squared).

    Args:
        lanes: what is solved.
        terms: numbers that hold for all lanes.
        values: I x lanes, the start, and filled with V.
        after: I x lanes, the start, and filled with the value right after an event.
        mind: what is remembered, as solver.scratch makes it.
    """
    stays, tires = terms.week * (1.0 - terms.worn_out), terms.week * terms.worn_out
    per_exit = 1.0 / terms.exit_scale
    limit = PASSED_OVER * terms.tolerance
    for i in lanes.nodes:
        if lanes.exits[i] > -np.inf:
            for lane in range(WIDTH):
                v = values[i, lane]
                less = exp_of_negative(-abs(v - lanes.exits[i]) * per_exit)
                after[i, lane] = max(v, lanes.exits[i]) + terms.exit_scale * log_from_one(1.0 + less)
                mind.goes_on[i, lane] = (1.0 if v >= lanes.exits[i] else less) / (1.0 + less)
    for _ in range(terms.sweeps):
        for lane in range(WIDTH):
            mind.change[lane] = 0.0
        for k in range(len(lanes.nodes)):
            i = lanes.nodes[k]
            first, last = lanes.begin[k], lanes.begin[k + 1]
            scale, cost = lanes.mu[i], lanes.week_cost[i]
            for lane in range(WIDTH):
                waiting = stays * values[i, lane] + tires * after[i, lane] - cost
                moved = waiting - mind.waited[k, lane]
                mind.waiting[lane] = waiting
                mind.best[lane] = max(lanes.here[i, lane], waiting)
                mind.low[lane] = min(moved, 0.0)
                mind.high[lane] = max(moved, 0.0)
                mind.logsum[lane] = mind.taken[k, lane] + mind.share_of_wait[k, lane] * moved
            for e in range(first, last):
                to, back, ahead = lanes.ends[e], lanes.backs[e], lanes.ahead[e]
                for lane in range(WIDTH):
                    u = lanes.worth[e, lane] + ahead * values[to, lane] + lanes.again[e, lane] * after[back, lane]
                    moved = u - mind.continued[e, lane]
                    mind.utility[e - first, lane] = u
                    mind.best[lane] = max(mind.best[lane], u)
                    mind.low[lane] = min(moved, mind.low[lane])
                    mind.high[lane] = max(moved, mind.high[lane])
                    mind.logsum[lane] += mind.share[e, lane] * moved
            bend, any_taken = 1.0 / (8.0 * scale), False
            for lane in range(WIDTH):
                width = mind.high[lane] - mind.low[lane]
                could_move = abs(mind.logsum[lane] - values[i, lane]) + width * width * bend
                taking = (not could_move < limit * mind.slope[k, lane]) & mind.at_work[lane]
                mind.taking[lane] = taking
                any_taken |= taking
            if not any_taken:
                continue
            per_scale, negligible = 1.0 / scale, NEGLIGIBLE * scale
            for lane in range(WIDTH):
                best, waiting = mind.best[lane], mind.waiting[lane]
                weight = exp_of_negative((waiting - best) * per_scale)
                mind.total[lane] = exp_of_negative((lanes.here[i, lane] - best) * per_scale) + weight
                mind.own[lane] = weight * (stays + tires * mind.goes_on[i, lane])
                taking, share, waited = mind.taking[lane], mind.share_of_wait[k, lane], mind.waited[k, lane]
                mind.share_of_wait[k, lane] = weight if taking else share
                mind.waited[k, lane] = waiting if taking else waited
            for e in range(first, last):
                to_itself = 1.0 if lanes.backs[e] == i else 0.0
                for lane in range(WIDTH):
                    u, best = mind.utility[e - first, lane], mind.best[lane]
                    weight = exp_of_negative((u - best) * per_scale)
                    weight = weight if u > best - negligible else 0.0
                    mind.total[lane] += weight
                    mind.own[lane] += to_itself * weight * lanes.again[e, lane] * mind.goes_on[i, lane]
                    mind.utility[e - first, lane] = weight
                    continued = mind.continued[e, lane]
                    mind.continued[e, lane] = u if mind.taking[lane] else continued
            for lane in range(WIDTH):
                total, value, taking = mind.total[lane], values[i, lane], mind.taking[lane]
                per_total = 1.0 / total
                taken = mind.best[lane] + scale * log_from_one(total)
                slope = 1.0 - min(mind.own[lane] * per_total, STEEPEST)
                step = (taken - value) / slope
                step = step if taking else 0.0
                old_taken, old_slope, share = mind.taken[k, lane], mind.slope[k, lane], mind.share_of_wait[k, lane]
                mind.taken[k, lane] = taken if taking else old_taken
                mind.slope[k, lane] = slope if taking else old_slope
                mind.share_of_wait[k, lane] = share * per_total if taking else share
                mind.change[lane] = max(mind.change[lane], abs(step))
                mind.own[lane] = per_total
                values[i, lane] = value + step
            for e in range(first, last):
                for lane in range(WIDTH):
                    share, old = mind.utility[e - first, lane] * mind.own[lane], mind.share[e, lane]
                    mind.share[e, lane] = share if mind.taking[lane] else old
            if lanes.exits[i] > -np.inf:
                for lane in range(WIDTH):
                    v = values[i, lane]
                    less = exp_of_negative(-abs(v - lanes.exits[i]) * per_exit)
                    after[i, lane] = max(v, lanes.exits[i]) + terms.exit_scale * log_from_one(1.0 + less)
                    mind.goes_on[i, lane] = (1.0 if v >= lanes.exits[i] else less) / (1.0 + less)
            else:
                for lane in range(WIDTH):
                    after[i, lane] = values[i, lane]
        for lane in range(WIDTH):
            if mind.at_work[lane]:
                mind.last_change[lane] = mind.change[lane]
                mind.at_work[lane] = mind.change[lane] >= terms.tolerance
        if not mind.at_work.any():
            break
    return mind.last_change.max()
