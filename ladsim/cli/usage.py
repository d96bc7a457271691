"""The text of `python -m ladsim --help`."""

from __future__ import annotations

from ladsim.core.checks import FIRST_DAY, LAST_DAY, RANGES
from ladsim.core.errors import UserError
from ladsim.core.text import one_line

USAGE = """\
ladsim: who would move, by which way, and who would be encountered where, under which policies.

Usage
  python -m ladsim scenario=NAME [key=value ...]      run a scenario and its reference over several seeds
  python -m ladsim -m scenario=A,B [key=value ...]    run every combination of values, one results folder each
  python -m ladsim task=calibrate                     fit the behavior to the record up to 2024-05 (hours);
                                                      calibration.without=EXPERIMENT: refit without an event
  python -m ladsim task=study study=FILE.yaml         run a design of many runs, which can be stopped and gone on with;
                                                      executor=dask scheduler=tcp://HOST:PORT: on a cluster
  python -m ladsim task=compare 'folders=[A,B]'       compare saved runs, paired person by person;
                                                      observed=FILE.csv: with figures of your own
  python -m ladsim task=attribute scenario=NAME       divide its effect among its levers; by=pillar groups them
  python -m ladsim task=sensitivity study=FILE.yaml   which factors matter; method=morris|sobol samples=N
  python -m ladsim task=frontier study=FILE.yaml      mixes of levers that none other beats; trials=N
  python -m ladsim task=nowcast [observed=FILE.csv]   the months after the last observed one, scored against rivals
  python -m ladsim task=score                         score history against the record, into docs/validation.md
  python -m ladsim task=show scenario=NAME            show its instruments and their terms, run nothing
  python -m ladsim task=levers [lever=ID]             list every instrument: terms, dates, sources, commands
  python -m ladsim task=scenarios [scenario=NAME]     list every scenario: question, reference, what differs
  python -m ladsim task=new instrument=NAME lever=KIND  write an annotated instrument file to start from
  python -m ladsim task=new scenario=NAME             write an annotated scenario file to start from
  python -m ladsim explore [port=N] [open=false]      move levers on a page in your browser, answered at once
  python -m ladsim task=site                          write the atlas as pages: site/index.html
  python -m ladsim task=doctor                        check this machine; remove what killed runs left

Scenarios
{scenarios}
  or the path of a YAML file of your own: scenario=mine/what_if.yaml

Options
  start=YYYY-MM-DD end=YYYY-MM-DD   first and last day, {first} to {last} [the scenario's own]
  scale=100                         persons per agent, {scale}: smaller is slower, less noisy; the mean stays
  seeds=8                           replicates, {seeds}; intervals cover chance, fitted sets and assumed terms
  workers=N                         processes, {workers} [one a core]; results do not depend on it
  root_seed=20220610                another list of seeds, 0 to 2**63 - 1
  parameter_sets=N                  fitted parameter sets the seeds take in turn, {parameter_sets} [all]; 1: the best
                                    one, and intervals that do not cover them
  assumed=true|false                draw assumed terms within their ranges: of instruments that differ, and claims
  include=[id] exclude=[id]         put instruments into the scenario, or leave them out (not in its reference)
  instruments_dir=FOLDER            instruments of your own, one YAML file each, acting in the scenario alone
  world=FOLDER                      places, people, instruments and scenarios of your own (docs/own-corridor.md)
  reference=true|false|NAME         compare with the scenario's own reference, with none, or with another scenario
  checkpoints=FOLDER|off            stored states of references: another scenario against the same one starts on the day
                                    on which it differs, to the same bits [in the cache folder]
  results_dir=results               results go to <results_dir>/<scenario>/<time>/, in a sweep <time> and its values
  figures=true|false                draw figures and write report.html as well
  report=docx|xlsx|[docx,xlsx]      a Word memo, an Excel workbook beside it (pip install 'ladsim[office]')
  table=brief|full|quiet|json       what is printed: ten lines, every measure by year, nothing but the folder, JSON
  progress=true|false               progress bar on standard error [on a terminal]

Levers and behavior
  instrument.<id>.terms.<term>=40   change a term: for all dates,
  'instrument.<id>.terms.<term>={{2023-01-01:40,2024-01-01:80}}'  by date, or {{<code>:40,default:10}} by nationality
  instrument.<id>.start=YYYY-MM-DD  change a date; end= likewise
  behavior.<name>=0.5               change how people respond, in the scenario and its reference
  Changed instruments are compared with the reference as its file has it.

Examples
  python -m ladsim scenario=panama_removal
  python -m ladsim scenario=panama_removal instrument.panama_removal_program.terms.removals_per_day=40
  python -m ladsim -m scenario=history,baseline hydra/launcher=joblib
  python -m ladsim -m scenario=panama_removal instrument.panama_removal_program.terms.removals_per_day=10,40,160
  python -m ladsim scenario=history start=2022-01-01 end=2023-12-31 scale=50 seeds=4 workers=2

Hydra
  --cfg job shows the composed configuration, --hydra-help the flags of Hydra that can be used here.
  {instruments} instruments, in {folder}"""

HYDRA = """\
Flags of Hydra that ladsim takes, one of the first four on a command line
  -m, --multirun            run every combination of values: scenario=A,B scale=100,200
  -r, --run                 run once (the default)
  -c, --cfg job|hydra|all   show the composed configuration, run nothing; with -p, --package KEY a part of it,
                            with --resolve its values
  -i, --info all|config|defaults|defaults-tree|plugins|searchpath
                            show where the configuration comes from
  -cd, --config-dir FOLDER  one more folder of configuration; only one that you trust, since it can name code to run

Keys of Hydra, on the command line
  hydra/launcher=joblib     run the jobs of a sweep side by side; hydra.launcher.n_jobs=N
  hydra.sweep.dir=FOLDER    keep what Hydra notes of a sweep
  https://hydra.cc/docs/1.3/intro/ explains all of them; + and ~ cannot be used."""


def help_text() -> str:
    """Return the help, with the scenarios that there are."""
    from ladsim.core.paths import scenarios_dir
    from ladsim.core.strict_yaml import read_yaml

    rows = []
    for file in sorted(scenarios_dir().glob("*.yaml")):
        told = read_yaml(file)[0].get("scenario")
        rows.append((file.stem, one_line(told.get("title", "") if isinstance(told, dict) else "")))
    width = max((len(name) for name, _ in rows), default=0)
    return _filled("\n".join(f"  {name:<{width}}  {title}" for name, title in rows) or "  (none)")


def _filled(scenarios: str) -> str:
    from ladsim.core.paths import instruments_dir

    folder = instruments_dir()
    ranges = {key: f"{low:,} to {high:,}" for key, (low, high) in RANGES.items()}
    return USAGE.format(
        scenarios=scenarios,
        instruments=len(list(folder.glob("*.yaml"))),
        folder=folder,
        first=FIRST_DAY,
        last=LAST_DAY,
        **ranges,
    )


def print_help(*, hydra: bool = False) -> None:
    """Print the help, or that on Hydra's flags; a broken scenario file is reported after it."""
    if hydra:
        print(HYDRA)
        return
    try:
        print(help_text())
    except UserError as error:
        print(_filled("  (cannot be read)"))
        raise error
