"""Whatever has a limited number of places: seats, lawful pathways, regular status, removals from the way.

Everywhere the same: who wants a place is ranked by a keyed draw (or by time of application), and as many are taken as
today's capacity holds. Capacity is in persons; what does not fill an agent carries over within the month.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from zlib import crc32

import numpy as np

from ladsim.actors.country import Country
from ladsim.behavior import kernels
from ladsim.behavior.border import send_home
from ladsim.behavior.departure import REGULARIZATION_GOAL
from ladsim.behavior.tables import CHANNEL_PORT, Floats, Ints
from ladsim.core.draws import Decision, uniforms
from ladsim.core.schema import Fate, Outcome, State
from ladsim.policy.rules import Pathway, Regularization, Rules
from ladsim.sim.parts import Around, Running

REMOVED_ON_THE_WAY = int(Fate.REMOVED_ON_THE_WAY)
LONGEST_WAIT = 3650.0
LONGEST_BOARDING = 60.0
SEAT_DAYS = 2.0
ROUNDING = 1e-6
DAYS_A_YEAR = 365.25
DAYS_A_MONTH = DAYS_A_YEAR / 12.0


def capacity_on(path: Pathway, day: date) -> float:
    """Return the persons who can be granted a place on a day.

    A month's capacity is shared among its own days, a year's among those of the year of capacity.
    """
    if path.window == "month":
        return path.capacity_per_day * DAYS_A_MONTH / monthrange(day.year, day.month)[1]
    if path.window == "year":
        first = year_of_capacity(path, day)
        days = date(first + 1, path.year_begins, 1) - date(first, path.year_begins, 1)
        return path.capacity_per_day * DAYS_A_YEAR / days.days
    return path.capacity_per_day


def year_of_capacity(path: Pathway, day: date) -> int:
    """Return the calendar year in which the year of capacity of a day begins."""
    return day.year if day.month >= path.year_begins else day.year - 1


def window_of(path: Pathway, day: date) -> int:
    """Return a number that names the month or year at whose end unused places are lost."""
    return year_of_capacity(path, day) if path.window == "year" else day.year * 12 + day.month


def pathway_number(name: str) -> int:
    """Return a number that names a pathway in the address of a draw, whatever other pathways there are."""
    return crc32(name.encode()) & 0x7FFFFFFF


def _in_proportion(stock: Floats, count: int) -> Ints:
    """Return how many of ``count`` fall to each nationality, in proportion to its stock."""
    if count <= 0:
        return np.zeros(len(stock), dtype=np.int64)
    marks = (np.arange(count) + 0.5) / count
    return np.bincount(np.searchsorted(np.cumsum(stock) / stock.sum(), marks), minlength=len(stock))


class Queues:
    """Places that are limited, and who waits for them.

    Args:
        scale: persons that one agent stands for.
        seed: seed of the draws.
    """

    def __init__(self, scale: int, seed: int) -> None:
        self._scale, self._seed = scale, seed
        self._credit: dict[str, float] = {}
        self._month: dict[str, int] = {}
        self._granted: dict[str, int] = {}
        self._waiting: Ints = np.zeros((0, 0), dtype=np.int64)
        self._seats: Floats = np.zeros(0)
        self._seats_left: Floats = np.zeros(0)
        self._asked: Floats = np.zeros(0)
        self._left_behind: Floats = np.zeros(0)
        self._removed_share: Floats = np.zeros((0, 0))

    # -- seats -------------------------------------------------------------------------------------------------------

    def fill_seats(self, model: Running, pending: Ints) -> None:
        """Board those in line for ways with limited seats, and let the number of seats follow demand.

        An agent boards when at least half of the seats that it needs are there, so that agents of any size wait the
        same on average; the missing seats are taken from the next days.
        """
        env, p = model.environment, model.parameters
        base = env.world.route.capacity * env.rules.way_capacity_factor
        if not len(self._seats):
            self._seats = np.ones(len(base))
            self._seats_left = np.zeros(len(base))
            self._asked = np.zeros(len(base))
            self._left_behind = np.zeros(len(base))
        line = np.flatnonzero(pending >= 0)
        ways = pending[line]
        lengths = np.bincount(ways, minlength=len(base))
        asked = lengths * float(self._scale)
        self._seats_left = self._seats_left + np.where(env.graph.limited, base * self._seats, 0.0) / self._scale
        held = np.where(base > 0.0, np.maximum(1.0, SEAT_DAYS * base * self._seats / self._scale), 0.0)
        self._seats_left = np.where(env.graph.limited, np.minimum(self._seats_left, held), 0.0)
        seats = np.floor(self._seats_left + 0.5).astype(np.int64)
        draws = uniforms(self._seed, Decision.BOARDING, model.population.view("person")[line], model.day)
        order = np.lexsort((draws, ways))
        place = np.arange(len(line)) - (np.cumsum(lengths) - lengths)[ways[order]]
        seated = place < seats[ways[order]]
        self._seats_left -= np.minimum(lengths, seats)
        chosen = line[order[seated]]
        if len(chosen):
            kernels.board_all(
                chosen,
                pending[chosen],
                model.day,
                self._seed,
                model._people(),
                env.graph,
                env.today,
                env.world.people.group_node,
                model.parameters,
                model.events,
            )
        self._asked = 0.9 * self._asked + 0.1 * asked
        left_behind = (lengths - np.minimum(lengths, seats)) * float(self._scale)
        self._left_behind = 0.9 * self._left_behind + 0.1 * left_behind
        with np.errstate(divide="ignore", invalid="ignore"):
            load = np.where(np.isfinite(base) & (base > 0.0), self._asked / (base * self._seats), 0.0)
        growth = np.where(env.grows, (1.0 + p.seat_growth) ** (1.0 / 7.0), 1.0)
        more = np.minimum(p.seat_limit, self._seats * growth)
        self._seats = np.where(load > 1.0, more, np.maximum(1.0, self._seats / growth))

    def boarding_waits(self, env: Around) -> Floats:
        """Return the days (W) that people in line for a way with limited seats can expect to wait, by Little's law."""
        seats = env.world.route.capacity * env.rules.way_capacity_factor * self._seats
        with np.errstate(divide="ignore", invalid="ignore"):
            days = np.where(np.isfinite(seats), self._left_behind / seats, 0.0)
        return np.asarray(np.clip(np.where(np.isnan(days), 0.0, days), 0.0, LONGEST_BOARDING))

    # -- lawful pathways -------------------------------------------------------------------------------------------

    def grant_pathways(self, model: Running) -> None:
        """Grant places in lawful pathways: the persons a day that each can take, from among those who wait."""
        env = model.environment
        p = model.population
        state, goal, outcome = p.view("state"), p.view("goal"), p.view("outcome")
        queued = np.flatnonzero((state == State.PATHWAY_QUEUE) & (outcome < 0))
        self._waiting = np.zeros((env.n_pathways, env.world.people.n_nationalities), dtype=np.int64)
        np.add.at(self._waiting, (goal[queued], p.view("nationality")[queued]), 1)
        today = model.date
        month = today.year * 12 + today.month
        waiting = self._waiting.sum(axis=1).tolist()
        for path in env.rules.pathways:
            k = env.pathway_ids.index(path.id)
            places = self._places(path, today, waiting[k])
            if not places:
                continue
            line = queued[goal[queued] == k]
            number = pathway_number(path.id)
            line = self._by_wait_and_lot(model, line, path.longest_first, places, number)
            draws = uniforms(self._seed, Decision.PATHWAY_APPROVAL, p.view("person")[line], number)
            fit = draws < path.approval_rate
            granted = line[fit][:places]
            self._note_granted(path, places, len(granted))
            last = np.flatnonzero(fit)[: len(granted)]
            looked_at = line[: last[-1] + 1] if len(last) == places else line
            self._refuse(model, looked_at[~fit[: len(looked_at)]], k)
            self._grant(model, granted, max(1, round(path.processing_days)))
        self._admit_walk_ins(model, queued, month)

    def _by_wait_and_lot(self, model: Running, line: Ints, longest_first: float, places: int, number: int) -> Ints:
        """Return a line in the order in which places are given: first those for the longest wait, then by lot.

        Args:
            model: the model, for its day and people.
            line: rows of those who wait.
            longest_first: share of the places that goes to those who have waited longest.
            places: places of today; the fraction of a place that the share leaves is decided by a keyed draw.
            number: of the pathway.
        """
        by_wait = line[np.argsort(model.population.view("state_since")[line], kind="stable")]
        if longest_first >= 1.0:
            return by_wait
        extra = uniforms(self._seed, Decision.LONGEST_FIRST, np.array([number]), model.day)[0]
        count = min(len(line), int(np.floor(longest_first * places + extra))) if longest_first > 0.0 else 0
        rest = np.sort(by_wait[count:])
        return np.concatenate([by_wait[:count], rest[self._order(Decision.PATHWAY_RANK, model, rest)]])

    def _admit_walk_ins(self, model: Running, queued: Ints, month: int) -> None:
        """Admit at ports those who stand in line there, then those who wait for an appointment and come without one."""
        env, p = model.environment, model.population
        walk = env.n_pathways - 1
        goal, nationality = p.view("goal"), p.view("nationality")
        waiting = queued[(p.view("state")[queued] == State.PATHWAY_QUEUE) & (p.view("outcome")[queued] < 0)]
        in_line = waiting[goal[waiting] == walk]
        without = waiting[env.paths.channel[goal[waiting]] == CHANNEL_PORT]
        many = env.world.people.n_nationalities
        wanted = np.bincount(nationality[in_line], minlength=many) + np.bincount(nationality[without], minlength=many)
        for n in np.flatnonzero(env.rules.walk_in_per_day > 0.0):
            places = self._take_of_month(f"walk_in:{n}", float(env.rules.walk_in_per_day[n]), int(wanted[n]), month)
            if not places:
                continue
            lines = [rows[nationality[rows] == n] for rows in (in_line, without)]
            ranked = np.concatenate([line[self._order(Decision.WALK_IN, model, line)] for line in lines])
            goal[ranked[:places]] = walk
            self._grant(model, ranked[:places], 1)

    def _grant(self, model: Running, rows: Ints, days: int) -> None:
        model.population.view("outcome")[rows] = Outcome.PAROLE
        model.population.view("due")[rows] = model.day + days
        model.population.view("way")[rows] = -1

    def _refuse(self, model: Running, rows: Ints, k: int) -> None:
        p = model.population
        p.view("refused")[rows] |= 1 << k
        home = p.view("node")[rows] == model.world.people.group_node[p.view("group")[rows]]
        p.view("state")[rows] = np.where(home, State.CONSIDERING, State.WAITING)
        p.view("goal")[rows] = -1
        p.view("way")[rows] = -1
        p.view("state_since")[rows] = model.day
        p.view("due")[rows] = model.day + 1

    def waits(self, env: Around) -> Floats:
        """Return the days (K x N) that those in the queues can expect to wait at today's capacity.

        Of a pathway that is not there yet, or closed to a nationality, there is no news: what is believed stays.
        """
        out = env.beliefs.wait.copy()
        waiting = self._waiting * float(self._scale)
        in_line = waiting.sum(axis=1).tolist()
        for path in env.rules.pathways:
            k = env.pathway_ids.index(path.id)
            ahead = in_line[k] * path.approval_rate
            out[k] = min(LONGEST_WAIT, ahead / max(path.capacity_per_day, 1e-6))
        walk = env.n_pathways - 1
        per_day = np.maximum(env.rules.walk_in_per_day, 1e-6)
        admitted = env.rules.walk_in_per_day > 0.0
        out[walk, admitted] = np.minimum(LONGEST_WAIT, waiting[walk] / per_day)[admitted]
        return out

    # -- regular status ----------------------------------------------------------------------------------------------

    def regularize(self, model: Running) -> None:
        """Give regular status where programs run: first to those who asked for it, then to others of the stock."""
        env, p = model.environment, model.population
        if not env.rules.regularizations:
            return
        asking = np.flatnonzero((p.view("state") == State.CONSIDERING) & (p.view("goal") == REGULARIZATION_GOAL))
        for program in env.rules.regularizations:
            country = model.countries[env.world.route.countries[program.country]]
            places = country.places(program, self._scale)
            if not places:
                continue
            asking = asking[p.view("state")[asking] == State.CONSIDERING]
            concerned = env.world.people.group_country[p.view("group")[asking]] == program.country
            concerned &= program.renewal_share < 1.0
            line = asking[concerned & program.nationalities[p.view("nationality")[asking]]]
            order = self._order(Decision.REGULARIZATION_RANK, model, line)
            granted = line[order[:places]]
            p.view("state")[granted] = State.REGULARIZED
            p.view("regular")[granted] = True
            p.view("state_since")[granted] = model.day
            given = np.bincount(p.view("nationality")[granted], minlength=env.world.people.n_nationalities)
            model.events.regularizations[program.country] += self._regularize_others(program, country, places, given)

    def _regularize_others(self, program: Regularization, country: Country, places: int, given: Ints) -> Ints:
        """Give what places those who asked have left to others without status; return how many got it (N, agents).

        A part renews a status; the others go to the stock of residents first, then to people whom the table of
        residences does not hold.
        """
        asked = int(given.sum())
        stock = np.where(program.nationalities, country.irregular_stock, 0.0)
        renewals = country.renewals(program, places - asked)
        renewed = _in_proportion(np.maximum(stock, np.where(program.nationalities, 1.0, 0.0)), renewals)
        places -= renewals
        given = given + _in_proportion(stock, min(places - asked, int(stock.sum() // self._scale) - asked))
        country.irregular_stock = np.maximum(0.0, country.irregular_stock - given * float(self._scale))
        outside = country.outside_left(program)
        others = _in_proportion(outside, min(places - int(given.sum()), int(outside.sum() // self._scale)))
        country.note_outside(program, others.astype(np.float64) * self._scale)
        given = given + others
        country.give_back(program, places - int(given.sum()), self._scale)
        return given + renewed

    # -- removals from the way -----------------------------------------------------------------------------------

    def remove_from_the_way(self, model: Running) -> None:
        """Remove people who are at a removing country's places today, after screening, up to its capacity."""
        env, p = model.environment, model.population
        self._removed_share = np.zeros(env.removal_share.shape)
        if not env.rules.removals:
            return
        arrived = (p.view("due") <= model.day) & (p.view("state") == State.WAITING)
        arrived = np.flatnonzero(arrived & (p.view("state_since") == model.day))
        for program in env.rules.removals:
            at_place = arrived[np.isin(p.view("node")[arrived], program.nodes)]
            line = at_place[program.nationalities[p.view("nationality")[at_place]]]
            places = self._take(f"removal:{program.id}", program.removals_per_day, len(line), banked_days=7.0)
            if not len(line):
                cell = np.ix_(program.nodes, program.nationalities)
                self._removed_share[cell] = env.removal_share[cell]
                continue
            screened_in = uniforms(self._seed, Decision.SCREENING, p.view("person")[line], 0)
            order = self._order(Decision.REMOVAL_RANK, model, line)
            subject = order[screened_in[order] >= program.screened_in_share]
            removed = line[subject[:places]]
            self._return_places(f"removal:{program.id}", places - len(removed))
            share = len(removed) / len(line)
            self._removed_share[np.ix_(program.nodes, program.nationalities)] = share
            people = model._people()
            for a in removed:
                send_home(
                    a,
                    model.day,
                    program.country,
                    REMOVED_ON_THE_WAY,
                    self._seed,
                    people,
                    env.world.people.group_node,
                    model.parameters,
                    model.events,
                )

    def removed_share_today(self, env: Around) -> Floats:
        """Return the share of those who arrived at each place today who were removed from there (I x N)."""
        return self._removed_share

    def full(self, rules: Rules, countries: Mapping[str, Country], codes: Sequence[str]) -> frozenset[str]:
        """Return the ids of the pathways and programs that have no place left in all."""
        pathways = {
            path.id for path in rules.pathways if (self._granted.get(path.id, 0) + 1) * self._scale > path.total_places
        }
        programs = {
            program.id
            for program in rules.regularizations
            if not countries[codes[program.country]].has_places(program, self._scale)
        }
        return frozenset(pathways | programs)

    # -- capacity ----------------------------------------------------------------------------------------------------

    def _order(self, decision: Decision, model: Running, rows: Ints) -> Ints:
        draws = uniforms(self._seed, decision, model.population.view("person")[rows], model.day)
        return np.argsort(draws, kind="stable")

    def _places(self, path: Pathway, day: date, wanted: int) -> int:
        """Return the places (agents) that a pathway can give today, of those wanted."""
        left = path.total_places / self._scale - self._granted.get(path.id, 0)
        wanted = wanted if left >= wanted else max(0, int(left + ROUNDING))
        return self._take_of_month(path.id, capacity_on(path, day), wanted, window_of(path, day))

    def _note_granted(self, path: Pathway, places: int, granted: int) -> None:
        """Count the places that were given, and put back the others."""
        self._granted[path.id] = self._granted.get(path.id, 0) + granted
        self._return_places(path.id, places - granted)

    def _take(self, name: str, per_day: float, wanted: int, banked_days: float) -> int:
        credit = self._credit.get(name, 0.0) + per_day / self._scale
        credit = min(credit, max(1.0, banked_days * per_day / self._scale))
        places = min(wanted, int(credit))
        self._credit[name] = credit - places
        return places

    def _take_of_month(self, name: str, per_day: float, wanted: int, month: int) -> int:
        """Take places; what is not used in a month (or another window) is lost at its end, but the fraction of one."""
        credit = self._credit.get(name, 0.0)
        if self._month.get(name, month) != month:
            credit = max(0.0, credit - int(credit + ROUNDING))
        self._month[name] = month
        credit += per_day / self._scale
        places = min(wanted, int(credit + ROUNDING)) if wanted else 0
        self._credit[name] = credit - places
        return places

    def _return_places(self, name: str, places: int) -> None:
        self._credit[name] = self._credit.get(name, 0.0) + max(0, places)
