"""The text of `python -m ladsim --help`."""

from __future__ import annotations

from ladsim.core.errors import UserError

USAGE = """\
ladsim: who would move, by which way, and who would be encountered where, under which policies.

Usage
  python -m ladsim scenario=NAME [key=value ...]      run a scenario and its reference over several seeds
  python -m ladsim -m scenario=A,B [key=value ...]    run every combination of values, one results folder each
  python -m ladsim task=calibrate                     fit the behavior to the record up to 2024-05 (hours);
                                                      calibration.without=EXPERIMENT: refit without an event
  python -m ladsim task=score                         score history against the record, into docs/validation.md
  python -m ladsim task=show scenario=NAME            show its instruments and their terms, run nothing
  python -m ladsim task=levers [lever=ID]             list every instrument: terms, dates, sources, commands
  python -m ladsim task=scenarios [scenario=NAME]     list every scenario: question, reference, what differs

Scenarios
{scenarios}
  or the path of a YAML file of your own: scenario=mine/what_if.yaml

Options
  start=YYYY-MM-DD end=YYYY-MM-DD   first and last day [the scenario's own]
  scale=100                         persons per agent: smaller is slower and less noisy; the mean does not change
  seeds=4                           replicates; intervals are over these, and cover chance and fitted parameters
  workers=N                         processes [one a core]; results do not depend on it
  root_seed=20220610                another list of seeds
  parameter_sets=N                  fitted parameter sets that the seeds take in turn [all]; 1: the best one, and
                                    intervals that cover chance only
  include=[id] exclude=[id]         put instruments into the scenario, or leave them out (not in its reference)
  reference=true|false|NAME         compare with the scenario's own reference, with none, or with another scenario
  results_dir=results               results go to <results_dir>/<scenario>/<time>/
  figures=true|false                draw figures as well
  progress=true|false               progress bar on standard error [on a terminal]

Levers and behavior
  instrument.<id>.terms.<term>=40   change a term: for all dates,
  'instrument.<id>.terms.<term>={{2023-01-01:40,2024-01-01:80}}'  by date, or {{VEN:40,default:10}} by nationality
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
  --cfg job shows the composed configuration, --hydra-help all of Hydra's flags. {instruments} instruments, in
  {folder}"""


def help_text() -> str:
    """Return the help, with the scenarios that there are."""
    from ladsim.core.paths import instruments_dir
    from ladsim.policy.scenario import list_scenarios

    rows = list_scenarios()
    width = max((len(r["name"]) for r in rows), default=0)
    lines = [f"  {r['name']:<{width}}  {r['title']}" for r in rows]
    folder = instruments_dir()
    n = len(list(folder.glob("*.yaml"))) if folder.is_dir() else 0
    return USAGE.format(scenarios="\n".join(lines) or "  (none)", instruments=n, folder=folder)


def print_help() -> None:
    """Print the help; a broken scenario file is reported after it."""
    try:
        print(help_text())
    except UserError as error:
        print(USAGE.format(scenarios="  (cannot be read)", instruments="?", folder="conf/instrument"))
        raise error
