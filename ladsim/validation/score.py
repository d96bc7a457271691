"""How well ``history`` reproduces the record, and how wrong it may be: everything that is scored, as tables.

    python -m ladsim task=score                   # runs history, prints the score, writes it into docs/validation.md
    python -m ladsim.cli.score seeds=4          # the same command, with its options
    python -m ladsim.cli.score results/score/2026-01-31T120000     # writes the pages anew from a finished run

Nothing here is fitted. Months up to 2024-05 may have been fitted, later ones are only looked at. What is compared and
what was asked stands in conf/score.yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ladsim.core.errors import UserError
from ladsim.core.paths import conf_dir
from ladsim.results.run_result import RunResult
from ladsim.series.panel import SERIES, Line, lines, records
from ladsim.validation import backtest, experiments, metrics, predictive
from ladsim.validation.backtest import FREE
from ladsim.validation.facts import Fact, facts
from ladsim.validation.journey_account import Figure, figures
from ladsim.validation.journeys import Journeys
from ladsim.validation.predictive import Floats
from ladsim.validation.settings import Settings, read_settings

YEARS = ("2022", "2023")
BEGIN, END = "<!-- score: begin -->", "<!-- score: end -->"
FIGURES = "figures"


@dataclass(frozen=True)
class Verdict:
    """A figure against what was asked of it.

    Attributes:
        key: its name in conf/score.yaml.
        value: what was reached; NaN where it could not be known.
        low, high: what was asked.
        reason: why it is missed, where known.
    """

    key: str
    value: float
    low: float
    high: float
    reason: str = ""

    @property
    def reached(self) -> bool:
        """Whether the value lies between the bounds."""
        return bool(self.low <= self.value <= self.high)

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return bool(np.isfinite(self.value))


@dataclass(frozen=True)
class Score:
    """The score of a run of ``history``.

    Attributes:
        settings: what was compared.
        lines: series by nationality, observed and simulated.
        samples: (series, label) -> months x members of the model with its past misses, all months that are scored.
        experiments, refits, yearly: see :mod:`ladsim.validation.experiments`; refits is None where none were made.
        by_line: one row for each line and part ('fit', 'validation'): mean observed, WAPE, MASE, CRPS, coverage.
        parts: the same for totals and for all nationalities of a series.
        backtest: one row for each forecast; see :mod:`ladsim.validation.backtest`.
        facts: facts never fitted.
        verdicts: figures against what was asked, by key.
        account: figures on single journeys.
    """

    settings: Settings
    lines: Sequence[Line]
    samples: dict[tuple[str, str], Floats]
    experiments: pd.DataFrame
    refits: pd.DataFrame | None
    yearly: pd.DataFrame
    by_line: pd.DataFrame
    parts: pd.DataFrame
    backtest: pd.DataFrame
    facts: Sequence[Fact]
    verdicts: dict[str, Verdict]
    account: Sequence[Figure] = ()


def score(
    result: RunResult,
    *,
    journeys: Journeys | None = None,
    settings: Settings | None = None,
    refits: Path | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Score:
    """Score a run of ``history``.

    Args:
        result: the run.
        journeys: single people followed in a run of their own, for the facts that need them.
        settings: conf/score.yaml by default.
        refits: table of refits without an event; conf/behavior/refits.csv by default, if it exists.
        advance: called after each line of the backtest, which takes longest.

    Raises:
        UserError: the run does not cover the months that are scored.
    """
    settings = settings or read_settings()
    found = lines(result, settings.months)
    samples = predictive.leave_one_year_out(found, settings.fit, settings.prior_months)
    unseen = predictive.after(found, settings.fit, settings.validation, settings.prior_months)
    samples = {key: np.concatenate([part, unseen[key]]) for key, part in samples.items()}
    by_line = pd.DataFrame(
        [row for line in found for row in _line_rows(line, samples[line.series, line.label], settings)]
    )
    events = experiments.experiments(result, settings.factor)
    left_out = experiments.refits(events, settings.factor_left_out, refits)
    years = experiments.yearly(result, list(SERIES), settings.yearly_within, YEARS)
    parts = _parts(by_line, settings)
    return Score(
        settings=settings,
        lines=found,
        samples=samples,
        experiments=events,
        refits=left_out,
        yearly=years,
        by_line=by_line,
        parts=parts,
        backtest=backtest.backtest(found, settings, advance),
        facts=facts(result, journeys),
        verdicts=_verdicts(settings, parts, events, left_out, years),
        account=figures(result, journeys),
    )


def _line_rows(line: Line, sample: Floats, settings: Settings) -> list[dict[str, object]]:
    scale = metrics.naive_scale(line.real(settings.fit))
    rows = []
    for part, months in (("fit", settings.fit), ("validation", settings.validation)):
        real, path = line.real(months), line.path(months)
        members = sample[: len(settings.fit)] if part == "fit" else sample[len(settings.fit) :]
        row: dict[str, object] = {"series": line.series, "label": line.label, "part": part, "months": len(months)}
        row |= {"observed": real.sum(), "simulated": path.sum(), "missed": float(np.abs(real - path).sum())}
        row |= {"wape": metrics.wape(real, path), "mase": metrics.mase(real, path, scale)}
        row["crps"] = float(metrics.crps(members, real).sum())
        for level in settings.levels:
            row[f"in_{round(100 * level)}"] = float(metrics.covered(members, real, level).mean())
        rows.append(row)
    return rows


def _parts(by_line: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return rows by series, part and whether it is the total ('total') or all nationalities together ('by')."""
    held = [f"in_{round(100 * level)}" for level in settings.levels]
    rows = []
    # An interval around nothing holds nothing: lines without a single observed event do not count in the coverage.
    seen = by_line.groupby(["series", "label"])["observed"].transform("sum") > 0
    by_line = by_line.assign(**{c: by_line[c].where(seen) for c in held})
    named = by_line.assign(of=np.where(by_line["label"] == "ALL", "total", "by"))
    for (series, part, of), group in named.groupby(["series", "part", "of"], sort=False):
        total = group["observed"].sum()
        row = {"series": series, "part": part, "of": of, "wape": group["missed"].sum() / total}
        # Nationalities with hardly any events have no naive error to scale by.
        row |= {"mase": float(np.nanmean(group["mase"].to_numpy(float))), "crps": group["crps"].sum() / total}
        rows.append({**row, **{c: group[c].mean() for c in held}})
    return pd.DataFrame(rows)


