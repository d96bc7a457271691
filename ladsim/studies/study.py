"""Run a study: every point of a design over the same seeds, in parallel, kept as it is made, to go on at any time.

Points that share a reference and behavior are run together for a seed: the reference once, and each point from the day
on which it first differs. That gives to the bit what a run of its own would.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ladsim.core.errors import UserError
from ladsim.data.fitted import n_sets
from ladsim.results import intervals
from ladsim.results.run_result import RunResult, ScenarioInfo, tidy
from ladsim.runs.ensemble import seeds_of
from ladsim.runs.workers import spread
from ladsim.studies.design import Design, Point
from ladsim.studies.store import Store, key_of

OUTCOMES = (
    ("encounters_between_ports", None),
    ("encounters_at_ports", None),
    ("irregular_entries", "PAN"),
    ("lawful_arrivals", None),
    ("departures", None),
    ("removals", None),
    ("deaths", None),
)
"""Measure and place of the outcomes of a study's table."""


@dataclass(frozen=True)
class Wanted:
    """A replicate that is wanted: a scenario and the key under which it is kept."""

    key: str
    scenario: Any


@dataclass(frozen=True)
class Bundle:
    """Replicates of one seed that share a reference (or have none), run together.

    Attributes:
        folder: of the store.
        reference: the reference's replicate, or None.
        points: those that are lacking.
        pathways: lawful pathways that the model holds.
        made: other arguments of the model.
    """

    folder: Path
    reference: Wanted | None
    points: tuple[Wanted, ...]
    pathways: tuple[str, ...]
    made: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """A study whose replicates are all there.

    Attributes:
        design: its points.
        seeds: of the replicates.
        keys: for each point, (scenario's key, reference's key or None) by seed.
    """

    design: Design
    store: Store
    seeds: tuple[int, ...]
    keys: tuple[tuple[tuple[str, str | None], ...], ...]
    pairs: tuple[Mapping[str, Any], ...]

    def result(self, point: int) -> RunResult:
        """Return a point as a run, with its reference: everything that can be done with a run can be done with it.

        Raises:
            UserError: the point has no replicate any more.
        """
        tables: dict[str, dict[int, pd.DataFrame]] = {"scenario": {}, "reference": {}}
        for seed, keys in zip(self.seeds, self.keys[point], strict=True):
            for role, key in zip(("scenario", "reference"), keys, strict=True):
                if key is not None:
                    tables[role][seed] = self._read(key)
        told = self.design.points[point]
        made = {
            role: RunResult(
                ScenarioInfo.of(self.pairs[point][role], changes=[told.label] if role == "scenario" else []),
                tidy(frames, self.pairs[point][role].name),
                self.seeds,
                self.design.options.scale,
                manifest={},
                config={},
                instruments={},
            )
            for role, frames in tables.items()
            if frames
        }
        reference = made.get("reference")
        ours = made["scenario"]
        return ours if reference is None else _with_reference(ours, reference)

    def table(self, freq: str = "all") -> pd.DataFrame:
        """Return one row a point, seed, outcome and period: the factors, the outcome, the reference's, the difference.

        Args:
            freq: 'all' the whole period, 'Y' years, 'M' months.
        """
        parts = []
        for number, point in enumerate(self.design.points):
            result = self.result(number)
            for measure, place in OUTCOMES:
                ours = _long(result, measure, place, freq)
                theirs = None if result.reference is None else _long(result.reference, measure, place, freq)
                rows = ours.rename("value").reset_index()
                rows["reference"] = (
                    float("nan") if theirs is None else theirs.reindex(ours.index, fill_value=0.0).values
                )
                rows.insert(0, "point", number)
                for place_in_row, factor in enumerate(self.design.factors, start=1):
                    rows.insert(place_in_row, factor, _cell(point.values.get(factor)))
                parts.append(rows)
        table = pd.concat(parts, ignore_index=True)
        table["difference"] = table["value"] - table["reference"]
        return table

    def responses(self, freq: str = "all") -> pd.DataFrame:
        """Return for each point, outcome and period the mean and 90 percent interval, and those of the difference."""
        table = self.table(freq)
        keys = ["point", *self.design.factors, "measure", "place", "period"]
        rows = []
        for group, cell in table.groupby(keys, sort=False, dropna=False):
            mean, low, high = (float(v[0]) for v in intervals.prediction_interval(cell["value"].to_numpy()[None, :]))
            change = intervals.prediction_interval(cell["difference"].to_numpy()[None, :])
            difference, first, last = (float(v[0]) for v in change)
            row = dict(zip(keys, group, strict=True)) | {"mean": mean, "low": max(low, 0.0), "high": high}
            row |= {"difference": difference, "difference_low": first, "difference_high": last}
            rows.append(row | {"seeds": len(cell)})
        return pd.DataFrame(rows)

    def save(self, folder: Path) -> Path:
        """Write table.csv, responses.csv and points.csv into a folder and return it."""
        folder.mkdir(parents=True, exist_ok=True)
        points = [{"point": i, "label": p.label, **_cells(p)} for i, p in enumerate(self.design.points)]
        for name, table in (
            ("points", pd.DataFrame(points)),
            ("table", self.table("Y")),
            ("responses", self.responses("all")),
        ):
            part = folder / f"{name}.part"
            table.to_csv(part, index=False, float_format="%.6g", lineterminator="\n")
            os.replace(part, folder / f"{name}.csv")
        return folder

    def _read(self, key: str) -> pd.DataFrame:
        table = self.store.read(key)
        if table is None:
            expected = "the same command again, which makes what is lacking"
            raise UserError("a replicate of the study is gone", value=str(self.store.file(key)), expected=expected)
        return table


