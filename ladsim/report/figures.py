"""Figures of a run: against the record, by nationality, and as a difference to the reference."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from ladsim.catalog import publishers
from ladsim.core.errors import UserError
from ladsim.core.schema import MEASURES
from ladsim.data import table_of
from ladsim.report import style
from ladsim.report.headlines import DIFFERENCES, Headline, compared, headlines
from ladsim.report.policy_dates import PolicyDate, dates_line, draw_dates, policy_dates
from ladsim.report.style import ReportFigure
from ladsim.results import intervals
from ladsim.results.run_result import RunResult
from ladsim.series.panel import counterparts

HEADROOM = 1.08
"""Room above the highest value, for dots and the letters of dates."""


def whole_months(result: RunResult) -> list[str]:
    """Return the months that the run covers from their first day to their last; all months if no month is whole."""
    months = list(result.months)
    start, end = result.scenario.start, result.scenario.end
    last = calendar.monthrange(int(end[:4]), int(end[5:7]))[1]
    whole = months[(1 if int(start[8:10]) > 1 else 0) : (len(months) - (1 if int(end[8:10]) < last else 0))]
    return whole or months


def _partial_note(result: RunResult) -> str:
    return (
        " Months that the run covers in part are not drawn." if len(whole_months(result)) < len(result.months) else ""
    )


def _dates_note(dates: Sequence[PolicyDate], months: Sequence[str]) -> str:
    line = dates_line(dates, months)
    return f" {line}" if line else ""


def monthly(result: RunResult, headline: Headline) -> pd.DataFrame:
    """Return mean, low and high by whole month, indexed by month."""
    rows = result.total(headline.measure, place=headline.place, freq="M")
    return rows.set_index("period").loc[whole_months(result)]


def monthly_of(result: RunResult, headline: Headline, nationalities: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return for each nationality mean, low and high by whole month, indexed by month."""
    wide = result.totals(by=("nationality",), measure=headline.measure, place=headline.place, freq="M")
    rows = pd.MultiIndex.from_product(
        [[headline.measure], list(nationalities), whole_months(result)], names=wide.index.names
    )
    table = intervals.describe(wide.reindex(rows, fill_value=0.0)).set_index("period")
    return {str(name): part for name, part in table.groupby("nationality")}


def record(
    result: RunResult, headline: Headline, months: Sequence[str], nationality: str = intervals.ALL
) -> pd.Series | None:
    """Return the observed figures of the same thing by month (NaN where there is none), or None if never observed."""
    if headline.observed is None:
        return None
    rows = table_of(result.world, "observed")
    rows = rows[
        (rows["series"] == headline.observed)
        & (rows["place"] == headline.observed_place)
        & (rows["nationality"] == nationality)
    ]
    values = rows.groupby("month")["value"].sum(min_count=1).reindex(list(months)).astype(float)
    return values if values.notna().any() else None


def _draw(axes: Axes, data: pd.DataFrame, color: str, *, dashed: bool = False, width: float = 1.8) -> None:
    x = np.arange(len(data))
    dashes = (0, (4, 2)) if dashed else "-"
    if len(data) == 1:
        axes.errorbar(x, data["mean"], _bars(data), color=color, fmt="o", capsize=4)
        return
    axes.fill_between(x, data["low"], data["high"], color=color, alpha=0.22, linewidth=0)
    axes.plot(x, data["mean"], color=color, linestyle=dashes, linewidth=width)


def _bars(data: pd.DataFrame) -> intervals.Floats:
    bars: intervals.Floats = np.nan_to_num(np.vstack([data["mean"] - data["low"], data["high"] - data["mean"]]))
    return bars


def _draw_record(axes: Axes, values: pd.Series, *, width: float = 1.1, dot: float = 3.2) -> None:
    axes.plot(
        np.arange(len(values)), values, color=style.OBSERVED, linewidth=width, marker="o", markersize=dot, zorder=4
    )


def _legend(result: RunResult, *, with_record: bool, reference: bool) -> list[Line2D]:
    lines = [Line2D([], [], color=style.SCENARIO, label=f"simulated: {result.scenario.label}")]
    if reference and result.reference is not None:
        label = f"simulated: {result.reference.scenario.label} (reference)"
        lines.append(Line2D([], [], color=style.REFERENCE, linestyle=(0, (4, 2)), label=label))
    if with_record:
        lines.append(Line2D([], [], color=style.OBSERVED, linewidth=1.1, marker="o", markersize=3.2, label="observed"))
    return lines


def _sources(result: RunResult, lines: Sequence[Headline], months: Sequence[str]) -> str:
    shown = [(h, h.observed) for h in lines if h.observed is not None and record(result, h, months) is not None]
    parts = [f"{h.label}: {publishers(series, tuple(months), result.world)}" for h, series in shown]
    if not parts:
        return "No observed figures for these months."
    last = max(str(values.dropna().index[-1]) for h, _ in shown if (values := record(result, h, months)) is not None)
    return f"Observed (to {last}), under the policies of the time: " + ". ".join(parts) + "."


