"""Which way on: the choice of somebody who stands at a node of the route graph."""

from __future__ import annotations

import numpy as np

from ladsim.behavior.fates import end_departure, set_out
from ladsim.behavior.tables import (
    ANY_DAY,
    CHANNEL_PORT,
    CHANNEL_RESIDENCE,
    CHANNEL_TRANSIT,
    CHANNEL_WALK_IN,
    N_OPTIONS,
    NEGLIGIBLE,
    OPTION_ASYLUM,
    OPTION_TURN_BACK,
    OPTION_WAIT,
)
from ladsim.behavior.values import DAYS_PER_WEEK, IMPOSSIBLE, WAY_CROSSING
from ladsim.core.compiling import kernel
from ladsim.core.draws import Decision, normal, uniform
from ladsim.core.schema import Fate, Kind, Met, State

TRAVELLING, WAITING = int(State.TRAVELLING), int(State.WAITING)
PATHWAY_QUEUE, SETTLED, RETURNED = int(State.PATHWAY_QUEUE), int(State.SETTLED), int(State.RETURNED)
CONSIDERING = int(State.CONSIDERING)
ROUTE, TRAVEL_DAYS = int(Decision.ROUTE), int(Decision.TRAVEL_DAYS)
FATE_TURNED_BACK, FATE_ASYLUM, FATE_SETTLED = (
    int(Fate.TURNED_BACK),
    int(Fate.ASYLUM_ON_THE_WAY),
    int(Fate.SETTLED_ON_THE_WAY),
)
MET_NO_MONEY, MET_WAITED, MET_NEWS = int(Met.NO_MONEY), int(Met.WAITED), int(Met.NEWS)
NO_PATHWAY = -1
PRESENCE, EXIT, PATIENCE = int(Decision.PRESENCE), int(Decision.EXIT), int(Decision.PATIENCE)
EVADER = int(Kind.EVADER)
N_EXITS = N_OPTIONS - 1
DAYS_PER_YEAR = 365.25
NO_WAY = -1


@kernel
def on_credit(a, w, people, graph):  # type: ignore[no-untyped-def]
    """Tell whether person a can take way w on the credit of relatives: who evades, with a guide."""
    return people.kind[a] == EVADER and graph.guided[w] == 1


@kernel
def way_utilities_of(a, slot, people, graph, today, values, risk, p, scratch):  # type: ignore[no-untyped-def]
    """Fill ``scratch`` with what each way out of person a's node is worth to them; return the number of ways.

    It is the class's perceived value, with the person's own risk aversion; minus infinity where a way is
    closed today or cannot be paid. Guides take evaders on the credit of relatives. To cross without a guide is worth
    more or less by what has just been seen to happen to others who crossed from the same place.
    """
    n, c, i = people.nationality[a], people.traveler_class[a], people.node[a]
    means = people.means[a]
    party, evades = people.party[a], people.kind[a] == EVADER
    news, guided, crossing = today.city_news, graph.guided, graph.mode
    caution = people.risk_aversion[a] - 1.0
    out = graph.out
    way_open, cost, value = today.way_open, today.cost, values.way
    first = graph.out_start[i]
    count = graph.out_start[i + 1] - first
    for e in range(count):
        w = out[first + e]
        u = -np.inf
        if way_open[w, n] and ((evades and guided[w] == 1) or cost[w, n] <= means):
            u = np.float64(value[slot, c, w]) - caution * risk[w]
            if crossing[w] == WAY_CROSSING and guided[w] == 0:
                u += news[i, n, party]
        scratch[e] = u
    return count


@kernel
def scale_at(i, graph, p):  # type: ignore[no-untyped-def]
    """Return the scale of the choice at node i: it may be larger where flights abroad are on offer."""
    return p.hub_scale * p.route_scale if graph.hub[i] else p.route_scale


@kernel
def can_go_on(i, count, graph, scratch):  # type: ignore[no-untyped-def]
    """Tell whether some way that leads nearer to the border is open and can be paid; see way_utilities_of."""
    first = graph.out_start[i]
    found = False
    for e in range(count):
        found = found or (scratch[e] > -np.inf and graph.onward[graph.out[first + e]])
    return found


