"""What people believe: weighted averages of what happened to their own nationality, and jumps at announcements.

Nobody sees the shares of dispositions, the waits or the risk of being stopped. Each nationality perceives them as an
exponentially weighted average of what happened to its own people; the fewer tried, the slower news spreads. An
announcement moves the perception at once, as far as announcements are believed; what then happens to those who try
moves it back if it is not applied and, with ``disappointment``, lets the next announcement be believed less.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping

import numpy as np

from ladsim.behavior.parameters import Parameters
from ladsim.behavior.reputation import Reputation
from ladsim.behavior.tables import Bools, Floats, Graph
from ladsim.behavior.values import RELEASE, TITLE_8, TITLE_42, TRANSFER
from ladsim.core.schema import N_PARTY, Party
from ladsim.policy.rules import Announcement

CHILD = int(Party.UNACCOMPANIED_CHILD)
KNOWN_TO_ALL = 1.0


class Beliefs:
    """The perceived state of the world, by nationality.

    Attributes:
        outcome: N x P x O, perceived shares of dispositions after an encounter.
        stop: W x N, perceived probability of being stopped on a way.
        node_removal: I x N, perceived probability of being removed on arrival at a place on the way.
        wait: K x N, perceived days until a place in a lawful pathway.
        boarding_wait: W, perceived days until a seat.
        familiarity: F x N, share of a nationality who know a family of ways.
        encounters_per_day: N, smoothed encounters, persons a day; how much news there is.
        reputation: how far what was announced came about: of releases (N x P), of stops on ways (W x N) and of removals
            from places (I x N).
    """

    def __init__(
        self, outcome: Floats, stop: Floats, n_nodes: int, wait: Floats, familiarity: Floats, parameters: Parameters
    ) -> None:
        n = outcome.shape[0]
        self.outcome = outcome.copy()
        self.stop = stop.copy()
        self.node_removal = np.zeros((n_nodes, n))
        self.wait = wait.copy()
        self.boarding_wait = np.zeros(stop.shape[0])
        self.familiarity = familiarity.copy()
        self._least_familiar = familiarity.copy()
        self.encounters_per_day = np.zeros(n)
        self.reputation = {
            "release": Reputation(outcome.shape[:2]),
            "stop": Reputation(stop.shape),
            "node_removal": Reputation(self.node_removal.shape),
        }
        self._p = parameters

    def learn(
        self,
        shares: Floats,
        encounters: Floats,
        stop: Floats,
        node_removal: Floats,
        wait: Floats,
        boarding_wait: Floats,
        memory: float,
        day: int = 0,
    ) -> None:
        """Move perceptions one day toward what happens: shares N x P x O, encounters N (persons today)."""
        p = self._p
        keep = 0.5 ** (1.0 / memory)
        self.encounters_per_day = keep * self.encounters_per_day + (1.0 - keep) * encounters
        step = 1.0 - 0.5 ** (1.0 / p.belief_half_life)
        news = self.encounters_per_day / (self.encounters_per_day + p.belief_evidence)
        steps = {"release": (step * news)[:, None], "stop": step, "node_removal": step}
        self._judge(shares, stop, node_removal, steps, day)
        self.outcome += (step * news)[:, None, None] * (shares - self.outcome)
        self.stop += step * (stop - self.stop)
        self.node_removal += step * (node_removal - self.node_removal)
        self.wait += (1.0 - 0.5 ** (1.0 / p.wait_half_life)) * (wait - self.wait)
        self.boarding_wait += step * (boarding_wait - self.boarding_wait)

    def remember(
        self, announcements: Iterable[Announcement], shares: Floats, stop: Floats, graph: Graph, removing: Bools
    ) -> None:
        """Know at the first day what was announced before, and how far it comes about on that day.

        Perceptions are not moved: they are what happens on the first day. Of removals from places nothing is known yet.
        """
        for told in announcements:
            for cell, reputation, _ in self._concerned(told, graph, removing):
                reputation.note(cell, told.value, told.end)
        self._judge(shares, stop, self.node_removal, {"release": 1.0, "stop": 1.0, "node_removal": 0.0}, 0)

    def _judge(
        self, shares: Floats, stop: Floats, node_removal: Floats, steps: Mapping[str, Floats | float], day: int
    ) -> None:
        """Let people see how far what they were told comes about."""
        release, by_way, by_node = (self.reputation[key] for key in ("release", "stop", "node_removal"))
        if release.claims:
            release.learn(1.0 - shares[..., RELEASE], 1.0 - release.claimed(day), steps["release"])
        if by_way.claims:
            by_way.learn(stop, by_way.claimed(day), steps["stop"])
        if by_node.claims:
            by_node.learn(node_removal, by_node.claimed(day), steps["node_removal"])

    def _concerned(
        self, told: Announcement, graph: Graph, removing: Bools
    ) -> list[tuple[Bools, Reputation, Floats | None]]:
        """Return the cells that an announcement is about, their reputation and, for stops, what is perceived there."""
        if told.claim == "release":
            return [(told.nationalities, self.reputation["release"], None)]
        on = np.outer(np.isin(graph.stop_country, told.countries), told.nationalities)
        at = np.outer(np.isin(graph.node_country, told.countries), told.nationalities) & removing
        return [
            (on, self.reputation["stop"], self.stop),
            (at, self.reputation["node_removal"], self.node_removal),
        ]

    def spread_the_word(self, used_per_day: Floats, wishes_per_day: Floats) -> None:
        """Let knowledge of families of ways grow with their use (F x N, persons a day) and fade without it."""
        p = self._p
        use = np.minimum(1.0, used_per_day / np.maximum(wishes_per_day, 1e-9))
        known = self.familiarity
        grown = p.familiarity_growth * known * (KNOWN_TO_ALL - known) * use
        faded = p.familiarity_decay * (known - self._least_familiar)
        self.familiarity = np.clip(known + grown - np.maximum(faded, 0.0), self._least_familiar, KNOWN_TO_ALL)

    def hear(
        self, announcements: Iterable[Announcement], expulsion_share: Floats, graph: Graph, removing: Bools
    ) -> None:
        """Let announcements of today move perceptions, weighted by how far they are believed.

        ``removing`` (I x N) marks from where whom a country removes.
        """
        for told in announcements:
            if told.claim == "release":
                self._hear_release(told, expulsion_share)
            for cell, reputation, perceived in self._concerned(told, graph, removing):
                if perceived is not None:
                    believed = self._believed(reputation)[cell]
                    perceived[cell] += believed * (told.value - perceived[cell])
                reputation.note(cell, told.value, told.end)

    def foreseen(
        self, announcements: Iterable[Announcement], expulsion_share: Floats, graph: Graph, removing: Bools
    ) -> Beliefs:
        """Return what will be believed when announcements of a later day, and the law of that day, hold."""
        made = copy.copy(self)
        made.outcome, made.stop, made.node_removal = self.outcome.copy(), self.stop.copy(), self.node_removal.copy()
        made.reputation = {key: one.copy() for key, one in self.reputation.items()}
        made.follow_the_law(expulsion_share)
        made.hear(announcements, expulsion_share, graph, removing)
        return made

    def _believed(self, reputation: Reputation) -> Floats:
        """Return how far an announcement of today is believed, by cell."""
        return self._p.credibility * (1.0 - self._p.disappointment * (1.0 - reputation.kept))

    def _hear_release(self, told: Announcement, expulsion_share: Floats) -> None:
        """Believe that no more are released than is claimed, and that fewer are held and let go in the same measure.

        Who believes already that fewer are released learns nothing.
        """
        believed = self._believed(self.reputation["release"])
        for n in np.flatnonzero(told.nationalities):
            for party in range(N_PARTY):
                if party == CHILD:
                    continue
                shares = self.outcome[n, party]
                before = shares[RELEASE]
                if before <= told.value:
                    continue
                left = 1.0 + believed[n, party] * (told.value - before) / before
                sink = TITLE_42 if expulsion_share[n, party] > 0.0 else TITLE_8
                for outcome in (RELEASE, TRANSFER):
                    shares[sink] += shares[outcome] * (1.0 - left)
                    shares[outcome] *= left

    def follow_the_law(self, expulsion_share: Floats) -> None:
        """Know that nobody is expelled whom no order lets expel (N x P): it is removal that is feared now."""
        over = (expulsion_share <= 0.0) & (self.outcome[..., TITLE_42] > 0.0)
        self.outcome[..., TITLE_8][over] += self.outcome[..., TITLE_42][over]
        self.outcome[..., TITLE_42][over] = 0.0
