"""What a job of the command line asks for: its keys checked, and turned into what is run, listed or written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ladsim.core.errors import UserError, close_matches
from ladsim.runs.options import TASKS, RunOptions, split_overrides

STUDY_KEYS = {
    "study": "study",
    "merge": "study",
    "executor": "study",
    "scheduler": "study",
    "folders": "compare",
    "observed": "compare",
    "freq": "compare",
    "by": "attribute",
    "method": "sensitivity",
    "samples": "sensitivity",
    "trials": "frontier",
}
"""Key -> the task of several runs that takes it, or one of them."""
OWN = ("task", "lever", "results_dir", "figures", "report", "table", *STUDY_KEYS)
PRINTED = ("brief", "full", "quiet", "json")
"""What ``table=`` can be."""
OPTIONS = tuple(f.name for f in fields(RunOptions)) + OWN
DEFAULTS_OF = {
    "score": {"scenario": "history", "seeds": "8", "reference": "false", "end": "2024-08-31", "assumed": "false"},
    "calibrate": {"scenario": "history", "scale": "50", "reference": "false"},
}
"""Values that a task takes in place of the general ones, unless they are given."""


def scenario_files(world: Path | None = None) -> dict[str, Path]:
    """Return name -> file of the scenarios that ladsim brings, or of those in the folder of a world."""
    from ladsim.core.paths import scenarios_dir
    from ladsim.core.strict_yaml import yaml_files
    from ladsim.policy.library import SCENARIOS

    folder = scenarios_dir() if world is None else world / SCENARIOS
    return yaml_files(folder)


def shown(asked: dict[str, Any], files: Mapping[str, Path], world: Path | None) -> dict[str, Any]:
    """Return the values of a job that only shows a scenario, as Hydra would compose them.

    Args:
        asked: Key -> value, as on the command line.
        files: Scenario name -> file, for scenarios given by path.
        world: Folder of a world of the user's own.
    """
    from ladsim.core.paths import conf_dir
    from ladsim.core.plain_yaml import read_mapping

    general = read_mapping(conf_dir() / "config.yaml", "general options")
    values = {key: general[key] for key in OPTIONS if key in general} | asked
    if world is not None:
        values["world"] = str(world)
    name = asked["scenario"]
    file = files.get(name)
    if file is not None and scenario_files().get(name) != file:
        values["scenario"] = str(file)
    return values


def told(values: dict[str, Any], swept: Sequence[str]) -> str:
    """Return what tells a job of a sweep from the others, such as ``removals_per_day=40 scale=50``.

    Args:
        values: Key -> value of the job.
        swept: Keys that have several values in the sweep.
    """
    keys = [key for key in swept if key != "scenario" and key in values]
    last = [key.rpartition(".")[2] for key in keys]
    short = [name if last.count(name) == 1 else key for key, name in zip(keys, last, strict=True)]
    return " ".join(f"{name}={str(values[key]).replace(' ', '')}" for key, name in zip(keys, short, strict=True))


def check(job: dict[str, Any]) -> None:
    """Raise a UserError when a job could not be run; a sweep is checked before its first job runs.

    Args:
        job: Key -> value, as on the command line.
    """
    from ladsim.results.folder import check_writable

    options, instrument, behavior = request(job)
    task = job.get("task", "run")
    if task not in TASKS:
        raise UserError("unknown task", key="task", value=task, expected=close_matches(task, TASKS))
    if task == "calibrate":
        from ladsim.calibration.options import options_from, refuse_others

        refuse_others(job)
        options_from({"results_dir": "results", "scale": options.scale, "workers": options.workers} | job)
    elif any(k.startswith("calibration.") for k in job):
        raise UserError("only task=calibrate takes calibration.<key>", key="task", value=task, expected="calibrate")
    if job.get("lever") is not None:
        raise UserError("only task=levers takes a lever", key="lever", value=job["lever"], expected="task=levers")
    for key, owner in STUDY_KEYS.items():
        if job.get(key) is not None:
            raise UserError(f"only task={owner} takes {key}", key=key, value=job[key], expected=f"task={owner}")
    if job.get("table", "brief") not in PRINTED:
        expected = close_matches(job["table"], PRINTED)
        raise UserError("table is none of what can be printed", key="table", value=job["table"], expected=expected)
    for key in ("figures",):
        if not isinstance(job.get(key, True), bool):
            raise UserError(f"{key} is not true or false", key=key, value=job[key], expected="true or false")
    if check_reports(job.get("report")) and task != "run":
        raise UserError(
            "only a run writes reports", key="report", value=job["report"], expected=f"no report with task={task}"
        )
    results = job.get("results_dir", "results")
    if not isinstance(results, str) or not results:
        raise UserError("results_dir is not a folder", key="results_dir", value=results, expected="a folder")
    if options.scenario:
        from ladsim.runs.ensemble import load_pair

        load_pair(options, instrument, behavior)
    check_writable(Path(results), key="results_dir")


def check_reports(value: Any) -> list[str]:
    """Return the types of files that are asked for beside the page.

    Raises:
        UserError: There is no such type, or what writes it is not installed.
    """
    kinds = value if isinstance(value, list) else [] if value is None else [value]
    if not kinds:
        return kinds  # what writes reports takes half a second to import
    from ladsim.report.office import NEEDED, check_installed

    for kind in kinds:
        if kind not in NEEDED:
            raise UserError("no such type of report", key="report", value=kind, expected="docx, xlsx or [docx,xlsx]")
        check_installed(kind)
    return kinds


def listing(job: dict[str, Any]) -> tuple[str, str | None]:
    """Return what a job of a listing asks for: the task, and the one lever or scenario to show, or None for all.

    Raises:
        UserError: A key that has no place in a listing.
    """
    task = str(job["task"])
    if task == "new":
        return task, _template(job)
    which = "lever" if task == "levers" else "scenario"
    for key, value in job.items():
        if key not in ("task", which):
            expected = f"task={task}, and {which}=NAME for one alone"
            raise UserError(f"task={task} takes no {key}", key=key, value=value, expected=expected)
    name = job.get(which)
    if name is not None and (not isinstance(name, str) or not name):
        raise UserError(f"{which} is not a name", key=which, value=name, expected="a name")
    return task, name


def _template(job: dict[str, Any]) -> str:
    """Write the annotated file that task=new asks for and return its path."""
    from ladsim.policy import templates

    for key, value in job.items():
        if key not in ("task", "instrument", "lever", "scenario"):
            expected = "task=new instrument=NAME lever=KIND, or task=new scenario=NAME"
            raise UserError(f"task=new takes no {key}", key=key, value=value, expected=expected)
    if ("instrument" in job) == ("scenario" in job):
        expected = "task=new instrument=NAME lever=KIND, or task=new scenario=NAME"
        raise UserError("task=new writes one file", key="task", value="new", expected=expected)
    if "instrument" in job:
        name = job["instrument"]
        return str(templates.write(str(name), templates.instrument(name, str(job.get("lever", ""))), Path.cwd()))
    name = job["scenario"]
    return str(templates.write(str(name), templates.scenario(name), Path.cwd()))


def request(job: dict[str, Any]) -> tuple[RunOptions, dict[str, Any], dict[str, float]]:
    """Return checked options, instrument overrides and behavior overrides of a job."""
    named = {k: v for k, v in job.items() if "." not in k and k not in OWN}
    dotted = {k: v for k, v in job.items() if "." in k and not k.startswith("calibration.")}
    instrument, behavior = split_overrides(dotted)
    return RunOptions.checked(**named), instrument, behavior
