"""Tables for the terminal: flows and encounters by year, with intervals and paired differences."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table

from ladsim.core.text import markup
from ladsim.report.headlines import Headline, headlines
from ladsim.results import intervals
from ladsim.results.run_result import RunResult
from ladsim.results.variance import KINDS, WORDS

DIGITS = 4
"""Significant digits that a table shows; more would be noise."""
_PLAIN_WIDTH, _WIDEST = 118, 300
_WHOLE_FROM = 1000


def rounded(value: float, digits: int = DIGITS) -> float:
    """Return a number rounded to so many significant digits."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def number(value: float, *, sign: bool = False) -> str:
    """Return a count as text with thousands separators, or a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "-"
    shown = rounded(float(value))
    places = 0 if shown == 0 or abs(shown) >= 100 else 1
    text = f"{shown:+,.{places}f}" if sign else f"{shown:,.{places}f}"
    return "0" if float(text.replace(",", "")) == 0 else text


def percent(value: float) -> str:
    """Return a signed percentage as text, or a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "-"
    text = f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+.{_places(value)}f}"
    return "0.0" if float(text.replace(",", "")) == 0 else text


def _places(value: float) -> int:
    """Return how many decimals a percentage needs: one, or up to three where one would show a change as none."""
    return next((p for p in (1, 2, 3) if abs(value) >= 10.0**-p), 1)


def headline_table(result: RunResult) -> pd.DataFrame:
    """Return the headlines by year and for the whole period, with the paired differences where there is a reference.

    Columns: label, unit, period, mean, low, high, and with a reference: reference, difference, difference_low,
    difference_high, percent, percent_low, percent_high, same_sign. Then shares of the variance over replicates: chance,
    sets, terms, and with a reference those of the difference: difference_chance and so on. Lines in which nothing
    happened are left out.
    """
    freqs = ("Y", "all") if len({m[:4] for m in result.months}) > 1 else ("all",)
    parts = [_headline_rows(result, headline, freq) for headline in headlines(result.world) for freq in freqs]
    return pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)


def _headline_rows(result: RunResult, headline: Headline, freq: str) -> pd.DataFrame:
    rows = result.total(headline.measure, place=headline.place, freq=freq)
    rows = rows.drop(columns="seeds")
    rows.insert(0, "label", headline.label)
    rows.insert(1, "unit", headline.unit)
    rows = rows.merge(headline_shares(result, headline, freq), on="period", how="left")
    if result.reference is not None:
        paired = result.compare(measure=headline.measure, place=headline.place, freq=freq)
        paired = paired.rename(columns={"low": "difference_low", "high": "difference_high"})
        wanted = ["period", "reference", "difference", "difference_low", "difference_high"]
        wanted += ["percent", "percent_low", "percent_high", "same_sign"]
        rows = rows.merge(paired[wanted], on="period", how="left")
        happened = (rows["mean"] != 0) | (rows["reference"].fillna(0) != 0)
    else:
        happened = rows["mean"] != 0
    return rows[happened]


def headline_shares(result: RunResult, headline: Headline, freq: str) -> pd.DataFrame:
    """Return a headline's shares of the variance by period: chance, sets, terms, and those of the difference."""
    chosen: dict[str, Any] = {"measure": headline.measure, "place": headline.place, "freq": freq}
    if not result.shares_can_be_told:
        spans, _ = intervals.periods(result.months, freq)
        names = [*KINDS, *(f"difference_{k}" for k in KINDS if result.reference is not None)]
        return pd.DataFrame({"period": spans, **dict.fromkeys(names, math.nan)})
    table = result.shares(**chosen)[["period", *KINDS]]
    if result.reference is None:
        return table
    other = result.shares(**chosen, difference=True)[["period", *KINDS]]
    return table.merge(other.rename(columns={k: f"difference_{k}" for k in KINDS}), on="period", how="outer")


def shares_text(row: Mapping[Any, Any], *, difference: bool = False) -> str:
    """Return shares of the variance in percent, as chance/sets/terms, or a dash where they cannot be told."""
    held = [float(row.get(f"difference_{kind}" if difference else kind, math.nan)) for kind in KINDS]
    return "-" if any(math.isnan(share) for share in held) else "/".join(f"{100 * share:.0f}" for share in held)


SHARES_NOTE = f"percent of the variance over replicates by {', '.join(WORDS[kind] for kind in KINDS)}"


def plus_minus(mean: float, low: float, high: float, *, sign: bool = False, text: Callable[..., str] = number) -> str:
    """Return a mean with half the width of its interval, both rounded to the second digit of the latter."""
    half = (high - low) / 2
    if not math.isfinite(half) or (half == 0 and mean == 0):
        return text(mean, sign=sign)
    if half == 0:
        return f"{text(mean, sign=sign)} ± 0"
    finest = 0 if abs(mean) >= _WHOLE_FROM else 1 if text is number else _places(max(abs(mean), half))
    step = 10.0 ** max(math.floor(math.log10(half)) - 1, -finest)
    # An interval that leaves out zero must not look as if it touched it.
    while half < abs(mean) and round(half / step) >= round(abs(mean) / step) and step > 10.0**-finest:
        step /= 10
    places = 0 if step >= 1 else finest
    mean, half = round(round(mean / step) * step, places), round(round(half / step) * step, places)
    # Zero has no sign.
    return f"{mean or 0.0:{'+' if sign and mean else ''},.{places}f} ± {half:,.{places}f}"


