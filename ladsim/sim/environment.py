"""What surrounds the people on a day: the rules in force, what is believed, and when the ways are valued anew."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from ladsim.actors.country import Country, smoothed
from ladsim.actors.smuggling import SmugglingNetwork
from ladsim.behavior.after_transfer import AfterTransfer, arriving
from ladsim.behavior.beliefs import Beliefs
from ladsim.behavior.border import Processing, disposition_shares
from ladsim.behavior.familiarity import familiarity_of, familiarity_table
from ladsim.behavior.graph_tables import border_areas, graph_tables, way_families
from ladsim.behavior.parameters import Parameters
from ladsim.behavior.pathways import PathwayTables, open_pathways
from ladsim.behavior.places import CityNews, Places
from ladsim.behavior.ports import PortShares
from ladsim.behavior.tables import Events, Floats, Today
from ladsim.core.schema import N_PARTY, Mode, Party
from ladsim.policy.rules import Rules
from ladsim.policy.timeline import Timeline
from ladsim.sim.arrivals import Arrivals
from ladsim.sim.queues import Queues
from ladsim.sim.valuation import Outlook, Valuation
from ladsim.world.statistics import consequences, encounters_before, optional
from ladsim.world.world import World

MOST_PATHWAYS = 63
UPDATE_DAYS = 14
STIRRED_UPDATE_DAYS, STIRRED_DAYS = 7, 35


class Environment:
    """Rules and beliefs of today.

    Attributes:
        graph: the route graph as arrays.
        rules: what holds today.
        today: the same as kernels read it.
        paths: lawful pathways today; the last one is walking in at a port.
        beliefs: what people believe.
        valuation: what people take the ways to be worth, today and as it was known on earlier days.
        price: shadow price of the capacity to deliver consequences.
        bars_on: ids of the asylum bars that are on.
        first_familiarity: shares who know a family of ways on the first day, by family; None: the packaged ones.
    """

    def __init__(
        self,
        world: World,
        timeline: Timeline,
        pathways: list[str],
        parameters: Parameters,
        arrivals: Arrivals,
        run_in: int,
        familiarity: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        self.world, self.timeline, self.p = world, timeline, parameters
        self._wishes = arrivals.by_nationality
        self._run_in = run_in
        self._since_start = -run_in
        self.first_familiarity = familiarity
        self._home_value = arrivals.home_value
        self.graph = graph_tables(world)
        self.areas, self.n_sectors = border_areas(world)
        self.pathway_ids = pathways
        self.n_pathways = len(self.pathway_ids)
        assert self.n_pathways < MOST_PATHWAYS, "a person's refusals are kept in the bits of one number"
        paid = world.route.smuggler_share > 0.0
        self._paid_ways = [np.flatnonzero(paid & (world.route.stretch == s)) for s in range(len(world.route.stretches))]
        self.grows = np.isin(world.route.mode, [int(Mode.BOAT), int(Mode.FLIGHT_CHARTER)])
        self._families, self._family_of_way = way_families(world)
        found = consequences(world)
        self._direct_share = found.direct_share
        told = optional(world, "transfer_removals")
        self._after_transfer = AfterTransfer(world.nationalities, found.removed_share, told)
        self._date = timeline.start
        self._transfer_removed = self._after_transfer.removed(timeline.start)
        self._known_removed = self._transfer_removed.copy()
        self._ports = PortShares(self.areas[self.n_sectors :])
        self._places = Places(
            self.graph, self.areas[: self.n_sectors], world.nationalities, arrivals.places, parameters
        )
        self._city_news = CityNews(self.graph, world.people.n_nationalities, N_PARTY, parameters)
        self._own_border = world.own_border
        self.load = self._first_load()
        self.full: frozenset[str] = frozenset()
        self.removal_share = np.zeros((world.route.n_nodes, world.people.n_nationalities))
        self._use = np.zeros((len(self._families), world.people.n_nationalities))
        self.rules: Rules = timeline.rules(0)
        self.beliefs: Beliefs
        self._begun = False
        self.bars_on: frozenset[str] = frozenset()
        self.valuation = Valuation(world, self.graph, parameters, arrivals, timeline.n_days + run_in)
        self._last_change = 0
        self._ahead: tuple[int, int] | None = None
        self._pathways = PathwayTables(world, pathways, parameters, arrivals.lawful_prospect, run_in)

    # -- the day begins ----------------------------------------------------------------------------------------------

    def begin_day(self, day: int, countries: Mapping[str, Country], networks: Mapping[str, SmugglingNetwork]) -> None:
        """Take over the rules of the day and update what depends on them; the run-in has those of the first day."""
        since_start = self._since_start = day - self._run_in
        first = self.timeline.start
        self._date = first + timedelta(days=max(since_start, 0))
        self._year = -1 if since_start < 0 else (first + timedelta(days=since_start)).year - first.year
        rules = self.timeline.rules(max(since_start, 0))
        changed = not (self._begun and np.array_equal(rules.way_open, self.rules.way_open))
        changed = changed or open_pathways(rules) != open_pathways(self.rules)
        self.rules = rules
        removed = self._after_transfer.removed(self._date)
        removed = np.minimum(removed, rules.removed_after_transfer_at_most)
        self._transfer_removed = np.maximum(removed, rules.removed_after_transfer)
        bars = frozenset(bar.id for bar in rules.asylum_bars if countries[self.world.destination].bar_is_on(bar))
        changed = changed or bars != self.bars_on
        self.bars_on = bars
        self.processing = self._processing(rules)
        shares, self.price = disposition_shares(self.load, self.processing)
        stop = self._stop(rules, countries)
        if not self._begun:
            self.beliefs = self._first_beliefs(shares, stop)
            self._begun = True
        self.beliefs.follow_the_law(rules.expulsion_share)
        self.paths = self._pathways.today(rules, self.beliefs.wait, self.full)
        told = self.timeline.announcements(since_start)
        if told:
            self.beliefs.hear(told, rules.expulsion_share, self.graph, self._removing(rules))
            changed = True
        self.today = self._today(rules, shares, stop, networks)
        ahead = self.timeline.foreseen(since_start, int(self.p.foresight_days)) if since_start >= 0 else None
        before = None if self._ahead is None else self._ahead[0]
        changed = changed or ahead != before
        self._ahead = None if ahead is None else (ahead, ahead - since_start)
        self._last_change = day if changed else self._last_change
        stirred = day - self._last_change <= STIRRED_DAYS
        if changed or day % (STIRRED_UPDATE_DAYS if stirred else UPDATE_DAYS) == 0:
            self._value_the_ways(day, countries)
        self.valuation.keep(day)

    # -- the day ends ------------------------------------------------------------------------------------------------

    def end_day(
        self,
        events: Events,
        queues: Queues,
        countries: Mapping[str, Country],
        networks: Mapping[str, SmugglingNetwork],
        scale: int,
    ) -> None:
        """Let countries, networks and beliefs take note of the day; sets the daily counters to zero."""
        p, rules = self.p, self.rules
        encountered = events.encountered_today.astype(np.float64) * scale
        events.party_encounters[...] += events.encountered_today.T
        self.load = smoothed(self.load, encountered, p.congestion_memory)
        countries[self.world.destination].note_encounters(
            float(encountered.sum()), encountered[:, Party.UNACCOMPANIED_CHILD]
        )
        boarded = events.boarded_today * float(scale)
        wanted = boarded * rules.interdiction
        keep = p.congestion_memory / (p.congestion_memory + 1.0)
        limited = np.isfinite(rules.interdiction_capacity).tolist()
        asylum_today = events.asylum_today.astype(np.float64).tolist()
        for country in countries.values():
            if limited[country.index]:
                country.note_stops(float(wanted[self.graph.stop_country == country.index].sum()), keep)
            filed = asylum_today[country.index] * scale
            if filed or country.asylum_queue:
                country.note_asylum(filed, float(rules.asylum_capacity[country.index]))
        paying = boarded.sum(axis=1)
        pressure = self.today.stop.mean(axis=1)
        for s, stretch in enumerate(self.world.route.stretches):
            on = self._paid_ways[s]
            pressed = float(np.add.reduce(pressure[on])) / len(on) if len(on) else 0.0
            networks[stretch].set_fee(float(np.add.reduce(paying[on])), float(rules.smuggling_cut[s]), pressed, p)
        self.full = queues.full(rules, countries, self.world.route.countries)
        self.removal_share = smoothed(self.removal_share, queues.removed_share_today(self), p.congestion_memory)
        self.beliefs.learn(
            self.today.outcome_share,
            encountered.sum(axis=1),
            self.today.stop,
            self.removal_share,
            queues.waits(self),
            queues.boarding_waits(self),
            p.congestion_memory,
            self._since_start,
        )
        self._places.note(boarded)
        arrived = arriving(self.today.outcome_share, self._transfer_removed)
        self._city_news.note(boarded, arrived, rules.expulsion_share, self._own_border)
        self._known_removed = self._after_transfer.learned(self._known_removed, self._transfer_removed, p)
        used = np.zeros_like(self._use)
        known = self._family_of_way >= 0
        np.add.at(used, self._family_of_way[known], boarded[known])
        self._use = smoothed(self._use, used, p.congestion_memory)
        self.beliefs.spread_the_word(self._use, self._wishes_today())
        for counter in (
            events.encountered_today,
            events.boarded_today,
            events.asylum_today,
        ):
            counter[...] = 0

    # -- parts -------------------------------------------------------------------------------------------------------

    def _processing(self, rules: Rules) -> Processing:
        ease = rules.consequence_ease.copy()
        capacity = rules.consequence_per_day
        for bar in rules.asylum_bars:
            if bar.id in self.bars_on:
                ease[bar.nationalities] += bar.ease_shift
                capacity *= bar.processing_factor
        return Processing(
            expulsion_share=rules.expulsion_share,
            expulsion_capacity=rules.expulsion_capacity,
            expulsion_pool=rules.expulsion_pool,
            return_to_mexico_per_day=rules.return_to_mexico_per_day,
            taken_back_share=rules.taken_back_share,
            taken_back_per_day=rules.taken_back_per_day,
            taken_back_pool=rules.taken_back_pool,
            consequence_per_day=capacity,
            ease=ease,
            direct_share=self._direct_share,
            own_border=self._own_border,
            congestion_floor=self.p.congestion_floor,
            held_share=rules.held_share,
        )

    def _stop(self, rules: Rules, countries: Mapping[str, Country]) -> Floats:
        factor = np.ones(len(countries))
        capacity = rules.interdiction_capacity.tolist()
        for country in countries.values():
            if math.isfinite(capacity[country.index]):
                factor[country.index] = country.stop_factor(capacity[country.index])
        by_way = np.where(self.graph.stop_country >= 0, factor[self.graph.stop_country], 1.0)
        return np.clip(rules.interdiction * by_way[:, None], 0.0, 1.0)

    def _today(self, rules: Rules, shares: Floats, stop: Floats, networks: Mapping[str, SmugglingNetwork]) -> Today:
        route = self.world.route
        fee = np.array([networks[s].fee for s in route.stretches])[route.stretch]
        smuggler = route.cost * route.smuggler_share * fee
        fare = (route.cost * (1.0 - route.smuggler_share) + smuggler) * rules.way_fare_factor
        regularization = np.zeros((len(self.world.route.countries), self.world.people.n_nationalities), dtype=np.bool_)
        for program in rules.regularizations:
            takes = program.capacity_per_day > 0.0 and program.renewal_share < 1.0
            if takes and program.id not in self.full:
                regularization[program.country] |= program.nationalities
        return Today(
            way_open=rules.way_open,
            cost=fare[:, None] + rules.way_charge,
            smuggler_cost=smuggler,
            stop=stop,
            stop_removed=rules.interdiction_removed_share,
            outcome_share=shares,
            expulsion_air=rules.expulsion_air_share,
            recognition=float(rules.recognition),
            transfer_removed=self._transfer_removed,
            own_border=self._own_border,
            taken_back=rules.taken_back_share > 0.0,
            walk_in_parole=rules.walk_in_parole_share,
            aid=rules.aid_per_person / 100.0,
            home_value=self._home_value,
            regularization_open=regularization,
            year=self._year,
            office_reach=self._ports.reach(self._date),
            first_office=self.n_sectors,
            city_news=self._city_news.utilities(
                arriving(self.beliefs.outcome, self._known_removed), rules.expulsion_share, self._own_border
            ),
        )

    def _removing(self, rules: Rules) -> np.ndarray:
        removing = np.zeros(self.removal_share.shape, dtype=np.bool_)
        for program in rules.removals:
            removing[program.nodes] |= program.nationalities
        return removing

    def _value_the_ways(self, day: int, countries: Mapping[str, Country]) -> None:
        """Value the ways anew, with an eye on what is known to come."""
        now = self._outlook(self.rules, self.beliefs, countries)
        later, days = None, 0
        if self._ahead is not None:
            ahead, days = self._ahead
            rules = self.timeline.rules_ahead(ahead, ahead - days)
            told = self.timeline.announcements_ahead(ahead, ahead - days)
            beliefs = self.beliefs.foreseen(told, rules.expulsion_share, self.graph, self._removing(rules))
            later = self._outlook(rules, beliefs, countries)
        self.valuation.update(day, now, later, days)

    def _outlook(self, rules: Rules, beliefs: Beliefs, countries: Mapping[str, Country]) -> Outlook:
        return Outlook(
            rules=rules,
            beliefs=beliefs,
            fare=self.today.cost,
            cost=self.today.cost - self.rules.way_charge + rules.way_charge,
            familiarity=self._familiarity_of_ways(beliefs),
            places=self._places.utilities(self._date),
            asylum_wait=np.array([c.asylum_wait(rules) for c in countries.values()]),
            transfer_removed=self._known_removed,
            paths=self.paths,
        )

    def _familiarity_of_ways(self, beliefs: Beliefs) -> Floats:
        familiarity = np.ones((self.world.route.n_ways, self.world.people.n_nationalities))
        known = self._family_of_way >= 0
        familiarity[known] = beliefs.familiarity[self._family_of_way[known]]
        return familiarity

    def _first_load(self) -> Floats:
        """Return the encounters a day (N x P) of the month before the first day, as observed, or of the first one."""
        by_nationality = encounters_before(self.world, f"{self.timeline.start:%Y-%m}")
        days_a_month = 365.25 / 12.0
        return by_nationality[:, None] / days_a_month * self.world.people.parties

    def _first_beliefs(self, shares: Floats, stop: Floats) -> Beliefs:
        wait = np.full((self.n_pathways, self.world.people.n_nationalities), self.p.first_wait)
        beliefs = Beliefs(shares, stop, self.world.route.n_nodes, wait, self._first_familiarity(), self.p)
        beliefs.encounters_per_day = self.load.sum(axis=1)
        standing = self.timeline.standing_announcements
        beliefs.remember(standing, shares, stop, self.graph, self._removing(self.rules))
        return beliefs

    def _first_familiarity(self) -> Floats:
        shares = self.first_familiarity
        if shares is None:
            shares = familiarity_of(self.world)
        return familiarity_table(shares, self._families, self.world.nationalities)

    def _wishes_today(self) -> Floats:
        return np.asarray(self._wishes[self._since_start + self._run_in])
