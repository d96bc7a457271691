"""A study's design: scenarios and changed terms, as named points, read from a file or given in Python.

    study:
      name: removals
      question: How much do Darien crossings follow the number of removals a day?
      scenario: panama_removal
      seeds: 8
      scale: 200
      factors:
        instrument.panama_removal_program.terms.removals_per_day: [0, 9, 30, 90]
        behavior.credibility: [0.6, 0.85]
      design: grid

With ``grid`` every combination of the values is a point, with ``one_at_a_time`` each value alone, beside the scenario
as it is. ``points`` lists points by hand. Every point is compared with the scenario's reference, on the same people.
With ``assumed: true`` each replicate has its own draw of the assumed terms that no factor sets, the same in a point and
its reference, as a run has; without it they stay as filed, so that points differ by their factors alone.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ladsim.core.checks import plain_value
from ladsim.core.errors import UserError, close_matches
from ladsim.core.strict_yaml import read_yaml
from ladsim.runs.ensemble import load_pair
from ladsim.runs.options import RunOptions, split_overrides

DESIGNS = ("grid", "one_at_a_time")
KEYS = (
    *("name", "question", "scenario", "reference", "start", "end", "scale", "seeds", "root_seed", "parameter_sets"),
    *("factors", "design", "points", "costs", "checkpoints", "assumed"),
)
RUN_KEYS = ("scale", "seeds", "root_seed", "parameter_sets", "start", "end", "reference", "checkpoints", "assumed")
MOST_POINTS = 2_000
SCENARIO = "scenario"
"""The factor that says which scenario a point runs."""


@dataclass(frozen=True)
class Point:
    """One point of a design: factor -> value; a factor that is not named keeps its value in the scenario."""

    values: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What tells the point from others, such as ``removals_per_day=30 credibility=0.6``."""
        if not self.values:
            return "as it is"
        last = [key.rpartition(".")[2] for key in self.values]
        names = [short if last.count(short) == 1 else key for key, short in zip(self.values, last, strict=True)]
        return " ".join(f"{name}={_text(v)}" for name, v in zip(names, self.values.values(), strict=True))


@dataclass(frozen=True)
class Design:
    """Named points, and how each is run.

    Attributes:
        name: of the study and of its folder.
        options: as of a run; ``scenario`` is that of points which name none.
        points: in order.
        factors: the factors, in order.
        question: what the study asks.
        costs: factor -> lowest and highest cost per unit, for a frontier.
        where: the file, or ``study``.
        places: factor -> file and line at which its values stand.
    """

    name: str
    options: RunOptions
    points: tuple[Point, ...]
    factors: tuple[str, ...]
    question: str = ""
    where: str = field(default="study", compare=False)
    costs: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict, compare=False)

    def options_of(self, point: Point) -> RunOptions:
        """Return the options of a point's run."""
        return replace(self.options, scenario=str(point.values.get(SCENARIO, self.options.scenario)))

    def overrides_of(self, point: Point) -> tuple[dict[str, Any], dict[str, float]]:
        """Return the changes of instruments and of behavior of a point."""
        return split_overrides({key: value for key, value in point.values.items() if key != SCENARIO})

    def pair(self, point: Point) -> dict[str, Any]:
        """Return scenario and reference of a point, loaded and checked."""
        instrument, behavior = self.overrides_of(point)
        return load_pair(self.options_of(point), instrument, behavior)

    def checked(self) -> Design:
        """Return the design once every point could be loaded.

        Raises:
            UserError: a point with an unknown name, or a value that cannot be.
        """
        self.pairs()
        return self

    def pairs(self) -> tuple[dict[str, Any], ...]:
        """Return scenario and reference of every point, loaded and checked.

        Raises:
            UserError: a point with an unknown name, or a value that cannot be.
        """
        found = []
        for point in self.points:
            try:
                found.append(self.pair(point))
            except UserError as error:
                told = f"in point {point.label!r}: {error.message}"
                file = self.places.get(_factor_of(str(error.key), point), self.where)
                raise UserError(told, file=file, key=error.key, value=error.value, expected=error.expected) from None
        return tuple(found)


def read_design(file: str | Path, **changes: Any) -> Design:
    """Return the design of a file.

    Args:
        file: YAML with the one key ``study``.
        changes: options that replace those of the file: scale, seeds, root_seed, parameter_sets, start, end,
            checkpoints.

    Raises:
        UserError: what the file says cannot be; it names file, line, key and what would be right.
    """
    path = Path(file)
    if not path.is_file():
        raise UserError("no such study file", key="study", value=str(file), expected="the path of a YAML file")
    data, where = read_yaml(path)
    for key in data:
        if key != "study":
            raise UserError("unknown key", file=where.place((key,)), key=str(key), expected="study")
    told = data.get("study")
    if not isinstance(told, Mapping):
        raise UserError("no study", file=where.place(), key="study", value=told, expected="name, scenario, factors")
    if not isinstance(told, Mapping):
        raise UserError("not a mapping", key=where, value=told, expected="the keys " + ", ".join(KEYS))
    for key in told:
        if key not in KEYS:
            hint = close_matches(str(key), KEYS)
            raise UserError("unknown key", file=where.place(("study", key)), key=f"study.{key}", expected=hint)
    given = {k: v for k, v in changes.items() if v is not None}
    try:
        made = design({**told, **given}, where=str(path))
        lines = {factor: where.place(("study", "factors", factor)) for factor in made.factors}
        return replace(made, places=lines)
    except UserError as error:
        if error.file or error.key in given:
            raise
        place = where.place(("study", str(error.key).removeprefix("study.")))
        raise UserError(error.message, file=place, key=error.key, value=error.value, expected=error.expected) from None


