"""What a run prints: ten lines by default, the whole table, nothing, or JSON for other programs."""

from __future__ import annotations

import json
import math
import textwrap
from pathlib import Path
from typing import Any

from ladsim.core.text import plain
from ladsim.report.headlines import Headline, headlines
from ladsim.report.tables import SHARES_NOTE, headline_shares, number, percent, plus_minus, shares_text
from ladsim.results.run_result import RunResult
from ladsim.results.variance import KINDS

TABLES = ("brief", "full", "quiet", "json")
"""What ``table=`` can be."""

FIRST_FIVE = ("encounters_between_ports", "irregular_entries", "lawful_arrivals", "departures", "deaths")
WIDTH = 110


def first_five(world: str | None = None) -> list[Headline]:
    """Return the five headlines that stand first wherever a run is told in short."""
    by = {headline.measure: headline for headline in headlines(world)}
    return [by[measure] for measure in FIRST_FIVE]


def numbers(result: RunResult) -> list[dict[str, Any]]:
    """Return the five headlines over the whole period: mean, low, high, and the paired difference."""
    found = []
    for headline in first_five(result.world):
        row = result.total(headline.measure, place=headline.place, freq="all").iloc[0]
        line: dict[str, Any] = {
            "label": headline.label,
            "unit": headline.unit,
            "mean": float(row["mean"]),
            "low": float(row["low"]),
            "high": float(row["high"]),
        }
        for shared in headline_shares(result, headline, "all").to_dict("records"):
            line |= {f"share_{key}": float(value) for key, value in shared.items() if key != "period"}
        if result.reference is not None:
            paired = result.compare(measure=headline.measure, place=headline.place, freq="all")
            keys = {"reference": "reference", "difference": "difference", "difference_low": "low"}
            keys |= {"difference_high": "high", "percent": "percent"}
            line |= {key: float(paired.iloc[0][column]) if len(paired) else 0.0 for key, column in keys.items()}
        found.append(line)
    return found


def brief(result: RunResult, folder: Path | str | None = None) -> str:
    """Return the run in ten lines: title, question, five numbers, how sure, and where the rest is."""
    reference = result.reference
    against = f", against {plain(reference.scenario.label)}" if reference is not None else ""
    lines = [_cut(f"{result.scenario.title} ({result.scenario.start} to {result.scenario.end}{against})")]
    lines.append(_cut(" ".join(result.scenario.question.split())))
    rows = numbers(result)
    width = max(len(f"{row['label']} ({row['unit']})") for row in rows)
    lines += [_line(row, width, reference is not None) for row in rows]
    n = len(result.seeds)
    sure = f"± half of a {result.interval_note}" if n > 1 else "one seed gives no interval"
    if n > 1:
        of = "" if reference is None else " of the difference"
        lines.append(_cut(f"In brackets at the end: {SHARES_NOTE}{of}."))
    lines.append(_cut(f"{n} seed{'s' if n > 1 else ''}, {result.scale:,} persons per agent; {sure}."))
    if result.scenario.notes:
        lines.append(_cut("Note: " + " ".join(result.scenario.notes)))
    if folder is not None:
        lines.append(f"Report, tables and figures are in {plain(folder)}; table=full prints every measure by year.")
    return "\n".join(lines)


def _line(row: dict[str, Any], width: int, paired: bool) -> str:
    name = f"{row['label']} ({row['unit']})"
    mean = plus_minus(row["mean"], 2 * row["mean"] - row["high"], row["high"])
    shared = shares_text({kind: row.get(f"share_{'difference_' if paired else ''}{kind}", math.nan) for kind in KINDS})
    if not paired:
        return f"  {name:<{width}}  {mean:>22}  [{shared}]"
    difference = plus_minus(row["difference"], row["difference_low"], row["difference_high"], sign=True)
    share = percent(row["percent"])
    reference = f"reference {number(row['reference']):>10}"
    return f"  {name:<{width}}  {mean:>22}  {reference}  {difference:>20}  ({share}%)  [{shared}]"


def _cut(text: str) -> str:
    return textwrap.shorten(plain(text), WIDTH + 40, placeholder=" ...")


def as_json(result: RunResult, folder: Path | str | None = None) -> str:
    """Return the five numbers as JSON, with the scenario, the seeds and the folder."""
    reference = result.reference
    said = {
        "scenario": result.scenario.name,
        "title": result.scenario.title,
        "start": result.scenario.start,
        "end": result.scenario.end,
        "reference": reference.scenario.name if reference is not None else None,
        "seeds": len(result.seeds),
        "scale": result.scale,
        "numbers": [{k: _finite(v) for k, v in row.items()} for row in numbers(result)],
        "folder": None if folder is None else str(folder),
    }
    return json.dumps(said, ensure_ascii=True)


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value
