"""Published effects of policies on the corridor beside the model's own: never in a loss, only to be seen.

An effect is published as what changed (before and after) or as what a policy did (with and without). The model gives
both, from pairs of runs with the same people and the same chance: the change in ``history``, and ``history`` against
``history`` without the policy in the months after. What is compared stands in conf/effects.yaml; the published figures
in data-raw/route/effects_literature.csv.gz.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim import data
from ladsim.core.errors import UserError
from ladsim.core.paths import conf_dir
from ladsim.core.strict_yaml import Where, read_yaml
from ladsim.results.intervals import months_between, prediction_interval
from ladsim.results.run_result import RunResult
from ladsim.runs.ensemble import run
from ladsim.series import panel

Floats = NDArray[np.float64]

AIR = "air_arrivals"
"""A series of the model alone: arrivals by air in a country of the corridor."""
SERIES = (*panel.SERIES, AIR)
COLUMNS = (
    "row", "study", "policy", "outcome", "published", "unit", "compared", "observed", "before_after",
    "before_after_low", "before_after_high", "with_without", "with_without_low", "with_without_high", "reason",
    "address", "scale", "seeds",
)  # fmt: skip


@dataclass(frozen=True)
class Effect:
    """What of the model stands beside a published effect.

    Attributes:
        row: row of the table of published effects, from 1.
        run: name of the pair of runs; blank where no paired run can answer.
        series: what is counted, one of `SERIES`.
        place: country of arrivals by air; blank for other series.
        nationalities: of whom; all if empty.
        before, after: (first, last) month of each side; no ``before`` where only with and without are compared.
        share: whether it is the share of all nationalities.
        absolute: whether it is a difference per month, and not in percent.
        arrivals: pathways whose arrivals count too.
        per: series, months and percent of a change of another series by which the effect is divided.
        compared: what is compared, in words.
        reason: why no paired run can answer.
    """

    row: int
    run: str = ""
    series: str = "encounters_between_ports"
    place: str = ""
    nationalities: tuple[str, ...] = ()
    before: tuple[str, str] | None = None
    after: tuple[str, str] | None = None
    share: bool = False
    absolute: bool = False
    arrivals: tuple[str, ...] = ()
    per: Mapping[str, Any] | None = None
    compared: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Plan:
    """What is compared: pairs of runs by name, and what is read off them."""

    seeds: int
    scale: int
    runs: Mapping[str, Mapping[str, Any]]
    effects: tuple[Effect, ...]


def plan_file() -> Path:
    """Return the file that says what is compared."""
    return conf_dir() / "effects.yaml"


def read_plan(path: Path | None = None) -> Plan:
    """Read what is compared.

    Raises:
        UserError: An effect that is neither answered nor given a reason, or that names no run or series there is.
    """
    told, where = read_yaml(path or plan_file())
    runs = told["runs"]
    found: dict[int, Effect] = {}
    for i, entry in enumerate(told["effects"]):
        at = where.below("effects", i)
        given = dict(entry)
        base = found.get(given.pop("like", 0), Effect(row=0))
        for key in ("before", "after"):
            if given.get(key) is not None:
                given[key] = (str(given[key][0]), str(given[key][1]))
        for key in ("nationalities", "arrivals"):
            if key in given:
                given[key] = tuple(given[key])
        unknown = sorted(set(given) - set(Effect.__dataclass_fields__))
        if unknown:
            expected = ", ".join(Effect.__dataclass_fields__)
            raise UserError("unknown key", file=at.place((unknown[0],)), key=unknown[0], expected=expected)
        made = replace(base, **given)
        _check(made, runs, at)
        if made.row in found:
            raise UserError("the row is given twice", file=at.place(("row",)), key="row", value=made.row)
        found[made.row] = made
    return Plan(int(told["seeds"]), int(told["scale"]), runs, tuple(found[row] for row in sorted(found)))


def _check(effect: Effect, runs: Mapping[str, Any], where: Where) -> None:
    if bool(effect.run) == bool(effect.reason):
        expected = "a run that answers it, or the reason why none can"
        raise UserError("neither answered nor given a reason", file=where.place(), value=effect.row, expected=expected)
    if effect.run and effect.run not in runs:
        raise UserError("no such run", file=where.place(("run",)), value=effect.run, expected=", ".join(runs))
    if effect.run and (effect.series not in SERIES or effect.after is None):
        raise UserError("nothing to compare", file=where.place(), value=effect.series, expected=", ".join(SERIES))


def published() -> list[dict[str, str]] | None:
    """Return the published effects, or None outside a checkout, where the collected tables are not."""
    file = conf_dir().parent / "data-raw" / "route" / "effects_literature.csv.gz"
    if not file.is_file():
        return None
    with gzip.open(file, "rt", encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def effects(plan: Plan | None = None, *, advance: Callable[[], None] = lambda: None, **options: Any) -> pd.DataFrame:
    """Run the pairs and return the published effects with the model's own, one row each.

    Args:
        plan: what is compared; that of conf/effects.yaml by default.
        advance: called after each pair.
        options: options of the runs over those of the plan: scale, seeds, workers, parameter_sets, root_seed.

    Returns:
        Columns `COLUMNS`. Figures are in percent, or persons a month where the published one is; with low and high (90
        percent interval of a replicate). Effects that no paired run can answer have NaN and a reason.

    Raises:
        UserError: The published effects are not there, or do not fit the plan.
    """
    plan = plan or read_plan()
    told = published()
    if told is None:
        raise UserError("the published effects are not here", expected="a checkout, with data-raw/")
    if [e.row for e in plan.effects] != list(range(1, len(told) + 1)):
        expected = f"each row from 1 to {len(told)} once"
        raise UserError("the rows of the published effects are not answered", file=plan_file(), expected=expected)
    options = {"scale": plan.scale, "seeds": plan.seeds, "progress": False, **options}
    pairs = {}
    for name in dict.fromkeys(e.run for e in plan.effects if e.run):
        pairs[name] = _pair(plan.runs[name], options)
        advance()
    table = pd.DataFrame([_row(e, told[e.row - 1], pairs.get(e.run)) for e in plan.effects], columns=list(COLUMNS))
    return table.assign(scale=options["scale"], seeds=options["seeds"])


@dataclass(frozen=True)
class Pair:
    """Two runs with the same people and the same chance: with the policy, and without it."""

    with_it: RunResult
    without: RunResult
    history: RunResult


def _pair(told: Mapping[str, Any], options: Mapping[str, Any]) -> Pair:
    changes = {"instrument": told["terms"]} if "terms" in told else None
    other = run(
        "history",
        reference="history",
        end=told["end"],
        exclude=tuple(told.get("exclude", ())),
        overrides=changes,
        assumed=False,
        **options,
    )
    assert other.reference is not None
    if changes:
        return Pair(other, other.reference, other.reference)
    return Pair(other.reference, other, other.reference)


def _row(effect: Effect, told: Mapping[str, str], pair: Pair | None) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(COLUMNS, float("nan"))
    row |= {key: told[key] for key in ("study", "policy", "outcome", "unit")}
    row |= {"row": effect.row, "published": told["estimate"], "address": told["url"]}
    row |= {"compared": effect.compared, "reason": effect.reason}
    if pair is None or effect.after is None:
        return row
    after = months_between(*effect.after)
    if effect.before is not None:
        before = months_between(*effect.before)
        ours = _ratio(mean(pair.history, effect, after), mean(pair.history, effect, before))
        row |= _spread("before_after", 100.0 * (ours - 1.0))
        row["observed"] = _observed(effect, before, after)
    with_it, without = (mean(one, effect, after) for one in (pair.with_it, pair.without))
    change = with_it - without if effect.absolute else 100.0 * (_ratio(with_it, without) - 1.0)
    if effect.per is not None:
        other = Effect(row=0, series=str(effect.per["series"]))
        months = months_between(*(str(m) for m in effect.per["months"]))
        moved = 100.0 * (mean(pair.with_it, other, months) / mean(pair.without, other, months) - 1.0)
        change = change / moved * float(effect.per["percent"])
    return row | _spread("with_without", change)


def mean(result: RunResult, effect: Effect, months: Sequence[str]) -> Floats:
    """Return by seed the mean of a month of what an effect counts, or its share of all nationalities."""
    ours = _by_seed(result, effect, effect.nationalities or None).loc[list(months)].mean().to_numpy(float)
    if effect.arrivals:
        rows = result.monthly[result.monthly["measure"] == "lawful_arrivals"]
        rows = rows[rows["place"].isin(effect.arrivals) & rows["month"].isin(months)]
        by_seed = rows.groupby("seed")["value"].sum().reindex(list(result.seeds)).fillna(0.0)
        ours = ours + by_seed.to_numpy(float) / len(months)
    if effect.share:
        ours = ours / _by_seed(result, effect, None).loc[list(months)].mean().to_numpy(float)
    return ours


def _ratio(after: Floats, before: Floats) -> Floats:
    """Return after over before by seed; NaN where there was nothing before. Nothing after is a ratio of 0."""
    found: Floats = np.divide(after, before, out=np.full_like(before, np.nan), where=before > 0.0)
    return found


def _by_seed(result: RunResult, effect: Effect, nationalities: Sequence[str] | None) -> pd.DataFrame:
    if effect.series != AIR:
        return panel.by_seed(result, effect.series, nationalities)
    ways, nodes = data.table("route_ways"), data.table("route_nodes").set_index("node")["country"]
    here, from_here = (ways[end].map(nodes) == effect.place for end in ("to", "from"))
    flights = ways[ways["mode"].str.startswith("flight") & here & ~from_here]
    rows = result.monthly[(result.monthly["measure"] == "passages") & result.monthly["place"].isin(flights["way"])]
    if nationalities is not None:
        rows = rows[rows["nationality"].isin(list(nationalities))]
    table = rows.pivot_table(index="month", columns="seed", values="value", aggfunc="sum", observed=True)
    return table.reindex(index=list(result.months), columns=list(result.seeds)).fillna(0.0)


def _observed(effect: Effect, before: Sequence[str], after: Sequence[str]) -> float:
    """Return the same change in the record, in percent; NaN where the record does not tell it."""
    if effect.series == AIR:
        return float("nan")
    series = (
        panel.observed(effect.series, effect.nationalities) if effect.nationalities else panel.observed(effect.series)
    )
    total = panel.observed(effect.series)

    def level(months: Sequence[str]) -> float:
        value = float(series.reindex(list(months)).mean())
        return value / float(total.reindex(list(months)).mean()) if effect.share else value

    return 100.0 * (level(after) / level(before) - 1.0)


def _spread(name: str, values: Floats) -> dict[str, float]:
    """Return mean, low and high of what seeds give, of those that give anything."""
    known = values[np.isfinite(values)]
    if not len(known):
        return {}
    middle, low, high = (float(v) for v in prediction_interval(known))
    return {name: middle, f"{name}_low": low, f"{name}_high": high}
