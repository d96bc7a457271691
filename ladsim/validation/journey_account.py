"""What a run of ``history`` says of single journeys, against the record and against what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ladsim import data
from ladsim.core.paths import conf_dir
from ladsim.core.plain_yaml import read_mapping
from ladsim.core.schema import Party
from ladsim.results.run_result import RunResult
from ladsim.series.record import named
from ladsim.validation.journeys import Journeys

CHILD = Party.UNACCOMPANIED_CHILD.name.lower()
PARTIES = tuple(p.name.lower() for p in Party)
SPREAD = (0.8, 1.2)
SMALL = 300.0
"""Persons added to a month before its logarithm is taken."""

FEWEST = 500.0
"""Observed encounters of a month below which a nationality is not asked for a sign."""

STATES = {"CA": "CA", "AZ": "AZ", "NM": "NM_TX", "TX": "NM_TX"}


@dataclass(frozen=True)
class Figure:
    """A figure of the account.

    Attributes:
        title: what it is.
        before: what the model before this one had.
        low, high: what was asked.
        value: what was reached; NaN where the run does not tell.
        percent: whether it is a share.
        reason: why it is missed, where that is known.
    """

    title: str
    before: str
    low: float
    high: float
    value: float
    percent: bool
    reason: str

    @property
    def reached(self) -> bool:
        """Whether the value lies within what was asked."""
        return bool(self.low <= self.value <= self.high)


class Account:
    """The means over replicates of what is looked at.

    Args:
        result: a run of history.
        journeys: single people followed, for repeats; None if there are none.
    """

    def __init__(self, result: RunResult, journeys: Journeys | None = None) -> None:
        seeds = len(result.seeds)
        keys = ["month", "measure", "place", "nationality"]
        self._table = result.monthly.groupby(keys, as_index=False)["value"].sum()
        self._table["value"] = self._table["value"] / seeds
        self._fates = None if result.fates is None else result.fates.assign(value=result.fates["value"] / seeds)
        self._journeys = journeys
        self._observed = data.table("observed")

    def values(self) -> dict[str, float]:
        """Return every figure by name."""
        found = {**self._parties(), **self._ends(), **self._changes(), **self._places()}
        for year in ("2022", "2023"):
            found[f"undetected_{year}"] = self._sum("undetected_entries", year)
            found[f"asylum_mexico_{year}"] = self._sum("asylum_applications", year, place=named().asylum_country)
        if self._journeys is not None:
            found["repeats_2021"] = self._journeys.again_share("2021-01", "2021-09")
        return found

    def _sum(self, measure: str, year: str, place: str | None = None) -> float:
        own = self._table[(self._table["measure"] == measure) & self._table["month"].str.startswith(year)]
        return float((own if place is None else own[own["place"] == place])["value"].sum())

    def _said(self, measure: str, first: str, last: str) -> pd.DataFrame:
        found: pd.DataFrame = self._table[
            (self._table["measure"] == measure) & self._table["month"].between(first, last)
        ]
        return found

    def _seen(self, series: str, first: str, last: str) -> pd.DataFrame:
        return self._observed[(self._observed["series"] == series) & self._observed["month"].between(first, last)]

    def _parties(self) -> dict[str, float]:
        months = ("2022-01", "2024-05")
        said = {p: self._said(f"encounters_{p}", *months).groupby("nationality")["value"].sum() for p in PARTIES}
        seen = {p: self._seen(f"encounters_{p}", *months).groupby("nationality")["value"].sum() for p in PARTIES}
        told = [code for code in seen[PARTIES[0]].index if code != "OTH"]
        missed = total = 0.0
        for code in seen[PARTIES[0]].index:
            b = np.array([float(seen[p].get(code, 0.0)) for p in PARTIES])
            a = np.array(
                [
                    float(said[p].drop(told, errors="ignore").sum() if code == "OTH" else said[p].get(code, 0.0))
                    for p in PARTIES
                ]
            )
            if not a.sum() or not b.sum():
                continue
            missed, total = missed + b.sum() * np.abs(a / a.sum() - b / b.sum()).sum() / 2.0, total + b.sum()
        wrong = missed / total if total else float("nan")
        return {"wrong_party": wrong, "children_alone": float(said[CHILD].sum() / seen[CHILD].sum())}

    def _ends(self) -> dict[str, float]:
        if self._fates is None:
            return {}
        fates = self._fates[self._fates["year"].between(2021, 2023)]
        left = fates.groupby("year")["value"].sum()
        back = fates[fates["fate"] == "turned_back"]
        nothing = back[back["met"] == "nothing"].groupby("year")["value"].sum()
        of_2023 = fates[fates["year"] == 2023].groupby("fate")["value"].sum()
        removed, kept = (float(of_2023.get(f"transferred_and_{k}", 0.0)) for k in ("removed", "released"))
        evaders = self._fates[(self._fates["kind"] == "evader") & self._fates["nationality"].isin(named().guided)]
        paid = self._table[
            (self._table["measure"] == "smuggling_payments") & self._table["nationality"].isin(named().guided)
        ]
        return {
            "turned_back": float((back.groupby("year")["value"].sum() / left).max()),
            "turned_back_for_nothing": float((nothing.reindex(left.index, fill_value=0.0) / left).max()),
            "removed_after_transfer_2023": removed / (removed + kept) if removed + kept else float("nan"),
            "fee": float(paid["value"].sum() / evaders["value"].sum()) if len(evaders) else float("nan"),
        }

    def _changes(self) -> dict[str, float]:
        measure = "encounters_between_ports"
        said, seen = (wide(rows(measure, "2022-01", "2024-05")) for rows in (self._said, self._seen))
        codes = [str(code) for code in said.columns if code in seen.columns]
        a, b = logs(said[codes]), logs(seen[codes])
        before, after = "2023-05", "2023-06"
        enough = [code for code in codes if seen.loc[[before, after], code].max() >= FEWEST]
        signs = [np.sign(t.loc[after, enough].to_numpy(float) - t.loc[before, enough].to_numpy(float)) for t in (a, b)]
        compared = list(named().spread_of)
        ratio = a[compared].diff().std() / b[compared].diff().std()

        def size(first: str, second: str, members: list[str]) -> float:
            moved = [np.log(t.loc[second, members].sum() / t.loc[first, members].sum()) for t in (said, seen)]
            return float(moved[0] / moved[1])

        return {
            "title_42_size": size(before, after, codes),
            "title_42_signs": float((signs[0] == signs[1]).mean()),
            "january_2024": size("2023-12", "2024-01", [code for code in codes if code != named().asylum_country]),
            "venezuelans_spring": float(said.loc[["2023-04", "2023-05"], named().waiting].mean()),
            "spread": float(ratio.between(*SPREAD).sum()),
        }

    def _places(self) -> dict[str, float]:
        measure, found = "encounters_between_ports", {}
        for year, last in (("2022", "12"), ("2023", "12"), ("2024", "05")):
            months = (f"{year}-01", f"{year}-{last}")
            said = self._said(measure, *months).groupby("place")["value"].sum()
            seen = self._seen(f"{measure}_sector", *months).groupby("place")["value"].sum()
            found[f"wrong_sector_{year}"] = misplaced(said, seen)
        months = ("2022-01", "2024-05")
        said = self._said("encounters_at_ports", *months).groupby("place")["value"].sum()
        seen = self._seen("encounters_at_ports_field_office", *months).groupby("place")["value"].sum()
        found["wrong_office"] = misplaced(said, seen)
        found["wrong_state_2023"] = self._states("2023")
        return found

    def _states(self, year: str) -> float:
        groups = read_mapping(conf_dir() / "behavior" / "journeys.yaml", "journeys")["places"]["states"]
        months = (f"{year}-01", f"{year}-12")
        own = self._said("encounters_between_ports", *months)
        said = own.groupby(["nationality", own["place"].map(groups)])["value"].sum()
        table = self._seen("encounters_by_border_state", *months)
        seen = table.groupby(["nationality", table["place"].map(STATES)])["value"].sum()
        missed = total = 0.0
        for code in set(own["nationality"]) & set(table["nationality"]):
            weight = float(seen[code].sum())
            missed, total = missed + weight * misplaced(said[code], seen[code]), total + weight
        return missed / total


def wide(rows: pd.DataFrame) -> pd.DataFrame:
    """Return month x nationality of rows with month, nationality and value."""
    return rows.pivot_table(index="month", columns="nationality", values="value", aggfunc="sum").fillna(0.0)


def logs(table: pd.DataFrame) -> pd.DataFrame:
    """Return the logarithms of monthly persons, damped near zero."""
    return pd.DataFrame(np.log(table.to_numpy(float) + SMALL), index=table.index, columns=table.columns)


def misplaced(said: pd.Series, seen: pd.Series) -> float:
    """Return the share that is in the wrong place: half the absolute differences of two distributions."""
    places = said.index.union(seen.index)
    a, b = (t.reindex(places, fill_value=0.0).to_numpy(float) for t in (said, seen))
    return float(np.abs(a / a.sum() - b / b.sum()).sum() / 2.0) if a.sum() and b.sum() else float("nan")


def figures(result: RunResult, journeys: Journeys | None = None) -> list[Figure]:
    """Return the figures of conf/journey_score.yaml with what a run of history reached."""
    asked: Mapping[str, Mapping[str, Any]] = read_mapping(conf_dir() / "journey_score.yaml", "figures of journeys")[
        "figures"
    ]
    values = Account(result, journeys).values()
    return [
        Figure(
            str(entry["title"]),
            str(entry["before"]),
            float(entry["asked"][0]),
            float(entry["asked"][1]),
            values.get(name, float("nan")),
            bool(entry.get("percent", False)),
            str(entry.get("reason", "")),
        )
        for name, entry in asked.items()
    ]
