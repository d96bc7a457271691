"""How well ``history`` reproduces what was observed: yearly totals and the natural experiments.

    python -m ladsim.study.score                  # prints the table
    python -m ladsim.study.score --write          # and writes it into docs/validation.md

Nothing here is fitted; the months that may be fitted end with 2024-05, later ones are only looked at.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ladsim import data
from ladsim.errors import UserError
from ladsim.intervals import mean_interval
from ladsim.record import RunResult
from ladsim.study.ensemble import run

SERIES = {
    "encounters_between_ports": ("encounters_between_ports", None),
    "encounters_at_ports": ("encounters_at_ports", None),
    "darien_entries": ("irregular_entries", "PAN"),
}
TITLES = {
    "encounters_between_ports": "Encounters between ports (events)",
    "encounters_at_ports": "Encounters at ports (events)",
    "darien_entries": "Darién crossings (persons)",
}
YEARS = ("2021", "2022", "2023")
SCORED_YEARS = ("2022", "2023")
WITHIN = 0.30
ONE_EVENT = 0.5
BEGIN, END = "<!-- score: begin -->", "<!-- score: end -->"


@dataclass(frozen=True)
class Score:
    """Tables of the score.

    Attributes:
        totals: series, year, observed, simulated mean and 90 percent interval, ratio, and whether it is within the
            bound (years that are scored only).
        experiments: experiment, before and after observed and simulated, log ratios with interval, and whether the
            sign is right.
        monthly: series, month, observed, simulated mean and interval.
    """

    totals: pd.DataFrame
    experiments: pd.DataFrame
    monthly: pd.DataFrame

    @property
    def signs_right(self) -> int:
        """Number of natural experiments whose sign is right; one with two figures needs both."""
        right = self.experiments.groupby("instrument", sort=False)["sign_right"].all()
        return int(right.sum())

    @property
    def n_experiments(self) -> int:
        """Number of natural experiments."""
        return int(self.experiments["instrument"].nunique())


def by_seed(result: RunResult, series: str, nationalities: list[str] | None = None) -> pd.DataFrame:
    """Return month x seed of a series as simulated; all nationalities by default."""
    measure, place = SERIES[series]
    rows = result.monthly[result.monthly["measure"] == measure]
    if place is not None:
        rows = rows[rows["place"] == place]
    if nationalities is not None:
        rows = rows[rows["nationality"].isin(nationalities)]
    table = rows.pivot_table(index="month", columns="seed", values="value", aggfunc="sum", observed=True)
    return table.reindex(index=list(result.months), columns=list(result.seeds)).fillna(0.0)


def observed(series: str, nationalities: list[str] | None = None) -> pd.Series:
    """Return the observed series by month, over nationalities (ALL by default)."""
    table = data.table("observed")
    rows = table[(table["series"] == series) & table["nationality"].isin(nationalities or ["ALL"])]
    return rows.groupby("month")["value"].sum()


def score(result: RunResult) -> Score:
    """Score a result of ``history``.

    Raises:
        UserError: the result does not cover the years that are scored.
    """
    missing = [y for y in YEARS if f"{y}-01" not in result.months or f"{y}-12" not in result.months]
    if missing:
        raise UserError("the run does not cover a year that is scored", key="start, end", value=missing)
    return Score(_totals(result), _experiments(result), _monthly(result))


def _totals(result: RunResult) -> pd.DataFrame:
    rows = []
    for series in SERIES:
        simulated, real = by_seed(result, series), observed(series)
        for year in YEARS:
            months = [m for m in simulated.index if m.startswith(year) and m in real.index]
            mean, low, high = _interval(simulated.loc[months].sum().to_numpy())
            value = float(real.loc[months].sum())
            ratio = mean / value
            within = bool(abs(ratio - 1.0) <= WITHIN) if year in SCORED_YEARS else None
            rows.append((series, year, value, mean, low, high, ratio, within))
    names = ["series", "year", "observed", "simulated", "low", "high", "ratio", "within"]
    return pd.DataFrame(rows, columns=names)


def _experiments(result: RunResult) -> pd.DataFrame:
    rows = []
    for event in data.table("experiments").to_dict("records"):
        wanted = str(event["nationalities"]).split(";")
        simulated = by_seed(result, event["series"], None if wanted == ["ALL"] else wanted)
        real = observed(event["series"], wanted)
        before, after = str(event["month_before"]), str(event["month_after"])
        if after not in simulated.index or before not in simulated.index:
            continue
        half = ONE_EVENT * result.scale
        ratio = np.log((simulated.loc[after] + half) / (simulated.loc[before] + half))
        mean, low, high = _interval(np.asarray(ratio))
        truth = float(np.log(real[after] / real[before]))
        rows.append(
            (
                event["experiment"],
                event["instrument"],
                event["title"],
                before,
                after,
                float(real[before]),
                float(real[after]),
                float(np.mean(simulated.loc[before].to_numpy())),
                float(np.mean(simulated.loc[after].to_numpy())),
                truth,
                mean,
                low,
                high,
                bool(np.sign(mean) == np.sign(truth) and abs(mean) > 0.0),
            )
        )
    names = ["experiment", "instrument", "title", "before", "after", "observed_before", "observed_after"]
    names += ["simulated_before", "simulated_after", "observed_log", "simulated_log", "low", "high", "sign_right"]
    return pd.DataFrame(rows, columns=names)


def _monthly(result: RunResult) -> pd.DataFrame:
    rows = []
    for series in SERIES:
        simulated, real = by_seed(result, series), observed(series)
        for month in simulated.index:
            mean, low, high = _interval(simulated.loc[month].to_numpy())
            rows.append((series, month, float(real.get(month, np.nan)), mean, low, high))
    return pd.DataFrame(rows, columns=["series", "month", "observed", "simulated", "low", "high"])


def _interval(values: np.ndarray) -> tuple[float, float, float]:
    mean, low, high = mean_interval(np.asarray(values, dtype=float)[None, :])
    return float(mean[0]), float(low[0]), float(high[0])


def as_markdown(scored: Score, result: RunResult) -> str:
    """Return the score as Markdown."""
    lines = [
        f"`history`, {len(result.seeds)} seeds, {result.scale} persons an agent. Intervals are 90 percent over seeds;",
        "they hold no uncertainty of parameters or of the model.",
        "",
        "| series | year | observed | simulated | interval | ratio | within 30 percent |",
        "| --- | --- | ---: | ---: | --- | ---: | --- |",
    ]
    for row in scored.totals.itertuples():
        verdict = "not scored" if row.within is None else ("yes" if row.within else "**no**")
        lines.append(
            f"| {TITLES[str(row.series)]} | {row.year} | {row.observed:,.0f} | {row.simulated:,.0f} |"
            f" {row.low:,.0f} to {row.high:,.0f} | {row.ratio:.2f} | {verdict} |"
        )
    lines += [
        "",
        f"Natural experiments with the right sign: **{scored.signs_right} of {scored.n_experiments}**"
        " (the one with two figures counts once, and needs both).",
        "",
        "| what happened | observed before, after | simulated before, after | observed log ratio |"
        " simulated (interval) | sign |",
        "| --- | --- | --- | ---: | --- | --- |",
    ]
    for row in scored.experiments.itertuples():
        verdict = "right" if row.sign_right else "**wrong**"
        lines.append(
            f"| {row.title}: {row.before} to {row.after} | {row.observed_before:,.0f}, {row.observed_after:,.0f} |"
            f" {row.simulated_before:,.0f}, {row.simulated_after:,.0f} | {row.observed_log:.2f} |"
            f" {row.simulated_log:.2f} ({row.low:.2f} to {row.high:.2f}) | {verdict} |"
        )
    return "\n".join(lines)


def write_into(page: Path, text: str) -> None:
    """Replace what stands between the markers of a page.

    Raises:
        UserError: the page or its markers are missing.
    """
    if not page.exists():
        raise UserError("the page to write into is missing", file=page)
    old = page.read_text(encoding="utf-8")
    if BEGIN not in old or END not in old:
        raise UserError("the page lacks the markers", file=page, expected=f"{BEGIN} ... {END}")
    head, rest = old.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    page.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8")


def main(argv: list[str] | None = None) -> int:
    """Run history, print the score, and write it into docs/validation.md with ``--write``."""
    parser = argparse.ArgumentParser(prog="python -m ladsim.study.score", description=__doc__)
    parser.add_argument("--seeds", type=int, default=4, help="replicates (default 4)")
    parser.add_argument("--scale", type=int, default=100, help="persons per agent (default 100)")
    parser.add_argument("--workers", type=int, default=None, help="processes (default: all cores)")
    parser.add_argument("--write", action="store_true", help="write the table into docs/validation.md")
    options = parser.parse_args(argv)
    try:
        result = run(
            "history", seeds=options.seeds, scale=options.scale, workers=options.workers, reference=False, progress=True
        )
        text = as_markdown(score(result), result)
        print(text)
        if options.write:
            write_into(Path(__file__).resolve().parents[2] / "docs" / "validation.md", text)
    except UserError as error:
        print(f"ladsim: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
