"""What a run leaves: one tidy monthly table, its summaries, and paired comparisons of two runs.

The table has one row for each scenario, seed, month, measure, place and nationality with something in it; no row is a
total of others. Measures and places are those of :data:`ladsim.core.schema.MEASURES`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ladsim.core.checks import whole_number
from ladsim.core.errors import UserError
from ladsim.core.hooks import hook
from ladsim.core.schema import MEASURES
from ladsim.core.text import one_line
from ladsim.data import names
from ladsim.results import intervals, variance
from ladsim.results.scenario_info import ScenarioInfo

COLUMNS = ("scenario", "seed", "month", "measure", "place", "nationality", "value")
_TEXT = ("scenario", "month", "measure", "place", "nationality")


def tidy(frames: Mapping[int, pd.DataFrame], scenario: str) -> pd.DataFrame:
    """Return one tidy table from a monthly frame for each seed: checked, without zeros, in one order, stable types.

    Args:
        frames: Seed -> frame with columns month, measure, place, nationality, value (whole numbers).
        scenario: Name of the scenario.

    Raises:
        ValueError: A frame with another shape, an unknown measure, a row given twice, or a fraction.
    """
    parts = []
    for seed, frame in sorted(frames.items()):
        missing = [c for c in COLUMNS[2:] if c not in frame.columns]
        if missing:
            raise ValueError(f"monthly frame of seed {seed} lacks {missing}")
        parts.append(frame[list(COLUMNS[2:])].assign(scenario=scenario, seed=seed))
    if not parts:
        raise ValueError("no monthly frame given")
    table = pd.concat(parts, ignore_index=True)[list(COLUMNS)]
    if not np.array_equal(table["value"].to_numpy(dtype=np.float64), np.floor(table["value"].to_numpy(np.float64))):
        raise ValueError("values of the monthly table must be whole numbers")
    unknown = set(table["measure"].unique()) - set(MEASURES)
    if unknown:
        raise ValueError(f"unknown measures in the monthly table: {sorted(unknown)}")
    table = _typed(table[table["value"] != 0])
    twice = table.duplicated(list(COLUMNS[:-1]))
    if twice.any():
        raise ValueError(f"rows given twice in the monthly table, first: {table[twice].iloc[0].to_dict()}")
    return table


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    types: dict[str, Any] = {**dict.fromkeys(_TEXT, "str"), "seed": "int64", "value": "int64"}
    return table.astype(types).sort_values(list(COLUMNS[:-1]), ignore_index=True)


def _few(value: Any) -> str:
    return one_line(value, 120)


@dataclass(frozen=True, eq=False)
class RunResult:
    """The result of running one scenario over several seeds.

    Attributes:
        scenario: Name, title, question, reference and dates.
        monthly: The tidy table: scenario, seed, month (YYYY-MM), measure, place, nationality, value (int64).
        seeds: Seeds, one a replicate; the same for a scenario and its reference, which pairs them.
        scale: Persons per agent.
        manifest: Versions, hashes, dates: what it takes to run this again.
        config: The resolved configuration.
        instruments: The resolved instruments, id -> plain mapping.
        reference: The reference's result, when it was run with this one.
        folder: Where it was saved or loaded from, if it was.
        fates: Every departure under exactly one fate: scenario, seed, year (of the departure), nationality, party,
            fate, met (what was met last), value (persons); None where the model keeps no account.
        changed_fates: Persons by their fate under the reference and under the scenario, the same persons in both:
            scenario, seed, nationality, reference_fate, scenario_fate, value; None without a reference.
        again: The first few replicates run again, with their reference: under ``terms`` with other values of the
            assumed terms, under ``chance`` with another seed; they have the seeds of the first time. Only shares of
            variance are made of them.
    """

    scenario: ScenarioInfo
    monthly: pd.DataFrame
    seeds: tuple[int, ...]
    scale: int
    manifest: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    instruments: dict[str, Any] = field(default_factory=dict)
    reference: RunResult | None = None
    folder: Path | None = None
    fates: pd.DataFrame | None = None
    changed_fates: pd.DataFrame | None = None
    again: dict[str, RunResult] = field(default_factory=dict)

    def __repr__(self) -> str:
        with_reference = f", reference={self.reference.scenario.name!r}" if self.reference else ""
        return (
            f"RunResult({self.scenario.name!r}, {self.scenario.start} to {self.scenario.end}, "
            f"{len(self.seeds)} seeds, scale {self.scale}{with_reference}, {len(self.monthly):,} rows)"
        )

    @property
    def n_parameter_sets(self) -> int:
        """How many fitted parameter sets the replicates took in turn; 1 where the manifest names none."""
        return max(1, len(set(self.manifest.get("parameter_sets") or ())))

    @property
    def interval_note(self) -> str:
        """What the intervals of this run cover, in words."""
        return intervals.interval_note(self.n_parameter_sets, assumed=bool(self.manifest.get("assumed")))

    @property
    def world(self) -> str | None:
        """Folder of the world's tables, None for the packaged one."""
        return self.config.get("world")

    @cached_property
    def months(self) -> tuple[str, ...]:
        """All months that the run touches, YYYY-MM."""
        return intervals.months_between(self.scenario.start, self.scenario.end)

    def totals(
        self,
        *,
        by: Sequence[str] = ("measure",),
        freq: str = "Y",
        measure: str | Sequence[str] | None = None,
        place: str | Sequence[str] | None = None,
        nationality: str | Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return totals by group and period (rows) for each seed (columns).

        Flows are added up; stocks (lawful_queue, stranded) are averaged over the months.

        Args:
            by: Groups, out of 'measure', 'place', 'nationality'.
            freq: 'M' months, 'Q' quarters, 'Y' calendar years, 'FY' US fiscal years, 'all' the whole period.
            measure: Keep these measures only.
            place: Keep these places only: names, countries (``Panama``), sectors (``RGV`` too), programs.
            nationality: Keep these nationalities only: codes or names.

        Raises:
            UserError: An unknown measure, place, nationality, column or frequency.
        """
        parts = self._select(measure=measure, place=place, nationality=nationality)
        return pd.concat([intervals.totals(part, self.months, self.seeds, by=by, freq=freq) for part in parts])

    def total(
        self,
        measure: str,
        place: str | Sequence[str] | None = None,
        nationality: str | Sequence[str] | None = None,
        freq: str = "Y",
    ) -> pd.DataFrame:
        """Return one measure by period: columns period, mean, low, high, seeds; every period has a row."""
        wide = self.totals(measure=measure, place=place, nationality=nationality, freq=freq)
        spans, _ = intervals.periods(self.months, freq)
        rows = pd.MultiIndex.from_product([[measure], spans], names=["measure", "period"])
        return intervals.describe(wide.reindex(rows, fill_value=0.0)).drop(columns="measure")

    def summary(self, *, by: Sequence[str] = ("measure",), freq: str = "Y") -> pd.DataFrame:
        """Return mean and interval over replicates of every measure, by year and for the whole period.

        Columns: measure, unit, (place, nationality where asked for), period, mean, low, high, seeds. low and high span
        the 90 percent t interval in which another replicate would lie, with its own seed, fitted parameter set and draw
        of assumed terms, not the model's form. Places
        that are not parts of a whole are added up where `by` does not name 'place' (``passages`` over all ways counts
        ways, not people).

        Args:
            by: Groups, out of 'measure', 'place', 'nationality'.
            freq: 'M', 'Q', 'Y' (the default, with a row for the whole period), 'FY' or 'all'.
        """
        tables = [intervals.describe(self.totals(by=by, freq=freq))]
        if freq == "Y":
            tables.append(intervals.describe(self.totals(by=by, freq="all")))
        return intervals.unit_column(intervals.in_order(pd.concat(tables, ignore_index=True)))

    def compare(
        self,
        reference: RunResult | None = None,
        *,
        by: Sequence[str] = ("measure",),
        freq: str = "Y",
        measure: str | Sequence[str] | None = None,
        place: str | Sequence[str] | None = None,
        nationality: str | Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return this run minus a reference, paired seed by seed.

        The same seed means the same potential migrants and the same draws, so a difference within a seed is what the
        instruments did; chance that both share cancels.

        Args:
            reference: Another run; the one that was run with this one when left out.
            by: Groups, out of 'measure', 'place', 'nationality'.
            freq: 'M', 'Q', 'Y', 'FY' or 'all'.
            measure: Keep these measures only.
            place: Keep these places only.
            nationality: Keep these nationalities only.

        Returns:
            Columns measure, unit, (place, nationality,) period, scenario, reference (means), difference, low, high
            (90 percent t interval in which the difference of another pair would lie), percent, percent_low,
            percent_high (of the reference's mean), same_sign (share of seeds with the sign of the mean
            difference), seeds.

        Raises:
            UserError: No reference, or seeds, scale, dates, behavior, parameter sets or freeze date differ, so that
                nothing can be paired; the message lists what differs.
        """
        other = self._partner(reference)
        chosen: dict[str, Any] = {"measure": measure, "place": place, "nationality": nationality}
        ours = self.totals(by=by, freq=freq, **chosen)
        theirs = other.totals(by=by, freq=freq, **chosen)
        return intervals.unit_column(intervals.paired(ours, theirs))

    @property
    def shares_can_be_told(self) -> bool:
        """Whether :meth:`shares` can tell kinds of uncertainty apart: not if every replicate has its own fitted set."""
        sets = self.manifest.get("parameter_sets") or [0] * len(self.seeds)
        return len(sets) > 1 and (bool(self.again) or len(set(sets)) < len(sets))

    def shares(
        self,
        *,
        by: Sequence[str] = ("measure",),
        freq: str = "Y",
        measure: str | Sequence[str] | None = None,
        place: str | Sequence[str] | None = None,
        nationality: str | Sequence[str] | None = None,
        difference: bool = False,
    ) -> pd.DataFrame:
        """Return how much of the variance over replicates is chance, fitted sets and assumed terms.

        Columns: the groups, period, chance, sets, terms: shares that add up to 1, NaN where they cannot be told (one
        replicate, nothing that varies, several sets with one replicate each). See results.variance.

        Args:
            by, freq, measure, place, nationality: as of :meth:`totals`.
            difference: Of the paired difference to the reference, in place of the run's own numbers.
        """
        chosen: dict[str, Any] = {
            "by": by,
            "freq": freq,
            "measure": measure,
            "place": place,
            "nationality": nationality,
        }
        wide = self._varying(difference, chosen)
        again = {
            kind: run._varying(difference, chosen).reindex(wide.index, fill_value=0.0).to_numpy(np.float64)
            for kind, run in self.again.items()
        }
        sets = self.manifest.get("parameter_sets") or [0] * len(self.seeds)
        found = variance.shares(wide.to_numpy(), sets, again.get(variance.TERMS), again.get(variance.CHANCE))
        table = wide.index.to_frame(index=False)
        table[list(variance.KINDS)] = found
        return table

    def _varying(self, difference: bool, chosen: Mapping[str, Any]) -> pd.DataFrame:
        ours = self.totals(**chosen)
        if not difference:
            return ours
        theirs = self._partner(None).totals(**chosen)
        rows = ours.index.union(theirs.index, sort=False)
        found: pd.DataFrame = ours.reindex(rows, fill_value=0.0) - theirs.reindex(rows, fill_value=0.0)
        return found

    def _partner(self, reference: RunResult | None) -> RunResult:
        other = reference if reference is not None else self.reference
        if other is None:
            raise UserError(
                f"{self.scenario.name} was run without a reference, so there is nothing to compare it with",
                expected="compare(other), other being the run of another scenario with the same seeds and dates",
            )
        if not isinstance(other, RunResult):
            raise UserError("compare needs a RunResult", value=type(other).__name__, expected="RunResult")
        unlike = self._unlike(other)
        if unlike:
            raise UserError(
                f"{self.scenario.name} and {other.scenario.name} cannot be paired: their {', '.join(unlike)} differ",
                key=", ".join(unlike),
                value="; ".join(_few(theirs) for _, theirs in unlike.values()),
                expected=f"{'; '.join(_few(ours) for ours, _ in unlike.values())}, as in {self.scenario.name}",
            )
        return other

    def _unlike(self, other: RunResult) -> dict[str, tuple[Any, Any]]:
        """Return what keeps two runs from being paired: what it is, and its value in both."""
        ours, theirs = self.scenario, other.scenario
        checks = {
            "seeds": (self.seeds, other.seeds),
            "scale": (self.scale, other.scale),
            "start": (ours.start, theirs.start),
            "end": (ours.end, theirs.end),
        }
        if other is not self.reference:
            # Whatever was run together is alike; apart from its freeze date where another reference was asked for.
            checks |= {
                "behavior": (self.config.get("behavior") or {}, other.config.get("behavior") or {}),
                "fitted files": (self.manifest.get("behavior"), other.manifest.get("behavior")),
                "parameter sets": (self.manifest.get("parameter_sets"), other.manifest.get("parameter_sets")),
                "draws of assumed terms": (bool(self.config.get("assumed")), bool(other.config.get("assumed"))),
                "freeze dates": (ours.freeze_on, theirs.freeze_on),
            }
        return {key: pair for key, pair in checks.items() if pair[0] != pair[1]}

    @cached_property
    def _by_measure(self) -> dict[str, pd.DataFrame]:
        """The table cut by measure, its text as categories: what is asked for is found without a search."""
        coded = self.monthly.astype(dict.fromkeys((*_TEXT, "seed"), "category"))
        cut = coded.groupby("measure", sort=False, observed=True)
        return {str(measure): part.reset_index(drop=True) for measure, part in cut}

    @cached_property
    def _known_places(self) -> frozenset[str]:
        return frozenset(self.monthly["place"].unique()) | names.places_of_results()

    @cached_property
    def _known_nationalities(self) -> frozenset[str]:
        return frozenset(self.monthly["nationality"].unique())

    def _select(
        self,
        measure: str | Sequence[str] | None = None,
        place: str | Sequence[str] | None = None,
        nationality: str | Sequence[str] | None = None,
    ) -> list[pd.DataFrame]:
        """Return the rows asked for, a table for each measure in its order; at least one table, maybe empty."""
        measures = list(MEASURES) if measure is None else [str(m) for m in names.several(measure)]
        intervals.check_names("measure", measures, list(MEASURES))
        parts = [self._by_measure[name] for name in measures if name in self._by_measure]
        if nationality is not None:
            wanted = [names.nationality(one, self._known_nationalities) for one in names.several(nationality)]
            parts = [part[part["nationality"].isin(wanted)] for part in parts]
        if place is not None:
            known = self._known_places
            wanted = [names.place(one, known) for one in names.several(place)]
            parts = [part[part["place"].isin(wanted)] for part in parts]
        return parts or [self.monthly.iloc[:0]]

    @property
    def plot(self) -> Any:
        """Figures: plot.against_observed(), .by_nationality(), .difference(), .map(); each returns a Figure."""
        return hook("result.plot")(self)

    def report(self, file: str | Path) -> Path:
        """Write the run as one self-contained HTML page and return its path.

        A name that ends with .docx gives a Word memo, one that ends with .xlsx an Excel workbook (``ladsim[office]``).

        Raises:
            UserError: The file cannot be written, or what writes its type is not installed.
        """
        return Path(hook("result.report")(self, Path(file)))

    def save(self, folder: str | Path, *, figures: bool = True, workers: int = 1) -> Path:
        """Write the results folder, whole or not at all, and return its path.

        Args:
            folder: A folder that does not exist yet, or is empty.
            figures: Draw the figures as well.
            workers: Processes that draw them.

        A figure that cannot be drawn is a warning; the tables are in place before the first is drawn.

        Raises:
            UserError: The folder exists and is not empty, cannot be written, or the tables are not what they must be.
        """
        workers = whole_number("workers", workers)
        return Path(hook("result.save")(self, Path(folder), figures=figures, workers=workers))
