"""The tasks that need more than one run: studies, saved runs compared, and the live page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ladsim.core.checks import in_range
from ladsim.core.errors import UserError, close_matches
from ladsim.core.text import plain

_KEPT = ("parameter_sets", "workers", "results_dir", "checkpoints")
_CHANGED = ("seeds", "scale", "start", "end", "root_seed", "parameter_sets", "checkpoints", "assumed")
SHOWN = ("encounters_between_ports", "irregular_entries", "lawful_arrivals", "deaths")
"""Outcomes that are printed; the tables hold all."""
TAKES = {
    "study": (
        "study",
        "seeds",
        "scale",
        "start",
        "end",
        "root_seed",
        "merge",
        "executor",
        "scheduler",
        "assumed",
        *_KEPT,
    ),
    "compare": ("folders", "table", "observed", "freq"),
    "attribute": (*("scenario", "by", "reference", "seeds", "scale", "start", "end", "root_seed"), *_KEPT),
    "sensitivity": ("study", "method", "samples", "seeds", "scale", "start", "end", "root_seed", *_KEPT),
    "nowcast": ("folders", "observed", "by", "scenario", "scale", "seeds", "end", "workers", "results_dir"),
    "frontier": ("study", "trials", "seeds", "scale", "start", "end", "root_seed", *_KEPT),
}
"""Keys of each task, beside ``task``."""


def run(task: str, job: Mapping[str, Any]) -> None:
    """Do a task of several runs and print what came of it.

    Raises:
        UserError: a key that has no place here, or anything wrong in what was asked for.
    """
    for key, value in job.items():
        if key != "task" and key not in TAKES[task]:
            expected = close_matches(key, TAKES[task])
            raise UserError(f"task={task} takes no {key}", key=key, value=value, expected=expected)
    tasks: dict[str, Callable[[Mapping[str, Any]], None]]
    tasks = {"study": _study, "compare": _compare, "attribute": _attribute}
    tasks |= {"sensitivity": _sensitivity, "frontier": _frontier, "nowcast": _nowcast}
    tasks[task](job)


def _design(job: Mapping[str, Any]) -> Any:
    """Return the design of the file that a task is given, with what the command line changes."""
    from ladsim.studies.design import read_design

    if not isinstance(job.get("study"), str):
        raise UserError(
            f"task={job['task']} needs a design", key="study", value=job.get("study"), expected="study=FILE.yaml"
        )
    return read_design(job["study"], **{key: job.get(key) for key in _CHANGED})


def _folder(job: Mapping[str, Any]) -> Path:
    return Path(str(job.get("results_dir", "results"))) / "studies"


def _workers(job: Mapping[str, Any]) -> int | None:
    return None if job.get("workers") is None else in_range("workers", job["workers"])


def _scheduler(job: Mapping[str, Any]) -> str | None:
    """Return the address of the cluster's scheduler, or None where processes here do the work."""
    executor, scheduler = job.get("executor", "joblib"), job.get("scheduler")
    if executor not in ("joblib", "dask"):
        raise UserError("unknown executor", key="executor", value=executor, expected="joblib or dask")
    if (executor == "dask") != (scheduler is not None):
        expected = "executor=dask scheduler=tcp://HOST:PORT, both or neither"
        raise UserError("executor and scheduler go together", key="scheduler", value=scheduler, expected=expected)
    return None if scheduler is None else str(scheduler)


def _print(table: Any, decimals: int = 0) -> None:
    import pandas as pd

    number = f"{{:,.{decimals}f}}".format
    with pd.option_context("display.width", 200, "display.max_columns", 20, "display.max_rows", 500):
        print(plain(table.to_string(index=False, na_rep="", float_format=number)))


