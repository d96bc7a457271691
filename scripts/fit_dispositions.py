"""Derive how easily a case can end in a timely consequence, by nationality, from observed encounters and releases.

    python scripts/fit_dispositions.py

No agents: the rule of dispositions (ladsim/behavior/border.py) is applied to each month's observed encounters, under
the rules in force on its 15th, and the ease of each nationality (log-odds) is fitted to the releases in the book-outs,
one value under Title 42 and one after it. Prints the values that conf/instrument/us_processing_capacity.yaml holds.
Months to 2024-05 only.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from ladsim import data
from ladsim.behavior.border import Processing, disposition_shares
from ladsim.behavior.parameters import load_parameters
from ladsim.calibration.targets import FIRST_FITTED
from ladsim.core.schema import Outcome, Party
from ladsim.policy.scenario import load_scenario
from ladsim.series.months import LAST_FITTED
from ladsim.sim.model import timeline_of
from ladsim.world.world import load_world

TITLE_42_ENDS = "2023-05"
ROUNDING = 60.0
LIKENESS = 2.0
"""Weight of the difference between the two values of a nationality."""

BOUND = 6.0

INTERCEPTS = {"CHN": -2.0, "COL": -0.8, "ECU": -0.8, "VEN": -0.8, "CUB": -0.3, "GTM": 0.4, "SLV": 0.4, "HND": 0.6}
INTERCEPTS |= {"MEX": 1.3, "HTI": 2.5, "OTH": -0.8}
"""Minus the intercepts of a regression of logit(share released) on log encounters, June 2023 to May 2024: the start. A
constant added to all values only moves the shadow price, so that the level is that of the start."""


class Book:
    """Observed months, and what the rule makes of them."""

    def __init__(self) -> None:
        self.world = load_world()
        self.scenario = load_scenario("history")
        self.timeline = timeline_of(self.scenario, self.world)
        self.codes = list(self.world.nationalities)
        table = data.table("observed")
        between = table[table["series"] == "encounters_between_ports"]
        self.encounters = between.pivot_table(index="month", columns="nationality", values="value")
        self.encounters = self.encounters.reindex(columns=self.codes).fillna(0.0)
        rows = data.table("dispositions")
        rows = rows[(rows["component"] == "CBP") & (rows["party"] == "ALL") & (rows["outcome"] == "release")]
        self.released = rows.pivot_table(index="month", columns="nationality", values="value")
        self.months = [m for m in self.encounters.index if FIRST_FITTED <= m <= LAST_FITTED]
        told = [c for c in self.released.columns if c in self.codes]
        rest = [i for i, code in enumerate(self.codes) if code not in told]
        self.groups = {**{code: [self.codes.index(code)] for code in told}, "OTH": rest}
        table = data.table("consequences").set_index("nationality").loc[self.codes]
        self.direct = table["direct_share"].to_numpy(float)
        self.own_border = np.array([code == "MEX" for code in self.codes])
        self.floor = load_parameters().congestion_floor

    def predicted(self, under: np.ndarray, after: np.ndarray, month: str) -> np.ndarray:
        """Return releases by nationality in a month, for the ease (N) under Title 42 and after it."""
        year, number = (int(part) for part in month.split("-"))
        rules = self.timeline.rules((date(year, number, 15) - self.scenario.start).days)
        days = pd.Period(month).days_in_month
        by_party = rules.consequence_ease - rules.consequence_ease[:, [int(Party.SINGLE_ADULT)]]
        adult = self.scenario.instruments["us_processing_capacity"].terms["consequence_ease_single_adult"]
        shift = sum(bar.ease_shift for bar in rules.asylum_bars if bar.threshold_on is None)
        ease = (under if month < TITLE_42_ENDS else after)[:, None] + by_party + adult.number(date(year, number, 15))
        load = self.encounters.loc[month].to_numpy()[:, None] / days * self.world.people.parties
        shares, _ = disposition_shares(
            load,
            Processing(
                expulsion_share=rules.expulsion_share,
                expulsion_capacity=rules.expulsion_capacity,
                expulsion_pool=rules.expulsion_pool,
                return_to_mexico_per_day=rules.return_to_mexico_per_day,
                taken_back_share=rules.taken_back_share,
                taken_back_per_day=rules.taken_back_per_day,
                taken_back_pool=rules.taken_back_pool,
                consequence_per_day=rules.consequence_per_day,
                ease=ease + shift,
                direct_share=self.direct,
                own_border=self.own_border,
                congestion_floor=self.floor,
                held_share=rules.held_share,
            ),
        )
        return np.asarray((shares[:, :, Outcome.RELEASE] * load).sum(axis=1) * days)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Return values by group as values by nationality."""
        out = np.zeros(len(self.codes))
        for value, members in zip(values, self.groups.values(), strict=True):
            out[members] = value
        return out

    def residuals(self, values: np.ndarray) -> np.ndarray:
        """Return differences of roots of releases, and the pull of the two values of a group to one another."""
        half = len(self.groups)
        under, after = self.spread(values[:half]), self.spread(values[half:])
        rows = []
        for month in self.months:
            made = self.predicted(under, after, month)
            for code, members in self.groups.items():
                seen = float(self.released.loc[month, code])
                rows.append(np.sqrt(made[members].sum() + ROUNDING) - np.sqrt(seen + ROUNDING))
        return np.concatenate([np.array(rows), LIKENESS * (values[:half] - values[half:])])


def main() -> None:
    """Fit and print."""
    book = Book()
    start = np.array([INTERCEPTS[code] for code in book.groups] * 2)
    fit = least_squares(book.residuals, start, bounds=(-BOUND, BOUND), loss="soft_l1", f_scale=15.0)
    half = len(book.groups)
    for title, values in (("under Title 42", fit.x[:half]), ("after it", fit.x[half:])):
        print(title, {code: round(float(v), 2) for code, v in zip(book.groups, values, strict=True)})


if __name__ == "__main__":
    main()
