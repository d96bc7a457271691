"""How journeys end: on a way, at the border, in custody, at a port of entry, in removal."""

from __future__ import annotations

from ladsim.behavior.tables import CHANNEL_PORT, CHANNEL_WALK_IN
from ladsim.core.draws import Decision
from ladsim.core.schema import Fate, Met, Mode, Outcome, Party, State
from ladsim.twin.person import Person

NONE = -1
PASSAGE, STOPPED, CROSSING = int(Decision.PASSAGE), int(Decision.INTERDICTION_OUTCOME), int(Decision.CROSSING)
DISPOSITION, RECOGNITION, EXPULSION = int(Decision.DISPOSITION), int(Decision.RECOGNITION), int(Decision.EXPULSION)
CUSTODY_DAYS, AFTER_REMOVAL = int(Decision.CUSTODY_DAYS), int(Decision.AFTER_REMOVAL)
APPROVAL = int(Decision.PATHWAY_APPROVAL)


def complete_way(a: Person) -> None:
    """Come to the end of a way: death, robbery, the border, being stopped, or arrival at the next place."""
    model, way, n = a.model, a.way, a.nationality
    graph, today, events = model.around.graph, model.around.today, model.events
    hazard, stop = model.draws.uniform2(PASSAGE, a.person, model.day)
    if hazard < graph.death[way]:
        events.deaths[way, n] += 1
        a.end_departure(Fate.DEAD)
        a.enter(State.DEAD)
        return
    hazard = (hazard - graph.death[way]) / (1.0 - graph.death[way])
    if hazard < graph.robbery[way]:
        a.means *= 1.0 - model.parameters.robbery_loss
        a.met = Met.ROBBED
        a.shaken = True
    if graph.mode[way] == Mode.CROSSING:
        events.passages[way, n] += 1
        cross(a)
    elif stop < today.stop[way][n]:
        be_stopped(a)
    else:
        events.passages[way, n] += 1
        arrive(a)


def be_stopped(a: Person) -> None:
    """Be stopped on a way: sent home, or back along it."""
    model, way = a.model, a.way
    country, back = model.around.graph.stop_country[way], model.around.graph.stop_to[way]
    model.events.interdictions[country, a.nationality] += 1
    removed_share = model.around.today.stop_removed[country]
    if back < 0 or model.draws.uniform(STOPPED, a.person, model.day) < removed_share:
        send_home(a, country, Fate.REMOVED_ON_THE_WAY)
        return
    a.attempts += 1
    a.met = Met.STOPPED
    a.shaken = True
    a.node, a.way = back, NONE
    a.enter(State.WAITING)
    a.wait_until(model.parameters.stopped_days)


def arrive(a: Person) -> None:
    """Arrive at the place at the end of a way."""
    model, way = a.model, a.way
    graph = model.around.graph
    if graph.irregular[way][a.nationality]:
        model.events.entries[graph.entry_country[way], a.nationality] += 1
        if a.irregular_since < 0:
            a.irregular_since = model.day
    a.node, a.way = graph.end[way], NONE
    if graph.sea_exit[a.node]:
        a.end_departure(Fate.LEFT_BY_SEA)
        a.enter(State.LEFT_BY_SEA)
    else:
        a.enter(State.WAITING)
        a.due = model.day


def cross(a: Person) -> None:
    """Cross between ports of entry: undetected, or encountered and given a disposition."""
    model, n = a.model, a.nationality
    today, events = model.around.today, model.events
    area = model.around.graph.border_area[model.around.graph.end[a.way]]
    if model.draws.uniform(CROSSING, a.person, model.day) >= model.around.graph.detection[a.way]:
        events.undetected[area, n] += 1
        a.end_departure(Fate.ENTERED_UNDETECTED)
        a.enter(State.ENTERED_UNDETECTED)
        return
    events.encounters[area, n] += 1
    events.encountered_today[n, a.party] += 1
    note_person(a)
    a.encounters += 1
    a.attempts += 1
    outcome = disposition(a)
    events.dispositions[outcome, area, n] += 1
    if outcome in (Outcome.TITLE_42_EXPULSION, Outcome.RETURN_TO_MEXICO):
        expelled = outcome == Outcome.TITLE_42_EXPULSION
        if expelled and model.draws.uniform(EXPULSION, a.person, model.day) < today.expulsion_air[n]:
            send_home(a, model.us, Fate.SENT_HOME_FROM_BORDER)
        else:
            put_back(a)
    elif outcome == Outcome.TITLE_8_REPATRIATION:
        if today.own_border[n] or today.taken_back[n]:
            events.removals[model.us, n] += 1
            put_back(a)
        else:
            send_home(a, model.us, Fate.SENT_HOME_FROM_BORDER)
    else:
        p = model.parameters
        a.outcome = outcome
        a.enter(State.CUSTODY)
        a.wait_until(p.detention_days if outcome == Outcome.TRANSFER else p.custody_days)