def result_table(result: RunResult) -> Table:
    """Return the headlines as a table for the terminal."""
    reference = result.reference
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("mean ± half of the 90% interval", no_wrap=True)
    table.add_column(markup(result.scenario.label), justify="right", no_wrap=True)
    if reference is not None:
        same = reference.scenario.label == result.scenario.label
        table.add_column(
            markup(reference.scenario.label) + (" (as filed)" if same else ""), justify="right", no_wrap=True
        )
        table.add_column("difference", justify="right", no_wrap=True)
        table.add_column("percent", justify="right", no_wrap=True)
    table.add_column("shares", justify="right", no_wrap=True)
    last = None
    for row in headline_table(result).to_dict("records"):
        if row["label"] != last:
            table.add_row(f"[bold]{row['label']}[/bold] ({row['unit']})")
            last = row["label"]
        cells = [f"  {_period(row['period'], result)}", plus_minus(row["mean"], *_ends(row, ""))]
        if reference is not None:
            cells += [
                number(row["reference"]),
                plus_minus(row["difference"], *_ends(row, "difference_"), sign=True),
                plus_minus(row["percent"], *_ends(row, "percent_"), sign=True, text=_percent),
            ]
        table.add_row(*cells, shares_text(row, difference=reference is not None))
    return table


def _ends(row: Mapping[Any, Any], prefix: str) -> tuple[float, float]:
    # The low end of a count is never below zero; the half-width is that of the symmetric interval.
    low, high = row[f"{prefix}low"], row[f"{prefix}high"]
    return (2 * row["mean"] - high, high) if not prefix else (low, high)


def _percent(value: float, *, sign: bool = True) -> str:
    return percent(value)


def _title(result: RunResult) -> str:
    return f"{result.scenario.title} ({result.scenario.start} to {result.scenario.end})"


def _period(period: str, result: RunResult) -> str:
    if len(period) != 4:
        return "whole period"
    months = [m for m in result.months if m.startswith(period)]
    return period if len(months) == 12 else f"{period}, {len(months)} mo."


def notes(result: RunResult) -> list[str]:
    """Return what a reader must know to read the table."""
    n = len(result.seeds)
    lines = [
        f"Means over {n} seed{'s' if n > 1 else ''} at {result.scale:,} persons per agent{_sets(result)}.",
        f"Interval: {result.interval_note}." if n > 1 else "One seed gives no interval: run with seeds=2 or more.",
    ]
    if result.reference is not None:
        lines.append(
            f"Difference: {result.scenario.label} minus {result.reference.scenario.label}, paired: each seed has the "
            "same potential migrants and the same draws in both."
        )
    lines.append(f"Shares: {SHARES_NOTE}{_of_what(result)}; rough, as they rest on few replicates.")
    lines += result.scenario.notes
    lines.append("An encounter is an event, not a person: one person can be encountered more than once.")
    return lines


def _of_what(result: RunResult) -> str:
    return "" if result.reference is None else ", for the difference"


def console() -> Console:
    """Return a console on standard output, wide enough for the table where no terminal sets a width."""
    if sys.stdout.isatty():
        return Console(highlight=False, emoji=False)
    return Console(highlight=False, emoji=False, width=_PLAIN_WIDTH)


def _sets(result: RunResult) -> str:
    sets = result.n_parameter_sets
    return f", in turn with {sets} fitted parameter sets" if sets > 1 else ""


def print_report(result: RunResult, to: Console | None = None) -> None:
    """Print question, table and notes."""
    to = to or console()
    to.print(f"\n[bold]{markup(_title(result))}[/bold]\n{markup(result.scenario.question.strip())}")
    table = result_table(result)
    wanted = to.measure(table, options=to.options.update(width=_WIDEST)).maximum
    if to.width < wanted:
        # A narrow terminal would cut numbers off; a line that wraps can still be read.
        to = Console(highlight=False, emoji=False, width=wanted, soft_wrap=True, file=to.file)
    to.print(table)
    for line in notes(result):
        to.print(markup(line), style="dim")


def print_scenario(pair: Mapping[str, Any], to: Console | None = None) -> None:
    """Print a loaded scenario: its question, its reference, and its instruments at their terms."""
    to = to or console()
    scenario, reference = pair["scenario"], pair.get("reference")
    title, name, question = (markup(text) for text in (scenario.title, scenario.name, scenario.question.strip()))
    to.print(f"\n[bold]{title}[/bold] ({name}, {scenario.start} to {scenario.end})")
    to.print(f"Question   {question}")
    to.print(f"Reference  {markup(reference.name + ': ' + reference.title) if reference else 'none'}\n")
    for name, instrument in scenario.instruments.items():
        other = reference.instruments.get(name) if reference else None
        same = "" if reference is None else _against(instrument, other)
        to.print(f"[bold]{name}[/bold] ({instrument.lever}) {instrument.start} to {instrument.end or 'open end'}{same}")
        for term, what in instrument.terms.items():
            values = "; ".join(_dated(day, value, instrument) for day, value in what.values.items())
            to.print(f"    {term}: {values} {what.unit} [dim]({what.evidence})[/dim]", soft_wrap=True)
    left_out = [n for n in reference.instruments if n not in scenario.instruments] if reference else []
    if left_out:
        to.print(f"\nOnly in the reference: {', '.join(left_out)}")


def _against(instrument: Any, other: Any) -> str:
    if other is None:
        return " [bold]not in the reference[/bold]"
    return "" if other == instrument else " [bold]other terms than in the reference[/bold]"


def _dated(day: Any, value: Any, instrument: Any) -> str:
    text = ", ".join(f"{k} {v:g}" for k, v in value.items()) if isinstance(value, Mapping) else f"{value:,.10g}"
    return text if str(day) == str(instrument.start) else f"from {day}: {text}"
