"""Calibration of the agents themselves: sweeps of moves, then rounds of runs, a surrogate of them, a bounded step.

A sweep tries what each nationality alone may change, for all of them at once (see sweeps).

A round makes runs with all unknowns moved at random, in pairs to both sides of the point where the search stands. The
surrogate that they teach is fitted to the targets, with the priors, for several bounds on the step. Runs of each with
two seeds show which is the best, the best run of the design among them. So a round asks for as many runs as are
wanted, however many unknowns there are, thresholds are seen as slopes over the width of the design, and no step is
taken that runs do not confirm. The ensemble are draws around the best point, as wide as the fit leaves open, that runs
show to fit about as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ladsim.calibration.surrogate import Surrogate, learn
from ladsim.calibration.sweeps import best_of_each, own_moves
from ladsim.calibration.targets import Targets, as_table
from ladsim.calibration.trials import Setting, Trials
from ladsim.calibration.unknowns import Unknowns

Floats = NDArray[np.float64]

WIDTH = {
    "parameter": 0.1,
    "home_value": 0.05,
    "lawful_prospect": 0.15,
    "wish_level": 0.08,
    "season": 0.25,
    "familiarity": 0.3,
}
"""How far the runs of a design lie from its center, in prior spreads, by kind."""

NARROWER = 0.85
"""The design of a round, against that of the one before."""

UNIT = 15.0
"""Unit of residuals, in roots of persons: about the misfit of a model of this kind."""

HUBER = 1.5
"""Residuals beyond this many units count linearly."""

BOUNDS = (0.5, 1.0, 1.8, 3.0)
"""Bounds on a step that are tried, in widths of the design."""

SHARES = (1.0, 0.6, 0.3)
"""Shares of all moves of a sweep together that are tried: each was found alone, and some by chance."""

CHECKS = 2
"""Seeds over which the point where the search stands and the steps from it are compared."""

OLDER = 0.5
"""What a run of an earlier round tells, against one of this round."""

ROUNDS_REMEMBERED = 3
STEPS = 25
CLOSE = 1e-4
SHRINKING = (0.6, 0.3, 0.15, 0.08)
"""Widths of the draws of the ensemble, against what the fit leaves open, one after the other."""


@dataclass
class Fit:
    """Where a calibration stands: the unknowns, what a run there counts, and the loss with priors."""

    vector: Floats
    counts: Floats
    loss: float


class Calibration:
    """A search for the vector that fits best.

    Args:
        folder: where its trials are kept.
        unknowns: what is fitted.
        targets: to what.
        setting: how runs are made.
        workers: processes.
        say: called with a line of news.
    """

    def __init__(
        self,
        folder: Path,
        unknowns: Unknowns,
        targets: Targets,
        setting: Setting | None = None,
        workers: int | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.folder, self.unknowns, self.targets = folder, unknowns, targets
        self.trials = Trials(folder, setting or Setting(), targets, workers, unknowns.digest_of_kept())
        self._say = say
        self._width = np.array([WIDTH[u.kind] for u in unknowns.unknowns])
        self._seen: list[tuple[Floats, Floats]] = []
        self._checked: list[tuple[Floats, float]] = []
        self.fit: Fit
        self.surrogate: Surrogate

    def begin(self, vector: Floats | None = None) -> None:
        """Run the starting point: the values in use now unless a vector is given."""
        start = self.unknowns.clip(self.unknowns.start() if vector is None else vector)
        (counts,) = self._check([start])
        self.fit = Fit(start, counts, self.loss(start, counts))
        self._checked.append((start, self.fit.loss))
        self._report("start", True)

    def sweep(self, step: float) -> bool:
        """Let each nationality make the moves of its own that suit it. Return whether the fit improved; see sweeps."""
        moves = own_moves(self.unknowns, step)
        vectors = [self.fit.vector, *(self.unknowns.clip(self.fit.vector + move) for move in moves.values())]
        here, *after = [self._loss_by_target(counts) for counts in self._run(vectors)]
        targets = self.targets.targets
        vector, told = best_of_each(self.unknowns, targets, self.fit.vector, moves, here, np.array(after))
        candidates = [self.fit.vector + share * (vector - self.fit.vector) for share in SHARES]
        found = self._check(candidates)
        losses = [self.loss(v, c) for v, c in zip(candidates, found, strict=True)]
        self._say("moves of nationalities: " + ", ".join(f"{c} {' and '.join(names)}" for c, names in told.items()))
        by_share = ", ".join(f"{share:g}: {loss:.0f}" for share, loss in zip(SHARES, losses, strict=True))
        self._say(f"loss by share of the moves: {by_share}; here {self.fit.loss:.0f}")
        self._checked += zip(candidates, losses, strict=True)
        better = self._take_best(candidates, found, losses)
        self._report("sweep", better)
        return better

    def round(self, number: int, runs: int) -> bool:
        """Make a design of runs, learn from it, and step. Return whether the fit improved."""
        self.look_around(number, runs)
        vectors, counts = self._seen[-1]
        luckiest = int(np.argmin([self.loss(v, c) for v, c in zip(vectors, counts, strict=True)]))
        steps = [self.best_of(self.surrogate, bound) for bound in BOUNDS] + [vectors[luckiest]]
        better = self._try(steps)
        self._report(f"round {number:2d}", better)
        self._width = self._width * NARROWER
        return better

    def look_around(self, number: int, runs: int) -> None:
        """Make the runs of a design around where the search stands, and learn from them."""
        rng = np.random.default_rng((self.trials.setting.seed, number))
        half = self._width * rng.standard_normal(((runs + 1) // 2, len(self.unknowns)))
        moves = np.concatenate([half, -half])
        vectors = np.array([self.unknowns.clip(self.fit.vector + move) for move in moves])
        seeds = [self.trials.setting.seed + CHECKS + k for k in range(len(vectors))]
        self._seen.append((vectors, np.array(self._run(list(vectors), seeds))))
        kept = self._seen[-ROUNDS_REMEMBERED:]
        age = np.repeat(np.arange(len(kept))[::-1], [len(v) for v, _ in kept])
        vectors, counts = (np.concatenate([run[part] for run in kept]) for part in (0, 1))
        weights = OLDER ** age.astype(np.float64)
        self.surrogate = learn(self.unknowns, self.targets, self.fit.vector, vectors, counts, weights)

    def best_of(self, surrogate: Surrogate, bound: float) -> Floats:
        """Return the vector that the surrogate fits best, no farther from its center than the bound allows, softly.

        Gauss-Newton on the surrogate, large residuals reweighted (Huber).
        """
        allowed = bound * self._width
        vector = surrogate.center.copy()
        for _ in range(STEPS):
            residuals, slopes = self.expected(surrogate, vector)
            weight = self._huber_weights(residuals)
            prior, prior_slopes = self.unknowns.prior_rows(vector)
            curvature = (slopes.T * weight) @ slopes + prior_slopes.T @ prior_slopes + np.diag(allowed**-2)
            pull = slopes.T @ (weight * residuals) + prior_slopes.T @ prior
            pull += (vector - surrogate.center) / allowed**2
            step = -np.linalg.solve(curvature, pull)
            vector = self.unknowns.clip(vector + np.clip(step, -allowed, allowed))
            if np.abs(step).max() < CLOSE:
                break
        return vector

    def expected(self, surrogate: Surrogate, vector: Floats) -> tuple[Floats, Floats]:
        """Return the residuals that the surrogate expects at a vector, in units, and their slopes (rows x U)."""
        least = np.sqrt(self.targets.rounding)
        roots = np.maximum(surrogate.roots(vector), least)
        counts = roots**2 - self.targets.rounding
        rows, slopes = [], []
        for target in self.targets.targets:
            members = list(target.members)
            made = counts[target.series][target.months][:, members].sum(axis=1)
            weights = self.targets.weights(target) / UNIT
            rows.append(target.residuals(made, weights))
            change = 2.0 * roots[target.series][target.months][:, members]
            own = surrogate.slopes[target.series][target.months][:, members]
            slopes.append(target.slopes(made, weights) @ np.einsum("tm,tmu->tu", change, own))
        return np.concatenate(rows), np.concatenate(slopes)

    def ensemble(self, count: int, tolerance: float) -> list[tuple[Floats, float]]:
        """Return the best vector and others that fit about equally well, with their losses, the best one first.

        Approximate Bayesian computation: draws from the normal distribution that the surrogate and the priors leave
        around the best vector, of which those are accepted whose runs have a loss that exceeds the best one by no more
        than the tolerance. Where too few are accepted the draws are made narrower, and what is wanting then is filled
        up with points that the search compared, which lie on a few lines and are not a sample.
        """
        most = (1.0 + tolerance) * self.fit.loss
        chosen = [(self.fit.vector, self.fit.loss)]
        _, slopes = self.expected(self.surrogate, self.fit.vector)
        residuals, _ = self.expected(self.surrogate, self.fit.vector)
        _, prior = self.unknowns.prior_rows(self.fit.vector)
        curvature = (slopes.T * self._huber_weights(residuals)) @ slopes + prior.T @ prior
        root = np.linalg.cholesky(np.linalg.inv(curvature))
        tried = 0
        for number, width in enumerate(SHRINKING):
            if len(chosen) >= count:
                break
            rng = np.random.default_rng((self.trials.setting.seed, number, count))
            draws = [
                self.unknowns.clip(self.fit.vector + width * root @ rng.standard_normal(len(root)))
                for _ in range(2 * (count - len(chosen)))
            ]
            for vector, counts in zip(draws, self._check(draws), strict=True):
                loss = self.loss(vector, counts)
                tried += 1
                if loss <= most and len(chosen) < count:
                    chosen.append((vector, loss))
            self._say(f"draws of width {width:g}: {len(chosen)} of {count} sets after {tried}")
        others = [(v, loss) for v, loss in self._checked if not np.array_equal(v, self.fit.vector)]
        near = sorted((o for o in others if o[1] <= most), key=lambda o: o[1])
        return [*chosen, *near][:count]

    def loss(self, vector: Floats, counts: Floats) -> float:
        """Return the Huber loss of residuals with the priors."""
        prior, _ = self.unknowns.prior_rows(vector)
        return float(self._loss_by_target(counts).sum() + 0.5 * (prior**2).sum())

    # -- parts -------------------------------------------------------------------------------------------------------

    def _run(self, vectors: list[Floats], seeds: list[int] | None = None) -> list[Floats]:
        return self.trials.counts([(v, self.unknowns.inputs(v)) for v in vectors], seeds)

    def _check(self, vectors: list[Floats]) -> list[Floats]:
        """Return mean counts over the seeds by which points are compared."""
        seeds = [self.trials.setting.seed + k for k in range(CHECKS)]
        counts = self._run([v for v in vectors for _ in seeds], seeds * len(vectors))
        return [np.mean(counts[i : i + CHECKS], axis=0) for i in range(0, len(counts), CHECKS)]

    def _huber_weights(self, residuals: Floats) -> Floats:
        return np.asarray(np.minimum(1.0, HUBER / np.maximum(np.abs(residuals), 1e-9)))

    def _try(self, candidates: list[Floats]) -> bool:
        found = self._check(candidates)
        losses = [self.loss(v, c) for v, c in zip(candidates, found, strict=True)]
        *by_bound, luckiest = losses
        told = ", ".join(f"{bound:g}: {loss:.0f}" for bound, loss in zip(BOUNDS, by_bound, strict=True))
        self._say(f"loss by bound of the step: {told}; best of the design: {luckiest:.0f}; here {self.fit.loss:.0f}")
        mixed = self._each_its_best(candidates, found, int(np.argmin(losses)))
        (counts,) = self._check([mixed])
        candidates, found, losses = [*candidates, mixed], [*found, counts], [*losses, self.loss(mixed, counts)]
        self._say(f"each nationality's own unknowns from where it fits best: {losses[-1]:.0f}")
        self._checked += zip(candidates, losses, strict=True)
        return self._take_best(candidates, found, losses)

    def _take_best(self, candidates: list[Floats], found: list[Floats], losses: list[float]) -> bool:
        best = int(np.argmin(losses))
        if losses[best] >= self.fit.loss:
            return False
        self.fit = Fit(candidates[best], found[best], losses[best])
        return True

    def _each_its_best(self, candidates: list[Floats], found: list[Floats], best: int) -> Floats:
        """Return the best candidate, with the own unknowns of each nationality from the one that fits it best."""
        mixed = candidates[best].copy()
        losses = np.array([self._loss_by_target(counts) for counts in found])
        for n, code in enumerate(self.unknowns.nationalities):
            own = [k for k, target in enumerate(self.targets.targets) if target.members == (n,)]
            mine = [i for i, unknown in enumerate(self.unknowns.unknowns) if unknown.nationality == code]
            if own:
                mixed[mine] = candidates[int(np.argmin(losses[:, own].sum(axis=1)))][mine]
        return mixed

    def _loss_by_target(self, counts: Floats) -> Floats:
        scaled = np.abs(self.targets.residuals(counts)) / UNIT
        huber = np.where(scaled <= HUBER, 0.5 * scaled**2, HUBER * (scaled - 0.5 * HUBER))
        return np.array([huber[rows].sum() for rows in self.targets.rows()])

    def _report(self, title: str, better: bool) -> None:
        news = as_table(self.targets.wape(self.fit.counts)) if better else "no step was better"
        self._say(f"{title:8s}  loss {self.fit.loss:8.1f}  {news}")
        state: dict[str, Any] = {"loss": self.fit.loss, "vector": self.fit.vector.tolist()}
        part = self.folder / "best.part"
        part.write_text(json.dumps(state), encoding="utf-8")
        part.replace(self.folder / "best.json")
