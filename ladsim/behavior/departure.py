"""What to do about the wish: stay, apply for a lawful pathway, ask for regular status, or leave irregularly."""

from __future__ import annotations

import numpy as np

from ladsim.behavior.route import (
    NO_PATHWAY,
    NO_WAY,
    ROUTE,
    board,
    draw_option,
    join_queue,
    pathway_utilities_of,
    scale_at,
    stand_in_line,
    stays_in_line,
    way_utilities_of,
)
from ladsim.behavior.values import DAYS_PER_WEEK
from ladsim.core.compiling import kernel
from ladsim.core.draws import Decision, uniform
from ladsim.core.schema import State

CONSIDERING, GAVE_UP = int(State.CONSIDERING), int(State.GAVE_UP)
REGULARIZED = int(State.REGULARIZED)
DEPART, FADE, PATHWAY = int(Decision.DEPART), int(Decision.FADE), int(Decision.PATHWAY_CHOICE)
TASTE, TASTE_FOR_WAYS = int(Decision.TASTE), int(Decision.TASTE_FOR_WAYS)
STAY, REGULARIZE, PATHWAYS, LEAVE = 0, 1, 2, 3
REGULARIZATION_GOAL = -2


@kernel
def spell_of_taste(person, day, p):  # type: ignore[no-untyped-def]
    """Return which spell of ``taste_days`` a day falls into; each person's begin on days of their own."""
    spell = int(p.taste_days)
    return (day + person % spell) // spell


@kernel
def choose_departure(a, day, seed, slot, people, graph, today, paths, values, risk, home, p, events, scratch, pending):  # type: ignore[no-untyped-def]
    """Decide for person a who considers leaving: a nested logit, looked at again every week.

    The nests are staying (alone), regular status (alone), the lawful pathways, and leaving irregularly, whose value is
    the logsum over the ways out. What a person thinks of leaving, and of the ways, lasts for ``taste_days``: as long as
    leaving is worth too little to them they stay, and they go when it is worth enough. Who stands in line for a seat
    looks again only once a week, and does not leave the state or the queue they are in before they board.
    """
    i = people.node[a]
    n = people.nationality[a]
    country = graph.node_country[i]
    person = people.person[a]
    passed = 1.0 if people.way[a] >= 0 else DAYS_PER_WEEK
    fade = 1.0 - np.exp(-passed / p.fade_days)
    if people.state[a] == CONSIDERING and uniform(seed, FADE, person, day) < fade:
        people.state[a] = GAVE_UP
        people.state_since[a] = day
        people.way[a] = NO_WAY
        return
    if stays_in_line(a, day, people, graph, today, pending):
        return
    m = way_utilities_of(a, slot, people, graph, today, values, risk, p, scratch)
    lasting = p.taste_days > DAYS_PER_WEEK
    spell = spell_of_taste(person, day, p)
    way_draw = uniform(seed, TASTE_FOR_WAYS, person, spell) if lasting else uniform(seed, ROUTE, person, day)
    way_chosen, ways_logsum = draw_option(scratch, 0, m, scale_at(i, graph, p), way_draw)
    pathways = pathway_utilities_of(a, True, seed, people, graph, paths, p, m, scratch)
    path_draw = uniform(seed, PATHWAY, person, day)
    path_chosen, path_logsum = draw_option(scratch, m, pathways, p.pathway_scale, path_draw)

    scratch[STAY] = (
        today.home_value[n]
        + p.aid_value * today.aid[country, n, people.party[a]]
        + (p.regular_status_value if people.regular[a] else 0.0)
    )
    scratch[REGULARIZE] = -np.inf
    if today.regularization_open[country, n] and not people.regular[a]:
        scratch[REGULARIZE] = today.home_value[n] + p.regularization_value + p.regular_status_value
    scratch[PATHWAYS] = path_logsum
    scratch[LEAVE] = p.leave_constant + ways_logsum + people.urgency[a]
    draw = uniform(seed, DEPART, person, day)
    chosen, logsum = draw_option(scratch, 0, LEAVE + 1, 1.0, draw)
    if lasting and uniform(seed, TASTE, person, spell) < np.exp(scratch[LEAVE] - logsum):
        chosen = LEAVE
    elif lasting:
        chosen, _ = draw_option(scratch, 0, LEAVE, 1.0, draw)

    if chosen == LEAVE:
        w = graph.out[graph.out_start[i] + way_chosen]
        if graph.limited[w]:
            stand_in_line(a, w, day, people, pending)
        else:
            board(a, w, day, seed, people, graph, today, home, p, events)
    elif chosen == PATHWAYS:
        join_queue(a, path_chosen, True, day, people, p, events)
    else:
        if people.state[a] != CONSIDERING:
            people.state[a] = CONSIDERING
            people.state_since[a] = day
        people.goal[a] = REGULARIZATION_GOAL if chosen == REGULARIZE else NO_PATHWAY
        people.due[a] = day + int(DAYS_PER_WEEK)
