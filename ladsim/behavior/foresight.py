"""Going before it is too late: how a change that is known ahead weighs on decisions until it comes.

What the way on will be worth once the change holds is solved beside what it is worth now. Who can reach the border in
time goes all the more as they have something to lose; who cannot decides by what will hold when they get there.
"""

from __future__ import annotations

import numpy as np

from ladsim.behavior.graph_order import length_to_border
from ladsim.behavior.tables import OPTION_WAIT, Floats, Graph, Ints
from ladsim.behavior.values import DAYS_PER_WEEK, WAY_CROSSING


def days_left_on_the_way(graph: Graph) -> tuple[Floats, Floats]:
    """Return the fewest days to the border from each node (I), and by each way from where it starts (W)."""
    nodes = length_to_border(graph.start, graph.end, graph.days, graph.mode, graph.sea_exit)
    last = (graph.mode >= WAY_CROSSING) | graph.sea_exit[graph.end]
    return nodes, np.where(last, 0.0, graph.days + nodes[graph.end])


def look_ahead(
    graph: Graph,
    rows: Ints,
    days: float,
    foresight: float,
    now: tuple[Floats, Floats, Floats],
    later: tuple[Floats, Floats, Floats],
) -> None:
    """Change the values of ways and of waiting to those by which people decide while a change lies ahead.

    Args:
        graph: the route graph.
        rows: the classes that are valued.
        days: until the change.
        foresight: how far a loss counts for going before it.
        now: values of nodes (C x I), ways (C x W) and other options (C x I x 4) today; ways and waiting are changed.
        later: the same once the change holds.
    """
    nodes_left, ways_left = days_left_on_the_way(graph)
    nodes, ways, stay = now
    change = nodes[rows] - later[0][rows]
    in_time = ways_left <= days
    near, far = np.flatnonzero(in_time), np.flatnonzero(~in_time)
    ways[np.ix_(rows, near)] += foresight * np.maximum(change, 0.0)[:, graph.start[near]]
    today, then = ways[np.ix_(rows, far)], later[1][np.ix_(rows, far)]
    too_late = np.where(np.isfinite(then), then, today - change[:, graph.end[far]])
    ways[np.ix_(rows, far)] = np.where(np.isfinite(today), too_late, today)
    waits_too_long = np.flatnonzero(nodes_left + DAYS_PER_WEEK > days)
    waiting = np.ix_(rows, waits_too_long, np.array([OPTION_WAIT]))
    stay[waiting] = later[2][waiting]
