"""The Hydra application behind `python -m ladsim`; with :mod:`ladsim.cli.grammar` the only place that knows Hydra."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from ladsim.cli import signals
from ladsim.cli.streams import Forgiving, forgiving
from ladsim.core.errors import UserError
from ladsim.core.leftovers import owned_prefix
from ladsim.core.text import plain

OK, MISTAKE, INTERRUPTED = 0, 2, 130
SWEPT, CWD, SCRATCH = "LADSIM_SWEPT", "LADSIM_CWD", "LADSIM_SCRATCH"
"""Environment variables for the jobs of a sweep in other processes: the keys that it varies, the folder in which the
command was given, and the folder in which a job notes that it failed."""
_FAILED = "failed-"
_written: list[Path] = []
"""Results folders that this command has put in place."""
_failed: list[UserError] = []
"""The mistake that ended the job of this command."""
_begun = False
"""Whether Hydra has come to a job; what fails before is a mistake on the command line."""


class ToldError(UserError):
    """A mistake of a sweep's job, whose message stands on standard error already."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Returns:
        0; 2 for a user's mistake; 130 after Ctrl-C, 143, 129 and 131 after SIGTERM, SIGHUP and SIGQUIT.
    """
    _written.clear()
    with forgiving() as (out, _), signals.handled():
        return _closed(out, _guarded(sys.argv[1:] if argv is None else argv))


def _guarded(argv: list[str]) -> int:
    try:
        return _main(argv)
    except ToldError:
        return MISTAKE
    except UserError as error:
        return complain(error)
    except MemoryError as error:
        from ladsim.runs.workers import out_of_memory

        return complain(out_of_memory(1, str(error)))
    except KeyboardInterrupt:
        _say(f"\nladsim: stopped. {_whereabouts() or 'What was not finished has left nothing behind.'}")
        return INTERRUPTED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else OK if end.code is None else 1


def _closed(out: Forgiving, code: int) -> int:
    """Return the exit code, once what could not be printed has been told."""
    out.flush()
    if out.failed is None or out.gone or code != OK:
        return code
    reason = getattr(out.failed, "strerror", None) or str(out.failed)
    _say(f"ladsim: standard output cannot be written: {reason}. {_whereabouts()}".rstrip())
    return OK if _written else MISTAKE


def complain(error: UserError) -> int:
    """Print a user's mistake to standard error and return its exit code."""
    _say(f"ladsim: {error}")
    return MISTAKE


def _say(text: str) -> None:
    print(plain(text), file=sys.stderr)


def _whereabouts() -> str:
    return f"Results are in {', '.join(str(f) for f in _written)}." if _written else ""


def _main(argv: list[str]) -> int:
    from ladsim.cli import studies

    if "--version" in argv:
        from ladsim.core.version import __version__

        print(f"ladsim {__version__}")
        return OK
    if {"--help", "-h", "--hydra-help"} & set(argv):
        from ladsim.cli.usage import print_help

        print_help(hydra="--hydra-help" in argv)
        return OK
    if argv[:1] == ["explore"]:
        studies.explore(argv[1:])
        return OK
    from ladsim.cli import jobs
    from ladsim.cli.grammar import parse
    from ladsim.runs.options import STUDIES

    arguments = parse(argv)
    if arguments.listing:
        for asked in arguments.jobs():
            if asked["task"] in STUDIES:
                studies.run(str(asked["task"]), asked)
            else:
                list_task(*jobs.listing(asked))
        return OK
    if _shows_one(arguments):
        # Hydra would compose the configuration twice, which takes longer than all else that is shown.
        for asked in arguments.jobs():
            show_task(jobs.shown(asked, arguments.files, arguments.world))
        return OK
    _register(arguments)
    with _scratch() if arguments.multirun else nullcontext() as scratch:
        _hydra(arguments, scratch)
    return OK


def _shows_one(arguments: Any) -> bool:
    """Return whether one scenario is to be shown and nothing is asked of Hydra: no flag, key or interpolation."""
    ours = not any(o.startswith(("hydra.", "hydra/")) or "${" in o for o in arguments.overrides)
    return ours and not arguments.flags and arguments.values.get("task") == ["show"]


