"""What the model is fitted to: observed monthly series by nationality, up to 2024-05 and no further.

A series compares what was observed with what a run counts in the same way. Each has a weight and an error that grows
with the square root of the count, so that large months do not drown small ones and a month near zero still tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ladsim import data
from ladsim.core.errors import UserError
from ladsim.results.intervals import months_between
from ladsim.series.months import FIRST_FITTED, LAST_FITTED
from ladsim.series.panel import OTHERS, records
from ladsim.series.record import named

Floats = NDArray[np.float64]

"""The months that may be fitted; later ones are for validation."""

FULL_WEIGHT_FROM = "2022-01"
EARLY_WEIGHT = 0.5
ROUNDING = 60.0
"""Persons a month added under the root: below it, counts are noise of agents and of rounding."""

CONTRAST_WEIGHT = 74.0
"""Weight of the log ratio of a natural experiment: a factor 1.5 counts as much as 30 in the root of a month's count."""


@dataclass(frozen=True)
class Series:
    """A series of the fit.

    Attributes:
        name: its name in the table of observed figures.
        measure: measure of the model's monthly table.
        places: places counted, all if empty.
        weight: weight of each nationality's months.
        total_weight: weight of the months of all nationalities together.
    """

    name: str
    measure: str
    places: tuple[str, ...] = ()
    weight: float = 1.0
    total_weight: float = 1.0


SERIES = tuple(Series(**{**one, "places": tuple(one["places"])}) for one in named().series)
"""The series of the fit, as conf/record.yaml has them."""


@dataclass(frozen=True)
class Target:
    """Observed months of a series for a group of nationalities.

    Attributes:
        series: index in SERIES.
        label: nationality, ``OTH`` (those that are not told apart) or ``ALL``.
        members: nationality indices that are added up.
        months: indices of months.
        values: observed, persons or events.
        weight: of its residuals.
    """

    series: int
    label: str
    members: tuple[int, ...]
    months: NDArray[np.int64]
    values: Floats
    weight: float

    def residuals(self, made: Floats, weights: Floats) -> Floats:
        """Return weighted differences of roots, simulated (``made``, by month) less observed."""
        return np.asarray(weights * (np.sqrt(made + ROUNDING) - np.sqrt(self.values + ROUNDING)))

    def slopes(self, made: Floats, weights: Floats) -> Floats:
        """Return how the residuals (rows) follow the simulated counts of the months (columns)."""
        return np.diag(weights * 0.5 / np.sqrt(made + ROUNDING))

    @property
    def n_rows(self) -> int:
        """How many residuals it gives."""
        return len(self.months)


@dataclass(frozen=True)
class Contrast(Target):
    """What a natural experiment of the months of the fit shows: the log ratio of the month after to that before.

    The label is the name of the experiment; months and values are those before and after.
    """

    def residuals(self, made: Floats, weights: Floats) -> Floats:
        """Return the weighted difference of log ratios, simulated less observed."""
        before, after = np.log(made + ROUNDING) - np.log(self.values + ROUNDING)
        return np.array([weights[0] * (after - before)])

    def slopes(self, made: Floats, weights: Floats) -> Floats:
        """Return how it follows the counts before and after (1 x 2)."""
        return np.array([[-weights[0], weights[1]]]) / (made + ROUNDING)

    @property
    def n_rows(self) -> int:
        """One."""
        return 1


