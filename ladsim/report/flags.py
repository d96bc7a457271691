"""What stands against a single number of a report, to be read beside it: levels off the record, effects that failed."""

from __future__ import annotations

from ladsim import data
from ladsim.report import scored
from ladsim.report.headlines import Headline
from ladsim.results.run_result import RunResult
from ladsim.series.months import FIRST_FITTED, LAST_FITTED

AS_IT_WAS = ("history", "baseline", "declaration_continues")
"""References that are history up to the last fitted month, so that the record can be held against them."""
FACTOR = 1.5
"""Factor by which a nationality's total is off from which it is flagged."""
FEWEST = 6
"""Whole months of record that a flag needs; fewer say little."""


def nationalities(result: RunResult, headline: Headline) -> dict[str, str]:
    """Return a flag for each nationality whose simulated total is off the record by a factor of 1.5 or more.

    Args:
        result: a run; its reference is compared with the record, or the run itself if it has none.
        headline: what is counted.

    Returns:
        A phrase by nationality; empty where nothing can be said.
    """
    run = result.reference or result
    months = [m for m in run.months if FIRST_FITTED <= m <= LAST_FITTED]
    if run.world is not None or run.scenario.name not in AS_IT_WAS or headline.observed is None:
        return {}
    if len(months) < FEWEST:
        return {}
    real = data.observed(headline.observed, place=headline.observed_place)
    recorded = real[real["month"].isin(months)].groupby("nationality")["value"].sum().to_dict()
    wide = run.totals(by=("nationality",), measure=headline.measure, place=headline.place, freq="M")
    wide = wide[wide.index.get_level_values("period").isin(months)]
    made = wide.groupby("nationality").sum().mean(axis=1)
    found = {}
    for name, value in made.items():
        record = float(recorded.get(name, 0.0))
        if record > 0 and not 1 / FACTOR < value / record < FACTOR:
            found[str(name)] = f"reference at {100 * value / record:.0f} percent of the record up to {months[-1]}"
    return found


def level(headline: Headline) -> str:
    """Return what the score says against a number's level; blank where it says nothing."""
    wape = scored.totals().get(headline.observed or "", {}).get("fit", 0.0)
    return f"level off by {100 * wape:.0f} percent in the months of the fit" if wape > scored.FAR_TOTAL else ""


def lever(name: str) -> str:
    """Return what the score says of an instrument whose effect stands in the record; blank where it was not scored.

    Args:
        name: the instrument.
    """
    judged = scored.experiments()
    table = data.table("experiments")
    said = []
    for row in table[table["instrument"] == name].to_dict("records"):
        one = judged.get(str(row["experiment"]))
        if one is None:
            continue
        verdict = (
            "the model has the wrong direction"
            if not one["sign_right"]
            else "the model has direction and size about right"
            if one["size_right"]
            else f"the model has {100 * one['simulated_log'] / one['observed_log']:.0f} percent of the observed size"
        )
        said.append(f"{row['title']}: {verdict}")
    return "; ".join(said)
