"""A fit by moments: each unknown is moved by the figure that it answers for, run after run.

    python -m ladsim task=calibrate calibration.moments=16 scale=1000

Levels of wishes answer for a nationality's encounters of a half-year; the party kinds of those who form the wish for
the party kinds of those encountered; shares of evaders for known gotaways; what places are worth for sectors by year
and for border states by nationality; the worth of turning back and of asylum in Mexico for how many end so. Only months
to 2024-05 are used. It is a contraction where each figure answers mostly to its own unknown; the miss of each
round is printed, so that one sees whether it is.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ladsim import data
from ladsim.behavior.kinds import PARTIES, evader_shares, party_shares
from ladsim.calibration.unknowns import LEVEL_MONTHS
from ladsim.core.paths import conf_dir
from ladsim.core.plain_yaml import read_mapping
from ladsim.series.months import FIRST_FITTED, LAST_FITTED
from ladsim.series.panel import SERIES
from ladsim.series.record import named

GOTAWAYS = {"FY2022": ("2021-10", "2022-09"), "FY2023": ("2022-10", "2023-09")}
TURNED_BACK = 0.12
"""Share of departures that may turn back; surveys of travelers on the way find few who mean to (surveys.csv)."""

ASYLUM_IN_MEXICO = ("2022", "2023")
STEP, LONGEST = 0.6, 0.8
"""How far the logarithm of what is missing is moved, and the most it may move."""

PLACE_STEP = 0.12
"""The same for the worth of places, in units of the scale of the choice of ways."""

FAMILIES = named().families
"""Families of ways whose first familiarity is kept with a fit."""

BOUNDS = (0.05, 3.0)
"""Lowest and highest level of wishes, against those of conf/behavior/wish.yaml: where appointments bound how many are
encountered, encounters say little of how many form the wish."""

FEWEST = 1000.0
"""Persons added to both sides of a ratio, so that figures near zero do not move much."""


@dataclass
class Point:
    """What a round moves.

    Attributes:
        wishes: levels, party kinds, evaders, places and all else that LadModel takes as wishes.
        parameters: overrides by name.
        familiarity: shares who know a family of ways on the first day, by family and nationality.
    """

    wishes: dict[str, Any]
    parameters: dict[str, float] = field(default_factory=dict)
    familiarity: dict[str, dict[str, float]] = field(default_factory=dict)


def observed_months(series: str) -> pd.DataFrame:
    """Return the months of the fit of a packaged series: month, place, nationality, value."""
    table = data.table("observed")
    return table[(table["series"] == series) & table["month"].between(FIRST_FITTED, LAST_FITTED)]


def moved(ratio: float) -> float:
    """Return how far a logarithm is moved, given observed over simulated."""
    return float(np.clip(STEP * np.log(ratio), -LONGEST, LONGEST))


def half_of(month: str) -> str:
    """Return the month at whose beginning the level of a month's half-year stands."""
    if month >= "2024-01":
        return "2024-03"
    return f"{month[:4]}-{'04' if int(month[5:]) <= 6 else '10'}"


