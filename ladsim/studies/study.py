"""Run a study: every point of a design over the same seeds, in parallel, kept as it is made, to go on at any time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ladsim.core.errors import UserError
from ladsim.core.extras import needed
from ladsim.results import intervals
from ladsim.results.run_result import RunResult, tidy
from ladsim.results.scenario_info import ScenarioInfo
from ladsim.runs.ensemble import seeds_of
from ladsim.studies.bundles import execute
from ladsim.studies.design import Design, Point, as_design
from ladsim.studies.outcomes import OUTCOMES, Floats, by_month, by_period
from ladsim.studies.plan import plan
from ladsim.studies.saved import save
from ladsim.studies.store import Store

_LABELS = [(measure, place or "all") for measure, place in OUTCOMES]


@dataclass(frozen=True)
class Study:
    """A study whose replicates are all there.

    Attributes:
        design: its points.
        store: where its replicates are.
        seeds: of the replicates.
        keys: for each point, (scenario's key, reference's key or None) by seed.
        pairs: for each point, its scenario and its reference.
    """

    design: Design
    store: Store
    seeds: tuple[int, ...]
    keys: tuple[tuple[tuple[str, str | None], ...], ...]
    pairs: tuple[Mapping[str, Any], ...]
    _held: dict[str, Floats] = field(default_factory=dict, repr=False, compare=False)

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
        return replace(made["scenario"], reference=made.get("reference"))

    def table(self, freq: str = "all") -> pd.DataFrame:
        """Return one row a point, seed, outcome and period: the factors, the outcome, the reference's, the difference.

        Args:
            freq: 'all' the whole period, 'Y' years, 'FY' US fiscal years, 'Q' quarters, 'M' months.

        Raises:
            UserError: an unknown frequency, or a replicate that is there no more.
        """
        parts = []
        for number, names, ours, theirs in self._blocks(freq):
            # One row a value, in the order outcome, seed, period.
            grid = [(m, p, name, seed) for m, p in _LABELS for seed in self.seeds for name in names]
            rows = pd.DataFrame(grid, columns=["measure", "place", "period", "seed"])
            rows["value"] = ours.swapaxes(1, 2).ravel()
            rows["reference"] = theirs.swapaxes(1, 2).ravel()
            rows.insert(0, "point", number)
            for place_in_row, factor in enumerate(self.design.factors, start=1):
                rows.insert(place_in_row, factor, _cell(self.design.points[number].values.get(factor)))
            parts.append(rows)
        table = pd.concat(parts, ignore_index=True)
        table["difference"] = table["value"] - table["reference"]
        return table

    def dataset(self, freq: str = "all") -> Any:
        """Return the table as an xarray.Dataset over point, outcome, period and seed; factors belong to points.

        Args:
            freq: as of table.

        Raises:
            UserError: xarray is not installed.
        """
        needed("xarray", "cluster")
        table = self.table(freq)
        table["outcome"] = table["measure"].str.cat(table["place"], sep=" at ").str.removesuffix(" at all")
        held = table.set_index(["point", "outcome", "period", "seed"])[["value", "reference", "difference"]]
        found = held.to_xarray()
        factors = table.drop_duplicates("point").set_index("point")
        return found.assign_coords({name: ("point", factors[name].to_numpy()) for name in self.design.factors})

    def responses(self, freq: str = "all") -> pd.DataFrame:
        """Return the response to the factors: a row a point, outcome and period, with 90 percent intervals.

        Columns: point, the factors, measure, place, period; mean, low, high: within low and high another replicate
        would lie; difference to the reference, with difference_low and difference_high likewise; mean_low, mean_high,
        difference_mean_low and difference_mean_high: the interval of the mean itself, which shrinks with more seeds;
        seeds.

        Args:
            freq: as of table.
        """
        parts = []
        for number, names, ours, theirs in self._blocks(freq):
            rows = pd.DataFrame([(*at, n) for at in _LABELS for n in names], columns=["measure", "place", "period"])
            for prefix, values in (("", ours), ("difference_", ours - theirs)):
                mean, low, high = (part.ravel() for part in intervals.prediction_interval(values))
                _, first, last = (part.ravel() for part in intervals.mean_interval(values))
                least = -np.inf if prefix else 0.0
                rows["difference" if prefix else "mean"] = mean
                rows[f"{prefix}low"], rows[f"{prefix}high"] = np.maximum(low, least), high
                rows[f"{prefix}mean_low"], rows[f"{prefix}mean_high"] = np.maximum(first, least), last
            rows["seeds"] = len(self.seeds)
            rows.insert(0, "point", number)
            for place_in_row, factor in enumerate(self.design.factors, start=1):
                rows.insert(place_in_row, factor, _cell(self.design.points[number].values.get(factor)))
            parts.append(rows)
        return pd.concat(parts, ignore_index=True)

    def save(self, folder: Path) -> Path:
        """Write points.csv, table.parquet (by month), table.csv (by year) and responses.csv, and return the folder.

        Raises:
            UserError: the folder cannot be written.
        """
        points = [{"point": i, "label": p.label, **_cells(p)} for i, p in enumerate(self.design.points)]
        tables = {"points": pd.DataFrame(points), "table": self.table("Y"), "responses": self.responses("all")}
        return save(folder, tables, parquet={"table": self.table("M")})

    def _blocks(self, freq: str) -> Iterator[tuple[int, list[str], Floats, Floats]]:
        """Yield for each point its number, its periods, and outcomes x periods x seeds of scenario and reference."""
        for number, pair in enumerate(self.pairs):
            months = intervals.months_between(str(pair["scenario"].start), str(pair["scenario"].end))
            sides = []
            for side in (0, 1):
                keys = [keys[side] for keys in self.keys[number]]
                columns = [
                    np.full((len(OUTCOMES), len(months)), np.nan) if key is None else self._outcomes(key, months)
                    for key in keys
                ]
                names, values = by_period(np.stack(columns, axis=2), months, freq)
                sides.append(values)
            yield number, names, sides[0], sides[1]

    def _outcomes(self, key: str, months: Sequence[str]) -> Floats:
        if key not in self._held:
            self._held[key] = by_month(self._read(key), months)
        return self._held[key]

    def _read(self, key: str) -> pd.DataFrame:
        table = self.store.read(key)
        if table is None:
            expected = "the same command again, which makes what is missing"
            raise UserError("a replicate of the study is gone", value=str(self.store.file(key)), expected=expected)
        return table


def study(
    design: Design,
    *,
    folder: str | Path = "results/studies",
    workers: int | None = None,
    scheduler: str | None = None,
    say: Callable[[str], None] | None = None,
) -> Study:
    """Run what is missing of a design and return the study.

    Args:
        design: from read_design or design.
        folder: where replicates are kept; studies that share a folder share replicates.
        workers: processes; as many as there are cores when left out.
        scheduler: address of a Dask scheduler, whose workers make the replicates in place of processes here.
        say: called with a line of news now and then; standard error on a terminal when left out.

    Raises:
        UserError: a design that cannot be run, or a folder that cannot be written.
    """
    pairs = as_design(design).pairs()
    store = Store(Path(folder).absolute() / "replicates")
    store.sweep()
    seeds = seeds_of(design.options)
    processes = workers or os.cpu_count() or 1
    keys, lacking = plan(design, pairs, store, seeds, processes=None if scheduler else processes)
    execute(lacking, processes, say, scheduler)
    return Study(design, store, tuple(seeds), keys, pairs)


def _cell(value: Any) -> Any:
    return str(value) if isinstance(value, Mapping | list | tuple) else value


def _cells(point: Point) -> dict[str, Any]:
    return {key: _cell(value) for key, value in point.values.items()}
