"""What a person decides: at home whether and how to leave, on the way how to go on."""

from __future__ import annotations

import math

from ladsim.behavior.tables import (
    ANY_DAY,
    CHANNEL_PORT,
    CHANNEL_RESIDENCE,
    CHANNEL_TRANSIT,
    CHANNEL_WALK_IN,
    OPTION_ASYLUM,
    OPTION_SETTLE,
    OPTION_TURN_BACK,
    OPTION_WAIT,
)
from ladsim.core.draws import Decision
from ladsim.core.schema import Fate, Kind, Met, Mode, State
from ladsim.twin.choice import IMPOSSIBLE, draw_option
from ladsim.twin.person import Person

NONE = -1
ASKED_FOR_STATUS = -2
A_WEEK = 7.0
A_YEAR = 365.25
WORTHLESS = -1e8
STAY, REGULARIZE, PATHWAYS, LEAVE = range(4)
DEPART, FADE, PATHWAY = int(Decision.DEPART), int(Decision.FADE), int(Decision.PATHWAY_CHOICE)
TASTE, TASTE_FOR_WAYS = int(Decision.TASTE), int(Decision.TASTE_FOR_WAYS)
PRESENCE, EXIT, PATIENCE = int(Decision.PRESENCE), int(Decision.EXIT), int(Decision.PATIENCE)
ROUTE, TRAVEL_DAYS = int(Decision.ROUTE), int(Decision.TRAVEL_DAYS)


def choose_departure(a: Person) -> None:
    """Decide at home: a nested logit over staying, regular status, lawful pathways, and leaving irregularly."""
    model, p, day = a.model, a.model.parameters, a.model.day
    around, today = model.around, model.around.today
    fade = 1.0 - math.exp(-(A_WEEK if a.way == NONE else 1.0) / p.fade_days)
    if a.state == State.CONSIDERING and model.draws.uniform(FADE, a.person, day) < fade:
        a.way = NONE
        a.enter(State.GAVE_UP)
        return
    if stays_in_line(a):
        return
    lasting = p.taste_days > A_WEEK
    spell = (day + a.person % int(p.taste_days)) // int(p.taste_days)
    address = (TASTE_FOR_WAYS, a.person, spell) if lasting else (ROUTE, a.person, day)
    ways, ways_logsum = draw_option(worth_of_ways(a), scale_at(a), model.draws.uniform(*address))
    path_draw = model.draws.uniform(PATHWAY, a.person, day)
    pathway, pathway_logsum = draw_option(worth_of_pathways(a, at_home=True), p.pathway_scale, path_draw)

    country = around.graph.node_country[a.node]
    home_value = today.home_value[a.nationality]
    worth = [IMPOSSIBLE] * 4
    worth[STAY] = (
        home_value
        + p.aid_value * today.aid[country][a.nationality][a.party]
        + (p.regular_status_value if a.regular else 0.0)
    )
    if today.regularization_open[country][a.nationality] and not a.regular:
        worth[REGULARIZE] = home_value + p.regularization_value + p.regular_status_value
    worth[PATHWAYS] = pathway_logsum
    worth[LEAVE] = p.leave_constant + ways_logsum + a.urgency
    draw = model.draws.uniform(DEPART, a.person, day)
    chosen, logsum = draw_option(worth, 1.0, draw)
    if lasting and model.draws.uniform(TASTE, a.person, spell) < math.exp(worth[LEAVE] - logsum):
        chosen = LEAVE
    elif lasting:
        chosen, _ = draw_option(worth[:LEAVE], 1.0, draw)

    if chosen == PATHWAYS:
        join_queue(a, pathway, at_home=True)
    elif chosen == LEAVE:
        way = around.ways_out[a.node][ways]
        if around.graph.limited[way]:
            stand_in_line(a, way)
        else:
            board(a, way)
    else:
        if a.state != State.CONSIDERING:
            a.enter(State.CONSIDERING)
        a.goal = ASKED_FOR_STATUS if chosen == REGULARIZE else NONE
        a.wait_until(A_WEEK)


def stand_in_line(a: Person, way: int) -> None:
    """Stand in line for a seat on a way; until they board, all else about them stays as it is."""
    a.way, a.due = way, a.model.day + 1
    a.model.lines.stand_in_line(a, way)


def stays_in_line(a: Person) -> bool:
    """Tell whether the person stays in line for a seat; once a week, or where the way is closed to them, they leave."""
    if a.way == NONE:
        return False
    today = a.model.around.today
    payable = on_credit(a, a.way) or today.cost[a.way][a.nationality] <= a.means
    usable = today.way_open[a.way][a.nationality] and payable
    if not usable or (a.model.day + a.person) % int(A_WEEK) == 0:
        a.way = NONE
        return False
    stand_in_line(a, a.way)
    return True


def scale_at(a: Person) -> float:
    """Return the scale of the choice where ``a`` stands: it may be larger where flights abroad are on offer."""
    p = a.model.parameters
    return p.hub_scale * p.route_scale if a.model.around.graph.hub[a.node] else p.route_scale