def _verdicts(
    settings: Settings,
    parts: pd.DataFrame,
    events: pd.DataFrame,
    left_out: pd.DataFrame | None,
    years: pd.DataFrame,
) -> dict[str, Verdict]:
    values = {f"{r['part']}.{r['series']}.{r['of']}": float(r["wape"]) for r in records(parts)}
    singles = parts[parts["of"] == "by"]
    for part in ("fit", "validation"):
        values[f"coverage.{part}"] = float(singles[singles["part"] == part]["in_90"].mean())
    values["experiments.sign"] = experiments.count(events, "sign_right")
    values["experiments.size"] = experiments.count(events, "size_right")
    values["refits.size"] = float("nan") if left_out is None else experiments.count(left_out, "size_right")
    values["yearly"] = int(years["within"].sum())
    unknown = sorted(set(settings.bounds) - set(values))
    if unknown:
        raise UserError("a bound for no figure", file="conf/score.yaml", key=unknown[0], expected=", ".join(values))
    return {
        key: Verdict(key, values[key], low, high, settings.reasons.get(key, ""))
        for key, (low, high) in settings.bounds.items()
    }


def best_rival(rows: pd.DataFrame, series: str, *, total: bool) -> tuple[str, float]:
    """Return the rival with the least WAPE in the months of validation, and that WAPE."""
    held = rows[(rows["series"] == series) & (rows["origin"] == rows["origin"].max())]
    held = held[(held["label"] == "ALL") == total]
    by_method = backtest.summary(held, ["series"]).set_index("method")["wape"]
    rivals = by_method[[m for m in by_method.index if not str(m).startswith(FREE)]]
    return str(rivals.idxmin()), float(rivals.min())


def docs_folder() -> Path | None:
    """Return docs/ of a checkout; None in an installed package."""
    folder = conf_dir().parent / "docs"
    return folder if (folder / "validation.md").is_file() else None


def write_into(page: Path, text: str, begin: str = BEGIN, end: str = END) -> None:
    """Replace what stands between the markers of a page.

    Raises:
        UserError: the page or its markers are missing.
    """
    if not page.exists():
        raise UserError("the page to write into is missing", file=page)
    old = page.read_text(encoding="utf-8")
    if old.count(begin) != 1 or old.count(end) != 1:
        raise UserError("the page has no markers", file=page, expected=f"{begin} ... {end}")
    head, rest = old.split(begin, 1)
    tail = rest.split(end, 1)[1]
    page.write_text(f"{head}{begin}\n\n{text.strip()}\n\n{end}{tail}", encoding="utf-8")