@kernel
def draw_option(utilities, first, count, mu, u):  # type: ignore[no-untyped-def]
    """Return the option, of ``count`` from ``first`` on, that the uniform number u picks from a logit of scale mu.

    Returns:
        Its position counted from ``first`` (-1 if all are impossible) and the logsum.
    """
    best = -np.inf
    for k in range(first, first + count):
        best = max(best, utilities[k])
    if best == -np.inf:
        return -1, -np.inf
    total = 0.0
    for k in range(first, first + count):
        if utilities[k] > best - NEGLIGIBLE * mu:
            total += np.exp((utilities[k] - best) / mu)
    reach = u * total
    chosen = -1
    passed = 0.0
    for k in range(first, first + count):
        if utilities[k] > best - NEGLIGIBLE * mu:
            chosen = k - first
            passed += np.exp((utilities[k] - best) / mu)
            if reach < passed:
                break
    return chosen, best + mu * np.log(total)


@kernel
def was_present(a, by, seed, people, p):  # type: ignore[no-untyped-def]
    """Tell whether person a, who lives abroad, had come to the country of residence by a day.

    The time since they came, counted from the day of the wish, is exponential with the mean of the parameters.
    """
    days = people.born[a] - by
    if days <= 0:
        return True
    return uniform(seed, PRESENCE, people.person[a], 0) < np.exp(-days / (DAYS_PER_YEAR * p.residence_years))


@kernel
def pathway_utilities_of(a, at_home, seed, people, graph, paths, p, first, scratch):  # type: ignore[no-untyped-def]
    """Fill ``scratch`` from ``first`` on with what each lawful pathway is worth to person a; return their number.

    At home people apply for pathways of the residence channel and at offices there; on the way at ports of entry and
    at offices. Some must have been present by a day. Who is in a queue already need not apply again;
    who was refused cannot. Ties in the United States add to the worth of what leads there. Who evades
    does not like to ask at a port.
    """
    n, g, i = people.nationality[a], people.group[a], people.node[a]
    ties = people.ties[a]
    since, refused = people.irregular_since[a], people.refused[a]
    current = people.goal[a] if people.state[a] == PATHWAY_QUEUE else NO_PATHWAY
    country = graph.node_country[i]
    port, walk_in = graph.port_zone[i], graph.walk_in_zone[i]
    is_open, needs_ties, bars_since, channel = paths.open, paths.needs_ties, paths.bars_since, paths.channel
    eligible, office, value, cost = paths.eligible, paths.office, paths.value, paths.apply_cost
    bonus, to_us = p.ties_value if ties else 0.0, paths.to_us
    shy = p.kind_switch if people.kind[a] == EVADER else 0.0
    count = is_open.shape[0]
    for k in range(count):
        u = -np.inf
        allowed = is_open[k] and value[k, n] > IMPOSSIBLE and (ties or not needs_ties[k])
        allowed = allowed and (refused >> k) & 1 == 0
        if allowed and (bars_since[k] < 0 or since < bars_since[k]):
            kind = channel[k]
            if at_home:
                there = (kind == CHANNEL_RESIDENCE or kind == CHANNEL_TRANSIT) and eligible[k, n, g]
                if there and paths.present_by[k, g] != ANY_DAY:
                    there = was_present(a, paths.present_by[k, g], seed, people, p)
            elif kind == CHANNEL_PORT:
                there = port
            elif kind == CHANNEL_WALK_IN:
                there = walk_in
            else:
                there = kind == CHANNEL_TRANSIT and office[k, country]
                there = there and (k == current or people.state_since[a] <= paths.present_here[k])
            if there:
                u = value[k, n] + (bonus if to_us[k] else 0.0) - (0.0 if k == current else cost[k])
                if kind == CHANNEL_PORT or kind == CHANNEL_WALK_IN:
                    u -= shy
        scratch[first + k] = u
    return count


@kernel
def stand_in_line(a, w, day, people, pending):  # type: ignore[no-untyped-def]
    """Put person a in line for a seat on way w; until they board, all else about them stays as it is."""
    people.way[a] = w
    people.due[a] = day + 1
    pending[a] = w


