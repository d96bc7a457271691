"""Run history, score it, and write the score: into the pages of a checkout and into a results folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import Progress

from ladsim.core.errors import UserError
from ladsim.report.scored import EXPERIMENT_COLUMNS
from ladsim.results.folder import write_new
from ladsim.results.reading import load
from ladsim.results.run_result import RunResult
from ladsim.runs.ensemble import load_pair, run_options, seeds_of
from ladsim.runs.options import RunOptions
from ladsim.series.panel import lines
from ladsim.validation import effects as published
from ladsim.validation import score as scores
from ladsim.validation.facts import PLACED
from ladsim.validation.journeys import Journeys, follow
from ladsim.validation.pages import effectboard
from ladsim.validation.pages import figures as scorefigures
from ladsim.validation.pages.scoreboard import as_markdown, card
from ladsim.validation.score import FIGURES, Score
from ladsim.validation.settings import Settings, read_settings

SCENARIO = "history"
CARD_BEGIN, CARD_END = "<!-- score card: begin -->", "<!-- score card: end -->"


def score_and_write(
    options: RunOptions,
    results: Path,
    *,
    instrument: Mapping[str, Any] | None = None,
    behavior: Mapping[str, float] | None = None,
) -> Path:
    """Run and score history; print the score and return the results folder that holds it.

    The pages of a checkout (docs/validation.md, docs/model-card.md, docs/figures) are written too, unless something of
    history was changed or the run is a quick one, with fewer people, seeds, parameter sets or months than the pages
    show: then the score is of something else.

    Args:
        options: options of the run; the scenario must be history.
        results: results go to <results>/score/<time>/.
        instrument, behavior: overrides.

    Raises:
        UserError: another scenario, or dates that leave out what is scored; nothing has been run then.
    """
    moment = datetime.now()
    settings = read_settings()
    _check(options, settings)
    changed = bool(instrument or behavior or options.include or options.exclude)
    quick = quicker_than_pages(options)
    short = replace(options, end=settings.journeys_end, reference=False)
    followed = load_pair(short, instrument or {}, behavior or {})["scenario"]
    result = run_options(options, instrument=instrument or {}, behavior=behavior or {})
    journeys = _journeys(followed, options, settings, behavior or {})
    with _progress(options.progress, len(lines(result, settings.months))) as advance:
        scored = scores.score(result, journeys=journeys, settings=settings, advance=advance)
    effects = None if changed else _effects(options)
    folder = write_new(result, results, moment, kind="score")
    _keep(journeys, folder)
    write(scored, result, folder)
    docs = scores.docs_folder()
    if docs is not None and not changed and not quick:
        write_pages(scored, result, docs)
    print(as_markdown(scored, result))
    if effects is not None:
        effects.to_csv(folder / EFFECTS, index=False, float_format="%.6g", lineterminator="\n")
        text = effectboard.published_effects(effects, published.read_plan())
        with (folder / "score.md").open("a", encoding="utf-8") as page:
            page.write(f"\n{text}\n")
        if docs is not None and not quick:
            write_effects(effects, docs)
        print(f"\n{text}")
    if changed:
        print("\nHistory was changed: docs/ keeps the score of history as it is.")
    elif quick:
        print(f"\nA run with {', '.join(quick)}: docs/ keeps the score of the full run.")
    return folder


PAGES = RunOptions(scenario=SCENARIO, seeds=8, scale=100, reference=False, assumed=False)
"""What the pages of a checkout are made from, at least."""


EFFECTS = "score_effects.csv"
"""The table of published effects in a results folder."""


def quicker_than_pages(options: RunOptions) -> list[str]:
    """Return in what a run falls short of the one that the pages show; nothing where it does not."""
    short = []
    if options.scale > PAGES.scale:
        short.append(f"scale={options.scale}")
    if options.seeds < PAGES.seeds:
        short.append(f"seeds={options.seeds}")
    other = ("root_seed", "parameter_sets", "start")
    return short + [f"{k}={getattr(options, k)}" for k in other if getattr(options, k) != getattr(PAGES, k)]


def write_again(folder: Path, docs: Path | None = None) -> None:
    """Score a finished run anew and write the pages: after a change of conf/score.yaml, of refits, or of the pages.

    Args:
        folder: a results folder of task=score.
        docs: folder of the pages; that of the checkout by default.

    Raises:
        UserError: no such folder, or it holds no run of history as it is.
    """
    result = load(folder)
    config = result.config
    if result.scenario.name != SCENARIO or any(config.get(k) for k in ("instrument", "behavior", "include", "exclude")):
        raise UserError("not a run of history as it is", value=str(folder), expected="a folder of task=score")
    docs = docs or scores.docs_folder()
    if docs is None:
        raise UserError("there are no pages to write into", expected="a checkout")
    settings = read_settings()
    with _progress(None, len(lines(result, settings.months))) as advance:
        scored = scores.score(result, journeys=_kept(folder), settings=settings, advance=advance)
    write_pages(scored, result, docs)
    if (folder / EFFECTS).is_file():
        write_effects(pd.read_csv(folder / EFFECTS, keep_default_na=True).fillna({"reason": "", "compared": ""}), docs)


def write_effects(effects: pd.DataFrame, docs: Path) -> None:
    """Write the published effects between their own markers of validation.md."""
    text = effectboard.published_effects(effects, published.read_plan())
    scores.write_into(docs / "validation.md", text, effectboard.BEGIN, effectboard.END)


def write(scored: Score, result: RunResult, folder: Path) -> None:
    """Write the score into a folder: score.md, figures, and the tables as CSV."""
    made = scorefigures.save(scorefigures.draw(scored, result), folder / FIGURES)
    text = as_markdown(scored, result, [f"{FIGURES}/{path.name}" for path in made])
    (folder / "score.md").write_text(text + "\n", encoding="utf-8")
    for name in ("experiments", "by_line", "parts", "backtest", "yearly"):
        getattr(scored, name).to_csv(
            folder / f"score_{name}.csv", index=False, float_format="%.6g", lineterminator="\n"
        )


def write_pages(scored: Score, result: RunResult, docs: Path) -> None:
    """Write the score between the markers of validation.md and model-card.md, its figures, and the tables of conf/."""
    made = scorefigures.save(scorefigures.draw(scored, result), docs / FIGURES)
    text = as_markdown(scored, result, [f"{FIGURES}/{path.name}" for path in made])
    scores.write_into(docs / "validation.md", text)
    folder = docs.parent / "conf" / "behavior"
    if folder.is_dir():
        for name, table in _kept_tables(scored).items():
            table.to_csv(folder / f"score_{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
    scores.write_into(docs / "model-card.md", card(scored, result), CARD_BEGIN, CARD_END)


def _kept_tables(scored: Score) -> dict[str, pd.DataFrame]:
    """Return what reports and pages know of the score (ladsim/report/scored.py): series, places, experiments."""
    keys = ["topic", "what", "period", "observed", "simulated"]
    places = pd.DataFrame([{k: getattr(f, k) for k in keys} for f in scored.facts if f.topic in PLACED], columns=keys)
    return {"parts": scored.parts, "places": places, "experiments": scored.experiments[list(EXPERIMENT_COLUMNS)]}


def _effects(options: RunOptions) -> pd.DataFrame | None:
    """Return the published effects beside the model's own; None outside a checkout, which has no table of them."""
    if published.published() is None:
        return None
    plan = published.read_plan()
    return published.effects(
        plan,
        scale=max(plan.scale, options.scale),
        seeds=min(plan.seeds, options.seeds),
        workers=options.workers,
        root_seed=options.root_seed,
        parameter_sets=options.parameter_sets,
    )