def as_design(given: object) -> Design:
    """Return a design; raise a UserError for anything else, such as the mapping that one is made from."""
    if not isinstance(given, Design):
        expected = "a design: ladsim.design({...}) or ladsim.read_design(file)"
        raise UserError("not a design", key="design", value=type(given).__name__, expected=expected)
    return given


def design(told: Mapping[str, Any], *, where: str = "study") -> Design:
    """Return the design that a mapping describes, with the keys of a study file.

    Raises:
        UserError: a key that is missing or unknown, or a value that cannot be.
    """
    if not isinstance(told, Mapping):
        raise UserError("not a mapping", key=where, value=told, expected="the keys " + ", ".join(KEYS))
    for key in told:
        if key not in KEYS:
            raise UserError("unknown key", key=f"study.{key}", expected=close_matches(str(key), KEYS))
    name = told.get("name")
    if not isinstance(name, str) or not name.replace("_", "").replace("-", "").isalnum() or not name.isascii():
        raise UserError("a study needs a name", key="study.name", value=name, expected="letters, digits, _ and -")
    factors = _factors(told.get("factors") or {})
    scenario = told.get("scenario")
    if isinstance(scenario, list):
        factors = {SCENARIO: _values(SCENARIO, scenario), **factors}
        scenario = scenario[0]
    given = {"assumed": False} | {key: told[key] for key in RUN_KEYS if told.get(key) is not None}
    options = RunOptions.checked(scenario=scenario, **given)
    points = _points(told, factors)
    used = tuple(dict.fromkeys(key for point in points for key in point.values))
    question = " ".join(str(told.get("question") or "").split())
    return Design(name, options, points, used, question, where, _costs(told.get("costs") or {}, used))


def _factor_of(key: str, point: Point) -> str:
    """Return the factor of a point that an error's key is about, or the key itself."""
    return next((f for f in point.values if key.startswith(f) or f.endswith(f".{key}")), key)


def _costs(given: Any, factors: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return factor -> lowest and highest cost per unit, checked."""
    if not isinstance(given, Mapping):
        raise UserError("costs are not a mapping", key="study.costs", value=given, expected="factor: [low, high]")
    found = {}
    for name, ends in given.items():
        key = f"study.costs.{name}"
        if name not in factors:
            raise UserError("a cost of no factor", key=key, expected=close_matches(str(name), factors))
        numbers = ends if isinstance(ends, list | tuple) else ()
        sound = len(numbers) == 2 and all(isinstance(v, int | float) and not isinstance(v, bool) for v in numbers)
        if not sound or not 0.0 <= numbers[0] <= numbers[1] < math.inf:
            raise UserError("not a range of costs", key=key, value=ends, expected="[low, high], 0 or more")
        found[str(name)] = float(numbers[0]), float(numbers[1])
    return found


def _factors(given: Any) -> dict[str, list[Any]]:
    if not isinstance(given, Mapping):
        raise UserError("factors are not a mapping", key="study.factors", value=given, expected="factor: [value, ...]")
    return {str(key): _values(str(key), values) for key, values in given.items()}


def _values(key: str, values: Any) -> list[Any]:
    if not isinstance(values, list | tuple) or not values:
        raise UserError("a factor without values", key=f"study.factors.{key}", value=values, expected="[value, ...]")
    return [_plain(value) for value in values]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return plain_value(value)


def _points(told: Mapping[str, Any], factors: Mapping[str, Sequence[Any]]) -> tuple[Point, ...]:
    kind = told.get("design", "grid")
    if kind not in DESIGNS:
        raise UserError("unknown design", key="study.design", value=kind, expected=close_matches(str(kind), DESIGNS))
    listed = told.get("points")
    if listed is not None:
        if not isinstance(listed, list) or not all(isinstance(p, Mapping) for p in listed):
            raise UserError(
                "points are not a list", key="study.points", value=listed, expected="[{factor: value}, ...]"
            )
        found = [{str(k): _plain(v) for k, v in p.items()} for p in listed]
    elif kind == "grid":
        found = [dict(zip(factors, values, strict=True)) for values in itertools.product(*factors.values())]
        found = [] if not factors else found
    else:
        base = {SCENARIO: factors[SCENARIO][0]} if SCENARIO in factors else {}
        found = [dict(base), *({**base, key: value} for key, values in factors.items() for value in values)]
        found = [] if not factors else found
    unique = {repr(sorted(p.items(), key=lambda item: item[0])): p for p in found}
    if not unique:
        raise UserError("a design without points", key="study.factors", expected="a factor with values, or points")
    if len(unique) > MOST_POINTS:
        raise UserError("too many points", key="study.factors", value=len(unique), expected=f"at most {MOST_POINTS:,}")
    return tuple(Point(p) for p in unique.values())


def _text(value: Any) -> str:
    return str(value).replace(" ", "").replace("'", "")
