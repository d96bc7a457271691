"""Whatever has a limited number of places, with lines that are lists of agents.

How many places there are, and what waits people can expect, does not concern single people and is inherited.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import numpy as np

from ladsim.behavior.tables import CHANNEL_PORT
from ladsim.core.draws import Decision
from ladsim.core.schema import Fate, Outcome, State
from ladsim.sim.queues import SEAT_DAYS, Queues, pathway_number
from ladsim.twin import decision
from ladsim.twin.journey import send_home
from ladsim.twin.migrant import ReferenceMigrant

Line = list[ReferenceMigrant]


class Lines(Queues):
    """Places that are limited, and the agents who wait for them."""

    def __init__(self, scale: int, seed: int) -> None:
        super().__init__(scale, seed)
        self._in_line: dict[int, Line] = defaultdict(list)

    # -- seats -------------------------------------------------------------------------------------------------------

    def stand_in_line(self, a: ReferenceMigrant, way: int) -> None:
        """Stand in today's line for the seats of a way."""
        self._in_line[way].append(a)

    def fill_seats(self, model: Any, pending: Any = None) -> None:
        """Board those in line by a keyed draw, and let the number of seats follow demand.

        Seats that nobody takes are held for two days at most.
        """
        base = model.world.route.capacity * model.environment.rules.way_capacity_factor
        if not len(self._seats):
            self._seats, self._seats_left = np.ones(len(base)), np.zeros(len(base))
            self._asked, self._left_behind = np.zeros(len(base)), np.zeros(len(base))
        for way, limited in enumerate(model.around.graph.limited):
            line = self._ranked(Decision.BOARDING, model, self._in_line[way]) if way in self._in_line else []
            if limited:
                a_day = base[way] * self._seats[way]
                held = max(1.0, SEAT_DAYS * base[way] * self._seats[way] / self._scale) if base[way] > 0.0 else 0.0
                self._seats_left[way] = min(self._seats_left[way] + a_day / self._scale, held)
                seats = math.floor(self._seats_left[way] + 0.5)
                self._seats_left[way] -= min(seats, len(line))
                for a in line[:seats]:
                    decision.board(a, way)
                left_behind = max(0, len(line) - seats) * self._scale
                self._left_behind[way] = 0.9 * self._left_behind[way] + 0.1 * left_behind
            self._asked[way] = 0.9 * self._asked[way] + 0.1 * (len(line) * self._scale)
            self._follow_demand(model, way, float(base[way]))
        self._in_line.clear()

    def _follow_demand(self, model: Any, way: int, base: float) -> None:
        """Add seats on a way that is full, and take them away again where they are not asked for."""
        p = model.parameters
        limited = math.isfinite(base) and base > 0.0
        load = self._asked[way] / (base * self._seats[way]) if limited else 0.0
        growth = (1.0 + p.seat_growth) ** (1.0 / 7.0) if model.environment.grows[way] else 1.0
        if load > 1.0:
            self._seats[way] = min(p.seat_limit, self._seats[way] * growth)
        else:
            self._seats[way] = max(1.0, self._seats[way] / growth)

    # -- lawful pathways ---------------------------------------------------------------------------------------------

    def grant_pathways(self, model: Any) -> None:
        """Grant places in lawful pathways: by time of application or a keyed draw, to those who can be approved."""
        env = model.environment
        queued = [a for a in model.migrants if a.state == State.PATHWAY_QUEUE and a.outcome < 0]
        self._waiting = np.zeros((env.n_pathways, model.world.people.n_nationalities), dtype=np.int64)
        lines: dict[int, Line] = defaultdict(list)
        for a in queued:
            self._waiting[a.goal, a.nationality] += 1
            lines[a.goal].append(a)
        for path in env.rules.pathways:
            k = env.pathway_ids.index(path.id)
            line = lines[k]
            places = self._places(path, model.date, len(line))
            if not places:
                continue
            by_wait = sorted(line, key=lambda a: a.state_since)
            count = len(line)
            if path.longest_first < 1.0:
                extra = model.draws.uniform(int(Decision.LONGEST_FIRST), pathway_number(path.id), model.day)
                count = min(count, math.floor(path.longest_first * places + extra)) if path.longest_first > 0.0 else 0
            first = {a.person for a in by_wait[:count]}
            rest = [a for a in line if a.person not in first]
            line = [*by_wait[:count], *self._ranked(Decision.PATHWAY_RANK, model, rest)]
            left = places
            for a in line:
                if not left:
                    break
                if (
                    model.draws.uniform(int(Decision.PATHWAY_APPROVAL), a.person, pathway_number(path.id))
                    < path.approval_rate
                ):
                    self._give(a, max(1, round(path.processing_days)))
                    left -= 1
                else:
                    self._turn_down(a, k)
            self._note_granted(path, places, places - left)
        self._walk_in(model, [a for a in queued if a.state == State.PATHWAY_QUEUE and a.outcome < 0])

    def _walk_in(self, model: Any, waiting: Line) -> None:
        """Admit those in line at ports, then those who wait for an appointment and come without one."""
        env = model.environment
        walk = env.n_pathways - 1
        per_day = env.rules.walk_in_per_day
        for n in range(len(per_day)):
            if per_day[n] > 0.0:
                compatriots = [a for a in waiting if a.nationality == n]
                in_line = [a for a in compatriots if a.goal == walk]
                without = [a for a in compatriots if env.paths.channel[a.goal] == CHANNEL_PORT]
                wanted = len(in_line) + len(without)
                places = self._take_of_month(f"walk_in:{n}", float(per_day[n]), wanted, model.month)
                ranked = [*self._ranked(Decision.WALK_IN, model, in_line)]
                ranked += self._ranked(Decision.WALK_IN, model, without)
                for a in ranked[:places]:
                    a.goal = walk
                    self._give(a, 1)

    def _give(self, a: ReferenceMigrant, days: int) -> None:
        a.way = -1
        a.outcome = Outcome.PAROLE
        a.wait_until(days)

    def _turn_down(self, a: ReferenceMigrant, k: int) -> None:
        a.refused |= 1 << k
        a.goal = a.way = -1
        a.enter(State.CONSIDERING if a.node == a.home else State.WAITING)
        a.wait_until(1)

    # -- regular status ----------------------------------------------------------------------------------------------

    def regularize(self, model: Any) -> None:
        """Give regular status where programs run: to wishers who asked for it, then to others of the stock."""
        people = model.world.people
        for program in model.environment.rules.regularizations:
            country = model.countries[model.world.route.countries[program.country]]
            places = country.places(program, self._scale)
            if not places:
                continue
            line = [
                a
                for a in model.migrants
                if a.state == State.CONSIDERING
                and a.goal == decision.ASKED_FOR_STATUS
                and people.group_country[a.group] == program.country
                and program.nationalities[a.nationality]
                and program.renewal_share < 1.0
            ]
            granted = self._ranked(Decision.REGULARIZATION_RANK, model, line)[:places]
            given = np.zeros(people.n_nationalities, dtype=np.int64)
            for a in granted:
                given[a.nationality] += 1
                a.regular = True
                a.enter(State.REGULARIZED)
            given = self._regularize_others(program, country, places, given)
            model.events.regularizations[program.country] += given

    # -- removals from the way ---------------------------------------------------------------------------------------

    def remove_from_the_way(self, model: Any) -> None:
        """Remove people who have come to a removing country's places today, after screening, up to its capacity."""
        env, day = model.environment, model.day
        self._removed_share = np.zeros(env.removal_share.shape)
        for program in env.rules.removals:
            nodes = set(program.nodes.tolist())
            line = [
                a
                for a in model.migrants
                if a.state == State.WAITING
                and a.state_since == day
                and a.due <= day
                and a.node in nodes
                and program.nationalities[a.nationality]
            ]
            name = f"removal:{program.id}"
            places = self._take(name, program.removals_per_day, len(line), banked_days=7.0)
            if not line:
                cell = np.ix_(program.nodes, program.nationalities)
                self._removed_share[cell] = env.removal_share[cell]
                continue
            subject = [
                a
                for a in self._ranked(Decision.REMOVAL_RANK, model, line)
                if model.draws.uniform(int(Decision.SCREENING), a.person, 0) >= program.screened_in_share
            ]
            removed = subject[:places]
            self._return_places(name, places - len(removed))
            self._removed_share[np.ix_(program.nodes, program.nationalities)] = len(removed) / len(line)
            for a in removed:
                send_home(a, program.country, Fate.REMOVED_ON_THE_WAY)

    def _ranked(self, decision: Decision, model: Any, line: Line) -> Line:
        return sorted(line, key=lambda a: model.draws.uniform(int(decision), a.person, model.day))
