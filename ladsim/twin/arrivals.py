"""People enter, one at a time: as many as the stream of wishes says, with attributes that no policy moves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Protocol

from ladsim.actors.country import Country
from ladsim.behavior.parameters import Parameters
from ladsim.behavior.tables import Events
from ladsim.columns import LONGEST_LAG
from ladsim.core.draws import Decision
from ladsim.core.person_ids import person_id
from ladsim.core.schema import class_index
from ladsim.sim.arrivals import NEVER_IRREGULARLY, REVIEW_DAYS, Arrivals
from ladsim.twin.choice import Draws
from ladsim.twin.migrant import ReferenceMigrant
from ladsim.world.world import World


class Arriving(Protocol):
    """The model as those who enter it need it; twin.model.ReferenceModel is one."""

    @property
    def world(self) -> World:
        """The world."""

    @property
    def arrivals(self) -> Arrivals:
        """The stream of wishes."""

    @property
    def draws(self) -> Draws:
        """Random numbers by their address."""

    @property
    def events(self) -> Events:
        """Counters."""

    @property
    def countries(self) -> Mapping[str, Country]:
        """Country agents by ISO3."""

    @property
    def parameters(self) -> Parameters:
        """Behavior parameters."""

    @property
    def date(self) -> date:
        """The date of today."""

    @property
    def day(self) -> int:
        """Index of today."""

    @property
    def scale(self) -> int:
        """Persons per agent."""


def people_form_the_wish(model: Arriving) -> None:
    """Add today's people: as many as expected, the fraction left over decided by a keyed draw a group."""
    people = model.world.people
    calendar = model.date.toordinal()
    for group in range(people.n_groups):
        mean = model.arrivals.expected[model.day, group] / model.scale
        extra = model.draws.uniform(int(Decision.N_ARRIVALS), person_id(group, calendar, 0), 0)
        count = math.floor(mean + extra)
        model.events.wishes[group] += count
        for number in range(count):
            form_the_wish(model, group, person_id(group, calendar, number))


def form_the_wish(model: Arriving, group: int, person: int) -> ReferenceMigrant:
    """Add a person of a residence group, who first thinks of leaving today and decides within the week."""
    people, p, draws = model.world.people, model.parameters, model.draws

    def u(decision: Decision) -> float:
        return draws.uniform(int(decision), person, 0)

    def z(decision: Decision) -> float:
        return draws.normal(int(decision), person, 0)

    n = int(people.group_nationality[group])
    party = pick(model.arrivals.parties[n].tolist(), u(Decision.PARTY))
    kind = int(u(Decision.KIND) < model.arrivals.evaders[n, party])
    means_class = pick(people.means[n].tolist(), u(Decision.MEANS_CLASS))
    ties = bool(u(Decision.TIES) < people.ties[n])
    lawful_only = u(Decision.LAWFUL_ONLY) < model.arrivals.lawful_only[model.day, group]
    lag = p.information_lag * -math.log(1.0 - u(Decision.LAG))
    return ReferenceMigrant(
        model,
        person=person,
        nationality=n,
        group=group,
        traveler_class=class_index(n, party, means_class, int(ties), kind),
        party=party,
        kind=kind,
        means_class=means_class,
        ties=ties,
        means=float(people.means_usd[means_class]) * math.exp(p.means_spread * z(Decision.MEANS)),
        risk_aversion=math.exp(p.risk_spread * z(Decision.RISK_AVERSION)),
        urgency=NEVER_IRREGULARLY if lawful_only else p.urgency_spread * z(Decision.URGENCY),
        lag=int(min(LONGEST_LAG, lag)),
        regular=u(Decision.REGULAR_STATUS) >= irregular_share(model, group, n),
        node=int(people.group_node[group]),
        due=model.day + int(REVIEW_DAYS * u(Decision.FIRST_DAY)),
    )


def pick(shares: list[float], u: float) -> int:
    """Return the position that a uniform number picks by shares; the last one where their sum falls short of 1."""
    passed = 0.0
    for position, share in enumerate(shares[:-1]):
        passed += share
        if u < passed:
            return position
    return len(shares) - 1


def irregular_share(model: Arriving, group: int, nationality: int) -> float:
    """Return the share of a residence group that is without regular status today."""
    people = model.world.people
    if people.irregular_share[group] <= 0.0:
        return 0.0
    country = model.countries[model.world.route.countries[people.group_country[group]]]
    return float(country.irregular_stock[nationality] / people.persons[group])