class Targets:
    """All that a run is compared with.

    Args:
        nationalities: codes by index.
        first, last: months of the fit.
        without: (series name, label or None for all, first month, last month) left out, for refits without an event.

    Raises:
        UserError: months that are for validation, or a series that is missing.
    """

    def __init__(
        self,
        nationalities: Sequence[str],
        first: str = FIRST_FITTED,
        last: str = LAST_FITTED,
        without: Sequence[tuple[str, str | None, str, str]] = (),
    ) -> None:
        check_months(first, last)
        self.nationalities = tuple(nationalities)
        self.months = months_between(first, last)
        self._without = without
        self.targets: list[Target] = []
        for index, series in enumerate(SERIES):
            observed = observed_series(series.name)
            if not len(observed):
                raise UserError("a series to fit is missing", file="ladsim/data/observed.csv", key=series.name)
            self._add(index, series, observed)
        self._add_contrasts()

    rounding = ROUNDING

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of the arrays that compare with it: series x months x nationalities."""
        return len(SERIES), len(self.months), len(self.nationalities)

    def simulated(self, monthly: pd.DataFrame, sectors: Sequence[str]) -> Floats:
        """Return what a run counted: series x months x nationalities."""
        out = np.zeros(self.shape)
        month = pd.Categorical(monthly["month"], categories=list(self.months)).codes
        nationality = pd.Categorical(monthly["nationality"], categories=list(self.nationalities)).codes
        known = (month >= 0) & (nationality >= 0)
        for s, series in enumerate(SERIES):
            places = tuple(sectors) if series.places == ("sectors",) else series.places
            rows = known & (monthly["measure"] == series.measure).to_numpy()
            if places:
                rows &= monthly["place"].isin(places).to_numpy()
            np.add.at(out[s], (month[rows], nationality[rows]), monthly["value"].to_numpy(float)[rows])
        return out

    def residuals(self, simulated: Floats) -> Floats:
        """Return the weighted residuals of all targets, one after the other; see :meth:`rows`."""
        return np.concatenate([t.residuals(self._of(t, simulated), self.weights(t)) for t in self.targets])

    def wape(self, simulated: Floats, first: str = FULL_WEIGHT_FROM) -> dict[str, float]:
        """Return the weighted absolute percentage error by series: of totals, and over nationalities (``_by``)."""
        found = {}
        for s, series in enumerate(SERIES):
            for suffix, chosen in (("", "ALL"), ("_by", None)):
                missed = total = 0.0
                for target in self.targets:
                    if (
                        isinstance(target, Contrast)
                        or target.series != s
                        or (target.label == "ALL") != (chosen == "ALL")
                    ):
                        continue
                    late = np.array([self.months[m] >= first for m in target.months])
                    made = self._of(target, simulated)[late]
                    missed += float(np.abs(made - target.values[late]).sum())
                    total += float(target.values[late].sum())
                found[series.name + suffix] = missed / total if total else float("nan")
        return found

    def _of(self, target: Target, counts: Floats) -> Floats:
        return np.asarray(
            np.maximum(counts[target.series][target.months][:, target.members].sum(axis=1), -ROUNDING / 2)
        )

    def rows(self) -> list[slice]:
        """Return where each target stands in the residuals."""
        ends = np.cumsum([t.n_rows for t in self.targets])
        return [slice(int(end) - t.n_rows, int(end)) for end, t in zip(ends, self.targets, strict=True)]

    def weights(self, target: Target) -> Floats:
        """Return the weight of each month of a target."""
        if isinstance(target, Contrast):
            return np.full(len(target.months), target.weight)
        early = np.array([self.months[m] < FULL_WEIGHT_FROM for m in target.months])
        return np.asarray(target.weight * np.where(early, EARLY_WEIGHT, 1.0))

    def _add_contrasts(self) -> None:
        """Add the natural experiments whose months are all fitted and not left out."""
        names = [series.name for series in SERIES]
        for event in records(data.table("experiments")):
            at = [str(event[key]) for key in ("month_before", "month_after")]
            if event["series"] not in names or not set(at) <= set(self.months):
                continue
            whose = tuple(str(event["nationalities"]).split(";"))
            members = range(len(self.nationalities)) if whose == ("ALL",) else map(self.nationalities.index, whose)
            if any(self._left_out(str(event["series"]), label, month) for label in whose for month in at):
                continue
            months = np.array([self.months.index(month) for month in at])
            index = names.index(str(event["series"]))
            seen = observed_series(str(event["series"]))
            seen = seen[seen["nationality"].isin(whose)]
            values = np.array([float(seen.loc[seen["month"] == month, "value"].sum()) for month in at])
            weight = CONTRAST_WEIGHT
            self.targets.append(Contrast(index, str(event["experiment"]), tuple(members), months, values, weight))

    def _left_out(self, series: str, label: str, month: str) -> bool:
        return any(
            name == series and whose in (None, label) and begin <= month <= end
            for name, whose, begin, end in self._without
        )

    def _add(self, index: int, series: Series, observed: pd.DataFrame) -> None:
        wide = observed.pivot_table(index="month", columns="nationality", values="value", aggfunc="sum")
        wide = wide.reindex(self.months)
        told = [n for n in self.nationalities if n in wide.columns]
        groups: list[tuple[str, list[str]]] = [(n, [n]) for n in told]
        if OTHERS in wide.columns and OTHERS not in self.nationalities:
            groups.append((OTHERS, [n for n in self.nationalities if n not in told]))
        if "ALL" in wide.columns and series.total_weight > 0.0:
            groups.append(("ALL", list(self.nationalities)))
        for label, members in groups:
            values = wide[label].to_numpy(float)
            known = np.isfinite(values)
            known &= np.array([not self._left_out(series.name, label, m) for m in self.months])
            weight = series.total_weight if label == "ALL" else series.weight
            if known.any() and members and weight > 0.0:
                months = np.flatnonzero(known)
                indices = tuple(self.nationalities.index(m) for m in members)
                self.targets.append(Target(index, label, indices, months, values[months], weight))


def check_months(first: str, last: str) -> None:
    """Raise a UserError if the months may not be fitted."""
    if last > LAST_FITTED:
        raise UserError(
            "months after the fit are for validation", key="last", value=last, expected=f"at most {LAST_FITTED}"
        )
    if first < FIRST_FITTED:
        raise UserError(
            "months before the fit warm the model up", key="first", value=first, expected=f"from {FIRST_FITTED}"
        )
    if first > last:
        raise UserError("the months to fit end before they begin", key="first", value=first, expected=f"to {last}")


def observed_series(name: str) -> pd.DataFrame:
    """Return an observed series: month, nationality, value; ``released`` comes from the table of dispositions."""
    if name == "released":
        table = data.table("dispositions")
        rows = table[(table["component"] == "CBP") & (table["party"] == "ALL") & (table["outcome"] == "release")]
        return rows[["month", "nationality", "value"]]
    table = data.table("observed")
    rows = table[table["series"] == name]
    return rows[["month", "nationality", "value"]]


def as_table(wape: Mapping[str, float]) -> str:
    """Return the errors in one line."""
    return "  ".join(f"{name} {100 * value:.0f}%" for name, value in wape.items())
