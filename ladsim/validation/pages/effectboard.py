"""Published effects beside the model's own, as Markdown."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from ladsim.series.panel import records
from ladsim.validation.effects import Plan
from ladsim.validation.pages.markdown import table

BEGIN, END = "<!-- effects: begin -->", "<!-- effects: end -->"


def published_effects(found: pd.DataFrame, plan: Plan) -> str:
    """Return the published effects that a paired run can answer with the model's own, and why the others have none.

    Args:
        found: the table of `ladsim.validation.effects.effects`.
        plan: what was compared.
    """
    scale, seeds = int(found["scale"].iloc[0]), int(found["seeds"].iloc[0])
    answered = [r for r in records(found) if not r["reason"]]
    others = [r for r in records(found) if r["reason"]]
    lines = [
        "### Published effects",
        "",
        f"{len(answered)} of {len(found)} published effects can be answered by a pair of runs ({seeds} seeds, "
        f"{scale:,} persons per agent, 90 percent intervals of a replicate). None of them is in a loss, and none was a "
        "target. *Record* and *model, before and after* change with everything else that happened in these months; "
        "*model, with and without* is the policy alone. Most published figures are changes before and after, which "
        "hold both. Figures are in percent unless the unit says otherwise.",
        "",
    ]
    head = ["study", "effect", "published", "record", "model, before and after", "model, with and without", "compared"]
    lines += table(head, "llrrrrl", map(_row, answered))
    lines += ["", "The pairs:", ""]
    lines += [f"- {one['said']}" for one in plan.runs.values()]
    lines += ["", "No pair of runs can answer the others:", ""]
    lines += table(["study", "effect", "published", "why not"], "llrl", map(_without, others))
    return "\n".join(lines)


def _row(r: dict[str, Any]) -> list[str]:
    return [
        _study(r),
        _what(r),
        _published(r),
        _number(r["observed"]),
        _interval(r, "before_after"),
        _interval(r, "with_without"),
        str(r["compared"]),
    ]


def _without(r: dict[str, Any]) -> list[str]:
    return [_study(r), _what(r), _published(r), str(r["reason"])]


def _study(r: dict[str, Any]) -> str:
    name = "Computed from the record" if str(r["study"]).startswith("this folder") else r["study"]
    return f"[{name}]({r['address']})"


def _what(r: dict[str, Any]) -> str:
    return f"{r['policy']}: {r['outcome']}".replace("|", "/")


def _published(r: dict[str, Any]) -> str:
    try:
        value = _number(float(r["published"]))
    except ValueError:
        value = str(r["published"])
    unit = str(r["unit"])
    plain = unit.startswith("percent") and not unit.startswith("percentage")
    return value if plain or unit == "text" else f"{value} {unit}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "-"
    return f"{value:+,.0f}" if abs(value) >= 10.0 else f"{value:+.1f}"


def _interval(r: dict[str, Any], name: str) -> str:
    if not math.isfinite(r[name]):
        return "-"
    low, high = r[f"{name}_low"], r[f"{name}_high"]
    if not math.isfinite(low):
        return _number(r[name])
    return f"{_number(r[name])} ({_number(low)} to {_number(high)})"