def _attribute(job: Mapping[str, Any]) -> None:
    from ladsim.studies.attribution import attribute
    from ladsim.studies.saved import save

    if not isinstance(job.get("scenario"), str):
        raise UserError(
            "task=attribute needs a scenario", key="scenario", value=job.get("scenario"), expected="scenario=NAME"
        )
    options = {key: job[key] for key in (*_CHANGED, "reference") if job.get(key) is not None}
    by = str(job.get("by", "instrument"))
    folder = _folder(job)
    found = attribute(job["scenario"], by=by, folder=folder, workers=_workers(job), **options)
    where = save(
        folder / f"attribute_{job['scenario']}_{by}",
        {"shares": found.shares, "interactions": found.interactions, "effect": found.effect},
    )
    how = "every combination" if found.whole else "combinations of random orders and their reverses"
    print(plain(f"{job['scenario']}: {len(found.levers)} levers, {found.combinations} runs a seed ({how})"))
    _print(found.effect[found.effect["measure"].isin(SHOWN)])
    _print(found.shares[found.shares["measure"].isin(SHOWN)])
    print(plain(f"Shares add up to the effect; 90 percent intervals are those of the mean. Tables: {where}"))


def _sensitivity(job: Mapping[str, Any]) -> None:
    from ladsim.core.checks import whole_number
    from ladsim.studies.saved import save
    from ladsim.studies.sensitivity import sensitivity

    design, folder, method = _design(job), _folder(job), str(job.get("method", "morris"))
    samples = None if job.get("samples") is None else whole_number("samples", job["samples"], high=4096)
    found = sensitivity(design, method=method, samples=samples, folder=folder, workers=_workers(job))
    where = save(
        folder / f"{design.name}_{method}",
        {"indices": found.indices, "boxes": found.boxes, "sample": found.sample},
    )
    print(plain(f"{design.name}: {method} over {len(found.sample)} points of {len(design.factors)} factors"))
    kept = found.indices["outcome"].str.split(" at ").str[0].isin(SHOWN)
    _print(found.indices[kept], decimals=0 if method == "morris" else 2)
    print(plain(f"Intervals (half) are 90 percent, over resamples. Boxes of high outcomes, all tables: {where}"))


def _frontier(job: Mapping[str, Any]) -> None:
    from ladsim.core.checks import whole_number
    from ladsim.studies.frontier import TRIALS, frontier
    from ladsim.studies.saved import save

    design, folder = _design(job), _folder(job)
    trials = whole_number("trials", job.get("trials", TRIALS), low=2, high=10_000)
    found = frontier(design, trials=trials, folder=folder, workers=_workers(job))
    where = save(folder / f"{design.name}_frontier", {"tried": found.tried, "front": found.front})
    print(plain(f"{design.name}: {len(found.front)} of {len(found.tried)} mixes are on the frontier"))
    _print(found.front, decimals=2)
    print(plain(f"Regret: the worst shortfall over parameter sets, as a share of the range. Tables: {where}"))


def _study(job: Mapping[str, Any]) -> None:
    import pandas as pd

    from ladsim.studies.merge import merge
    from ladsim.studies.study import study

    design, folder, scheduler = _design(job), _folder(job), _scheduler(job)
    if job.get("merge") is not None:
        others = job["merge"]
        if not isinstance(others, list):
            expected = "'merge=[results_a,results_b]': their results_dir"
            raise UserError("merge is not a list of folders", key="merge", value=others, expected=expected)
        new = merge([Path(str(one)) / "studies" for one in others], folder)
        print(plain(f"{new} replicates taken over from {len(others)} folders"))
    made = study(design, folder=folder, workers=_workers(job), scheduler=scheduler)
    where = made.save(folder / design.name)
    table = made.responses()
    table = table[table["measure"].isin(["encounters_between_ports", "irregular_entries", "lawful_arrivals"])]
    keep = [*design.factors, "measure", "mean", "difference", "difference_low", "difference_high"]
    print(plain(f"{design.name}: {len(design.points)} points, {len(made.seeds)} seeds"))
    if design.question:
        print(plain(design.question))
    with pd.option_context("display.width", 200, "display.max_columns", 20, "display.float_format", "{:,.0f}".format):
        print(plain(table[keep].to_string(index=False)))
    print(plain(f"Differences are to each point's reference, with 90 percent intervals over seeds. Tables: {where}"))


