"""The border: crossings, encounters, and the dispositions that capacity lets the authorities deliver."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from ladsim.behavior.fates import end_departure
from ladsim.behavior.tables import Bools, Floats, Ints
from ladsim.behavior.values import RELEASE, RETURN_TO_MEXICO, TITLE_8, TITLE_42, TRANSFER
from ladsim.core.compiling import kernel
from ladsim.core.draws import Decision, uniform
from ladsim.core.schema import N_OUTCOME, Fate, Met, Party, State

CONSIDERING, CUSTODY, WAITING = int(State.CONSIDERING), int(State.CUSTODY), int(State.WAITING)
RELEASED, ENTERED_UNDETECTED, REMOVED = int(State.RELEASED), int(State.ENTERED_UNDETECTED), int(State.REMOVED)
CROSSING, DISPOSITION, EXPULSION = int(Decision.CROSSING), int(Decision.DISPOSITION), int(Decision.EXPULSION)
CUSTODY_DAYS, AFTER_REMOVAL = int(Decision.CUSTODY_DAYS), int(Decision.AFTER_REMOVAL)
RECOGNITION = int(Decision.RECOGNITION)
CHILD = int(Party.UNACCOMPANIED_CHILD)
HIGHEST_LOG_PRICE = 60.0
FATE_UNDETECTED, FATE_SENT_HOME = int(Fate.ENTERED_UNDETECTED), int(Fate.SENT_HOME_FROM_BORDER)
FATE_RELEASED, FATE_TRANSFER_RELEASED = int(Fate.RELEASED), int(Fate.TRANSFERRED_AND_RELEASED)
FATE_TRANSFER_REMOVED, MET_PUT_BACK = int(Fate.TRANSFERRED_AND_REMOVED), int(Met.PUT_BACK)


class Processing(NamedTuple):
    """What can be done with those encountered, on a day.

    Attributes:
        expulsion_share: N x P, share whom the public-health order lets expel.
        expulsion_capacity: N, persons a day whom Mexico takes back under it, of the nationality's pool.
        expulsion_pool: N, which nationalities share a capacity (any numbers; equal ones share).
        return_to_mexico_per_day: persons a day returned to wait in Mexico.
        taken_back_share: N, share of consequences that are returns to Mexico under Title 8.
        taken_back_per_day: N, persons a day whom Mexico takes back so, of the nationality's pool.
        taken_back_pool: N, which nationalities share that capacity.
        consequence_per_day: persons a day for whom a timely consequence (repatriation, detention) can be delivered.
        ease: N x P, log-odds that a case can end in one when the shadow price of capacity is 1.
        direct_share: N, share of consequences that are repatriations straight from custody to the own country.
        returned_to: N, whether expulsion and return go to the country that is crossed from.
        congestion_floor: lowest shadow price.
        held_share: N, share of adults and families who would otherwise be released who are sent back at once or held,
            whatever the capacity.
    """

    expulsion_share: Floats
    expulsion_capacity: Floats
    expulsion_pool: Ints
    return_to_mexico_per_day: float
    taken_back_share: Floats
    taken_back_per_day: Floats
    taken_back_pool: Ints
    consequence_per_day: float
    ease: Floats
    direct_share: Floats
    own_border: Bools
    congestion_floor: float
    held_share: Floats


def disposition_shares(encounters_per_day: Floats, processing: Processing) -> tuple[Floats, float]:
    """Return the shares of outcomes (N x P x O) that capacity allows, and the shadow price of capacity.

    Whoever can be expelled is, as far as Mexico takes people back. Of the others, unaccompanied children go to the
    health department. Every other case can end in a timely consequence with odds exp(ease) / price; the price is such
    that the consequences fill the capacity, and does not fall below its floor. So when arrivals outrun capacity, more
    are released: nothing here names an event. A rule that lets nobody go (``held_share``) is met whatever the
    capacity: people are sent back at once, or held until they are removed.

    Args:
        encounters_per_day: N x P, persons a day between ports, as recent arrivals lead to expect.
        processing: what can be done.
    """
    load = encounters_per_day
    wanted = processing.expulsion_share * load
    by_pool = np.bincount(processing.expulsion_pool, weights=wanted.sum(axis=1))
    total_wanted = by_pool[processing.expulsion_pool]
    room = np.divide(
        processing.expulsion_capacity, total_wanted, out=np.full(len(load), np.inf), where=total_wanted > 0.0
    )
    expelled = processing.expulsion_share * np.minimum(1.0, room)[:, None]
    left = load * (1.0 - expelled)
    shares = np.zeros((*load.shape, N_OUTCOME))
    shares[..., TITLE_42] = expelled

    foreign = ~processing.own_border
    can_return = left[foreign][:, :CHILD].sum()
    to_mexico = min(1.0, processing.return_to_mexico_per_day / can_return) if can_return > 0.0 else 0.0
    returned = np.zeros(load.shape)
    returned[foreign, :CHILD] = to_mexico
    rest = 1.0 - expelled
    shares[..., RETURN_TO_MEXICO] = rest * returned
    rest = rest * (1.0 - returned)

    adult_load = load[:, :CHILD] * rest[:, :CHILD]
    ease = processing.ease[:, :CHILD]

    def consequence(log_price: float) -> Floats:
        return np.asarray(1.0 / (1.0 + np.exp(log_price - ease)))

    def excess(log_price: float) -> float:
        return float((adult_load * consequence(log_price)).sum() - processing.consequence_per_day)

    low, high = float(np.log(processing.congestion_floor)), HIGHEST_LOG_PRICE
    if excess(low) <= 0.0:
        log_price = low
    elif excess(high) >= 0.0:
        log_price = high
    else:
        log_price = float(brentq(excess, low, high, xtol=1e-6))
    share = consequence(log_price)
    share += (1.0 - share) * processing.held_share[:, None]
    direct = direct_shares(processing, (adult_load * share).sum(axis=1))[:, None]
    shares[:, :CHILD, TITLE_8] = rest[:, :CHILD] * share * direct
    shares[:, :CHILD, TRANSFER] = rest[:, :CHILD] * share * (1.0 - direct)
    shares[:, :CHILD, RELEASE] = rest[:, :CHILD] * (1.0 - share)
    at_home = processing.own_border
    shares[~at_home, CHILD, TRANSFER] = rest[~at_home, CHILD]
    shares[at_home, CHILD, TITLE_8] = rest[at_home, CHILD]
    return shares, float(np.exp(log_price))


def direct_shares(processing: Processing, consequences: Floats) -> Floats:
    """Return the share of consequences that are repatriations at once (N), for consequences a day (N).

    Where Mexico takes a nationality back under Title 8, that is the agreed share, as far as the capacity of the pool
    goes, in place of repatriations to the own country.
    """
    share, pool = processing.taken_back_share, processing.taken_back_pool
    wanted = np.bincount(pool, weights=share * consequences)[pool]
    room = np.divide(processing.taken_back_per_day, wanted, out=np.full(len(share), np.inf), where=wanted > 0.0)
    return np.where(share > 0.0, share * np.minimum(1.0, room), processing.direct_share)


@kernel
def send_home(a, day, country, fate, seed, people, home, p, events):  # type: ignore[no-untyped-def]
    """Person a is sent to their own country by ``country``, a fate, and may consider leaving again after a while."""
    end_departure(a, fate, people, events)
    events.removals[country, people.nationality[a]] += 1
    people.state_since[a] = day
    people.way[a] = -1
    people.goal[a] = -1
    people.outcome[a] = -1
    people.wait_weeks[a] = 0
    if uniform(seed, AFTER_REMOVAL, people.person[a], day) < p.reconsider_share:
        people.state[a] = CONSIDERING
        people.node[a] = home[people.group[a]]
        people.due[a] = day + int(p.reconsider_days)
    else:
        people.state[a] = REMOVED


@kernel
def put_back(a, day, w, days, people, graph):  # type: ignore[no-untyped-def]
    """Person a is put back to the border city from which they crossed."""
    people.state[a] = WAITING
    people.state_since[a] = day
    people.node[a] = graph.start[w]
    people.way[a] = -1
    people.goal[a] = -1
    people.outcome[a] = -1
    people.met[a] = MET_PUT_BACK
    people.shaken[a] = True
    people.due[a] = day + days


@kernel
def cross(a, day, month, us, seed, people, graph, today, home, p, events):  # type: ignore[no-untyped-def]
    """Resolve the crossing of person a between ports: encountered or not, and what follows."""
    w = people.way[a]
    n = people.nationality[a]
    party = people.party[a]
    person = people.person[a]
    area = graph.border_area[graph.end[w]]
    if uniform(seed, CROSSING, person, day) >= graph.detection[w]:
        events.undetected[area, n] += 1
        people.state[a] = ENTERED_UNDETECTED
        people.state_since[a] = day
        end_departure(a, FATE_UNDETECTED, people, events)
        return
    events.encounters[area, n] += 1
    events.encountered_today[n, party] += 1
    if people.last_encounter_month[a] != month:
        events.unique[n] += 1
        people.last_encounter_month[a] = month
    people.encounters[a] += 1
    people.attempts[a] += 1
    draw = uniform(seed, DISPOSITION, person, day)
    outcome = RELEASE
    passed = 0.0
    for o in range(N_OUTCOME):
        passed += today.outcome_share[n, party, o]
        if draw < passed:
            outcome = o
            break
    repeat = people.encounters[a] > 1 and outcome == RELEASE
    if repeat and uniform(seed, RECOGNITION, person, day) < today.recognition:
        outcome = TITLE_8
    events.dispositions[outcome, area, n] += 1
    if outcome == TITLE_42 or outcome == RETURN_TO_MEXICO:
        by_air = outcome == TITLE_42 and uniform(seed, EXPULSION, person, day) < today.expulsion_air[n]
        if by_air:
            send_home(a, day, us, FATE_SENT_HOME, seed, people, home, p, events)
        else:
            put_back(a, day, w, int(p.put_back_days), people, graph)
    elif outcome == TITLE_8:
        if today.own_border[n] or today.taken_back[n]:
            events.removals[us, n] += 1
            put_back(a, day, w, int(p.put_back_days), people, graph)
        else:
            send_home(a, day, us, FATE_SENT_HOME, seed, people, home, p, events)
    else:
        held = p.detention_days if outcome == TRANSFER else p.custody_days
        people.state[a] = CUSTODY
        people.state_since[a] = day
        people.outcome[a] = outcome
        people.due[a] = day + int(held)


@kernel
def leave_custody(a, day, us, seed, people, graph, today, home, p, events):  # type: ignore[no-untyped-def]
    """Person a leaves custody: released, or, after a transfer, perhaps removed, over the border if it is their own."""
    n = people.nationality[a]
    detained = people.outcome[a] == TRANSFER and people.party[a] != CHILD
    if detained and uniform(seed, CUSTODY_DAYS, people.person[a], day) < today.transfer_removed[n]:
        if today.own_border[n]:
            events.removals[us, n] += 1
            put_back(a, day, people.way[a], int(p.put_back_days), people, graph)
        else:
            send_home(a, day, us, FATE_TRANSFER_REMOVED, seed, people, home, p, events)
    else:
        people.state[a] = RELEASED
        people.state_since[a] = day
        end_departure(a, FATE_TRANSFER_RELEASED if people.outcome[a] == TRANSFER else FATE_RELEASED, people, events)