def choose_way(a: Person) -> None:
    """Decide on the way: a way on, waiting or a lawful pathway; after an event, first whether to go on at all.

    Each failed attempt makes an end of the journey more attractive; a week waited makes waiting on less bearable.
    """
    if stays_in_line(a):
        return
    model, p = a.model, a.model.parameters
    around = model.around
    ways_out = around.ways_out[a.node]
    weary = p.weariness * a.wait_weeks
    worth = worth_of_ways(a)
    onward = [u for u, way in zip(worth, ways_out, strict=True) if around.graph.onward[way]]
    stuck = not around.graph.at_border[a.node] and all(u == IMPOSSIBLE for u in onward)
    stay = around.stay_value(a.lag, a.traveler_class, a.node, OPTION_WAIT)
    worth.append(stay - weary + (p.halt_cost if stuck else 0.0))
    worth += [utility - weary for utility in worth_of_pathways(a, at_home=False)]
    chosen, go_on = draw_option(worth, scale_at(a), model.draws.uniform(ROUTE, a.person, model.day))
    if thinks_it_over(a, stuck):
        end = end_drawn(a, go_on)
        if end:
            end_the_journey(a, end)
            return
    if chosen < len(ways_out):
        way = ways_out[chosen]
        if around.graph.limited[way]:
            stand_in_line(a, way)
        else:
            board(a, way)
    elif chosen == len(ways_out):
        wait_a_week(a)
    else:
        join_queue(a, chosen - len(ways_out) - 1, at_home=False)


def thinks_it_over(a: Person, stuck: bool) -> bool:
    """Tell whether an end of the journey is weighed today: only after something happened."""
    p, over = a.model.parameters, a.shaken
    a.shaken = False
    if stuck:
        a.met = Met.NO_MONEY
        return True
    news = a.model.around.news(a.lag, a.traveler_class, a.node)
    if news > a.heard:
        a.heard = news
        if not over:
            a.met = Met.NEWS
        return True
    if over or a.wait_weeks == 0:
        return over
    weeks = p.queue_review_days / A_WEEK if a.state == State.PATHWAY_QUEUE else 1.0
    if a.model.draws.uniform(PATIENCE, a.person, a.model.day) < 1.0 - (1.0 - 1.0 / p.patience) ** weeks:
        a.met = Met.WAITED
        return True
    return False


def end_drawn(a: Person, go_on: float) -> int:
    """Return the end of the journey that is drawn, 0 for going on, which is worth ``go_on``."""
    model, p = a.model, a.model.parameters
    push = p.fatigue * a.attempts - (p.debt_weight if a.kind == Kind.EVADER and a.paid > 0.0 else 0.0)
    exits = (OPTION_TURN_BACK, OPTION_ASYLUM, OPTION_SETTLE)
    worth = [go_on, *(model.around.stay_value(a.lag, a.traveler_class, a.node, x) + push for x in exits)]
    return draw_option(worth, p.exit_scale, model.draws.uniform(EXIT, a.person, model.day))[0]


def end_the_journey(a: Person, option: int) -> None:
    """Turn back, ask for asylum where one is, or settle there."""
    events, n, country = a.model.events, a.nationality, a.model.around.graph.node_country[a.node]
    if option == OPTION_TURN_BACK:
        events.returns[a.group] += 1
        a.end_departure(Fate.TURNED_BACK)
        a.enter(State.RETURNED)
    elif option == OPTION_ASYLUM:
        events.asylum[country, n] += 1
        events.asylum_today[country] += 1
        a.end_departure(Fate.ASYLUM_ON_THE_WAY)
        a.enter(State.SETTLED)
    else:
        events.settled[country, n] += 1
        a.end_departure(Fate.SETTLED_ON_THE_WAY)
        a.enter(State.SETTLED)


def on_credit(a: Person, way: int) -> bool:
    """Tell whether a way can be taken on the credit of relatives: who evades, with a guide."""
    return a.kind == Kind.EVADER and a.model.around.graph.guided[way] == 1


def worth_of_ways(a: Person) -> list[float]:
    """Return what each way out of the place is worth: the class's value, with the person's own aversion to risk.

    Ways that are closed today, or cost more than the person has, are impossible.
    """
    around, n = a.model.around, a.nationality
    way_open, cost = around.today.way_open, around.today.cost
    caution = a.risk_aversion - 1.0
    worth = []
    for way in around.ways_out[a.node]:
        if way_open[way][n] and (on_credit(a, way) or cost[way][n] <= a.means):
            u = around.way_value(a.lag, a.traveler_class, way) - caution * around.risk[way]
            if around.graph.mode[way] == Mode.CROSSING and not around.graph.guided[way]:
                u += around.today.city_news[a.node][n][a.party]
            worth.append(u)
        else:
            worth.append(IMPOSSIBLE)
    return worth