def disposition(a: Person) -> Outcome:
    """Return what follows an encounter: a draw from today's shares; who is recognized as a repeater is not released."""
    model, today = a.model, a.model.around.today
    draw = model.draws.uniform(DISPOSITION, a.person, model.day)
    outcome, passed = Outcome.RELEASE, 0.0
    for candidate, share in zip(Outcome, today.outcome_share[a.nationality][a.party], strict=True):
        passed += share
        if draw < passed:
            outcome = candidate
            break
    repeated = outcome == Outcome.RELEASE and a.encounters > 1
    if repeated and model.draws.uniform(RECOGNITION, a.person, model.day) < today.recognition:
        return Outcome.TITLE_8_REPATRIATION
    return outcome


def note_person(a: Person) -> None:
    """Count a person once in each month in which they are encountered."""
    if a.last_encounter_month != a.model.month:
        a.model.events.unique[a.nationality] += 1
        a.last_encounter_month = a.model.month


def put_back(a: Person) -> None:
    """Be put back to the border city from which the border was crossed."""
    a.node = a.model.around.graph.start[a.way]
    a.way = a.goal = a.outcome = NONE
    a.met = Met.PUT_BACK
    a.shaken = True
    a.enter(State.WAITING)
    a.wait_until(a.model.parameters.put_back_days)


def send_home(a: Person, country: int, fate: Fate) -> None:
    """Be sent home by a country, which is a fate; some consider leaving again after a while."""
    model, p = a.model, a.model.parameters
    a.end_departure(fate)
    model.events.removals[country, a.nationality] += 1
    a.way = a.goal = a.outcome = NONE
    a.wait_weeks = 0
    if model.draws.uniform(AFTER_REMOVAL, a.person, model.day) < p.reconsider_share:
        a.node = a.home
        a.enter(State.CONSIDERING)
        a.wait_until(p.reconsider_days)
    else:
        a.enter(State.REMOVED)


def leave_custody(a: Person) -> None:
    """Leave custody: released, or, after a transfer, perhaps removed, over the border if that is their own."""
    model = a.model
    detained = a.outcome == Outcome.TRANSFER and a.party != Party.UNACCOMPANIED_CHILD
    removed_share = model.around.today.transfer_removed[a.nationality]
    if detained and model.draws.uniform(CUSTODY_DAYS, a.person, model.day) < removed_share:
        if model.around.today.own_border[a.nationality]:
            model.events.removals[model.us, a.nationality] += 1
            put_back(a)
        else:
            send_home(a, model.us, Fate.TRANSFERRED_AND_REMOVED)
    else:
        transferred = a.outcome == Outcome.TRANSFER
        a.end_departure(Fate.TRANSFERRED_AND_RELEASED if transferred else Fate.RELEASED)
        a.enter(State.RELEASED)


def use_pathway(a: Person) -> None:
    """Travel by a lawful pathway, or be processed at a port of entry without an appointment."""
    model = a.model
    channel = model.around.paths.channel[a.goal]
    if channel == CHANNEL_WALK_IN:
        paroled = model.draws.uniform(APPROVAL, a.person, model.day) < model.around.today.walk_in_parole[a.nationality]
        if not paroled:
            be_refused_at_port(a)
            return
    model.events.arrivals[a.goal, a.nationality] += 1
    if channel in (CHANNEL_PORT, CHANNEL_WALK_IN):
        note_at_port(a, Outcome.PAROLE)
    at_port = channel in (CHANNEL_PORT, CHANNEL_WALK_IN)
    a.end_departure(Fate.PAROLED_AT_PORT if at_port else Fate.LAWFUL_PATHWAY)
    a.enter(State.ARRIVED_LAWFULLY)


def be_refused_at_port(a: Person) -> None:
    """Be expelled or repatriated from a port of entry to the city before it."""
    model = a.model
    expelled = model.around.today.outcome_share[a.nationality][a.party][Outcome.TITLE_42_EXPULSION] > 0.0
    note_at_port(a, Outcome.TITLE_42_EXPULSION if expelled else Outcome.TITLE_8_REPATRIATION)
    a.attempts += 1
    a.met = Met.REFUSED_AT_PORT
    a.shaken = True
    a.goal = a.outcome = NONE
    a.enter(State.WAITING)
    a.wait_until(model.parameters.put_back_days)


def note_at_port(a: Person, outcome: Outcome) -> None:
    """Count an encounter at a port and what followed: at the office that has a place, or else at the nearest one."""
    today = a.model.around.today
    area = a.model.around.graph.port_area[a.node]
    if today.office_reach[-1] > 0.0:
        u = a.model.draws.uniform(Decision.PORT_OFFICE, a.person, a.model.day) * today.office_reach[-1]
        area = today.first_office + sum(reach <= u for reach in today.office_reach)
    a.model.events.encounters[area, a.nationality] += 1
    a.model.events.dispositions[outcome, area, a.nationality] += 1
    note_person(a)