def _keep(journeys: Journeys, folder: Path) -> None:
    for name in ("days", "encounters"):
        table = getattr(journeys, name).assign(scale=journeys.scale)
        table.to_csv(folder / f"journeys_{name}.csv", index=False, lineterminator="\n")


def _kept(folder: Path) -> Journeys | None:
    files = [folder / f"journeys_{name}.csv" for name in ("days", "encounters")]
    if not all(f.is_file() for f in files):
        return None
    days, encounters = (pd.read_csv(f) for f in files)
    scale = int(encounters["scale"].iloc[0])
    return Journeys(days.drop(columns="scale"), encounters.drop(columns="scale"), scale)


def _check(options: RunOptions, settings: Settings) -> None:
    if options.scenario != SCENARIO:
        raise UserError("only history is scored", key="scenario", value=options.scenario, expected=SCENARIO)
    last = str(pd.Period(settings.months[-1], freq="M").end_time.date())
    if options.end is not None and options.end.isoformat() < last:
        expected = f"the end of {settings.months[-1]}, or later"
        raise UserError(
            "the run ends before what is scored", key="end", value=options.end.isoformat(), expected=expected
        )
    if options.start is not None and options.start.isoformat() > "2021-01-01":
        raise UserError(
            "the run begins after history", key="start", value=options.start.isoformat(), expected="no start"
        )


def _journeys(scenario: Any, options: RunOptions, settings: Settings, behavior: Mapping[str, float]) -> Journeys:
    scale = max(settings.journeys_scale, options.scale)
    return follow(scenario, seed=seeds_of(options)[0], scale=scale, parameters=dict(behavior))


@contextmanager
def _progress(wanted: bool | None, total: int) -> Iterator[Callable[[], None]]:
    shown = sys.stderr.isatty() if wanted is None else wanted
    with Progress(console=Console(stderr=True), transient=True, disable=not shown) as bar:
        job = bar.add_task("backtest with rivals", total=total)
        yield lambda: bar.advance(job)
