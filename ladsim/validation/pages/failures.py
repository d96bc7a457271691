"""Where the model fails, in sentences made from the score: nobody has to search the tables for it."""

from __future__ import annotations

import math

import pandas as pd

from ladsim import data
from ladsim.results.intervals import ALL
from ladsim.series.panel import OTHERS, SERIES, SHORT, records
from ladsim.validation import backtest, experiments
from ladsim.validation.backtest import FREE
from ladsim.validation.facts import PLACED, Fact, distance
from ladsim.validation.pages.markdown import percent
from ladsim.validation.score import Score, best_rival

BAD = 0.5
"""WAPE from which a nationality is named: half of its events are in the wrong month, or missing, or too many."""

LARGE = 0.02
"""Share of a series from which a nationality is named."""

FAR = 2.0
"""Factor between published and simulated from which a fact is named."""

FAR_SHARE = 0.1
"""Difference between published and simulated shares from which a fact is named."""

FEWEST_AGENTS = 10
"""Agents, over all replicates, that a figure rests on at least before it is called wrong."""


def failures(scored: Score) -> list[str]:
    """Return sentences on what the model gets wrong, the gravest kind first."""
    return [*_forecasts(scored), *_experiments(scored), *_nationalities(scored), *_intervals(scored), *_facts(scored)]


def _forecasts(scored: Score) -> list[str]:
    said = []
    months = f"{scored.settings.validation[0]} to {scored.settings.validation[-1]}"
    unseen = scored.parts[scored.parts["part"] == "validation"].set_index(["series", "of"])["wape"]
    for series in SERIES:
        for of, whose in (("total", "in all"), ("by", "by nationality")):
            rival, value = best_rival(scored.backtest, series, total=of == "total")
            own = float(unseen[series, of])
            if own >= value:
                said.append(
                    f"In the months of validation, {months}, {rival} was nearer to {_inside(series)} {whose}: WAPE "
                    f"{percent(value)} against {percent(own)}."
                )
    held = scored.backtest[scored.backtest["month"] <= scored.settings.fit[-1]]
    one = held[held["ahead"] == min(scored.settings.horizons)]
    for whose, part in (("in all", one[one["label"] == ALL]), ("by nationality", one[one["label"] != ALL])):
        for name, rows in backtest.summary(part, ["series"]).groupby("series", sort=False):
            wape = rows.set_index("method")["wape"]
            better = [str(m) for m in wape.index if not str(m).startswith(FREE) and wape[m] < wape[FREE]]
            if better:
                said.append(f"One month ahead, {_listed(better)} beat its free run on {_inside(str(name))} {whose}.")
    return said


def _experiments(scored: Score) -> list[str]:
    found = scored.experiments
    said = []
    wrong = found[~found["sign_right"]]
    if len(wrong):
        said.append(f"The direction is wrong for: {'; '.join(wrong['title'])}.")
    off = found[found["sign_right"] & ~found["size_right"]]
    small, large = off[off["size"] < 1], off[off["size"] > 1]
    if len(small):
        said.append(f"The response is too weak for: {'; '.join(_sized(small))}.")
    if len(large):
        said.append(f"The response is too strong for: {'; '.join(_sized(large))}.")
    if scored.refits is not None:
        lost = scored.refits[~scored.refits["size_right"]]
        if len(lost):
            said.append(f"Left out of the fit, these were not foreseen in size: {'; '.join(lost['title'])}.")
    elif experiments.n_events(found):
        said.append("Whether it foresees an event of the months of the fit when that is left out is not known yet.")
    return said


def _inside(series: str) -> str:
    """Return a series' name as it stands inside a sentence."""
    return SHORT[series].replace("Encounters", "encounters")


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _sized(rows: pd.DataFrame) -> list[str]:
    return [f"{r['title']} ({r['size']:.2f} of the observed log ratio)" for r in records(rows)]


def _nationalities(scored: Score) -> list[str]:
    names = data.table("nationalities").set_index("nationality")["name"].to_dict() | {OTHERS: "others"}
    said = []
    for part, when in (("fit", "in the months of the fit"), ("validation", "in the months of validation")):
        for series in SERIES:
            rows = scored.by_line[(scored.by_line["series"] == series) & (scored.by_line["part"] == part)]
            rows = rows[rows["label"] != ALL]
            rows = rows[(rows["wape"] >= BAD) & (rows["observed"] >= LARGE * rows["observed"].sum())]
            named = [f"{names.get(r['label'], r['label'])} ({100 * r['wape']:.0f} percent)" for r in records(rows)]
            if named:
                told = f"WAPE of {_inside(series)} {when} is {100 * BAD:.0f} percent or more for {', '.join(named)}."
                said.append(told)
    return said


def _intervals(scored: Score) -> list[str]:
    said = []
    for key in ("coverage.fit", "coverage.validation"):
        verdict = scored.verdicts.get(key)
        if verdict is not None and verdict.known and not verdict.reached:
            what = "too wide" if verdict.value > verdict.high else "too narrow"
            part = "months of the fit" if key.endswith("fit") else "months of validation"
            said.append(f"Its 90 percent intervals held {100 * verdict.value:.0f} percent of the {part}: {what}.")
    return said


def _facts(scored: Score) -> list[str]:
    far = [f for f in scored.facts if f.unit != "share" and _is_far(f)]
    shares = [f for f in scored.facts if f.unit == "share" and f.observed is not None]
    # Written so that a share that could not be simulated (NaN) is named too.
    shares = [f for f in shares if not abs(f.simulated - float(f.observed or 0.0)) <= FAR_SHARE]
    placed = [f for f in shares if f.topic in PLACED]
    said = [_compared(f) for f in (*far, *(f for f in shares if f.topic not in PLACED))]
    for topic in dict.fromkeys(f.topic for f in placed):
        parts = []
        for period in dict.fromkeys(f.period for f in placed if f.topic == topic):
            rows = [f for f in placed if (f.topic, f.period) == (topic, period)]
            named = ", ".join(f"{f.what} {_text(f, f.simulated)} (published {_text(f, f.observed)})" for f in rows)
            parts.append(f"{period}: {percent(distance(scored.facts, topic, period))} in the wrong place, {named}")
        said.append(f"{topic}. {'; '.join(parts)}.")
    return said


def _compared(f: Fact) -> str:
    return f"{f.topic}, {f.what}, {f.period}: published {_text(f, f.observed)}, simulated {_text(f, f.simulated)}."


def _is_far(fact: Fact) -> bool:
    if not fact.observed:
        return False
    if not math.isfinite(fact.simulated):
        return True
    if max(fact.observed, fact.simulated) < FEWEST_AGENTS * fact.grain:
        return False
    return not 1 / FAR <= fact.simulated / fact.observed <= FAR


def _text(fact: Fact, value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "-"
    return f"{100 * value:.0f} percent" if fact.unit == "share" else f"{value:,.0f} {fact.unit}"
