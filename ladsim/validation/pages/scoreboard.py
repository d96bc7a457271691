"""The score as Markdown: what docs/validation.md and docs/model-card.md hold between their markers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from ladsim import data
from ladsim.results.intervals import ALL
from ladsim.results.run_result import RunResult
from ladsim.series.panel import OTHERS, SERIES, SHORT, UNITS, records
from ladsim.validation import backtest, experiments
from ladsim.validation.backtest import FREE, METHODS
from ladsim.validation.facts import PLACED, Fact, distance
from ladsim.validation.journey_account import Figure
from ladsim.validation.pages.experimentboard import left_out, natural_experiments
from ladsim.validation.pages.failures import failures
from ladsim.validation.pages.markdown import percent, span, table
from ladsim.validation.score import Score, Verdict, best_rival

KINDS = {"total": "total", "by": "by nationality"}
ASKED = {
    "coverage.fit": "Coverage of the 90 percent interval, fit months (each year by the misses of the others)",
    "coverage.validation": "Coverage of the 90 percent interval, validation months",
    "experiments.sign": "Natural experiments with the right sign",
    "experiments.size": "Natural experiments within the factor in size",
    "refits.size": "The same, left out of the fit",
    "yearly": "Totals of 2022 and 2023 within the bound",
}
MILLION = 1e6
SMALLEST = 0.001
"""Share of a series below which a nationality is not given a row of its own; it counts in all figures."""


def as_markdown(scored: Score, result: RunResult, figures: Sequence[str] = ()) -> str:
    """Return the whole score.

    Args:
        scored: the score.
        result: the run that was scored.
        figures: paths of figures, relative to the page.
    """
    parts = [
        heading(scored, result),
        asked(scored),
        journey_figures(scored),
        where_it_fails(scored),
        *(f"![{_alt(path)}]({path})" for path in figures),
        natural_experiments(scored),
        left_out(scored),
        fit_and_validation(scored),
        backtests(scored),
        by_nationality(scored),
        yearly(scored),
        never_fitted(scored),
    ]
    return "\n\n".join(parts)


def heading(scored: Score, result: RunResult) -> str:
    """Return what was run."""
    s = scored.settings
    sets = result.n_parameter_sets
    taken = f"{sets} fitted parameter sets in turn" if sets > 1 else "one parameter set"
    return (
        f"`history`, {result.scenario.start} to {result.scenario.end}, run free: {len(result.seeds)} seeds, {taken}, "
        f"{result.scale:,} persons per agent. Fit months {s.fit[0]} to {s.fit[-1]}, validation months "
        f"{s.validation[0]} to {s.validation[-1]}."
    )


def asked(scored: Score) -> str:
    """Return what was asked, what was reached, and why not."""
    lines = ["### What was asked, and what was reached", ""]
    lines += table(["figure", "asked", "reached", "verdict"], "llll", map(_asked_row, scored.verdicts.values()))
    missed = [v for v in scored.verdicts.values() if v.known and not v.reached]
    lines += ["", f"Reached: {sum(v.reached for v in scored.verdicts.values())} of {len(scored.verdicts)}."]
    if missed:
        lines += ["", "Missed, and why:", ""]
        lines += [f"- {_name(v.key)}: {v.reason or 'the reason has not been found yet.'}" for v in missed]
    return "\n".join(lines)


def journey_figures(scored: Score) -> str:
    """Return what was asked of single journeys, what the model had before, and what was reached."""
    lines = ["### Journeys", ""]
    lines += table(["figure", "before", "asked", "reached", "verdict"], "lllll", map(_account_row, scored.account))
    lines += ["", f"Reached: {sum(f.reached for f in scored.account)} of {len(scored.account)}."]
    missed = [f for f in scored.account if not f.reached and f.value == f.value and f.reason]
    if missed:
        lines += ["", "Missed, and why:", "", *(f"- {f.title}: {f.reason}." for f in missed)]
    return "\n".join(lines)


def _account_row(figure: Figure) -> list[str]:
    def text(value: float) -> str:
        if figure.percent:
            return percent(value)
        return f"{value:,.0f}" if abs(value) >= 10.0 else f"{value:.2g}"

    wanted = f"at most {text(figure.high)}" if figure.low == 0 else f"{text(figure.low)} to {text(figure.high)}"
    if not math.isfinite(figure.value):
        return [figure.title, figure.before, wanted, "-", "not made"]
    return [figure.title, figure.before, wanted, text(figure.value), "reached" if figure.reached else "**missed**"]


def _asked_row(verdict: Verdict) -> list[str]:
    counted = not verdict.key.startswith(("fit.", "validation.", "coverage."))
    text = _whole if counted else percent
    if counted:
        wanted = f"at least {text(verdict.low)} of {text(verdict.high)}"
        reached = f"{text(verdict.value)} of {text(verdict.high)}"
    elif verdict.low > 0:
        wanted = f"{text(verdict.low)} to {text(verdict.high)}"
        reached = text(verdict.value)
    else:
        wanted, reached = f"at most {text(verdict.high)}", text(verdict.value)
    if not verdict.known:
        return [_name(verdict.key), wanted, "-", "not made yet"]
    return [_name(verdict.key), wanted, reached, "reached" if verdict.reached else "**missed**"]


def _name(key: str) -> str:
    if key in ASKED:
        return ASKED[key]
    part, series, kind = key.split(".")
    return f"WAPE, {SHORT[series]}, {KINDS[kind]}, {part} months"


def where_it_fails(scored: Score) -> str:
    """Return in sentences what the model gets wrong."""
    said = failures(scored) or [
        "Nothing that was looked at is beyond the limits given in ladsim/validation/pages/failures.py."
    ]
    return "\n".join(["### Where the model fails", "", *(f"- {s}" for s in said)])


def fit_and_validation(scored: Score) -> str:
    """Return WAPE, MASE, CRPS and coverage, in fit and validation months."""
    lines = ["### 2. Fit and forecast", "", "#### Months of the fit and of validation, run free", ""]
    levels = [round(100 * level) for level in scored.settings.levels]
    head = ["series", "months", "WAPE", "asked", "MASE", "CRPS", *(f"in {level}%" for level in levels)]
    rows = []
    for r in records(scored.parts):
        verdict = scored.verdicts.get(f"{r['part']}.{r['series']}.{r['of']}")
        wanted = (
            "-" if verdict is None else f"{percent(verdict.high)}: {'reached' if verdict.reached else '**missed**'}"
        )
        name = f"{SHORT[str(r['series'])]}, {KINDS[str(r['of'])]}"
        numbers = [percent(r["wape"]), wanted, f"{r['mase']:.2f}", percent(r["crps"])]
        rows.append([name, str(r["part"]), *numbers, *(percent(r[f"in_{level}"]) for level in levels)])
    lines += table(head, "ll" + "r" * (len(head) - 2), rows)
    lines += ["", "#### The months of validation, beside rivals from the same origin", ""]
    origin = scored.settings.fit[-1]
    rows_held = scored.backtest[scored.backtest["origin"] == origin]
    lines += [
        f"WAPE (and CRPS over what was observed) of months 1 to 3 after {origin}; rivals saw months up to it.",
        "",
    ]
    lines += _methods_table(scored, rows_held, ["series"])
    return "\n".join(lines)


def backtests(scored: Score) -> str:
    """Return the rolling origins."""
    s = scored.settings
    lines = ["#### Rolling origins, the policy calendar known", ""]
    lines += [
        f"WAPE (and CRPS over what was observed), origins {s.first_origin} to {s.fit[-1]}: every month for totals, "
        f"every {s.step_by_nationality} months by nationality. *ladsim* is its free run, *anchored* the same times "
        "observed over simulated at the origin. Months looked at lie within the fit, which ladsim's parameters have "
        "seen and rivals have not; this compares mechanisms, and only the table above is a forecast.",
        "",
    ]
    inside = scored.backtest[scored.backtest["month"] <= s.fit[-1]]
    lines += _methods_table(scored, inside, ["series", "ahead"])
    return "\n".join(lines)


def _methods_table(scored: Score, rows: pd.DataFrame, by: list[str]) -> list[str]:
    lines: list[list[str]] = []
    for of, chosen in (("total", rows["label"] == ALL), ("by", rows["label"] != ALL)):
        found = backtest.summary(rows[chosen], by)
        for key, group in found.groupby(by, sort=False):
            held = {r["method"]: r for r in records(group)}
            best = min(held, key=lambda m: float(held[m]["wape"]))
            cells = []
            for m in METHODS:
                text = f"{percent(held[m]['wape'])} ({percent(held[m]['crps'])})"
                cells.append(f"**{text}**" if m == best else text)
            ahead = [f"{key[1]}"] if len(by) > 1 else []
            lines.append([f"{SHORT[str(key[0])]}, {KINDS[of]}", *ahead, *cells])
    head = ["series", *(["months ahead"] if len(by) > 1 else []), *METHODS]
    return table(head, "l" + "r" * (len(head) - 1), lines)


def by_nationality(scored: Score) -> str:
    """Return each nationality, in fit and validation months."""
    lines = ["#### By nationality", ""]
    names = data.table("nationalities").set_index("nationality")["name"].to_dict() | {OTHERS: "others"}
    origin = scored.backtest[scored.backtest["origin"] == scored.settings.fit[-1]]
    rivals = backtest.summary(origin, ["series", "label"])
    rivals = rivals[~rivals["method"].str.startswith(FREE)]
    best = rivals.groupby(["series", "label"])["wape"].min()
    level = f"in_{round(100 * max(scored.settings.levels))}"
    rows = []
    for series in SERIES:
        found = scored.by_line[(scored.by_line["series"] == series) & (scored.by_line["label"] != ALL)]
        fit = found[found["part"] == "fit"].set_index("label")
        later = found[found["part"] == "validation"].set_index("label")
        order = fit["observed"].sort_values(ascending=False)
        shown = order[order > SMALLEST * order.sum()]
        for label in shown.index:
            f, v = fit.loc[label], later.loc[label]
            rows.append(
                [
                    f"{SHORT[series]}: {names.get(label, label)}",
                    f"{f['observed'] / f['months']:,.0f}",
                    f"{f['simulated'] / f['months']:,.0f}",
                    percent(f["wape"]),
                    f"{f['mase']:.2f}",
                    percent(f[level]),
                    f"{v['observed'] / v['months']:,.0f}",
                    f"{v['simulated'] / v['months']:,.0f}",
                    percent(v["wape"]),
                    percent(best.loc[series, label]),
                ]
            )
    head = ["series and nationality", "observed a month", "simulated", "WAPE", "MASE", "in 90%"]
    head += ["validation: observed", "simulated", "WAPE", "best rival's WAPE"]
    lines += table(head, "l" + "r" * (len(head) - 1), rows)
    return "\n".join(lines)


def yearly(scored: Score) -> str:
    """Return the totals of years."""
    lines = ["#### Totals of a year", ""]
    rows = [
        [
            f"{SHORT[r['series']]} ({UNITS[r['series']]}), {r['year']}",
            f"{r['observed']:,.0f}",
            f"{r['simulated']:,.0f}",
            span(r["low"], r["high"], 0),
            f"{r['ratio']:.2f}",
            "yes" if r["within"] else "**no**",
        ]
        for r in records(scored.yearly)
    ]
    head = ["series", "observed", "simulated", "90% over replicates", "ratio"]
    head.append(f"within {percent(scored.settings.yearly_within)}")
    return "\n".join([*lines, *table(head, "lrrrrl", rows)])


def never_fitted(scored: Score) -> str:
    """Return the facts never fitted."""
    lines = ["### 3. Facts never fitted", ""]
    topics = dict.fromkeys(f.topic for f in scored.facts)
    for topic in topics:
        found = [f for f in scored.facts if f.topic == topic]
        if topic in PLACED:
            lines += [*_shares(topic, found), ""]
    rest = [f for f in scored.facts if f.topic not in PLACED]
    head = ["fact", "period", "published", "simulated (90%)", "source", "how far the two compare"]
    lines += table(head, "llrrll", (_fact_row(f) for f in rest))
    return "\n".join(lines)


def _shares(topic: str, found: Sequence[Fact]) -> list[str]:
    periods = list(dict.fromkeys(f.period for f in found))
    rows = []
    for what in dict.fromkeys(f.what for f in found):
        cells = [what]
        for period in periods:
            fact = next((f for f in found if f.what == what and f.period == period), None)
            cells.append("-" if fact is None else f"{percent(fact.observed)} / {percent(fact.simulated)}")
        rows.append(cells)
    rows.append(["*share in the wrong place*", *(percent(distance(found, topic, p)) for p in periods)])
    source = next((f.source for f in found if f.source), "")
    head = [f"{topic}: observed / simulated", *periods]
    return [*table(head, "l" + "r" * len(periods), rows), "", f"Observed: {source}."]


def _fact_row(fact: Fact) -> list[str]:
    def text(value: float | None) -> str:
        if value is None or not math.isfinite(value):
            return "-"
        if fact.unit == "share":
            return percent(value)
        return f"{value / MILLION:,.0f} million" if value >= MILLION else f"{value:,.0f}"

    inside = f" ({text(fact.low)} to {text(fact.high)})" if math.isfinite(fact.low) else ""
    unit = "" if fact.unit in ("share", "days") else f" ({fact.unit})"
    return [
        f"{fact.topic}: {fact.what}{unit}",
        fact.period,
        text(fact.observed),
        text(fact.simulated) + inside,
        fact.source or "-",
        fact.note,
    ]


def card(scored: Score, result: RunResult) -> str:
    """Return the few numbers of the model card."""
    origin = scored.settings.fit[-1]
    months = f"{scored.settings.validation[0]} to {scored.settings.validation[-1]}"
    rows = []
    for series in SERIES:
        for of in ("total", "by"):
            chosen = scored.parts[(scored.parts["series"] == series) & (scored.parts["of"] == of)]
            fit, later = ({r["part"]: r for r in records(chosen)}[part] for part in ("fit", "validation"))
            rival, value = best_rival(scored.backtest, series, total=of == "total")
            cells = [percent(fit["wape"]), percent(later["wape"]), f"{percent(value)} ({rival})"]
            rows.append([f"{SHORT[series]}, {KINDS[of]}", *cells, percent(later["in_90"])])
    head = ["WAPE", "months of the fit", f"{months}, not fitted", f"best rival from {origin}", "in its 90% interval"]
    found = scored.experiments
    return "\n".join(
        [
            *table(head, "lrrrr", rows),
            "",
            f"Natural experiments with the right sign: {experiments.count(found, 'sign_right')} of "
            f"{experiments.n_events(found)}; within a factor {scored.settings.factor:g} in size: "
            f"{experiments.count(found, 'size_right')}. Figures asked for and reached: "
            f"{sum(v.reached for v in scored.verdicts.values())} of {len(scored.verdicts)}.",
            f"Results of runs carry this interval: {result.interval_note}.",
        ]
    )


def _whole(value: float) -> str:
    return f"{value:.0f}" if math.isfinite(value) else "-"


def _alt(path: str) -> str:
    return path.rsplit("/", 1)[-1].removesuffix(".png").replace("_", " ")
