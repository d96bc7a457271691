"""The unknowns of a calibration as one vector, with their priors, and the model inputs that a vector stands for.

A vector is in units of prior spreads around prior means: 0 is the prior's mean, 1 one spread above it.
"""

from __future__ import annotations

import copy
import hashlib
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ladsim.behavior.familiarity import read_familiarity
from ladsim.behavior.parameters import Parameters, load_parameters, read_parameter_file
from ladsim.core.errors import UserError, close_matches
from ladsim.core.paths import conf_dir
from ladsim.core.plain_yaml import read_mapping
from ladsim.data.fitted import fitted_set, within
from ladsim.world.wishes import read_wishes

Floats = NDArray[np.float64]
LEVEL_MONTHS = ("2021-04", "2021-10", "2022-04", "2022-10", "2023-04", "2023-10", "2024-03")
"""Where wish levels stand: the middles of half-years up to the last month that may be fitted."""
KEYS = ("parameters", "home_value", "lawful_prospect", "wish_level", "wish_change", "season", "first_familiarity")
"""What the file of priors holds."""
SCALES = ("linear", "log")
FITTED_BY_MOMENTS = ("evaders", "parties", "place_year", "place_nationality")
"""Kinds of fitted values that a search keeps as they are."""
SMALLEST = 1e-6
"""Smallest value on a log scale."""


@dataclass(frozen=True)
class Unknown:
    """One unknown.

    Attributes:
        kind: ``parameter``, ``home_value``, ``lawful_prospect``, ``wish_level``, ``season`` or ``familiarity``.
        name: the parameter, month of a level, term of a season or family of ways.
        nationality: whom it is about; None for all.
        scale: ``linear``, ``log`` or ``logit``.
        mean, spread: of the prior, on that scale.
        low, high: what the value may be.
    """

    kind: str
    name: str
    nationality: str | None
    scale: str
    mean: float
    spread: float
    low: float
    high: float

    @property
    def label(self) -> str:
        """Name in logs and files."""
        if self.kind == "parameter":
            return self.name
        return ".".join(part for part in (self.kind, self.name, self.nationality) if part)

    def value(self, z: float) -> float:
        """Return the value at z prior spreads from the mean, within its range."""
        return min(self.high, max(self.low, _from(self.scale, self.mean + self.spread * z)))

    def z(self, value: float) -> float:
        """Return how many prior spreads a value lies from the mean."""
        return (_to(self.scale, min(self.high, max(self.low, value))) - self.mean) / self.spread


@dataclass(frozen=True)
class Inputs:
    """What a model needs of a calibration: parameters by name, wishes, and what is known of ways on the first day."""

    parameters: dict[str, float]
    wishes: dict[str, Any]
    familiarity: dict[str, dict[str, float]]

    def loaded(self) -> Parameters:
        """Return the parameters, checked against their ranges."""
        return load_parameters(self.parameters)


