"""What holds on a day: the primitives through which every lever acts on the world.

No lever works by a coefficient on a flow. Each of the ten kinds sets some of the arrays below, and the behavior and
the actors read only these. Index letters: W ways, N nationalities, P party kinds, R residence groups, C countries,
S stretches; the order is that of the world's tables.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass
class Pathway:
    """A lawful pathway as it stands on a day.

    Attributes:
        id: instrument id.
        channel: ``residence`` (applied for where one lives), ``port`` (an appointment at a US port of entry, asked
            for from the zone in Mexico) or ``transit`` (applied for at an office, by travelers and by residents of its
            country).
        open: whether applications are taken.
        capacity_per_day: persons a day who can be granted a place.
        window: ``month`` where the capacity is one of calendar months, whose days share it equally, ``year`` where it
            is one of years, ``day`` otherwise. What a month (also of a daily capacity) or a year does not use is lost
            at its end.
        year_begins: the month in which a year of capacity begins.
        total_places: persons who can be granted a place in all.
        processing_days: days from the grant to the arrival.
        approval_rate: share of applications that can be approved.
        needs_ties: a US sponsor or family is needed.
        bars_irregular_entry: who entered a country of the corridor irregularly since the start cannot apply.
        longest_first: share of places that go to those who have waited longest: 1 is first come, first served; the
            others go by lot among all who wait.
        eligible: N x R, who may apply.
        office_countries: country indices whose nodes have an office (``transit`` channel).
        destination: ISO3 of the country of arrival; blank for the one that people are bound for.
        seasonal: the stay is for a season.
        registration: one applies by registering, which takes as little as asking for an appointment.
        since_day: day index (negative if before the run) from which on irregular entries bar.
        present_by: day index by which one must have been present where one applies; None: no matter since when.
    """

    id: str
    channel: str
    open: bool
    capacity_per_day: float
    processing_days: float
    approval_rate: float
    needs_ties: bool
    bars_irregular_entry: bool
    longest_first: float
    eligible: Bools
    office_countries: tuple[int, ...] = ()
    destination: str = ""
    since_day: int = 0
    window: str = "day"
    year_begins: int = 1
    total_places: float = math.inf
    seasonal: bool = False
    registration: bool = False
    present_by: int | None = None


@dataclass
class Regularization:
    """A regularization program: persons a day who get regular status where they live.

    ``outside_stock`` (N) are people without status whom the table of residences does not hold, for countries in which
    nobody lives who forms a wish in the model. ``renewal_share`` of the places that nobody asked for goes to people who
    have status (or came after the table's year) and draws down no stock; at 1 nobody without status can ask.
    """

    id: str
    country: int
    capacity_per_day: float
    total_places: float
    nationalities: Bools
    outside_stock: Floats | None = None
    renewal_share: float = 0.0


@dataclass
class NodeRemoval:
    """Removals from a place on the way: persons a day, after screening, to people's own country."""

    id: str
    country: int
    nodes: NDArray[np.int64]
    removals_per_day: float
    screened_in_share: float
    nationalities: Bools


@dataclass
class AsylumBar:
    """A bar on asylum for unlawful crossers; with thresholds it watches the state of the system.

    A bar without thresholds holds from start to end. A bar with thresholds is on while the ``window_days`` average of
    encounters between ports is above ``threshold_on`` and goes off after it has stayed below ``threshold_off`` for
    ``quiet_days``. While on: ``ease_shift`` is added to the log-odds that a case ends in a timely consequence, and
    ``processing_factor`` multiplies the persons a day for whom there is capacity. ``counted_children`` is the share of
    unaccompanied children who count in the average, by nationality (N).
    """

    id: str
    threshold_on: float | None
    threshold_off: float | None
    window_days: int
    quiet_days: int
    ease_shift: float
    processing_factor: float
    nationalities: Bools
    counted_children: Floats


@dataclass
class Announcement:
    """What people are told of an instrument.

    ``day`` is the index of the day from which on it is to hold, ``known`` that of its announcement, ``end`` that of the
    day on which it holds no longer.
    ``claim`` names what the announcement is about: ``release`` (share released after an encounter),
    ``interdiction`` (added probability of being stopped on the ways of ``countries``), and ``value`` what it claims.
    """

    id: str
    day: int
    claim: str
    value: float
    nationalities: Bools
    countries: tuple[int, ...] = ()
    known: int = 0
    end: float = field(default=math.inf, compare=False)  # what differs by it differs in the rules of that day


@dataclass
class Rules:
    """Everything that holds on a day.

    Attributes:
        way_open: W x N, may somebody of this nationality use the way at all (entry rules and visas).
        way_charge: W x N, USD added to the cost (visa and airport charges, fines, permits).
        way_fare_factor: W, multiplies the fare.
        way_capacity_factor: W, multiplies the seats a day.
        interdiction: W x N, probability of being stopped on the way, the way's own included.
        interdiction_capacity: C, persons a day that a country's forces can stop (inf: no limit).
        interdiction_removed_share: C, share of those stopped who are sent to their own country.
        recognition: share of repeat attempts that are recognized at the US border and not released.
        expulsion_share: N x P, share of those encountered whom the public-health order lets expel.
        expulsion_air_share: N, share of expulsions that go by air to people's own country.
        removed_after_transfer: N, least share of those transferred to ICE who are removed.
        held_share: N, share of adults and families who would otherwise be released who are sent back at once or held.
        interior_removal_share: N, share of those who enter who must reckon with being removed from inside the country.
        removed_after_transfer_at_most: N, largest share of them, where their own country refuses flights.
        expulsion_capacity: N, persons a day whom Mexico takes back under the order (inf: no limit), of the pool.
        expulsion_pool: N, nationalities with the same number share one capacity.
        return_to_mexico_per_day: persons a day returned to wait in Mexico (MPP).
        taken_back_share: N, share of timely consequences that are returns to Mexico under Title 8.
        taken_back_per_day: N, persons a day whom Mexico takes back so (inf: no limit), of the pool.
        taken_back_pool: N, nationalities with the same number share one capacity.
        consequence_per_day: persons a day for whom the US can deliver a timely consequence (process, hold, remove).
        consequence_ease: N x P, log-odds shift that a case can end in a timely consequence.
        walk_in_per_day: N, persons a day processed at ports without an appointment.
        walk_in_parole_share: N, share of them who are paroled; the others are repatriated or expelled.
        pathways, regularizations, removals, asylum_bars: the programs in force.
        asylum_capacity: C, asylum cases a day that a country can process (0: no system).
        asylum_recognition: C, share recognized.
        asylum_days: C, days to a decision.
        smuggling_cut: S, share of the networks' capacity taken out, by stretch (0..1).
        aid_per_person: C x N x P, USD per displaced person and year.
    """

    way_open: Bools
    way_charge: Floats
    way_fare_factor: Floats
    way_capacity_factor: Floats
    interdiction: Floats
    interdiction_capacity: Floats
    interdiction_removed_share: Floats
    recognition: float
    expulsion_share: Floats
    expulsion_air_share: Floats
    removed_after_transfer: Floats
    held_share: Floats
    interior_removal_share: Floats
    removed_after_transfer_at_most: Floats
    expulsion_capacity: Floats
    expulsion_pool: NDArray[np.int64]
    return_to_mexico_per_day: float
    taken_back_share: Floats
    taken_back_per_day: Floats
    taken_back_pool: NDArray[np.int64]
    consequence_per_day: float
    consequence_ease: Floats
    walk_in_per_day: Floats
    walk_in_parole_share: Floats
    asylum_capacity: Floats
    asylum_recognition: Floats
    asylum_days: Floats
    smuggling_cut: Floats
    aid_per_person: Floats
    pathways: list[Pathway] = field(default_factory=list)
    regularizations: list[Regularization] = field(default_factory=list)
    removals: list[NodeRemoval] = field(default_factory=list)
    asylum_bars: list[AsylumBar] = field(default_factory=list)