@kernel
def stays_in_line(a, day, people, graph, today, pending):  # type: ignore[no-untyped-def]
    """Tell whether person a goes on standing in line for a seat, and if so keep them there.

    They leave it to choose anew once a week, each on a weekday of their own, and at once where the way has been closed
    or has become too dear.
    """
    w = people.way[a]
    if w < 0:
        return False
    n = people.nationality[a]
    usable = today.way_open[w, n] and (on_credit(a, w, people, graph) or today.cost[w, n] <= people.means[a])
    if not usable or (day + people.person[a]) % int(DAYS_PER_WEEK) == 0:
        people.way[a] = NO_WAY
        return False
    stand_in_line(a, w, day, people, pending)
    return True


@kernel
def buy_a_package(a, w, people, graph, today, p, events):  # type: ignore[no-untyped-def]
    """Person a, who evades, takes a guide on the credit of relatives; a crossing is paid once for several attempts."""
    crosses = graph.mode[w] == WAY_CROSSING
    if crosses and people.tries[a] > 0:
        people.tries[a] -= 1
        return
    if crosses:
        people.tries[a] = int(p.package_tries) - 1
    people.paid[a] += today.smuggler_cost[w]
    events.payments[w, people.nationality[a]] += today.smuggler_cost[w]


@kernel
def board(a, w, day, seed, people, graph, today, home, p, events):  # type: ignore[no-untyped-def]
    """Set person a on way w: the cost is paid, the days are drawn, departure from home is counted."""
    n = people.nationality[a]
    queued_at_home = people.state[a] == PATHWAY_QUEUE and people.node[a] == home[people.group[a]]
    if people.state[a] == CONSIDERING or queued_at_home:
        events.departures[people.group[a]] += 1
        set_out(a, day, today.year, people)
    days = graph.days[w]
    if graph.days_spread[w] > 0.0:
        days += graph.days_spread[w] * normal(seed, TRAVEL_DAYS, people.person[a], day)
    if on_credit(a, w, people, graph):
        buy_a_package(a, w, people, graph, today, p, events)
    else:
        people.means[a] -= today.cost[w, n]
        people.paid[a] += today.smuggler_cost[w]
        events.payments[w, n] += today.smuggler_cost[w]
    events.boarded_today[w, n] += 1
    people.state[a] = TRAVELLING
    people.state_since[a] = day
    people.way[a] = w
    people.goal[a] = NO_PATHWAY
    people.due[a] = day + max(1, int(np.rint(days)))


@kernel
def wait_a_week(a, day, people, p):  # type: ignore[no-untyped-def]
    """Person a waits a week where they are, earns, and gets help from relatives if there are any."""
    if people.state[a] != WAITING:
        people.state_since[a] = day
    people.state[a] = WAITING
    people.goal[a] = NO_PATHWAY
    people.wait_weeks[a] += 1
    people.means[a] += p.weekly_earnings + (p.relatives_help if people.ties[a] else 0.0)
    people.due[a] = day + int(DAYS_PER_WEEK)


@kernel
def thinks_it_over(a, day, seed, stuck, news, people, p):  # type: ignore[no-untyped-def]
    """Tell whether person a weighs an end of the journey today, and note what was met last.

    One thinks it over after something happened: a stop, a robbery, being put back or refused, having no way on that can
    be paid, news (of the day ``news``) that the way on is worth much less than they reckoned with, or weeks of waiting,
    which wear people out at a constant rate. Without such an event nobody turns back.
    """
    over = people.shaken[a]
    people.shaken[a] = False
    if stuck:
        people.met[a] = MET_NO_MONEY
        return True
    if news > people.heard[a]:
        people.heard[a] = news
        if not over:
            people.met[a] = MET_NEWS
        over = True
    weeks = 0.0
    if people.wait_weeks[a] > 0 and not over:
        weeks = p.queue_review_days / DAYS_PER_WEEK if people.state[a] == PATHWAY_QUEUE else 1.0
    if weeks > 0.0 and uniform(seed, PATIENCE, people.person[a], day) < 1.0 - (1.0 - 1.0 / p.patience) ** weeks:
        people.met[a] = MET_WAITED
        over = True
    return over


