"""Calibration: Gauss-Newton with common random numbers on the agents themselves, priors included.

All trials share one seed, so that the difference of two runs is the effect of the difference of their parameters and
not of chance. One run a parameter gives the slopes. Of what is by nationality (wish levels, the value of home, what is
known of a way), one run serves all nationalities at once, half of them moved up and half down, so that the border as a
whole is as crowded as before and what changes in the counts of a nationality is due to its own unknown. Steps are
damped (Levenberg and Marquardt), large residuals count linearly (Huber), and a step is taken only if a run shows that
it fits better. The ensemble are the trials that fit about as well as the best one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ladsim.study.targets import Targets, as_table
from ladsim.study.trials import Setting, Trials
from ladsim.study.unknowns import Unknowns

Floats = NDArray[np.float64]

PROBE = {"parameter": 0.2, "home_value": 0.1, "lawful_prospect": 0.2, "wish_level": 0.05, "familiarity": 0.3}
"""How far a slope's run moves an unknown, in prior spreads, by kind."""

LARGEST_STEP = {"parameter": 0.6, "home_value": 0.3, "lawful_prospect": 0.6, "wish_level": 0.25, "familiarity": 1.0}
"""Largest move of an unknown in one step, in prior spreads, by kind."""

SAME = 1e-6
"""Mean distance below which two vectors are one."""

HUBER = 1.5
"""Residuals beyond this many root mean squares count linearly."""

DAMPINGS = (0.03, 0.3, 3.0, 30.0)
"""Dampings that are tried, relative to the mean curvature."""