def _compare(job: Mapping[str, Any]) -> None:
    import pandas as pd

    from ladsim.report.tables import SHARES_NOTE, shares_text
    from ladsim.studies.compare import compare

    folders = job.get("folders")
    if not isinstance(folders, list):
        expected = "'folders=[results/A,results/B]'"
        raise UserError("task=compare needs folders", key="folders", value=folders, expected=expected)
    if job.get("observed") is not None:
        _against(folders, job)
        return
    found = compare([str(folder) for folder in folders], freq=str(job.get("freq", "all")))
    print(plain(f"{', '.join(found.runs)}: {found.months[0]} to {found.months[1]}, {len(found.seeds)} shared seeds"))
    keep = ["run", "measure", "place", "period", "mean", "difference", "difference_low", "difference_high"]
    keep += ["variance_paired", "variance_unpaired", "times_below"]
    shown = found.table[keep].assign(shares=[shares_text(row) for row in found.table.to_dict("records")])
    for name in ("variance_paired", "variance_unpaired"):
        shown[name] = [f"{value:.2g}" if value == value else "" for value in shown[name]]
    with pd.option_context("display.width", 240, "display.max_columns", 20, "display.float_format", "{:,.1f}".format):
        print(plain(shown.to_string(index=False, na_rep="")))
    print(
        "Differences are to the first run, with 90 percent intervals. variance_paired is that of the difference seed by"
    )
    print("seed, variance_unpaired that of two runs with seeds of their own; times_below: the second over the first.")
    print(f"Shares: {SHARES_NOTE}, of the difference (in the first run, of its own numbers).")


def _nowcast(job: Mapping[str, Any]) -> None:
    from ladsim.results.reading import load
    from ladsim.runs.ensemble import run as run_scenario
    from ladsim.series.own import read_observed
    from ladsim.studies.nowcast import nowcast
    from ladsim.studies.saved import save

    observed = None if job.get("observed") is None else read_observed(str(job["observed"]))
    folders = job.get("folders")
    if folders is not None and (not isinstance(folders, list) or len(folders) != 1):
        raise UserError("task=nowcast takes one saved run", key="folders", value=folders, expected="'folders=[FOLDER]'")
    if folders:
        made = load(str(folders[0]))
    else:
        given = {key: job[key] for key in ("scale", "seeds", "end", "workers") if job.get(key) is not None}
        made = run_scenario(str(job.get("scenario", "history")), reference=False, assumed=False, **given)
    found = nowcast(made, observed=observed, score=str(job.get("by", "total")))
    where = save(_folder(job) / f"nowcast_{made.scenario.name}", {"months": found.months, "score": found.score})
    totals = found.months[found.months["nationality"] == "ALL"].drop(columns=["nationality", "theta", "kappa"])
    print("Months after the last observed one, totals, with 90 percent intervals")
    _print(totals)
    if len(found.score):
        print("Score over origins in the months of the fit: least CRPS by series and months ahead, and the rule's own")
        _print(found.best, decimals=2)
        _print(found.score[found.score["method"] == "two coefficients"], decimals=2)
    print(plain(f"The run was fitted to these months, its rivals were not. Nationalities and all methods: {where}"))


def _against(folders: Sequence[Any], job: Mapping[str, Any]) -> None:
    """Print saved runs beside observed figures of the user's own."""
    from ladsim.results.reading import load
    from ladsim.series.own import against, read_observed

    observed = read_observed(str(job["observed"]))
    tables = {str(folder): against(load(str(folder)), observed, freq=str(job.get("freq", "M"))) for folder in folders}
    for folder, table in tables.items():
        print(plain(folder))
        _print(table)
    print("percent: by how much the simulated figure is above the observed one; 90 percent intervals over replicates.")


def explore(words: Sequence[str]) -> None:
    """Serve the live page until Ctrl-C: ``explore [port=8000] [open=true]``.

    Raises:
        UserError: a word that is neither, or a port that cannot be.
    """
    options: dict[str, Any] = {"open": True}
    for word in words:
        key, _, value = word.partition("=")
        if key == "port" and value.isascii() and value.isdigit():
            options["port"] = int(value)
        elif key == "open" and value in ("true", "false"):
            options["open"] = value == "true"
        else:
            raise UserError("explore takes no such word", value=word, expected="port=NUMBER, open=true or open=false")
    from ladsim.explore.server import serve

    serve(options)