class Moments:
    """The figures, and one round of moves.

    Args:
        nationalities: codes by position.
        parties: N x P, party kinds where nothing was fitted.
        compositions: month, nationality, party, value: encounters between ports by party kind, as observed.
        states: month, state, nationality, value: encounters by border state.
        say: called with each line of news.
        journeys: whether levels and knowledge of ways are left as they are.
    """

    def __init__(
        self,
        nationalities: tuple[str, ...],
        parties: np.ndarray,
        compositions: pd.DataFrame,
        states: pd.DataFrame,
        say: Callable[[str], None] = print,
        journeys: bool = False,
    ) -> None:
        self._journeys = journeys
        self._codes, self._parties, self._say = nationalities, parties, say
        self._compositions, self._states = compositions, states
        self._known = read_mapping(conf_dir() / "behavior" / "wish.yaml", "wish levels")["levels"]

    def round(self, point: Point, monthly: pd.DataFrame, fates: pd.DataFrame) -> Point:
        """Return the point after one round of moves, by the means over seeds of what runs of it counted."""
        made = copy.deepcopy(point)
        fitted = monthly[monthly["month"].between(FIRST_FITTED, LAST_FITTED)]
        flows = copy.deepcopy(made) if self._journeys else made
        misses = {
            "levels": self._levels(flows, fitted),
            named().crossing_stretch: self._crossing(flows, fitted),
            "parties": self._party(made, fitted),
            "gotaways": self._evaders(made, monthly),
            "sectors": self._sectors(made, fitted),
            "states": self._corridors(made, fitted),
            "turned back": self._ends(made, monthly, fates),
        }
        self._say("  ".join(f"{name} {value:.3f}" for name, value in misses.items()))
        return made

    def _levels(self, made: Point, monthly: pd.DataFrame) -> float:
        """Move the levels of wishes; return the share of encounters missed, by nationality and half-year."""
        measures = ("encounters_between_ports", "encounters_at_ports")
        sides = []
        for table, column in ((monthly, "measure"), (data.table("observed"), "series")):
            own = table[table[column].isin(measures) & table["month"].between(FIRST_FITTED, LAST_FITTED)]
            own = own[own["nationality"] != "ALL"]
            sides.append(own.groupby(["nationality", own["month"].map(half_of)])["value"].sum())
        said, seen = sides
        told_at_ports = set(observed_months("encounters_at_ports")["nationality"])
        between = monthly[monthly["measure"] == measures[0]]
        said_between = between.groupby(["nationality", between["month"].map(half_of)])["value"].sum()
        missed = total = 0.0
        for code in self._codes:
            for half in LEVEL_MONTHS:
                source = said if code in told_at_ports else said_between
                a, b = float(source.get((code, half), 0.0)), float(seen.get((code, half), 0.0))
                missed, total = missed + abs(a - b), total + b
                made.wishes["levels"][code][half] *= np.exp(moved((b + FEWEST / 2) / (a + FEWEST / 2)))
                low, high = (edge * self._known[code][half] for edge in BOUNDS)
                made.wishes["levels"][code][half] = float(np.clip(made.wishes["levels"][code][half], low, high))
        return missed / total

    def _crossing(self, made: Point, monthly: pd.DataFrame) -> float:
        """Move the shares who know the Darién by entries to Panama; return the share missed by nationality."""
        seen = observed_months(named().crossing).groupby("nationality")["value"].sum()
        measure, place = SERIES[named().crossing]
        own = monthly[(monthly["measure"] == measure) & (monthly["place"] == place)]
        said = own.groupby("nationality")["value"].sum()
        missed = total = 0.0
        for code in set(seen.index) & set(self._codes):
            a, b = float(said.get(code, 0.0)), float(seen[code])
            missed, total = missed + abs(a - b), total + b
            known = made.familiarity[named().crossing_stretch]
            first = known.get(code, known.get("default", 0.3))
            logit = np.log(first / (1.0 - first)) + 0.4 * moved((b + FEWEST) / (a + FEWEST))
            known[code] = float(np.clip(1.0 / (1.0 + np.exp(-logit)), 0.0005, 0.98))
        return missed / total

    def _party(self, made: Point, monthly: pd.DataFrame) -> float:
        """Move party kinds; return the share of persons in the wrong one."""
        seen = self._compositions.groupby(["nationality", "party"])["value"].sum()
        shares = party_shares(made.wishes, self._codes, self._parties)
        missed = total = 0.0
        for n, code in enumerate(self._codes):
            told = code in set(self._compositions["nationality"])
            b = np.array([float(seen.get((code if told else "OTH", party), 0.0)) for party in PARTIES])
            alike = [code] if told else self._untold()
            own = monthly[monthly["nationality"].isin(alike)].groupby("measure")["value"].sum()
            a = np.array([float(own.get(f"encounters_{party}", 0.0)) for party in PARTIES])
            if not a.sum() or not b.sum():
                continue
            a, b = a / a.sum(), b / b.sum()
            weight = float(own.get("encounters_between_ports", 0.0)) / len(alike)
            missed, total = missed + weight * np.abs(a - b).sum() / 2.0, total + weight
            least = 0.002
            new = shares[n] * np.exp(np.clip(STEP * np.log((b + least) / (a + least)), -LONGEST, LONGEST))
            made.wishes["parties"][code] = dict(zip(PARTIES, (new / new.sum()).tolist(), strict=True))
        return missed / total

    def _untold(self) -> list[str]:
        """Return the nationalities whose party kinds are published only together."""
        return [code for code in self._codes if code not in set(self._compositions["nationality"])]

    def _evaders(self, made: Point, monthly: pd.DataFrame) -> float:
        """Move the shares of evaders by known gotaways; return simulated over known."""
        hazards = data.table("hazards")
        known = hazards[hazards["series"] == "known_gotaways"].set_index("period")["value"]
        entries = monthly[monthly["measure"] == "undetected_entries"]
        said = sum(float(entries[entries["month"].between(*months)]["value"].sum()) for months in GOTAWAYS.values())
        ratio = said / float(sum(known[year] for year in GOTAWAYS))
        shares = evader_shares(made.wishes, self._codes)
        move = 0.8 * moved(1.0 / ratio)
        for n, code in enumerate(self._codes):
            for party, share in zip(PARTIES, shares[n].tolist(), strict=True):
                if 0.0 < share < 1.0:
                    share = 1.0 / (1.0 + np.exp(-np.log(share / (1.0 - share)) - move))
                made.wishes["evaders"].setdefault(code, {})[party] = float(np.clip(share, 0.0, 0.97))
        return ratio

    def _sectors(self, made: Point, monthly: pd.DataFrame) -> float:
        """Move what sectors are worth by year; return the share of encounters in the wrong one."""
        own = monthly[monthly["measure"] == "encounters_between_ports"]
        said = own.groupby(["place", own["month"].str[:4]])["value"].sum()
        table = observed_months("encounters_between_ports_sector")
        seen = table.groupby(["place", table["month"].str[:4]])["value"].sum()
        places = made.wishes["places"]
        missed = total = 0.0
        for year in sorted({y for _, y in seen.index}):
            a = np.array([float(said.get((s, year), 0.0)) for s in places["states"]])
            b = np.array([float(seen.get((s, year), 0.0)) for s in places["states"]])
            missed, total = missed + np.abs(a / a.sum() - b / b.sum()).sum() / 2.0 * b.sum(), total + b.sum()
            move = PLACE_STEP * np.clip(np.log((b / b.sum() + 0.003) / (a / a.sum() + 0.003)), -2.0, 2.0)
            for sector, step in zip(places["states"], (move - move.mean()).tolist(), strict=True):
                before = places["years"].setdefault(sector, {}).get(int(year), 0.0)
                places["years"][sector][int(year)] = float(np.clip(before + step, -20.0, 20.0))
        return missed / total

    def _corridors(self, made: Point, monthly: pd.DataFrame) -> float:
        """Move what groups of states are worth by nationality; return the share of encounters in the wrong one."""
        places = made.wishes["places"]
        groups = sorted(set(places["states"].values()))
        own = monthly[(monthly["measure"] == "encounters_between_ports") & (monthly["month"] <= "2023-12")]
        said = own.groupby(["nationality", own["place"].map(places["states"])])["value"].sum()
        seen = self._states.groupby(["nationality", "state"])["value"].sum()
        missed = total = 0.0
        for code in self._codes:
            a = np.array([float(said.get((code, g), 0.0)) for g in groups])
            b = np.array([float(seen.get((code, g), 0.0)) for g in groups])
            if not a.sum() or not b.sum():
                continue
            a, b = a / a.sum(), b / b.sum()
            weight = float(own.loc[own["nationality"] == code, "value"].sum())
            missed, total = missed + weight * np.abs(a - b).sum() / 2.0, total + weight
            move = PLACE_STEP * np.clip(np.log((b + 0.005) / (a + 0.005)), -2.0, 2.0)
            mine = places["nationalities"].setdefault(code, {})
            for group, step in zip(groups, (move - move.mean()).tolist(), strict=True):
                mine[group] = float(np.clip(mine.get(group, 0.0) + step, -20.0, 20.0))
        return missed / total

    def _ends(self, made: Point, monthly: pd.DataFrame, fates: pd.DataFrame) -> float:
        """Move what turning back costs and asylum in Mexico is worth; return the share who turn back."""
        ended = fates.groupby("fate")["value"].sum()
        share = float(ended.get("turned_back", 0.0) / ended.sum())
        cost = made.parameters["turn_back_cost"] + moved(share / TURNED_BACK)
        made.parameters["turn_back_cost"] = float(np.clip(cost, 0.0, 6.0))
        claims, there = data.table("yearly"), named().asylum_country
        claims = claims[(claims["series"] == "asylum_applications") & (claims["place"] == there)]
        claims = claims[(claims["nationality"] != "ALL") & claims["period"].isin(ASYLUM_IN_MEXICO)]
        own = monthly[(monthly["measure"] == "asylum_applications") & (monthly["place"] == there)]
        own = own[own["month"].str[:4].isin(ASYLUM_IN_MEXICO)]
        if len(claims):
            ratio = (float(claims["value"].sum()) + 5 * FEWEST) / (float(own["value"].sum()) + 5 * FEWEST)
            worth = made.parameters["asylum_value"] + moved(ratio)
            made.parameters["asylum_value"] = float(np.clip(worth, -8.0, 5.0))
        return share