def against_observed(result: RunResult, *, reference: bool = True) -> ReportFigure:
    """Draw monthly encounters and Darién crossings, simulated with their interval, against the observed ones.

    Args:
        result: The run.
        reference: Draw the reference too, where there is one.
    """
    lines = compared(result.world)
    crossings = lines[-1].label if lines[-1].place else _small(lines[-1].label)
    months = whole_months(result)
    dates = policy_dates(result) if reference else []
    caption = f"{style.runs_line(result)}{_partial_note(result)}{_dates_note(dates, months)}"
    caption += f"\n{_sources(result, lines, months)}"
    with style.house_style():
        figure = style.new_figure(
            9,
            8.6,
            title=f"{result.scenario.title}: simulated and observed",
            subtitle=f"Encounters and {crossings} per month. An encounter is an event; a person may have several.",
            caption=caption,
            handles=_legend(result, with_record=True, reference=reference),
        )
        grid = style.panels(figure, len(lines), 1, left=0.75)
        for axes, headline in zip(grid[:, 0], lines, strict=True):
            if reference and result.reference is not None:
                _draw(axes, monthly(result.reference, headline), style.REFERENCE, dashed=True, width=1.4)
            _draw(axes, monthly(result, headline), style.SCENARIO)
            values = record(result, headline, months)
            if values is not None:
                _draw_record(axes, values)
            axes.set_title(_panel_title(result, headline))
            style.name_axis(axes, f"{headline.unit} per month", 0.56)
            style.count_axis(axes)
            axes.set_ylim(top=axes.get_ylim()[1] * HEADROOM)
            style.month_axis(axes, months)
            draw_dates(axes, dates, months)
    return figure


def _panel_title(result: RunResult, headline: Headline) -> str:
    known = counterparts(result.world)
    return known[headline.observed].title if headline.observed in known else headline.label


