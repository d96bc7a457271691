"""The Hydra application behind `python -m ladsim`; with :mod:`ladsim.cli.grammar` the only place that knows Hydra."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from ladsim.cli import grammar as cli
from ladsim.core.errors import UserError

OK, MISTAKE, INTERRUPTED, TERMINATED = 0, 2, 130, 143


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, 2 for a user's mistake, 130 after Ctrl-C."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return _main(sys.argv[1:] if argv is None else argv)
    except UserError as error:
        return complain(error)
    except KeyboardInterrupt:
        print("\nladsim: stopped. What was not finished has left nothing behind.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone (`| head`); that is no mistake and needs no traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else OK if end.code is None else 1


def complain(error: UserError) -> int:
    """Print a user's mistake to standard error and return its exit code."""
    print(f"ladsim: {error}", file=sys.stderr)
    return MISTAKE


def _terminate(_signal: int, _frame: Any) -> None:
    # Raised as an exception so that a half-written results folder is removed on the way out.
    raise SystemExit(TERMINATED)


def _main(argv: list[str]) -> int:
    arguments = cli.parse(argv)
    if arguments.has("--version"):
        from ladsim.core.version import __version__

        print(f"ladsim {__version__}")
        return OK
    if arguments.has("--help", "-h"):
        from ladsim.cli.usage import print_help

        print_help()
        return OK
    if arguments.listing:
        for asked in arguments.jobs():
            list_task(*cli.listing(asked))
        return OK
    _register(arguments)
    with tempfile.TemporaryDirectory(prefix="ladsim-hydra-") as scratch:
        _hydra(arguments, scratch)
    return OK


def _register(arguments: cli.Arguments) -> None:
    """Make every scenario a choice of the Hydra group `scenario`, overlaid on the whole configuration."""
    import yaml
    from hydra.core.config_store import ConfigStore

    store = ConfigStore.instance()
    for name, file in {**cli.scenario_files(), **arguments.files}.items():
        try:
            loaded = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        except (OSError, yaml.YAMLError) as error:
            if name not in arguments.values.get("scenario", []):
                continue
            raise UserError(f"cannot read scenario: {error}", file=file) from None
        loaded = loaded if isinstance(loaded, dict) else {}
        scenario = loaded.get("scenario")
        node = {
            "scenario": {**(scenario if isinstance(scenario, dict) else {}), "file": str(file)},
            "instrument": loaded.get("instrument") or {},
        }
        store.store(group="scenario", name=name, node=node, package="_global_")


def _hydra(arguments: cli.Arguments, scratch: str) -> None:
    import hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from ladsim.core.paths import conf_dir

    # Hydra would end the process with a shortened traceback; this way its exceptions come out here.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    # Hydra wants a folder of its own; ours are made by the run itself, whole, and this one vanishes.
    folders = [f"hydra.run.dir='{scratch}'", f"hydra.sweep.dir='{scratch}'", "hydra.sweep.subdir=."]
    given = [o.split("=")[0] for o in arguments.overrides]
    folders = [f for f in folders if f.split("=")[0] not in given]
    before = sys.argv
    sys.argv = [before[0], *arguments.flags, *arguments.overrides, *folders]
    try:
        hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(job)()
    except (HydraException, OmegaConfBaseException) as error:
        raise UserError(str(error), expected="see --hydra-help") from error
    finally:
        sys.argv = before


def job(config: Any) -> None:
    """Do one Hydra job: one scenario at one point of a sweep."""
    try:
        _job(config)
    except UserError as error:
        raise SystemExit(complain(error)) from None


def _job(config: Any) -> None:
    from hydra.core.hydra_config import HydraConfig
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from omegaconf import OmegaConf

    hydra_config = HydraConfig.get()
    # The composed configuration holds the scenario file's own overlay too; what the user changed is in the overrides.
    changed = OverridesParser.create().parse_overrides(list(hydra_config.overrides.task))
    keys = [(o.get_key_element().lstrip("+"), o.value()) for o in changed]
    values: dict[str, Any] = {k: v for k, v in keys if k.startswith(("instrument.", "behavior.", "calibration."))}
    plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    values |= {k: plain[k] for k in cli.OPTIONS if k != "scenario"}
    name, file = plain["scenario"]["name"], plain["scenario"]["file"]
    values["scenario"] = name if str(cli.scenario_files().get(name)) == file else file
    if "joblib" in str(hydra_config.launcher.get("_target_", "")):
        # The launcher takes the cores already, one a scenario.
        values["workers"], values["progress"] = values["workers"] or 1, False
    TASKS[values["task"]](values)


def run_task(values: dict[str, Any]) -> None:
    """Run a scenario and its reference, print the table, write the results folder."""
    from ladsim.report.tables import print_report
    from ladsim.results.folder import new_folder
    from ladsim.runs.ensemble import run_options

    moment = datetime.now()
    options, instrument, behavior = cli.request(values)
    result = run_options(options, instrument=instrument, behavior=behavior)
    folder = new_folder(Path(values["results_dir"]), result.scenario.name, moment)
    result.save(folder, figures=values["figures"], workers=result.manifest["workers"])
    print_report(result)
    print(f"\nResults are in {folder}")


def show_task(values: dict[str, Any]) -> None:
    """Print what would be run: the scenario, its reference, and the instruments at their terms."""
    from ladsim.report.tables import print_scenario
    from ladsim.runs.ensemble import load_pair

    options, instrument, behavior = cli.request(values)
    print_scenario(load_pair(options, instrument, behavior))


def score_task(values: dict[str, Any]) -> None:
    """Run history, score it, print the score, and write it into docs/ of a checkout and a results folder."""
    from ladsim.validation.pages.task import score_and_write

    options, instrument, behavior = cli.request(values)
    folder = score_and_write(options, Path(values["results_dir"]), instrument=instrument, behavior=behavior)
    print(f"\nResults are in {folder}")


def list_task(task: str, name: str | None) -> None:
    """Print the levers or the scenarios, all or the one that is named."""
    from ladsim.policy.listing import lever_rows, scenario_rows
    from ladsim.report.levers import print_levers, print_scenarios

    if task == "levers":
        print_levers(lever_rows(name))
    else:
        print_scenarios(scenario_rows(name))


def calibrate_task(values: dict[str, Any]) -> None:
    """Fit the behavior to the record up to 2024-05 and write the fitted sets; nothing is run twice."""
    from ladsim.calibration.options import options_from
    from ladsim.calibration.task import calibrate

    calibrate(options_from(values))


TASKS = {"run": run_task, "show": show_task, "score": score_task, "calibrate": calibrate_task}
