"""The tasks that need more than one run: studies, saved runs compared, and the live page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ladsim.core.checks import in_range
from ladsim.core.errors import UserError, close_matches
from ladsim.core.text import plain

TAKES = {
    "study": ("study", "seeds", "scale", "start", "end", "root_seed", "parameter_sets", "workers", "results_dir"),
    "compare": ("folders", "table"),
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
    _study(job) if task == "study" else _compare(job)


def _study(job: Mapping[str, Any]) -> None:
    import pandas as pd

    from ladsim.studies.design import read_design
    from ladsim.studies.study import study

    if not isinstance(job.get("study"), str):
        raise UserError("task=study needs a design", key="study", value=job.get("study"), expected="study=FILE.yaml")
    changed = {key: job.get(key) for key in ("seeds", "scale", "start", "end", "root_seed", "parameter_sets")}
    workers = None if job.get("workers") is None else in_range("workers", job["workers"])
    design = read_design(job["study"], **changed)
    folder = Path(str(job.get("results_dir", "results"))) / "studies"
    made = study(design, folder=folder, workers=workers)
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

    from ladsim.studies.compare import compare

    folders = job.get("folders")
    if not isinstance(folders, list):
        expected = "'folders=[results/A,results/B]'"
        raise UserError("task=compare needs folders", key="folders", value=folders, expected=expected)
    found = compare([str(folder) for folder in folders])
    print(plain(f"{', '.join(found.runs)}: {found.months[0]} to {found.months[1]}, {len(found.seeds)} shared seeds"))
    keep = ["run", "measure", "place", "mean", "difference", "difference_low", "difference_high", "times_below"]
    with pd.option_context("display.width", 200, "display.max_columns", 20, "display.float_format", "{:,.1f}".format):
        print(plain(found.table[keep].to_string(index=False, na_rep="")))
    print("Differences are to the first run; times_below: variance of the unpaired over that of the paired difference.")


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
