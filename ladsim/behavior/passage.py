"""What happens on a way: arrival, death, robbery, being stopped and sent back, and the border at its end."""

from __future__ import annotations

from ladsim.behavior.border import cross, send_home
from ladsim.behavior.fates import end_departure
from ladsim.behavior.values import WAY_CROSSING
from ladsim.core.compiling import kernel
from ladsim.core.draws import Decision, uniform, uniform2
from ladsim.core.schema import Fate, Met, State

WAITING, DEAD, LEFT_BY_SEA = int(State.WAITING), int(State.DEAD), int(State.LEFT_BY_SEA)
FATE_DEAD, FATE_BY_SEA, FATE_REMOVED = int(Fate.DEAD), int(Fate.LEFT_BY_SEA), int(Fate.REMOVED_ON_THE_WAY)
MET_ROBBED, MET_STOPPED = int(Met.ROBBED), int(Met.STOPPED)
PASSAGE, STOPPED = int(Decision.PASSAGE), int(Decision.INTERDICTION_OUTCOME)


@kernel
def complete_way(a, day, month, us, seed, people, graph, today, home, p, events):  # type: ignore[no-untyped-def]
    """Resolve the way that person a has been travelling and whose last day is today."""
    w = people.way[a]
    n = people.nationality[a]
    person = people.person[a]
    hazard, stop = uniform2(seed, PASSAGE, person, day)
    if hazard < graph.death[w]:
        events.deaths[w, n] += 1
        people.state[a] = DEAD
        people.state_since[a] = day
        end_departure(a, FATE_DEAD, people, events)
        return
    hazard = (hazard - graph.death[w]) / (1.0 - graph.death[w])
    if hazard < graph.robbery[w]:
        people.means[a] *= 1.0 - p.robbery_loss
        people.met[a] = MET_ROBBED
        people.shaken[a] = True
    if graph.mode[w] == WAY_CROSSING:
        events.passages[w, n] += 1
        cross(a, day, month, us, seed, people, graph, today, home, p, events)
        return
    country = graph.stop_country[w]
    if stop < today.stop[w, n]:
        events.interdictions[country, n] += 1
        back = graph.stop_to[w]
        if back < 0 or uniform(seed, STOPPED, person, day) < today.stop_removed[country]:
            send_home(a, day, country, FATE_REMOVED, seed, people, home, p, events)
        else:
            people.state[a] = WAITING
            people.state_since[a] = day
            people.attempts[a] += 1
            people.met[a] = MET_STOPPED
            people.shaken[a] = True
            people.node[a] = back
            people.way[a] = -1
            people.due[a] = day + int(p.stopped_days)
        return
    events.passages[w, n] += 1
    if graph.irregular[w, n]:
        events.entries[graph.entry_country[w], n] += 1
        if people.irregular_since[a] < 0:
            people.irregular_since[a] = day
    people.node[a] = graph.end[w]
    people.way[a] = -1
    people.state_since[a] = day
    if graph.sea_exit[graph.end[w]]:
        people.state[a] = LEFT_BY_SEA
        end_departure(a, FATE_BY_SEA, people, events)
    else:
        people.state[a] = WAITING
        people.due[a] = day