def worth_of_pathways(a: Person, *, at_home: bool) -> list[float]:
    """Return what applying for each lawful pathway is worth; who waits in its queue already need not apply again.

    Ties are in the United States, and add to the worth of what leads there.
    """
    paths = a.model.around.paths
    current = a.goal if a.state == State.PATHWAY_QUEUE else NONE
    bonus = a.model.parameters.ties_value if a.ties else 0.0
    worth = []
    for k in range(len(paths.open)):
        if may_apply(a, k) and is_offered(a, k, at_home):
            ties = bonus if paths.to_us[k] else 0.0
            u = paths.value[k][a.nationality] + ties - (0.0 if k == current else paths.apply_cost[k])
            if paths.channel[k] in (CHANNEL_PORT, CHANNEL_WALK_IN):
                u -= a.model.parameters.kind_switch if a.kind == Kind.EVADER else 0.0
            worth.append(u)
        else:
            worth.append(IMPOSSIBLE)
    return worth


def may_apply(a: Person, k: int) -> bool:
    """Tell whether a pathway takes applications from the person, wherever they are."""
    paths = a.model.around.paths
    if not paths.open[k] or paths.value[k][a.nationality] <= WORTHLESS:
        return False
    if paths.needs_ties[k] and not a.ties:
        return False
    if a.refused >> k & 1:
        return False
    barred_since = paths.bars_since[k]
    return bool(barred_since < 0 or a.irregular_since < barred_since)


def is_offered(a: Person, k: int, at_home: bool) -> bool:
    """Tell whether a pathway can be applied for where the person is."""
    paths, graph = a.model.around.paths, a.model.around.graph
    channel = paths.channel[k]
    if at_home:
        taken_there = channel in (CHANNEL_RESIDENCE, CHANNEL_TRANSIT) and paths.eligible[k][a.nationality][a.group]
        return bool(taken_there) and was_present(a, paths.present_by[k][a.group])
    if channel == CHANNEL_PORT:
        return bool(graph.port_zone[a.node])
    if channel == CHANNEL_WALK_IN:
        return bool(graph.walk_in_zone[a.node])
    has_office = channel == CHANNEL_TRANSIT and bool(paths.office[k][graph.node_country[a.node]])
    waits_there = a.state == State.PATHWAY_QUEUE and a.goal == k
    return has_office and (waits_there or a.state_since <= paths.present_here[k])


def was_present(a: Person, by: int) -> bool:
    """Tell whether the person had come to the country of residence by a day; own nationals always had."""
    days = a.born - by
    if by == ANY_DAY or days <= 0:
        return True
    years = days / A_YEAR
    drawn = a.model.draws.uniform(PRESENCE, a.person, 0)
    return bool(drawn < math.exp(-years / a.model.parameters.residence_years))


def buy_a_package(a: Person, way: int) -> None:
    """Take a guide on the credit of relatives; a crossing is paid once for several attempts."""
    model = a.model
    crosses = model.around.graph.mode[way] == Mode.CROSSING
    if crosses and a.tries > 0:
        a.tries -= 1
        return
    if crosses:
        a.tries = int(model.parameters.package_tries) - 1
    cost = model.around.today.smuggler_cost[way]
    a.paid += cost
    model.events.payments[way, a.nationality] += cost


def board(a: Person, way: int) -> None:
    """Set out on a way: pay its cost, draw its days; a departure from home is counted."""
    model, n = a.model, a.nationality
    graph, today, events = model.around.graph, model.around.today, model.events
    queued_at_home = a.state == State.PATHWAY_QUEUE and a.node == a.home
    if a.state == State.CONSIDERING or queued_at_home:
        events.departures[a.group] += 1
        a.set_out()
    days = graph.days[way]
    if graph.days_spread[way] > 0.0:
        days += graph.days_spread[way] * model.draws.normal(TRAVEL_DAYS, a.person, model.day)
    if on_credit(a, way):
        buy_a_package(a, way)
    else:
        a.means -= today.cost[way][n]
        a.paid += today.smuggler_cost[way]
        events.payments[way, n] += today.smuggler_cost[way]
    events.boarded_today[way, n] += 1
    a.way, a.goal = way, NONE
    a.enter(State.TRAVELLING)
    a.wait_until(max(1, round(days)))


def wait_a_week(a: Person) -> None:
    """Wait a week, earn, and get help from relatives if there are any."""
    p = a.model.parameters
    if a.state != State.WAITING:
        a.enter(State.WAITING)
    a.goal = NONE
    a.wait_weeks += 1
    a.means += p.weekly_earnings + (p.relatives_help if a.ties else 0.0)
    a.wait_until(A_WEEK)


def join_queue(a: Person, k: int, *, at_home: bool) -> None:
    """Apply for a pathway, or stay in its queue; they look again later, and on the way they earn and count weeks."""
    p = a.model.parameters
    if a.state != State.PATHWAY_QUEUE or a.goal != k:
        a.model.events.applications[k, a.nationality] += 1
        a.goal = k
        a.enter(State.PATHWAY_QUEUE)
    elif not at_home:
        a.wait_weeks += int(p.queue_review_days / A_WEEK)
    if not at_home:
        a.means += p.weekly_earnings * p.queue_review_days / A_WEEK
    a.wait_until(p.queue_review_days)
