"""The loops over people with something to decide today; the rules themselves are in the files beside this one."""

from __future__ import annotations

import numpy as np

from ladsim.behavior.border import CONSIDERING, CUSTODY, WAITING, leave_custody
from ladsim.behavior.departure import choose_departure
from ladsim.behavior.fates import end_departure
from ladsim.behavior.passage import complete_way
from ladsim.behavior.route import NO_PATHWAY, PATHWAY_QUEUE, TRAVELLING, board, choose_way
from ladsim.behavior.tables import CHANNEL_PORT, CHANNEL_WALK_IN
from ladsim.behavior.values import PAROLE, TITLE_8, TITLE_42
from ladsim.core.compiling import kernel
from ladsim.core.draws import Decision, uniform
from ladsim.core.schema import Fate, Met, State

ARRIVED_LAWFULLY = int(State.ARRIVED_LAWFULLY)
FATE_PAROLED, FATE_LAWFUL = int(Fate.PAROLED_AT_PORT), int(Fate.LAWFUL_PATHWAY)
MET_REFUSED = int(Met.REFUSED_AT_PORT)
APPROVAL, PORT_OFFICE = int(Decision.PATHWAY_APPROVAL), int(Decision.PORT_OFFICE)


@kernel
def arrive(due, day, month, us, seed, people, graph, today, paths, home, p, events):  # type: ignore[no-untyped-def]
    """Resolve everything that was under way and ends today: ways, custody, journeys by a lawful pathway."""
    for a in due:
        state = people.state[a]
        if state == TRAVELLING:
            complete_way(a, day, month, us, seed, people, graph, today, home, p, events)
        elif state == CUSTODY:
            leave_custody(a, day, us, seed, people, graph, today, home, p, events)
        elif state == PATHWAY_QUEUE and people.outcome[a] == PAROLE:
            if paths.channel[people.goal[a]] == CHANNEL_WALK_IN:
                walk_in(a, day, month, seed, people, graph, today, paths, p, events)
            else:
                arrive_lawfully(a, day, month, seed, people, graph, today, paths, events)


@kernel
def arrive_lawfully(a, day, month, seed, people, graph, today, paths, events):  # type: ignore[no-untyped-def]
    """Person a arrives by a pathway; at a port of entry that is an encounter at the port."""
    events.arrivals[people.goal[a], people.nationality[a]] += 1
    if paths.channel[people.goal[a]] == CHANNEL_PORT:
        note_at_port(a, PAROLE, day, month, seed, people, graph, today, events)
    people.state[a] = ARRIVED_LAWFULLY
    people.state_since[a] = day
    at_port = paths.channel[people.goal[a]] == CHANNEL_PORT
    end_departure(a, FATE_PAROLED if at_port else FATE_LAWFUL, people, events)


@kernel
def walk_in(a, day, month, seed, people, graph, today, paths, p, events):  # type: ignore[no-untyped-def]
    """Person a is processed at a port without an appointment: paroled, or put back to the city before it."""
    n = people.nationality[a]
    if uniform(seed, APPROVAL, people.person[a], day) < today.walk_in_parole[n]:
        events.arrivals[people.goal[a], n] += 1
        note_at_port(a, PAROLE, day, month, seed, people, graph, today, events)
        people.state[a] = ARRIVED_LAWFULLY
        people.state_since[a] = day
        end_departure(a, FATE_PAROLED, people, events)
        return
    expelled = today.outcome_share[n, people.party[a], TITLE_42] > 0.0
    note_at_port(a, TITLE_42 if expelled else TITLE_8, day, month, seed, people, graph, today, events)
    people.attempts[a] += 1
    people.met[a] = MET_REFUSED
    people.shaken[a] = True
    people.state[a] = WAITING
    people.state_since[a] = day
    people.goal[a] = NO_PATHWAY
    people.outcome[a] = -1
    people.due[a] = day + int(p.put_back_days)


@kernel
def note_at_port(a, outcome, day, month, seed, people, graph, today, events):  # type: ignore[no-untyped-def]
    """Count an encounter at a port and what followed: at the office that has a place, or else at the nearest one."""
    area = graph.port_area[people.node[a]]
    offices = today.office_reach
    if offices[-1] > 0.0:
        u = uniform(seed, PORT_OFFICE, people.person[a], day) * offices[-1]
        area = today.first_office + np.searchsorted(offices, u, side="right")
    n = people.nationality[a]
    events.encounters[area, n] += 1
    events.dispositions[outcome, area, n] += 1
    if people.last_encounter_month[a] != month:
        events.unique[n] += 1
        people.last_encounter_month[a] = month


@kernel
def decide(due, day, seed, slots, people, graph, today, paths, values, risk, home, p, events, pending, scratch):  # type: ignore[no-untyped-def]
    """Let everybody who has something to decide today decide.

    ``pending`` (all people) is filled with the way they stand in line for; ``slots`` maps a day's lag to the slot of
    the history of values that was current then; ``scratch`` holds the utilities of one choice.
    """
    longest = slots.shape[0] - 1
    for a in due:
        if people.due[a] > day:
            continue
        slot = slots[min(people.lag[a], longest)]
        state = people.state[a]
        at_home = state == CONSIDERING
        if state == PATHWAY_QUEUE:
            at_home = people.node[a] == home[people.group[a]]
        if at_home:
            choose_departure(
                a, day, seed, slot, people, graph, today, paths, values, risk, home, p, events, scratch, pending
            )
        elif state == WAITING or state == PATHWAY_QUEUE:
            choose_way(a, day, seed, slot, people, graph, today, paths, values, risk, home, p, events, scratch, pending)


@kernel
def board_all(chosen, ways, day, seed, people, graph, today, home, p, events):  # type: ignore[no-untyped-def]
    """Set those who got a seat on their way."""
    for k in range(chosen.shape[0]):
        board(chosen[k], ways[k], day, seed, people, graph, today, home, p, events)
