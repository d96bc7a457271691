"""Print Mexico's hazard factors by nationality, from events in Mexico and encounters at the US border.

python scripts/derive_interdiction.py

For each period of Mexico's interdiction instruments: -log(1 - e / (e + b)) / h, where e are events in Mexico and b
encounters at the US border, between ports and at ports, and h is about the hazard of the whole way through Mexico in
the route table. Each way of a person through Mexico ends in one or the other, so e / (e + b) is the chance to be
stopped on a way. Encounters at ports count where they are told by nationality. Nationalities with few events in a
period take its factor of all others than Mexicans. April and May 2023 stand alone, since detention centers were emptied
then; December 2023 is left out, since people were registered but not moved. Only months up to 2024-05 are used. The
values stand in conf/instrument/mexico_interior_enforcement*.yaml, mexico_border_management.yaml and
mexico_detention_closures_2023.yaml.
"""

from __future__ import annotations

import math

import pandas as pd

from ladsim import data

HAZARD_OF_THE_ROUTE = 0.22
FEWEST_EVENTS = 10_000
PERIODS = (
    ("2021-01", "2021-06"),
    ("2021-07", "2021-12"),
    ("2022-01", "2022-06"),
    ("2022-07", "2022-12"),
    ("2023-01", "2023-03"),
    ("2023-04", "2023-04"),
    ("2023-05", "2023-05"),
    ("2023-06", "2023-11"),
    ("2024-01", "2024-05"),
)
ALL, MEXICANS, OTHERS = "ALL", "MEX", "OTH"


def factor(events: float, encounters: float) -> float:
    """Return the hazard factor that events and encounters imply."""
    return -math.log(1.0 - events / (events + encounters)) / HAZARD_OF_THE_ROUTE


def factors(observed: pd.DataFrame, first: str, last: str) -> dict[str, float]:
    """Return the factors of a period by nationality, ``default`` included."""
    rows = observed[(observed["month"] >= first) & (observed["month"] <= last)]
    sums = rows.pivot_table(index="series", columns="nationality", values="value", aggfunc="sum").fillna(0.0)
    events = sums.loc["mexico_irregular_events"]
    at_border = sums.loc["encounters_between_ports"] + sums.loc["encounters_at_ports"]
    found = {"default": factor(events[ALL], at_border[ALL] - at_border[MEXICANS])}
    for code in events.index:
        if code not in (ALL, MEXICANS, OTHERS) and events[code] >= FEWEST_EVENTS:
            found[str(code)] = factor(events[code], at_border[code])
    return {code: round(value, 1) for code, value in found.items()}


def main() -> int:
    """Print the factors of each period; return the exit code."""
    observed = data.table("observed")
    for first, last in PERIODS:
        told = ", ".join(f"{code}: {value:g}" for code, value in factors(observed, first, last).items())
        print(f"{first}-01: {{{told}}}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