@kernel
def choose_way(a, day, seed, slot, people, graph, today, paths, values, risk, home, p, events, scratch, pending):  # type: ignore[no-untyped-def]
    """Decide for person a at a node: a way, a pathway or waiting; after an event, first whether to go on at all.

    Each failed attempt makes an end of the journey more attractive, debts to relatives make it less so. Each week of
    waiting makes waiting on, in a queue or without, less bearable. Who cannot go on waits without the cost of breaking
    the journey. Who stands in line for a seat looks again only once a week.
    """
    if stays_in_line(a, day, people, graph, today, pending):
        return
    i = people.node[a]
    c = people.traveler_class[a]
    m = way_utilities_of(a, slot, people, graph, today, values, risk, p, scratch)
    weary = p.weariness * people.wait_weeks[a]
    on = can_go_on(i, m, graph, scratch)
    stuck = not on and not graph.at_border[i]
    scratch[m] = values.stay[slot, c, i, OPTION_WAIT] - weary + (p.halt_cost if stuck else 0.0)
    pathways = pathway_utilities_of(a, False, seed, people, graph, paths, p, m + 1, scratch)
    for k in range(pathways):
        scratch[m + 1 + k] -= weary
    count = m + 1 + pathways
    draw = uniform(seed, ROUTE, people.person[a], day)
    chosen, go_on = draw_option(scratch, 0, count, scale_at(i, graph, p), draw)
    if thinks_it_over(a, day, seed, stuck, values.news[slot, c, i], people, p):
        push = p.fatigue * people.attempts[a] - (
            p.debt_weight if people.kind[a] == EVADER and people.paid[a] > 0.0 else 0.0
        )
        scratch[count] = go_on
        for k in range(N_EXITS):
            scratch[count + 1 + k] = values.stay[slot, c, i, 1 + k] + push
        drawn = uniform(seed, EXIT, people.person[a], day)
        end, _ = draw_option(scratch, count, 1 + N_EXITS, p.exit_scale, drawn)
        if end > 0:
            end_the_journey(a, end, day, people, graph, events)
            return
    if chosen < m:
        w = graph.out[graph.out_start[i] + chosen]
        if graph.limited[w]:
            stand_in_line(a, w, day, people, pending)
        else:
            board(a, w, day, seed, people, graph, today, home, p, events)
    elif chosen == m:
        wait_a_week(a, day, people, p)
    else:
        join_queue(a, chosen - m - 1, False, day, people, p, events)


@kernel
def end_the_journey(a, option, day, people, graph, events):  # type: ignore[no-untyped-def]
    """Person a turns back, asks for asylum where they are, or settles there."""
    n, country = people.nationality[a], graph.node_country[people.node[a]]
    people.state_since[a] = day
    if option == OPTION_TURN_BACK:
        events.returns[people.group[a]] += 1
        people.state[a] = RETURNED
        end_departure(a, FATE_TURNED_BACK, people, events)
    elif option == OPTION_ASYLUM:
        events.asylum[country, n] += 1
        events.asylum_today[country] += 1
        people.state[a] = SETTLED
        end_departure(a, FATE_ASYLUM, people, events)
    else:
        events.settled[country, n] += 1
        people.state[a] = SETTLED
        end_departure(a, FATE_SETTLED, people, events)


@kernel
def join_queue(a, k, at_home, day, people, p, events):  # type: ignore[no-untyped-def]
    """Person a applies for pathway k, or stays in its queue; the choice is looked at again later.

    On the way people earn meanwhile and count the weeks; what they earn and need at home is not followed.
    """
    if people.state[a] != PATHWAY_QUEUE or people.goal[a] != k:
        events.applications[k, people.nationality[a]] += 1
        people.state[a] = PATHWAY_QUEUE
        people.state_since[a] = day
        people.goal[a] = k
    elif not at_home:
        people.wait_weeks[a] += int(p.queue_review_days / DAYS_PER_WEEK)
    if not at_home:
        people.means[a] += p.weekly_earnings * p.queue_review_days / DAYS_PER_WEEK
    people.due[a] = day + int(p.queue_review_days)