@dataclass
class Fit:
    """Where a calibration stands.

    Attributes:
        vector: the unknowns.
        counts: what a run at the vector counts.
        slopes: residuals x unknowns at the vector, or None before they are known.
        loss: Huber loss of residuals in units of their first root mean square, with priors.
        spread: that root mean square.
    """

    vector: Floats
    counts: Floats
    slopes: Floats | None
    loss: float
    spread: float


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
        self.trials = Trials(folder, setting or Setting(), targets, workers)
        self._say = say
        self.fit: Fit

    def begin(self, vector: Floats | None = None) -> None:
        """Run the starting point: the values in use now unless a vector is given."""
        start = self.unknowns.clip(self.unknowns.start() if vector is None else vector)
        (counts,) = self._run([start])
        spread = float(np.sqrt(np.mean(self.targets.residuals(counts) ** 2)))
        self.fit = Fit(start, counts, None, 0.0, spread)
        self.fit.loss = self._loss(start, counts)
        self._say(f"start     loss {self.fit.loss:8.1f}  {as_table(self.targets.wape(counts))}")

    def iterate(self, number: int) -> bool:
        """Make one step: slopes by runs, then the best of several damped steps. Return whether the fit improved."""
        fit = self.fit
        slopes = fit.slopes = self._slopes()
        steps = [self._step(slopes, damping) for damping in DAMPINGS]
        better = self._try(steps)
        self._report(f"step {number:2d}", better)
        return better

    def refine(self, number: int) -> bool:
        """Step again with the slopes of the last iteration, which are still about right."""
        if self.fit.slopes is None:
            raise ValueError("slopes are not known yet")
        better = self._try([self._step(self.fit.slopes, damping) for damping in DAMPINGS[:2]])
        self._report(f"again {number:2d}", better)
        return better

    def ensemble(self, count: int, tolerance: float) -> list[tuple[Floats, float]]:
        """Return the best vector and others that fit about equally well, with their losses, the best one first.

        Approximate Bayesian computation by rejection: of all trials of the search, whose proposals spread around the
        best vector, those are accepted whose loss exceeds the best one by no more than the tolerance. Of these, the
        ones farthest apart (in prior spreads) are taken, one after the other.
        """
        trials = [(v, self._loss(v, c)) for v, c in self.trials.kept() if len(v) == len(self.unknowns)]
        accepted = [(v, loss) for v, loss in trials if loss <= (1.0 + tolerance) * self.fit.loss]
        chosen = [(self.fit.vector, self.fit.loss)]
        while accepted and len(chosen) < count:
            gaps = [min(float(np.abs(v - w).mean()) for w, _ in chosen) for v, _ in accepted]
            farthest = int(np.argmax(gaps))
            if gaps[farthest] < SAME:
                break
            chosen.append(accepted.pop(farthest))
        self._say(f"ensemble: {len(chosen)} sets within {tolerance:.0%} of the best loss, of {len(trials)} trials")
        return chosen

    # -- parts -------------------------------------------------------------------------------------------------------

    def _run(self, vectors: list[Floats]) -> list[Floats]:
        return self.trials.counts([(v, self.unknowns.inputs(v)) for v in vectors])

    def _loss(self, vector: Floats, counts: Floats) -> float:
        scaled = np.abs(self.targets.residuals(counts)) / self.fit.spread
        huber = np.where(scaled <= HUBER, 0.5 * scaled**2, HUBER * (scaled - 0.5 * HUBER))
        prior, _ = self.unknowns.prior_rows(vector)
        return float(huber.sum() + 0.5 * (prior**2).sum())

    def _slopes(self) -> Floats:
        fit, groups = self.fit, self.unknowns.columns()
        probes: list[Floats] = []
        for group in groups:
            moved = fit.vector.copy()
            signs = np.random.default_rng(len(probes)).permutation(np.resize([1.0, -1.0], len(group)))
            for i, sign in zip(group, signs, strict=True):
                there = self.unknowns.unknowns[i]
                step = PROBE[there.kind] * sign
                if abs(there.value(moved[i] + step) - there.value(moved[i])) < 1e-6 * (there.high - there.low):
                    step = -step
                moved[i] += step
            probes.append(self.unknowns.clip(moved))
        out = np.zeros((len(self.targets.residuals(fit.counts)), len(self.unknowns)))
        for group, probe, counts in zip(groups, probes, self._run(probes), strict=True):
            for i in group:
                moved_by = probe[i] - fit.vector[i]
                if abs(moved_by) < 0.1 * PROBE[self.unknowns.unknowns[i].kind]:
                    continue
                change = (counts - fit.counts) / moved_by
                code = self.unknowns.unknowns[i].nationality
                if code is not None:
                    own = np.zeros_like(change)
                    n = self.targets.nationalities.index(code)
                    own[:, :, n] = change[:, :, n]
                    change = own
                out[:, i] = self.targets.slopes(fit.counts, change)
        return out

    def _curvature(self, slopes: Floats) -> Floats:
        weights = self._weights()
        _, prior = self.unknowns.prior_rows(self.fit.vector)
        return np.asarray((slopes.T * weights) @ slopes / self.fit.spread**2 + prior.T @ prior)

    def _weights(self) -> Floats:
        scaled = np.abs(self.targets.residuals(self.fit.counts)) / self.fit.spread
        return np.asarray(np.minimum(1.0, HUBER / np.maximum(scaled, 1e-9)))

    def _step(self, slopes: Floats, damping: float) -> Floats:
        fit = self.fit
        residuals = self.targets.residuals(fit.counts)
        prior, prior_slopes = self.unknowns.prior_rows(fit.vector)
        curvature = self._curvature(slopes)
        gradient = slopes.T @ (self._weights() * residuals) / fit.spread**2 + prior_slopes.T @ prior
        damped = curvature + damping * np.diag(np.maximum(np.diag(curvature), 1.0))
        step = -np.linalg.solve(damped, gradient)
        most = np.array([LARGEST_STEP[u.kind] for u in self.unknowns.unknowns])
        return self.unknowns.clip(fit.vector + np.clip(step, -most, most))

    def _try(self, candidates: list[Floats]) -> bool:
        found = self._run(candidates)
        losses = [self._loss(v, c) for v, c in zip(candidates, found, strict=True)]
        best = int(np.argmin(losses))
        if losses[best] >= self.fit.loss:
            return False
        self.fit.vector, self.fit.counts, self.fit.loss = candidates[best], found[best], losses[best]
        return True

    def _report(self, title: str, better: bool) -> None:
        news = as_table(self.targets.wape(self.fit.counts)) if better else "no step was better"
        self._say(f"{title}   loss {self.fit.loss:8.1f}  {news}")
        state: dict[str, Any] = {"loss": self.fit.loss, "vector": self.fit.vector.tolist()}
        part = self.folder / "best.part"
        part.write_text(json.dumps(state), encoding="utf-8")
        part.replace(self.folder / "best.json")