def values_of(point: Point) -> Mapping[tuple[str, str, str], float]:
    """Return a point as rows of conf/behavior/fitted.csv: (kind, name, nationality) -> value."""
    found: dict[tuple[str, str, str], float] = {}
    found.update({("parameter", name, ""): value for name, value in point.parameters.items()})
    wishes = point.wishes
    found.update({("home_value", "home_value", code): value for code, value in wishes["home_value"].items()})
    found.update({("lawful_prospect", "lawful_prospect", code): v for code, v in wishes["lawful_prospect"].items()})
    for code, levels in wishes["levels"].items():
        found.update({("wish_level", month, code): value for month, value in levels.items()})
    for region, terms in wishes["season"].items():
        found.update({("season", f"{region}.{term}", ""): value for term, value in terms.items()})
    for kind in ("evaders", "parties"):
        for code, shares in wishes[kind].items():
            if code != "default":
                found.update({(kind, party, code): value for party, value in shares.items()})
    for sector, years in wishes["places"]["years"].items():
        found.update({("place_year", f"{sector}.{year}", ""): value for year, value in years.items()})
    for code, groups in wishes["places"]["nationalities"].items():
        found.update({("place_nationality", group, code): value for group, value in groups.items()})
    for family in FAMILIES:
        shares = point.familiarity[family]
        found.update({("familiarity", family, code): v for code, v in shares.items() if code != "default"})
    return found


def compositions() -> pd.DataFrame:
    """Return month, nationality, party, value: encounters between ports by party kind in the months of the fit."""
    parts = [observed_months(f"encounters_{party}").assign(party=party) for party in PARTIES]
    return pd.concat(parts, ignore_index=True)[["month", "nationality", "party", "value"]]


def border_states() -> pd.DataFrame:
    """Return nationality, state (group), value of the months of the fit to 2023-12."""
    table = observed_months("encounters_by_border_state")
    groups = table["place"].replace({"NM": "NM_TX", "TX": "NM_TX"})
    return table.assign(state=groups)[["month", "nationality", "state", "value"]]