def by_nationality(
    result: RunResult,
    measure: str = "encounters_between_ports",
    *,
    place: str | None = None,
    reference: bool = True,
    most: int = 20,
) -> ReportFigure:
    """Draw one small panel a nationality, largest first, each with its own scale.

    Args:
        result: The run.
        measure: A measure.
        place: A place, or all of them; for irregular_entries the one that is observed too, unless said.
        reference: Draw the reference too, where there is one.
        most: How many nationalities at most.
    """
    intervals.check_names("measure", [measure], list(MEASURES))
    headline = _headline(result, measure, place)
    months = whole_months(result)
    order = _largest(result, headline, most)
    if not order:
        raise UserError("nothing to draw: no such event in this run", key="measure", value=measure)
    columns = min(4, len(order))
    rows = -(-len(order) // columns)
    has_record = any(record(result, headline, months, n) is not None for n in order)
    dates = policy_dates(result) if reference else []
    caption = f"{style.runs_line(result)}{_partial_note(result)} Each panel has its own scale."
    caption += _dates_note(dates, months).replace("Dotted lines:", "Dotted lines from left to right:")
    caption += f"\n{_sources(result, [headline], months)}" if has_record else ""
    with style.house_style():
        figure = style.new_figure(
            max(2.5 * columns, 7.5),
            1.55 * rows + 2.0,
            title=f"{result.scenario.title}: {_small(headline.label)} by nationality",
            subtitle=f"{headline.unit.capitalize()} per month, largest first.",
            caption=caption,
            handles=_legend(result, with_record=has_record, reference=reference),
        )
        grid = style.panels(figure, rows, columns, between=0.44)
        ours = monthly_of(result, headline, order)
        theirs = monthly_of(result.reference, headline, order) if reference and result.reference is not None else {}
        for axes, nationality in zip(grid.flat, order, strict=False):
            if nationality in theirs:
                _draw(axes, theirs[nationality], style.REFERENCE, dashed=True, width=1.1)
            _draw(axes, ours[nationality], style.SCENARIO, width=1.4)
            values = record(result, headline, months, nationality)
            if values is not None:
                _draw_record(axes, values, width=0.8, dot=1.6)
            axes.set_title(_nationality_name(result, nationality), fontsize=9)
            style.count_axis(axes, ticks=3)
            style.month_axis(axes, months, few=True)
            draw_dates(axes, dates, months, letters=False)
        _hide_rest(grid, len(order))
    return figure


def _headline(result: RunResult, measure: str, place: str | None) -> Headline:
    for headline in compared(result.world):
        if headline.measure == measure and place in (None, headline.place):
            return headline
    label = measure.replace("_", " ").capitalize() + (f" ({place})" if place else "")
    return Headline(label, intervals.unit_of(measure).split(" (")[0], measure, place)


def _largest(result: RunResult, headline: Headline, most: int) -> list[str]:
    wide = result.totals(by=("nationality",), freq="all", measure=headline.measure, place=headline.place)
    means = wide.mean(axis=1).groupby("nationality").sum().sort_values(ascending=False, kind="stable")
    return [str(n) for n in means[means > 0].index[:most]]


def _nationality_name(result: RunResult, code: str) -> str:
    try:
        names = table_of(result.world, "nationalities").set_index("nationality")["name"]
    except UserError:
        return code
    return str(names.get(code, code))


def _hide_rest(grid: NDArray[Any], used: int) -> None:
    rows, columns = grid.shape
    for i in range(used, rows * columns):
        grid.flat[i].set_visible(False)
        above = i - columns
        if 0 <= above < used:
            grid.flat[above].tick_params(labelbottom=True)


def difference(result: RunResult, reference: RunResult | None = None) -> ReportFigure:
    """Draw the paired difference to the reference by month and summed up, from shortly before the first change on.

    Args:
        result: The run.
        reference: Another run with the same seeds and dates; the one that was run with it when left out.

    Raises:
        UserError: No reference, or one that cannot be paired.
    """
    other = result._partner(reference)
    months = whole_months(result)
    differences = [h for h in headlines(result.world) if h.measure in DIFFERENCES]
    between, *_ = compared(result.world)
    shown = [h for h in differences if _changes(result, other, h)] or [between]
    same = [_small(h.label) for h in differences if h not in shown]
    names = f"{result.scenario.label} minus {other.scenario.label}"
    drawn = _from_the_first_change(result, other, shown, months)
    dates = policy_dates(replace(result, reference=other))
    unchanged = f" No change at all: {', '.join(same)}." if same else ""
    caption = (
        f"{style.runs_line(result)}{_partial_note(result)}\nPaired: each seed has the same potential migrants and the "
        "same draws in both scenarios, so that chance which both share cancels. Left: change in the month; right: "
        f"sum of the changes so far.{_flat_note(months, drawn)}{_dates_note(dates, drawn)}{unchanged}"
    )
    with style.house_style():
        figure = style.new_figure(
            9,
            1.55 * len(shown) + 1.6,
            title=f"{result.scenario.title}: what changes",
            subtitle=f"{names}; above zero: more than in the reference. Panels have their own scales.",
            caption=caption,
        )
        grid = style.panels(figure, len(shown), 2, left=0.82, between=0.62)
        for row, headline in zip(grid, shown, strict=True):
            for axes, cumulated in zip(row, (False, True), strict=True):
                paired = _paired(result, other, headline, months, cumulated=cumulated).loc[drawn]
                _draw(axes, paired, style.DIFFERENCE, width=1.5)
                axes.axhline(0, color=style.OBSERVED, linewidth=0.8)
                style.count_axis(axes, from_zero=False, ticks=4)
                style.month_axis(axes, drawn, few=True)
                low, high = axes.get_ylim()
                axes.set_ylim(min(low, -1), max(high, 1))
                draw_dates(axes, dates, drawn)
                if cumulated:
                    axes.set_title("sum so far", fontweight="normal", fontsize=9, color=style.GRAY)
                else:
                    axes.set_title(headline.label)
            style.name_axis(row[0], headline.unit, 0.62)
    return figure


BEFORE = 3
"""Months drawn before the first difference; earlier ones are alike in both runs."""


def _from_the_first_change(
    result: RunResult, other: RunResult, lines: Sequence[Headline], months: list[str]
) -> list[str]:
    """Return the months to draw: those from a quarter before the first one that differs; all if none does."""
    differs = [(_paired(result, other, h, months, cumulated=False) != 0).any(axis=1).to_numpy() for h in lines]
    first = int(np.argmax(np.any(differs, axis=0)))
    return months[max(first - BEFORE, 0) :]


def _flat_note(months: Sequence[str], drawn: Sequence[str]) -> str:
    return f" Before {drawn[0]} nothing differs." if len(drawn) < len(months) else ""


def _small(label: str) -> str:
    return label if label.startswith("Darién") else label[0].lower() + label[1:]


def _changes(result: RunResult, other: RunResult, headline: Headline) -> bool:
    data = result.compare(other, measure=headline.measure, place=headline.place, freq="M")
    return bool((data["difference"] != 0).any() or (data["low"] != data["high"]).any())


def _paired(
    result: RunResult, other: RunResult, headline: Headline, months: Sequence[str], *, cumulated: bool
) -> pd.DataFrame:
    def by_seed(run: RunResult) -> intervals.Floats:
        wide = run.totals(measure=headline.measure, place=headline.place, freq="M")
        rows = pd.MultiIndex.from_product([[headline.measure], run.months], names=["measure", "period"])
        return wide.reindex(rows, fill_value=0.0).to_numpy()

    values = by_seed(result) - by_seed(other)
    if cumulated:
        values = values.cumsum(axis=0)
    mean, low, high = intervals.prediction_interval(values)
    data = pd.DataFrame({"mean": mean, "low": low, "high": high}, index=list(result.months))
    return data.loc[list(months)]
