"""Tables and numbers as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], align: str, rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a Markdown table as lines; align has one of 'l' and 'r' a column."""
    marks = ["---:" if a == "r" else "---" for a in align]
    return [_line(head), _line(marks), *(_line(row) for row in rows)]


def percent(value: float | None) -> str:
    """Return a share as a whole percentage, with one digit below 10 percent; a dash for none."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{100 * value:.1f}%" if abs(value) < 0.0995 else f"{100 * value:.0f}%"


def span(low: float, high: float, digits: int = 2) -> str:
    """Return an interval, or a dash where there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "-"
    return f"{low:,.{digits}f} to {high:,.{digits}f}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