def study(
    design: Design,
    *,
    folder: str | Path = "results/studies",
    workers: int | None = None,
    say: Callable[[str], None] | None = None,
) -> Study:
    """Run what a design lacks and return the study.

    Args:
        design: from read_design or design.
        folder: where replicates are kept; studies that share a folder share replicates.
        workers: processes; as many as there are cores when left out.
        say: called with a line of news now and then; standard error on a terminal when left out.

    Raises:
        UserError: a design that cannot be run, or a folder that cannot be written.
    """
    pairs = [design.pair(point) for point in design.checked().points]
    store = Store(Path(folder) / "replicates")
    seeds = seeds_of(design.options)
    sets = min(design.options.parameter_sets or n_sets(), n_sets())
    keys: list[list[tuple[str, str | None]]] = [[] for _ in pairs]
    lacking: list[Bundle] = []
    for i, seed in enumerate(seeds):
        for group in _groups(design, pairs):
            bundle = _bundle(design, store, group, pairs, seed, i % sets, keys)
            if bundle is not None:
                lacking.append(bundle)
    _execute(lacking, workers or os.cpu_count() or 1, say)
    return Study(design, store, tuple(seeds), tuple(map(tuple, keys)), tuple(pairs))


def _groups(design: Design, pairs: Sequence[Mapping[str, Any]]) -> list[list[int]]:
    """Return which points can be run together: the same reference and the same behavior."""
    found: dict[str, list[int]] = {}
    for number, (point, pair) in enumerate(zip(design.points, pairs, strict=True)):
        _, behavior = design.overrides_of(point)
        reference = pair.get("reference")
        shared = number if reference is None else _told(reference)
        found.setdefault(repr((shared, sorted(behavior.items()))), []).append(number)
    return list(found.values())


def _bundle(
    design: Design,
    store: Store,
    group: Sequence[int],
    pairs: Sequence[Mapping[str, Any]],
    seed: int,
    parameter_set: int,
    keys: list[list[tuple[str, str | None]]],
) -> Bundle | None:
    """Note the keys of a group's replicates of a seed, and return what of them is lacking, if anything is."""
    from ladsim.behavior.pathways import pathway_ids

    _, behavior = design.overrides_of(design.points[group[0]])
    reference = pairs[group[0]].get("reference")
    scenarios = [pairs[number]["scenario"] for number in group]
    ids = [pathway_ids(s.instruments) for s in [*scenarios, *([reference] if reference else [])]]
    pathways = (*sorted({name for one in ids for name in one[:-1]}), max(one[-1] for one in ids))
    rest = {"seed": seed, "scale": design.options.scale, "set": parameter_set, "behavior": behavior}

    def wanted(scenario: Any) -> Wanted:
        return Wanted(key_of(_told(scenario), pathways=pathways, **rest), scenario)

    other = None if reference is None else wanted(reference)
    found = [wanted(scenario) for scenario in scenarios]
    for number, one in zip(group, found, strict=True):
        keys[number].append((one.key, None if other is None else other.key))
    points = tuple(one for one in found if not store.has(one.key))
    if not points and (other is None or store.has(other.key)):
        return None
    made: dict[str, Any] = {"seed": seed, "scale": design.options.scale, "parameters": behavior}
    if parameter_set:
        made["parameter_set"] = parameter_set
    return Bundle(store.folder, other, points, pathways, made)


