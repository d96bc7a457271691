"""The command line as a user meets it: processes, exit codes, and folders that are whole or absent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import pytest
import yaml

import ladsim
from ladsim.cli import app, jobs
from ladsim.core.errors import UserError
from ladsim.results.reading import load

FAKE = [sys.executable, str(Path(__file__).parents[1] / "fake_cli.py")]
ROOT = Path(__file__).parents[2]
REMOVALS = "instrument.panama_removal_program.terms.removals_per_day"
SMALL = ["start=2023-01-01", "end=2023-03-31", "seeds=2", "workers=1", "figures=false"]


def call(folder: Path, *arguments: str, command: list[str] | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*(command or FAKE), *arguments], cwd=folder, capture_output=True, text=True, timeout=120, env=environment
    )


MISTAKES = {
    "no scenario": ([], "no scenario given", "panama_removal"),
    "unknown scenario": (["scenario=panama_remval"], "no such scenario", "'panama_removal'"),
    "empty scenario": (["scenario="], "no such scenario", "panama_removal"),
    "missing scenario file": (["scenario=mine/x.yaml"], "no such scenario file", "YAML"),
    "no key": (["scenario=history", "quickly"], "not of the form key=value", "quickly"),
    "unknown key": (["scenario=history", "sceds=3"], "unknown key", "'seeds'"),
    "unknown flag": (["scenario=history", "--mulitrun"], "unknown flag", "'--multirun'"),
    "flag without its value": (["scenario=history", "--cfg"], "needs a value", "--cfg"),
    "key given twice": (["scenario=history", "scale=1", "scale=2"], "given twice", "scale"),
    "scenario given twice": (["scenario=history", "scenario=baseline"], "given twice", "scenario"),
    "unreadable value": (["scenario=history", "include=[a"], "cannot be read", "include=[a"),
    "deletion": (["scenario=history", "~scale=1"], "'~' cannot be used", "exclude"),
    "no seeds": (["scenario=history", "seeds=0"], "seeds is out of range", "1 to "),
    "no scale": (["scenario=history", "scale=0"], "scale is out of range", "1 to "),
    "no parameter sets": (["scenario=history", "parameter_sets=0"], "parameter_sets is out of range", "1 to "),
    "scale as text": (["scenario=history", "scale=big"], "scale is not a whole number", "'big'"),
    "no workers": (["scenario=history", "workers=0"], "workers is out of range", "1 to "),
    "no date": (["scenario=history", "start=2023-02-30"], "start is not a date", "YYYY-MM-DD"),
    "end before start": (
        ["scenario=history", "start=2023-06-01", "end=2023-01-01"],
        "end lies before the start",
        "2023-06-01",
    ),
    "end before the scenario's start": (["scenario=history", "end=2019-01-01"], "ends before it starts", "2021-01-01"),
    "unknown instrument": (["scenario=history", "instrument.chnv_parol.start=2023-01-01"], "unknown", "'chnv_parole'"),
    "unknown term": (["scenario=history", "instrument.chnv_parole.terms.capcity=3"], "no such term", "'capacity'"),
    "unknown key of an instrument": (
        ["scenario=history", "instrument.chnv_parole.stat=2023-01-01"],
        "unknown",
        "'start'",
    ),
    "negative capacity": (["scenario=history", "instrument.chnv_parole.terms.capacity=-1"], "out of bounds", "least 0"),
    "term as text": (["scenario=history", "instrument.chnv_parole.terms.capacity=many"], "many", "chnv_parole"),
    "wrong date of an instrument": (["scenario=history", "instrument.chnv_parole.start=soon"], "date", "'soon'"),
    "unknown nationality": (
        ["scenario=history", "instrument.chnv_parole.terms.capacity={VNE:1,default:2}"],
        "VNE",
        "capacity",
    ),
    "instrument that does not act": (["scenario=baseline", f"{REMOVALS}=4"], "does not act", "include"),
    "unknown behavior": (["scenario=history", "behavior.credibilty=0.5"], "unknown behavior", "'credibility'"),
    "behavior out of range": (["scenario=history", "behavior.credibility=7"], "outside its range", "0.2 to 1"),
    "unknown reference": (["scenario=history", "reference=histroy"], "no such scenario", "'history'"),
    "unknown included instrument": (["scenario=history", "include=[chnv]"], "unknown instrument", "include"),
    "list that is none": (["scenario=history", "exclude=chnv_parole"], "not a list", "[id, ...]"),
    "unknown task": (["scenario=history", "task=walk"], "unknown task", "run"),
    "values without a sweep": (["scenario=history,baseline"], "need a sweep", "-m"),
    "mistake in a sweep's second job": (["-m", "scenario=history,basline"], "no such scenario", "'baseline'"),
    "results in a file": (["scenario=history", "results_dir=/dev/null"], "not a folder", "/dev/null"),
    "unknown key of hydra": (["scenario=history", "hydra.foo=1"], "hydra.foo", "--hydra-help"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_gives_one_message_and_writes_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, message, hint = MISTAKES[name]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    assert app.main(arguments) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert hint in printed.err
    assert printed.err.count("ladsim: ") == 1
    assert printed.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["unknown scenario", "negative capacity", "unknown key of hydra"])
def test_a_mistake_ends_the_process_with_code_2(name: str, tmp_path: Path) -> None:
    arguments, message, _ = MISTAKES[name]
    done = call(tmp_path, *arguments, command=[sys.executable, "-m", "ladsim"])
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_broken_scenario_file_is_named_with_its_line(tmp_path: Path) -> None:
    text = (ROOT / "scenarios" / "panama_removal.yaml").read_text().replace("panama_removal\n", "mine\n", 1)
    file = tmp_path / "mine.yaml"
    for broken, message in (
        (text.replace("reference:", "refrence:"), "'reference'"),
        (text + "  title: again\n", "title"),
        (text.replace("2021-10-01", "2021-13-01"), "2021-13-01"),
        (text.replace("[panama_removal_program]", "[panama_removal_progam]"), "'panama_removal_progam'"),
        (text.replace("scenario:", "scenario: ["), "mine.yaml"),
    ):
        file.write_text(broken)
        done = call(tmp_path, "scenario=mine.yaml")
        assert done.returncode == 2, done.stderr
        assert "mine.yaml" in done.stderr
        assert message in done.stderr
        assert "Traceback" not in done.stderr
        assert [p.name for p in tmp_path.iterdir()] == ["mine.yaml"]


def test_a_run_prints_its_table_and_writes_one_folder(tmp_path: Path) -> None:
    done = call(tmp_path, "scenario=panama_removal", *SMALL, f"{REMOVALS}=40", "behavior.credibility=0.5")
    assert done.returncode == 0, done.stderr
    assert "Encounters between ports (events)" in done.stdout
    assert done.stderr == ""
    (folder,) = (tmp_path / "results" / "panama_removal").iterdir()
    assert [p.name for p in tmp_path.iterdir()] == ["results"]
    result = load(folder)
    assert result.reference is not None
    assert result.config["instrument"] == {"panama_removal_program": {"terms": {"removals_per_day": 40}}}
    assert result.config["behavior"] == {"credibility": 0.5}
    assert (result.scenario.start, len(result.seeds)) == ("2023-01-01", 2)


def test_a_sweep_writes_one_folder_a_job(tmp_path: Path) -> None:
    done = call(tmp_path, "-m", "scenario=panama_removal", f"{REMOVALS}=10,20", "reference=false", *SMALL)
    assert done.returncode == 0, done.stderr
    folders = sorted((tmp_path / "results" / "panama_removal").iterdir())
    rates = [load(f).config["instrument"]["panama_removal_program"]["terms"]["removals_per_day"] for f in folders]
    assert sorted(rates) == [10, 20]
    assert [p.name for p in tmp_path.iterdir()] == ["results"]


def test_a_scenario_of_ones_own(tmp_path: Path) -> None:
    text = (ROOT / "scenarios" / "panama_removal.yaml").read_text().replace("panama_removal\n", "mine\n", 1)
    (tmp_path / "mine.yaml").write_text(text.replace("reference: baseline", "reference: null"))
    done = call(tmp_path, "scenario=mine.yaml", *SMALL, "results_dir=out")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "mine").is_dir()


def test_terms_by_date_and_by_nationality(tmp_path: Path) -> None:
    given = "{2023-01-06:1000,2023-02-01:500}"
    done = call(tmp_path, "scenario=history", *SMALL, f"instrument.chnv_parole.terms.capacity={given}")
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "results" / "history").iterdir()
    page = yaml.safe_load((folder / "scenario.yaml").read_text())
    values = page["instrument"]["chnv_parole"]["terms"]["capacity"]["values"]
    assert {str(k): v for k, v in values.items()} == {"2023-01-06": 1000, "2023-02-01": 500}


def test_help_version_config_and_show_write_nothing(tmp_path: Path) -> None:
    shown = call(tmp_path, "--help")
    assert shown.returncode == 0
    for part in ("panama_removal", "seeds=8", "assumed=true", "-m scenario=", "instrument.<id>.terms", "--hydra-help"):
        assert part in shown.stdout
    assert call(tmp_path, "--version").stdout.strip() == f"ladsim {ladsim.__version__}"
    config = call(tmp_path, "--cfg", "job", "scenario=panama_removal", f"{REMOVALS}=40")
    assert yaml.safe_load(config.stdout)["instrument"]["panama_removal_program"]["terms"]["removals_per_day"] == 40
    assert yaml.safe_load(config.stdout)["scenario"]["reference"] == "baseline"
    assert "removals_per_day" in call(tmp_path, "task=show", "scenario=panama_removal").stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_stopped_run_leaves_nothing(tmp_path: Path, sent: signal.Signals, code: int, workers: int) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LADSIM_FAKE_SECONDS": "30", "LADSIM_FAKE_MARK": "started"}
    process = subprocess.Popen(
        [*FAKE, "scenario=history", f"workers={workers}", "seeds=2"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Where the tests run in the background of a shell, Ctrl-C is ignored and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    begun = time.monotonic()
    while not (tmp_path / "started").exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() - begun < 90
        time.sleep(0.1)
    os.killpg(process.pid, sent)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in errors
    assert [p.name for p in tmp_path.iterdir()] == ["started"]
    assert _group_is_gone(process.pid)


def _group_is_gone(group: int) -> bool:
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_options_have_the_defaults_of_the_configuration() -> None:
    from ladsim.runs.options import RunOptions

    given = yaml.safe_load((ROOT / "conf" / "config.yaml").read_text())
    for key, value in RunOptions().plain().items():
        if key != "scenario":
            assert given[key] == value, key
    assert set(jobs.OPTIONS) - {"scenario", *jobs.STUDY_KEYS} == set(given) - {
        "defaults",
        "hydra",
        "instrument",
        "behavior",
        "calibration",
    }


def test_importing_ladsim_is_cheap() -> None:
    code = "import sys, ladsim; assert not {'pandas', 'mesa', 'matplotlib', 'hydra'} & set(sys.modules); dir(ladsim)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    assert set(dir(ladsim)) >= {"scenarios", "instruments", "observed", "load_scenario", "run", "load", "LadModel"}


def test_tables_of_what_there_is() -> None:
    assert {"history", "baseline", "panama_removal"} <= set(ladsim.scenarios()["name"])
    assert "panama_removal_program" in set(ladsim.instruments()["id"])
    assert set(ladsim.observed("darien_entries")["place"]) == {"PAN"}
    with pytest.raises(UserError):
        ladsim.observed("darien_entry")


def test_a_failing_job_of_a_sweep_does_not_end_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import fakes

    from ladsim.runs import ensemble

    whole = ensemble.run_options

    def failing(options: object, **more: object) -> object:
        if options.scale == 200:  # type: ignore[attr-defined]
            raise UserError("this one fails", key="scale", value=200)
        return whole(options, **{**more, "model": fakes.FakeModel})  # type: ignore[arg-type]

    monkeypatch.setattr(ensemble, "run_options", failing)
    monkeypatch.chdir(tmp_path)
    with mock.patch.dict(os.environ):
        assert app.main(["-m", "scenario=history", "scale=100,200,300", *SMALL]) == 2
    assert capsys.readouterr().err.count("this one fails") == 1
    folders = sorted(p.name.partition(" ")[2] for p in (tmp_path / "results" / "history").iterdir())
    assert folders == ["scale=100", "scale=300"]