def _register(arguments: Any) -> None:
    """Make every scenario a choice of the Hydra group `scenario`, overlaid on the whole configuration."""
    from hydra.core.config_store import ConfigStore

    from ladsim.cli.grammar import literal_values
    from ladsim.cli.jobs import scenario_files
    from ladsim.core.strict_yaml import read_words

    store = ConfigStore.instance()
    chosen = {str(v) for v in arguments.choices}
    for name, file in {**scenario_files(), **arguments.files}.items():
        loaded: Any = read_words(file) if name in chosen else None
        loaded = loaded if isinstance(loaded, dict) else {}
        scenario = loaded.get("scenario")
        node = {
            "scenario": {**(scenario if isinstance(scenario, dict) else {}), "file": str(file)},
            "instrument": loaded.get("instrument") or {},
        }
        store.store(group="scenario", name=name, node=literal_values(node), package="_global_")


@contextmanager
def _scratch() -> Iterator[str]:
    """Yield a folder for what Hydra itself writes of a sweep; it vanishes with its end."""
    with tempfile.TemporaryDirectory(prefix=owned_prefix("hydra")) as folder:
        yield folder


def _hydra(arguments: Any, scratch: str | None) -> None:
    import hydra

    from ladsim.cli.grammar import quoted
    from ladsim.core.paths import conf_dir

    # Hydra would end the process with a shortened traceback; this way its exceptions come out here.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    os.environ[SWEPT] = json.dumps(arguments.swept)
    # Our results folders are made by the run itself, whole; Hydra's own folder is the present one, where it writes
    # nothing, and for a sweep one that vanishes.
    folders = {"hydra.run.dir": ".", "hydra.sweep.dir": scratch or ".", "hydra.sweep.subdir": "."}
    given = {o.split("=")[0] for o in arguments.overrides}
    own = [f"{key}={quoted(value)}" for key, value in folders.items() if key not in given]
    before = sys.argv
    sys.argv = [before[0], *arguments.flags, *arguments.overrides, *own]
    os.environ[CWD] = str(Path.cwd())
    os.environ[SCRATCH] = scratch or ""
    global _begun
    _begun = False
    _failed.clear()
    try:
        hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(job)()
    except UserError:
        raise
    except SystemExit as end:
        # Hydra's own refusals end with 1.
        raise SystemExit(MISTAKE if end.code == 1 and not _begun else end.code) from None
    except Exception as error:
        if _begun and not type(error).__module__.startswith(("hydra", "omegaconf")):
            raise
        if isinstance(error, OSError) and error.filename:
            raise UserError(
                f"a folder of Hydra's own cannot be made: {error.strerror}",
                key=next((key for key in folders if key in given), "hydra.run.dir"),
                value=str(error.filename),
                expected="a folder that can be written, or leave the key out",
            ) from error
        reason = str(error).strip() or type(error).__name__
        raise UserError(f"the command line cannot be composed: {reason}", expected="see --hydra-help") from error
    finally:
        sys.argv = before
    if _failed:
        raise _failed[0]
    if scratch is not None and any(Path(scratch).glob(f"{_FAILED}*")):
        raise ToldError("jobs failed")