def run_bundle(bundle: Bundle) -> int:
    """Run the replicates of a bundle, keep each as soon as it is finished, and return how many there were."""
    from ladsim.sim.model import LadModel, timeline_of
    from ladsim.world.world import load_world

    store, world = Store(bundle.folder), load_world()
    made = {**bundle.made, "pathways": list(bundle.pathways), "world": world, "follow_fates": False}
    if bundle.reference is None:
        for one in bundle.points:
            store.keep(one.key, LadModel(one.scenario, **made).run())
        return len(bundle.points)
    timeline = timeline_of(bundle.reference.scenario, world)
    model = LadModel(bundle.reference.scenario, timeline=timeline, **made)
    forks = []
    for one in bundle.points:
        own = timeline_of(one.scenario, world)
        differs = timeline.first_difference(own)
        forks.append((model.n_days if differs is None else differs + model.run_in, one, own))
    for day, one, own in sorted(forks, key=lambda fork: fork[0]):
        while model.day < day:
            model.step()
        store.keep(one.key, model.fork(one.scenario, own).run())
    if not store.has(bundle.reference.key):
        store.keep(bundle.reference.key, model.run())
    return len(bundle.points) + 1


def _execute(bundles: Sequence[Bundle], workers: int, say: Callable[[str], None] | None) -> None:
    if not bundles:
        return
    if say is None and sys.stderr.isatty():
        say = _to_terminal
    begun, total, done = time.monotonic(), sum(len(b.points) + 1 for b in bundles), 0
    for made in spread(run_bundle, ((bundle,) for bundle in bundles), min(workers, len(bundles))):
        done += made
        if say is not None:
            gone = time.monotonic() - begun
            left = gone / done * max(total - done, 0)
            say(f"{done} of {total} replicates, {gone:.0f} s gone, about {left:.0f} s to go")


def _to_terminal(text: str) -> None:
    print(text, file=sys.stderr)


def _told(scenario: Any) -> dict[str, Any]:
    """Return what a scenario is, as plain data: its days, its freeze and its instruments at their terms."""
    instruments = {name: one.model_dump(mode="json") for name, one in scenario.instruments.items()}
    return {
        "start": scenario.start.isoformat(),
        "end": scenario.end.isoformat(),
        "freeze_on": str(scenario.freeze_on),
        "instruments": instruments,
    }


def _with_reference(ours: RunResult, reference: RunResult) -> RunResult:
    return replace(ours, reference=reference)


def outcome(result: RunResult, measure: str, place: str | None, freq: str) -> pd.DataFrame:
    """Return an outcome of a run by (measure, period) and seed; zero where nothing of it happened."""
    wide = result.totals(by=("measure",), measure=measure, place=place, freq=freq)
    names, _ = intervals.periods(result.months, freq)
    rows = pd.MultiIndex.from_tuples([(measure, name) for name in names], names=["measure", "period"])
    return wide.reindex(index=rows, columns=pd.Index(result.seeds, name="seed")).fillna(0.0)


def _long(result: RunResult, measure: str, place: str | None, freq: str) -> pd.Series:
    frame = outcome(result, measure, place, freq).reset_index()
    frame = frame.melt(id_vars=["measure", "period"], var_name="seed", value_name="value")
    frame["place"] = place or "all"
    found: pd.Series = frame.set_index(["measure", "place", "period", "seed"])["value"]
    return found


def _cell(value: Any) -> Any:
    return str(value) if isinstance(value, Mapping | list | tuple) else value


def _cells(point: Point) -> dict[str, Any]:
    return {key: _cell(value) for key, value in point.values.items()}
