"""The tables that kernels and their plain-Python twin read and write, as named tuples of arrays.

Index letters: W ways, I nodes, N nationalities, P party kinds, Q kinds of journey, C traveler classes,
G residence groups, L countries, K pathways (the last one is walking in at a port), O outcomes, S border areas
(sectors, then field offices).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ladsim.core.schema import N_FATE, N_KIND, N_MET, N_OUTCOME

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CHANNEL_RESIDENCE, CHANNEL_PORT, CHANNEL_TRANSIT, CHANNEL_WALK_IN = 0, 1, 2, 3
"""Where a pathway is applied for; positions used by Paths.channel."""

ANY_DAY = 2**31 - 1
"""A day that never comes, in Paths.present_by."""

OPTION_WAIT, OPTION_TURN_BACK, OPTION_ASYLUM, OPTION_SETTLE = 0, 1, 2, 3
"""What a node offers besides its ways and pathways; positions in Values.stay."""

N_OPTIONS = 4

LARGEST_CHOICE = 256
"""Most options that a choice may have; the length of its scratch array."""

NEGLIGIBLE = 30.0
"""An option that lies so many scales below the best one is never taken."""


class Graph(NamedTuple):
    """The route graph as arrays. ``out`` is W' way indices by node, delimited by ``out_start`` (I + 1)."""

    out_start: Ints
    out: Ints
    start: Ints
    end: Ints
    mode: Ints
    guided: Ints
    days: Floats
    days_spread: Floats
    death: Floats
    robbery: Floats
    stop_country: Ints
    stop_to: Ints
    back_to: Ints
    onward: Bools
    entry_country: Ints
    irregular: Bools
    detection: Floats
    limited: Bools
    node_country: Ints
    border_area: Ints
    port_area: Ints
    sea_exit: Bools
    return_days: Floats
    port_zone: Bools
    walk_in_zone: Bools
    at_border: Bools
    hub: Bools


class Today(NamedTuple):
    """What holds today, physically: what people meet, whatever they believe."""

    way_open: Bools
    cost: Floats
    smuggler_cost: Floats
    stop: Floats
    stop_removed: Floats
    outcome_share: Floats
    expulsion_air: Floats
    recognition: float
    transfer_removed: Floats
    own_border: Bools
    taken_back: Bools
    walk_in_parole: Floats
    aid: Floats
    home_value: Floats
    regularization_open: Bools
    year: int
    city_news: Floats
    office_reach: Floats
    first_office: int


class Paths(NamedTuple):
    """Lawful pathways today; ``value`` is K x N, the perceived worth of applying, all but ties and the application.

    ``present_by`` (K x G) is the day by which those who live abroad must have been present where they live,
    ``present_here`` (K) that by which people on the way must have come to an office; `ANY_DAY` if no matter.
    ``to_us`` (K): whether it leads to the United States, where the ties are.
    """

    channel: Ints
    open: Bools
    needs_ties: Bools
    bars_since: Ints
    eligible: Bools
    office: Bools
    present_by: Ints
    present_here: Ints
    value: Floats
    apply_cost: Floats
    to_us: Bools


class Values(NamedTuple):
    """The history of perceived values, one slot an update: way utilities with what follows, and the other options.

    ``news`` is the last day on which the worth of being at a node fell below what people on the way reckon with.
    """

    way: NDArray[np.float32]
    stay: NDArray[np.float32]
    news: NDArray[np.int32]
    slot: Ints


class People(NamedTuple):
    """Columns of the migrants; meaning and units in ladsim.population.SCHEMA."""

    person: NDArray[np.int64]
    nationality: NDArray[np.int16]
    group: NDArray[np.int16]
    traveler_class: NDArray[np.int16]
    party: NDArray[np.int8]
    ties: NDArray[np.bool_]
    means: NDArray[np.float64]
    risk_aversion: NDArray[np.float64]
    urgency: NDArray[np.float64]
    lag: NDArray[np.int16]
    regular: NDArray[np.bool_]
    attempts: NDArray[np.int16]
    encounters: NDArray[np.int16]
    state: NDArray[np.int8]
    node: NDArray[np.int16]
    way: NDArray[np.int16]
    goal: NDArray[np.int16]
    due: NDArray[np.int32]
    born: NDArray[np.int32]
    state_since: NDArray[np.int32]
    irregular_since: NDArray[np.int32]
    last_encounter_month: NDArray[np.int32]
    outcome: NDArray[np.int8]
    wait_weeks: NDArray[np.int16]
    refused: NDArray[np.int64]
    paid: NDArray[np.float64]
    departed: NDArray[np.int16]
    met: NDArray[np.int8]
    kind: NDArray[np.int8]
    shaken: NDArray[np.bool_]
    heard: NDArray[np.int32]
    tries: NDArray[np.int8]
    fate: NDArray[np.int8]


class Events(NamedTuple):
    """Counts of what happened since they were last set to zero, in agents; payments in USD an agent."""

    wishes: Ints
    departures: Ints
    entries: Ints
    passages: Ints
    encounters: Ints
    dispositions: Ints
    unique: Ints
    undetected: Ints
    applications: Ints
    arrivals: Ints
    regularizations: Ints
    asylum: Ints
    interdictions: Ints
    removals: Ints
    returns: Ints
    settled: Ints
    deaths: Ints
    payments: Floats
    encountered_today: Ints
    boarded_today: Ints
    asylum_today: Ints
    party_encounters: Ints
    fates: Ints


def new_events(
    ways: int, nationalities: int, parties: int, groups: int, countries: int, pathways: int, areas: int, years: int = 1
) -> Events:
    """Return counters at zero."""

    def zeros(*shape: int) -> Ints:
        return np.zeros(shape, dtype=np.int64)

    n = nationalities
    return Events(
        wishes=zeros(groups),
        departures=zeros(groups),
        entries=zeros(countries, n),
        passages=zeros(ways, n),
        encounters=zeros(areas, n),
        dispositions=zeros(N_OUTCOME, areas, n),
        unique=zeros(n),
        undetected=zeros(areas, n),
        applications=zeros(pathways, n),
        arrivals=zeros(pathways, n),
        regularizations=zeros(countries, n),
        asylum=zeros(countries, n),
        interdictions=zeros(countries, n),
        removals=zeros(countries, n),
        returns=zeros(groups),
        settled=zeros(countries, n),
        deaths=zeros(ways, n),
        payments=np.zeros((ways, n)),
        encountered_today=zeros(n, parties),
        boarded_today=zeros(ways, n),
        asylum_today=zeros(countries),
        party_encounters=zeros(parties, n),
        fates=zeros(years, n, parties, N_KIND, N_FATE, N_MET),
    )
