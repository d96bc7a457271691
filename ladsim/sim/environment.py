"""What surrounds the people on a day: the rules in force, what is believed, and what the way on is worth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from ladsim import data
from ladsim.actors.country import Country, smoothed
from ladsim.actors.smuggling import SmugglingNetwork
from ladsim.behavior.after_transfer import AfterTransfer, arriving
from ladsim.behavior.beliefs import Beliefs
from ladsim.behavior.border import Processing, disposition_shares
from ladsim.behavior.familiarity import familiarity_table, read_familiarity
from ladsim.behavior.foresight import look_ahead
from ladsim.behavior.graph_order import node_orders
from ladsim.behavior.graph_tables import border_areas, graph_tables, way_families
from ladsim.behavior.parameters import Parameters
from ladsim.behavior.pathways import PathwayTables, open_pathways
from ladsim.behavior.places import CityNews, Places
from ladsim.behavior.tables import (
    N_OPTIONS,
    Events,
    Floats,
    Ints,
    Today,
    Values,
)
from ladsim.behavior.values import Perceived, kind_utilities, solve_values, way_utilities
from ladsim.core.schema import CLASSES_PER_NATIONALITY, N_KIND, N_MEANS, N_PARTY, N_TIES, STRETCHES, Mode
from ladsim.policy.rules import Rules
from ladsim.policy.timeline import Timeline
from ladsim.sim.arrivals import Arrivals
from ladsim.sim.queues import Queues
from ladsim.world.world import World

LONGEST_LAG = 60
MOST_PATHWAYS = 63
UPDATE_DAYS = 14
FIRST_SLOTS = 8
TOLERANCE = 1e-2
SWEEPS = 60
LONGEST_WAIT = 3650.0


class Environment:
    """Rules, beliefs and values of today.

    Attributes:
        graph: the route graph as arrays.
        rules: what holds today.
        today: the same as kernels read it.
        paths: lawful pathways today; the last one is walking in at a port.
        beliefs: what people believe.
        values: the history of perceived values.
        price: shadow price of the capacity to deliver consequences.
        bars_on: ids of the asylum bars that are on.
    """

    longest_lag = LONGEST_LAG

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
        self._first_familiarity_shares = familiarity
        self._home_value = arrivals.home_value
        self.graph = graph_tables(world)
        self.areas, self.n_sectors = border_areas(world)
        self.pathway_ids = pathways
        self.n_pathways = len(self.pathway_ids)
        assert self.n_pathways < MOST_PATHWAYS, "a person's refusals are kept in the bits of one number"
        paid = world.route.smuggler_share > 0.0
        self._paid_ways = [np.flatnonzero(paid & (world.route.stretch == s)) for s in range(len(STRETCHES))]
        self.grows = np.isin(world.route.mode, [int(Mode.BOAT), int(Mode.FLIGHT_CHARTER)])
        self._families, self._family_of_way = way_families(world)
        homes = [
            np.unique(world.people.group_node[world.people.group_nationality == n])
            for n in range(world.people.n_nationalities)
        ]
        self._order = node_orders(self.graph, homes)
        consequences = data.table("consequences").set_index("nationality").loc[list(world.nationalities)]
        self._direct_share = consequences["direct_share"].to_numpy(float)
        self._after_transfer = AfterTransfer(
            world.nationalities, consequences["transfer_removed_share"].to_numpy(float)
        )
        self._date = timeline.start
        self._transfer_removed = self._after_transfer.removed(timeline.start)
        self._known_removed = self._transfer_removed.copy()
        self._places = Places(
            self.graph, self.areas[: self.n_sectors], world.nationalities, arrivals.places, parameters
        )
        self._city_news = CityNews(self.graph, world.people.n_nationalities, N_PARTY, parameters)
        self._evaders, self._parties = arrivals.evaders, arrivals.parties
        self._own_border = np.array([code == "MEX" for code in world.nationalities])
        self._own_country = np.array([world.country_index.get(c, -2) for c in world.nationalities])
        self._active = self._active_classes()
        self.load = self._first_load()
        self.full: frozenset[str] = frozenset()
        self.removal_share = np.zeros((world.route.n_nodes, world.people.n_nationalities))
        self._use = np.zeros((len(self._families), world.people.n_nationalities))
        self.rules: Rules = timeline.rules(0)
        self.beliefs: Beliefs
        self._begun = False
        self.bars_on: frozenset[str] = frozenset()
        n_classes = world.people.n_nationalities * CLASSES_PER_NATIONALITY
        self._node_values = np.zeros((n_classes, world.route.n_nodes))
        self._way_values = np.full((n_classes, world.route.n_ways), -np.inf)
        self._stay_values = np.zeros((n_classes, world.route.n_nodes, N_OPTIONS))
        self.values = Values(
            way=np.zeros((FIRST_SLOTS, n_classes, world.route.n_ways), dtype=np.float32),
            stay=np.zeros((FIRST_SLOTS, n_classes, world.route.n_nodes, N_OPTIONS), dtype=np.float32),
            slot=np.zeros(timeline.n_days + run_in, dtype=np.int64),
        )
        self._slot = -1
        self._ahead: tuple[int, int] | None = None
        self._pathways = PathwayTables(world, pathways, parameters, arrivals.lawful_prospect, run_in)
        self.residual = 0.0

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
        self._transfer_removed = np.maximum(removed, rules.removed_after_transfer)
        bars = frozenset(bar.id for bar in rules.asylum_bars if countries["USA"].bar_is_on(bar))
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
        if changed or day % UPDATE_DAYS == 0:
            self._update_values(countries)
        self.values.slot[day] = self._slot

    def forget_history(self) -> None:
        """Let the history of values go, tens of MB; nobody decides any more."""
        self.values = Values(
            way=np.zeros((0, 0, 0), dtype=np.float32),
            stay=np.zeros((0, 0, 0, 0), dtype=np.float32),
            slot=self.values.slot,
        )

    def slots(self, day: int) -> Ints:
        """Return the slot of the history that was current 0, 1, ... days ago."""
        lags = np.arange(LONGEST_LAG + 1)
        return self.values.slot[np.maximum(day - lags, 0)]

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
        countries["USA"].note_encounters(float(encountered.sum()))
        boarded = events.boarded_today * float(scale)
        wanted = boarded * rules.interdiction
        keep = p.congestion_memory / (p.congestion_memory + 1.0)
        for country in countries.values():
            if np.isfinite(rules.interdiction_capacity[country.index]):
                country.note_stops(float(wanted[self.graph.stop_country == country.index].sum()), keep)
            filed = float(events.asylum_today[country.index]) * scale
            country.note_asylum(filed, float(rules.asylum_capacity[country.index]))
        paying = boarded.sum(axis=1)
        pressure = self.today.stop.mean(axis=1)
        for s, stretch in enumerate(STRETCHES):
            on = self._paid_ways[s]
            pressed = float(pressure[on].mean()) if len(on) else 0.0
            networks[stretch].set_fee(float(paying[on].sum()), float(rules.smuggling_cut[s]), pressed, p)
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
        self.beliefs.spread_the_word(self._use, self._wishes_today(countries))
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
            consequence_per_day=capacity,
            ease=ease,
            direct_share=self._direct_share,
            own_border=self._own_border,
            congestion_floor=self.p.congestion_floor,
        )

    def _stop(self, rules: Rules, countries: Mapping[str, Country]) -> Floats:
        factor = np.ones(len(countries))
        for country in countries.values():
            factor[country.index] = country.stop_factor(float(rules.interdiction_capacity[country.index]))
        by_way = np.where(self.graph.stop_country >= 0, factor[self.graph.stop_country], 1.0)
        return np.clip(rules.interdiction * by_way[:, None], 0.0, 1.0)

    def _today(self, rules: Rules, shares: Floats, stop: Floats, networks: Mapping[str, SmugglingNetwork]) -> Today:
        route = self.world.route
        fee = np.array([networks[s].fee for s in STRETCHES])[route.stretch]
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
            walk_in_parole=rules.walk_in_parole_share,
            aid=rules.aid_per_person / 100.0,
            home_value=self._home_value,
            regularization_open=regularization,
            year=self._year,
            city_news=self._city_news.utilities(
                arriving(self.beliefs.outcome, self._known_removed), rules.expulsion_share, self._own_border
            ),
        )

    def _removing(self, rules: Rules) -> np.ndarray:
        removing = np.zeros(self.removal_share.shape, dtype=np.bool_)
        for program in rules.removals:
            removing[program.nodes] |= program.nationalities
        return removing

    def _update_values(self, countries: Mapping[str, Country]) -> None:
        """Value the ways anew, with an eye on what is known to come, and add them to the history."""
        now = (self._node_values, self._way_values, self._stay_values)
        self.residual = self._solve(self.rules, self.beliefs, countries, now)
        if self._ahead is not None:
            day, days = self._ahead
            rules = self.timeline.rules_ahead(day, day - days)
            told = self.timeline.announcements_ahead(day, day - days)
            beliefs = self.beliefs.foreseen(told, rules.expulsion_share, self.graph, self._removing(rules))
            later = (self._node_values.copy(), self._way_values.copy(), self._stay_values.copy())
            self._solve(rules, beliefs, countries, later)
            look_ahead(self.graph, days, self.p.foresight, now, later)
        self._slot = self._free_slot()
        self.values.way[self._slot] = self._way_values
        self.values.stay[self._slot] = self._stay_values

    def _free_slot(self) -> int:
        """Return a slot of the history that nobody needs any more; the history grows where there is none."""
        today = self._since_start + self._run_in
        needed = self.values.slot[max(today - LONGEST_LAG, 0) : today]
        n_slots = len(self.values.way)
        free = np.setdiff1d(np.arange(n_slots), needed, assume_unique=False)
        if len(free):
            return int(free[0])
        grown = self.values._replace(
            way=np.concatenate([self.values.way, np.zeros_like(self.values.way)]),
            stay=np.concatenate([self.values.stay, np.zeros_like(self.values.stay)]),
        )
        self.values = grown
        return n_slots

    def _solve(
        self,
        rules: Rules,
        beliefs: Beliefs,
        countries: Mapping[str, Country],
        found: tuple[Floats, Floats, Floats],
    ) -> float:
        """Solve for the values of nodes, ways and other options under rules and beliefs; return what is left over."""
        p = self.p
        familiarity = np.ones((self.world.route.n_ways, self.world.people.n_nationalities))
        known = self._family_of_way >= 0
        familiarity[known] = beliefs.familiarity[self._family_of_way[known]]
        utilities = way_utilities(
            self.graph,
            self.today.cost - self.rules.way_charge + rules.way_charge,
            rules.way_open,
            familiarity,
            self.world.route.attraction,
            beliefs.boarding_wait,
            self.world.people.means_usd,
            p,
        )
        utilities = utilities + self._places.utilities(self._date).T[:, None, :]
        means = self.world.people.means_usd
        utilities = kind_utilities(self.graph, utilities, self.today.cost, means, p)
        wait = np.array([c.asylum_wait(rules) for c in countries.values()])
        asylum = np.where(
            rules.asylum_capacity > 0.0,
            p.asylum_value + p.regular_status_value * rules.asylum_recognition - p.home_queue_cost * wait,
            -np.inf,
        )
        perceived = Perceived(
            stop=beliefs.stop,
            stop_removed=rules.interdiction_removed_share,
            node_removal=beliefs.node_removal,
            outcome=beliefs.outcome,
            expulsion_air=rules.expulsion_air_share,
            transfer_removed=self._known_removed,
            undetected_value=self.world.people.undetected_value,
            own_border=self._own_border,
            own_country=self._own_country,
            asylum_value=asylum,
            home_value=self._home_value,
        )
        return solve_values(
            self._active,
            utilities,
            self.graph,
            self._order,
            perceived,
            self.paths,
            p,
            TOLERANCE,
            SWEEPS,
            *found,
        )

    def _active_classes(self) -> np.ndarray:
        w = self.world
        kinds = np.stack([1.0 - self._evaders, self._evaders], axis=-1) * self._parties[..., None]
        share = kinds[..., None, None] * w.people.means[:, None, None, :, None] * np.ones(N_TIES)
        assert share.shape == (w.people.n_nationalities, N_PARTY, N_KIND, N_MEANS, N_TIES)
        return (share > 0.0).ravel()

    def _first_load(self) -> Floats:
        """Return the encounters a day (N x P) of the month before the first day, as observed, or of the first one."""
        observed = data.table("observed")
        rows = observed[observed["series"] == "encounters_between_ports"]
        month = f"{self.timeline.start:%Y-%m}"
        months = sorted(set(rows["month"]))
        before = max((m for m in months if m < month), default=months[0])
        counts = rows[rows["month"] == before].set_index("nationality")["value"]
        by_nationality = np.array([float(counts.get(code, 0.0)) for code in self.world.nationalities])
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
        shares = self._first_familiarity_shares or read_familiarity()
        return familiarity_table(shares, self._families, self.world.nationalities)

    def _wishes_today(self, countries: Mapping[str, Country]) -> Floats:
        day = countries["USA"].model.day
        return np.asarray(self._wishes[day])
