"""The first, wide part of a calibration: an evolution strategy in which wish levels follow by themselves.

Counts of a nationality are nearly proportional to how many form the wish. So for any run the yearly levels that would
have fitted best are known without another run (`profile`), and candidates are compared as if they had them. Rounds
alternate: parameters that all share are moved together and kept if the whole fits better; what is by nationality is
moved for all nationalities at once and kept for those that fit better themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ladsim.study.targets import Targets, as_table
from ladsim.study.trials import Trials
from ladsim.study.unknowns import YEARS, Unknowns

Floats = NDArray[np.float64]

LARGEST_PROFILE = 0.3
"""Largest change of a log level that is read off a run without another one: about as far as counts are proportional."""

WORSE = 1.01
"""A run whose loss exceeds the best one by this factor lessens the trust in what is read off."""

PROFILE_STEPS = 5
HUBER = 1.5
CANDIDATES = 5
MOVED = 9
"""Parameters that a candidate moves, on average."""

FIRST_SPREAD = {"parameter": 0.5, "home_value": 0.15, "lawful_prospect": 0.4, "familiarity": 0.7}
GROW, SHRINK = 1.15, 0.88


@dataclass
class Candidate:
    """A vector with the levels that fit its run best, the counts expected with them, and the loss by target."""

    vector: Floats
    counts: Floats
    losses: Floats


class Exploration:
    """An evolution strategy over the unknowns.

    Args:
        unknowns: what is fitted.
        targets: to what.
        trials: runs.
        say: called with a line of news.
        spread: unit of the residuals.
    """

    def __init__(
        self, unknowns: Unknowns, targets: Targets, trials: Trials, say: Callable[[str], None], spread: float
    ) -> None:
        self._unknowns, self._targets, self._trials, self._say = unknowns, targets, trials, say
        self._spread = spread
        self._width = dict(FIRST_SPREAD)
        self._trust = 1.0
        kinds = np.array([u.kind for u in unknowns.unknowns])
        self._shared = np.flatnonzero(kinds == "parameter")
        self._own = np.flatnonzero(np.isin(kinds, ("home_value", "lawful_prospect", "familiarity")))
        self._owner = {i: unknowns.unknowns[i].nationality for i in self._own}
        self._level = {
            (u.nationality, int(u.name)): i for i, u in enumerate(unknowns.unknowns) if u.kind == "wish_level"
        }
        self._rows = targets.rows()
        months = np.array([int(m[:4]) + (int(m[5:]) - 0.5) / 12.0 for m in targets.months])
        middles = np.array([year + 0.5 for year in YEARS])
        self._weight_of_year = np.stack([np.interp(months, middles, row) for row in np.eye(len(YEARS))], axis=1)

    def run(self, vector: Floats, rounds: int, seed: int) -> Floats:
        """Explore from a vector and return the best one found."""
        rng = np.random.default_rng(seed)
        begun = self._trials.counts([(vector, self._unknowns.inputs(vector))])[0]
        best_vector, best_loss = vector, self._actual(vector, begun)
        here = self.profile(vector, begun)
        for number in range(rounds):
            shared = number % 3 != 2
            moved = [self._moved(here.vector, shared, rng) for _ in range(CANDIDATES)]
            points = [(v, self._unknowns.inputs(v)) for v in (here.vector, *moved)]
            counts = self._trials.counts(points)
            losses = [self._actual(v, c) for (v, _), c in zip(points, counts, strict=True)]
            center, *others = [self.profile(v, c) for (v, _), c in zip(points, counts, strict=True)]
            found = int(np.argmin(losses))
            if losses[found] < best_loss:
                best_vector, best_loss = points[found][0], losses[found]
            if losses[0] > WORSE * best_loss and found == 0:
                self._trust *= 0.7
            here = self._select_whole(center, others) if shared else self._select_own(center, others)
            what = "shared parameters" if shared else "by nationality"
            news = as_table(self._targets.wape(counts[found]))
            self._say(f"round {number:2d} ({what:17s}) best {best_loss:7.1f}, here {losses[0]:7.1f}  {news}")
            if losses[0] > WORSE**3 * best_loss:
                again = self._trials.counts([(best_vector, self._unknowns.inputs(best_vector))])[0]
                here = self.profile(best_vector, again)
        return best_vector

    def _actual(self, vector: Floats, counts: Floats) -> float:
        return self.total(Candidate(vector, counts, self._losses(counts)))

    def total(self, candidate: Candidate) -> float:
        """Return the loss of a candidate with its priors."""
        prior, _ = self._unknowns.prior_rows(candidate.vector)
        return float(candidate.losses.sum() + 0.5 * (prior**2).sum())

    def profile(self, vector: Floats, counts: Floats) -> Candidate:
        """Return the vector with the levels that would have fitted best, and what a run with them would count."""
        vector, counts = vector.copy(), counts.copy()
        for n, code in enumerate(self._targets.nationalities):
            change = self._best_change(n, counts)
            counts[:, :, n] *= np.exp(self._weight_of_year @ change)[None, :]
            for y, year in enumerate(YEARS):
                i = self._level[code, year]
                vector[i] += change[y] / self._unknowns.unknowns[i].spread
        vector = self._unknowns.clip(vector)
        return Candidate(vector, counts, self._losses(counts))

    def _best_change(self, n: int, counts: Floats) -> Floats:
        own = [t for t in self._targets.targets if t.members == (n,)]
        series = np.concatenate([np.full(len(t.months), t.series) for t in own])
        months = np.concatenate([t.months for t in own])
        made = counts[series, months, n]
        seen = np.concatenate([t.values for t in own])
        weights = np.concatenate([self._targets.weights(t) for t in own]) / self._spread
        basis = self._weight_of_year[months]
        return self._gauss_newton(made, np.sqrt(seen + self._targets.rounding), weights, basis)

    def _gauss_newton(self, made: Floats, seen_root: Floats, weights: Floats, basis: Floats) -> Floats:
        """Return the bounded change of log levels (years) whose effect on the counts meets the observed roots best."""
        years = basis.shape[1]
        smooth = np.diff(np.eye(years), axis=0) / (2.0 * self._unknowns.walk_spread)
        largest = LARGEST_PROFILE * self._trust
        change = np.zeros(years)
        for _ in range(PROFILE_STEPS):
            grown = made * np.exp(basis @ change)
            root = np.sqrt(grown + self._targets.rounding)
            misses = weights * (root - seen_root)
            huber = np.minimum(1.0, HUBER / np.maximum(np.abs(misses), 1e-9))
            slopes = (weights * 0.5 * grown / root)[:, None] * basis
            curvature = (slopes.T * huber) @ slopes + smooth.T @ smooth + 1e-6 * np.eye(years)
            gradient = slopes.T @ (huber * misses) + smooth.T @ (smooth @ change)
            change = np.clip(change - np.linalg.solve(curvature, gradient), -largest, largest)
        return change

    def _moved(self, vector: Floats, shared: bool, rng: np.random.Generator) -> Floats:
        moved = vector.copy()
        if shared:
            chosen = self._shared[rng.random(len(self._shared)) < MOVED / len(self._shared)]
            moved[chosen] += self._width["parameter"] * rng.standard_normal(len(chosen))
        else:
            for i in self._own:
                moved[i] += self._width[self._unknowns.unknowns[i].kind] * rng.standard_normal()
        return self._unknowns.clip(moved)

    def _select_whole(self, center: Candidate, others: list[Candidate]) -> Candidate:
        best = min(others, key=self.total)
        better = self.total(best) < self.total(center)
        self._width["parameter"] *= GROW if better else SHRINK
        return best if better else center

    def _select_own(self, center: Candidate, others: list[Candidate]) -> Candidate:
        vector, counts = center.vector.copy(), center.counts.copy()
        taken = 0
        for n, code in enumerate(self._targets.nationalities):
            mine = [i for i, unknown in enumerate(self._unknowns.unknowns) if unknown.nationality == code]
            best = min([center, *others], key=lambda c, n=n, mine=mine: self._own_loss(c, n, mine))  # type: ignore[misc]
            if best is not center:
                vector[mine] = best.vector[mine]
                counts[:, :, n] = best.counts[:, :, n]
                taken += 1
        for kind in ("home_value", "lawful_prospect", "familiarity"):
            self._width[kind] *= GROW if taken > len(self._targets.nationalities) / 2 else SHRINK
        return Candidate(vector, counts, self._losses(counts))

    def _own_loss(self, candidate: Candidate, n: int, mine: list[int]) -> float:
        own = [k for k, target in enumerate(self._targets.targets) if target.members == (n,)]
        prior = float((candidate.vector[mine] ** 2).sum())
        return float(candidate.losses[own].sum() + 0.5 * prior)

    def _losses(self, counts: Floats) -> Floats:
        scaled = np.abs(self._targets.residuals(counts)) / self._spread
        huber = np.where(scaled <= HUBER, 0.5 * scaled**2, HUBER * (scaled - 0.5 * HUBER))
        return np.array([huber[rows].sum() for rows in self._rows])