class Unknowns:
    """All unknowns, in the order of the vector.

    Args:
        nationalities: codes by index.
        path: file of priors; the packaged one by default.

    Raises:
        UserError: a prior of an unknown parameter, a bad scale or spread.
    """

    def __init__(self, nationalities: Sequence[str], path: Path | None = None) -> None:
        self.nationalities = tuple(nationalities)
        self._file = path or conf_dir() / "behavior" / "priors.yaml"
        self._priors = read_mapping(self._file, "priors", KEYS)
        behavior = conf_dir() / "behavior"
        self._base_familiarity = read_familiarity(behavior / "familiarity.yaml")
        self._base_wishes = {**read_wishes(), **read_wishes(behavior / "wish.yaml")}
        self._kept = {key: value for key, value in fitted_set().items() if key[0] in FITTED_BY_MOMENTS}
        self.unknowns: list[Unknown] = [*self._parameters(), *self._by_nationality()]
        self.walk_spread = float(self._priors["wish_change"]["spread"])

    def __len__(self) -> int:
        return len(self.unknowns)

    def in_region(self, region: str) -> list[int]:
        """Return the indices of the nationalities that share a season."""
        return [n for n, code in enumerate(self.nationalities) if self._base_wishes["season_of"].get(code) == region]

    def start(self) -> Floats:
        """Return the vector of the values that are in use now."""
        return self.vector(Inputs(load_parameters()._asdict(), read_wishes(), read_familiarity()))

    def vector(self, inputs: Inputs) -> Floats:
        """Return the vector of given inputs."""
        return np.array([u.z(self._get(u, inputs)) for u in self.unknowns])

    def vector_of(self, values: Mapping[tuple[str, str, str], float]) -> Floats:
        """Return the vector of values by kind, name and nationality; what is missing keeps the value in use now.

        Raises:
            UserError: a value outside its range.
        """
        vector = self.start()
        for i, unknown in enumerate(self.unknowns):
            value = values.get((unknown.kind, unknown.name, unknown.nationality or ""))
            if value is None:
                continue
            if not within(value, unknown.low, unknown.high):
                expected = f"{unknown.low:g} to {unknown.high:g}"
                raise UserError("a fitted value outside its range", key=unknown.label, value=value, expected=expected)
            vector[i] = unknown.z(value)
        return vector

    def inputs(self, vector: Floats) -> Inputs:
        """Return what a vector stands for."""
        made = Inputs({}, copy.deepcopy(self._base_wishes), copy.deepcopy(self._base_familiarity))
        for unknown, z in zip(self.unknowns, vector, strict=True):
            value = unknown.value(float(z))
            if unknown.kind == "parameter":
                made.parameters[unknown.name] = value
            elif unknown.kind in ("home_value", "lawful_prospect"):
                made.wishes[unknown.kind][unknown.nationality] = value
            elif unknown.kind == "wish_level":
                made.wishes["levels"][unknown.nationality][unknown.name] = value
            elif unknown.kind == "season":
                region, _, term = unknown.name.partition(".")
                made.wishes["season"][region][term] = value
            else:
                made.familiarity[unknown.name][str(unknown.nationality)] = value
        return made

    def values(self, vector: Floats) -> dict[tuple[str, str, str], float]:
        """Return the values of a vector by kind, name and nationality, as a file of fitted sets has them."""
        own = {
            (u.kind, u.name, u.nationality or ""): u.value(float(z)) for u, z in zip(self.unknowns, vector, strict=True)
        }
        return {**own, **self._kept}

    def digest_of_kept(self) -> str:
        """Return a digest of what no vector moves: party kinds, evaders and places as they are fitted by moments."""
        return hashlib.sha256(repr(sorted(self._kept.items())).encode()).hexdigest()

    def clip(self, vector: Floats) -> Floats:
        """Return the nearest vector whose values lie within their ranges."""
        return np.array([u.z(u.value(float(z))) for u, z in zip(self.unknowns, vector, strict=True)])

    def prior_rows(self, vector: Floats) -> tuple[Floats, Floats]:
        """Return the residuals of the priors at a vector, and their slopes (rows x unknowns)."""
        n = len(self)
        rows, slopes = [vector.copy()], [np.eye(n)]
        position = {(u.kind, u.name, u.nationality): i for i, u in enumerate(self.unknowns)}
        for code in self.nationalities:
            for before, after in itertools.pairwise(LEVEL_MONTHS):
                i = position["wish_level", before, code]
                j = position["wish_level", after, code]
                one, two = self.unknowns[i], self.unknowns[j]
                ratio = (two.mean + two.spread * vector[j]) - (one.mean + one.spread * vector[i])
                slope = np.zeros((1, n))
                slope[0, i], slope[0, j] = -one.spread / self.walk_spread, two.spread / self.walk_spread
                rows.append(np.array([ratio / self.walk_spread]))
                slopes.append(slope)
        return np.concatenate(rows), np.concatenate(slopes)

    def _parameters(self) -> list[Unknown]:
        entries = read_parameter_file()
        found = []
        for name, prior in self._priors["parameters"].items():
            if name not in entries:
                raise UserError(
                    "prior of an unknown parameter", file=self._file, key=name, expected=close_matches(name, entries)
                )
            low, high = entries[name]["range"]
            found.append(self._made("parameter", name, None, prior, float(low), float(high)))
        return found

    def _by_nationality(self) -> list[Unknown]:
        found: list[Unknown] = []
        home, level, known = (self._priors[k] for k in ("home_value", "wish_level", "first_familiarity"))
        prospect = self._priors["lawful_prospect"]
        low, high = prospect["range"]
        codes = self.nationalities
        found += [self._made("home_value", "home_value", code, home, *home["range"]) for code in codes]
        found += [self._made("lawful_prospect", "lawful_prospect", code, prospect, low, high) for code in codes]
        found += [self._made("wish_level", m, code, level, *level["range"]) for m in LEVEL_MONTHS for code in codes]
        season = self._priors["season"]
        for region, terms in self._base_wishes["season"].items():
            found += [self._made("season", f"{region}.{term}", None, season, *season["range"]) for term in terms]
        for family in known["families"]:
            shares = self._base_familiarity[family]
            for code in self.nationalities:
                share = float(shares.get(code, shares["default"]))
                mean = _to("logit", min(0.98, max(0.002, float(known.get("mean", share)))))
                low, high = 0.001, 0.999
                spread = float(known["spread"])
                found.append(Unknown("familiarity", family, code, "logit", mean, spread, low, high))
        return found

    def _made(
        self, kind: str, name: str, code: str | None, prior: Mapping[str, Any], low: float, high: float
    ) -> Unknown:
        scale, mean, spread = prior.get("scale"), prior.get("mean"), prior.get("spread")
        if scale not in SCALES:
            raise UserError("unknown scale of a prior", file=self._file, key=name, value=scale, expected=str(SCALES))
        if not isinstance(spread, int | float) or spread <= 0.0:
            raise UserError("a prior needs a spread", file=self._file, key=name, value=spread, expected="above 0")
        if not isinstance(mean, int | float) or not low <= mean <= high:
            raise UserError(
                "the prior's mean is out of range", file=self._file, key=name, value=mean, expected=f"{low} to {high}"
            )
        least = max(low, SMALLEST) if scale == "log" else low
        return Unknown(kind, name, code, scale, _to(scale, float(mean)), float(spread), least, high)

    def _get(self, unknown: Unknown, inputs: Inputs) -> float:
        code = unknown.nationality
        if unknown.kind == "parameter":
            return inputs.parameters[unknown.name]
        if unknown.kind in ("home_value", "lawful_prospect"):
            return float(inputs.wishes[unknown.kind][code])
        if unknown.kind == "wish_level":
            return float(inputs.wishes["levels"][code][unknown.name])
        if unknown.kind == "season":
            region, _, term = unknown.name.partition(".")
            return float(inputs.wishes["season"][region][term])
        shares = inputs.familiarity[unknown.name]
        return float(shares.get(str(code), shares["default"]))


def _to(scale: str, value: float) -> float:
    if scale == "log":
        return math.log(value)
    return math.log(value / (1.0 - value)) if scale == "logit" else value


def _from(scale: str, x: float) -> float:
    if scale == "log":
        return math.exp(min(x, 700.0))
    return 1.0 / (1.0 + math.exp(-x)) if scale == "logit" else x