def job(config: Any) -> None:
    """Do one Hydra job: one scenario at one point of a sweep. A job that fails does not end the others."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    global _begun
    _begun = True
    with nullcontext() if isinstance(sys.stdout, Forgiving) else forgiving():
        try:
            _job(config)
        except UserError as error:
            # Raised through Hydra, it would be told twice, and would end what a launcher has not begun yet.
            if HydraConfig.get().mode != RunMode.MULTIRUN:
                _failed.append(error)
                return
            complain(error)
            if scratch := os.environ.get(SCRATCH):
                tempfile.mkstemp(prefix=_FAILED, dir=scratch)


def _job(config: Any) -> None:
    from hydra.core.hydra_config import HydraConfig
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from omegaconf import OmegaConf

    from ladsim.cli import jobs

    hydra_config = HydraConfig.get()
    # The composed configuration holds the scenario file's own overlay too; what the user changed is in the overrides.
    changed = OverridesParser.create().parse_overrides(list(hydra_config.overrides.task))
    keys = [(o.get_key_element().lstrip("+"), o.value()) for o in changed]
    values: dict[str, Any] = {k: v for k, v in keys if k.startswith(("instrument.", "behavior.", "calibration."))}
    composed = OmegaConf.to_container(config, resolve=True)
    assert isinstance(composed, dict)
    values |= {k: composed[k] for k in jobs.OPTIONS if k != "scenario" and k in composed}
    name, file = composed["scenario"]["name"], composed["scenario"]["file"]
    values["scenario"] = name if str(jobs.scenario_files().get(name)) == file else file
    # Wherever Hydra has gone to, results go where the command was given.
    values["results_dir"] = str(Path(os.environ[CWD]) / str(values["results_dir"]))
    if "joblib" in str(hydra_config.launcher.get("_target_", "")):
        # The launcher takes the cores already, one a scenario.
        values["workers"], values["progress"] = values["workers"] or 1, False
    TASKS[values["task"]](values, jobs.told(dict(keys), json.loads(os.environ.get(SWEPT, "[]"))))


def run_task(values: dict[str, Any], swept: str = "") -> None:
    """Run a scenario and its reference, write the results folder, print the table, draw the figures."""
    from ladsim.cli import jobs
    from ladsim.results.folder import draw, write_new
    from ladsim.runs.ensemble import run_options

    moment = datetime.now()
    options, instrument, behavior = jobs.request(values)
    result = run_options(options, instrument=instrument, behavior=behavior)
    folder = write_new(result, Path(values["results_dir"]), moment, values=swept)
    _written.append(folder)
    _show(lambda: _report(result, values["table"], _from_here(folder)))
    if values["figures"]:
        for line in draw(result, folder, workers=result.manifest["workers"]):
            _say(f"ladsim: warning: {line}")
    for kind in jobs.check_reports(values["report"]):
        file = folder / f"report.{kind}"
        _show(partial(replace(result, folder=folder).report, file), f"{file.name} cannot be written")
    if values["table"] in ("full", "quiet"):
        print(f"\nResults are in {plain(_from_here(folder))}")


def _report(result: Any, table: str, folder: Path) -> None:
    if table == "full":
        from ladsim.report.tables import print_report

        print_report(result)
    elif table != "quiet":
        from ladsim.report.brief import as_json, brief

        print(as_json(result, folder) if table == "json" else plain(brief(result, folder)))


def _show(show: Callable[[], object], what: str = "the table cannot be shown") -> None:
    """Show what has been written already; whatever happens then does not make the run a failure."""
    try:
        show()
    except Exception as error:
        _say(f"ladsim: warning: {what} ({type(error).__name__}: {error})")


def _from_here(folder: Path) -> Path:
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def show_task(values: dict[str, Any], swept: str = "") -> None:
    """Print what would be run: the scenario, its reference, and the instruments at their terms."""
    from ladsim.behavior.inputs import check_inputs
    from ladsim.cli import jobs
    from ladsim.report.tables import print_scenario
    from ladsim.runs.ensemble import load_pair
    from ladsim.world.world import world_at

    options, instrument, behavior = jobs.request(values)
    check_inputs(world_at(options.world))
    print_scenario(load_pair(options, instrument, behavior))


def score_task(values: dict[str, Any], swept: str = "") -> None:
    """Run history, score it, print the score, and write it into docs/ of a checkout and a results folder."""
    from ladsim.cli import jobs
    from ladsim.validation.pages.task import score_and_write

    options, instrument, behavior = jobs.request(values)
    folder = score_and_write(options, Path(values["results_dir"]), instrument=instrument, behavior=behavior)
    _written.append(folder)
    print(f"\nResults are in {plain(_from_here(folder))}")


def list_task(task: str, name: str | None) -> None:
    """Print the levers or the scenarios, all or the one that is named."""
    if task == "doctor":
        from ladsim.cli.doctor import print_health

        print_health()
        return
    if task == "new":
        print(f"Wrote {plain(_from_here(Path(str(name))))}; every key is explained in it.")
        return
    if task == "site":
        from ladsim.site.build import build

        print(f"The atlas is in {plain(build(Path('site')))}; open it in a browser.")
        return
    from ladsim.policy.listing import lever_rows
    from ladsim.policy.scenario_listing import scenario_rows
    from ladsim.report.levers import print_levers, print_scenarios

    if task == "levers":
        print_levers(lever_rows(name))
    else:
        print_scenarios(scenario_rows(name))


def calibrate_task(values: dict[str, Any], swept: str = "") -> None:
    """Fit the behavior to the record up to 2024-05 and write the fitted sets; nothing is run twice."""
    from ladsim.calibration.options import options_from
    from ladsim.calibration.task import calibrate

    calibrate(options_from(values))


TASKS: dict[str, Callable[..., None]] = {
    "run": run_task,
    "show": show_task,
    "score": score_task,
    "calibrate": calibrate_task,
}
