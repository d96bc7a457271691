"""The corpus of hostile input: one file per case in cases/, with what must happen.

A case is a YAML mapping. ``what`` says it in words; ``exit`` is the exit code (0 or 2) and ``says`` what standard error
or the exception must name. The rest tells what is done:

- ``argv``: a command line, run in this process in an empty folder, after ``files`` (name: text, or ``{repeat: [text,
  times]}``) were written there. A mistake leaves the folder as it was. ``shows`` must stand on standard output.
- ``edit``: changes of a results folder that is then loaded: ``set`` a key of the manifest, ``column`` of a table to a
  value in its first row, ``write`` or ``cut`` or ``drop`` a file, a ``pipe`` or a ``link`` in the place of
  one, the ``same_rows`` very often; ``sealed: true`` makes the digests right again, as a
  forger would. ``edited_loads: true`` where ``allow_edited=True`` must take it.
- ``call``: arguments of ladsim.run, run with the fake model.
- ``process``: a command line in a process of its own, whose standard output, standard error or environment is odd.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

import fake_cli
import fakes
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

import ladsim
from ladsim.cli import app
from ladsim.core.errors import UserError
from ladsim.results import schema
from ladsim.results.run_result import RunResult
from ladsim.runs import ensemble

FOLDER = Path(__file__).parent / "cases"
ROOT = Path(__file__).parents[2]
SECONDS = 20
"""No case uses more of the processor; most use well under one second."""
DATES = ["start=2023-01-01", "end=2023-03-31", "seeds=2", "workers=1", "figures=false"]


def read(path: Path) -> dict[str, Any]:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict) and loaded.get("what") and "exit" in loaded, path.name
    return loaded


CASES = {path.stem: read(path) for path in sorted(FOLDER.glob("*.yaml"))}


def of_kind(kind: str) -> list[str]:
    return [name for name, case in CASES.items() if kind in case]


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else str(value["repeat"][0]) * int(value["repeat"][1])


def scenario_file(name: str, **changes: Any) -> str:
    told = {"name": name, "title": "T", "question": "Q?", "start": "2023-01-01", "end": "2023-03-31"} | changes
    return yaml.safe_dump({"scenario": told}, allow_unicode=True)


def put(files: dict[str, Any], folder: Path) -> None:
    for name, value in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(value, dict) and "scenario" in value:
            place.write_text(scenario_file(place.stem, **(value["scenario"] or {})), encoding="utf-8")
        elif isinstance(value, dict) and "hex" in value:
            place.write_bytes(bytes.fromhex(value["hex"]))
        else:
            place.write_text(text_of(value), encoding="utf-8")


def all_below(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def test_the_corpus_is_large_and_every_case_is_run() -> None:
    assert len(CASES) >= 150
    kinds = [of_kind(kind) for kind in ("argv", "edit", "call", "process")]
    assert sorted(name for names in kinds for name in names) == sorted(CASES)


@pytest.mark.parametrize("name", of_kind("argv"))
def test_command_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[name]
    put(case.get("files", {}), tmp_path)
    before = all_below(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ensemble, "run_options", ensemble.run_options)
    fake_cli.install()
    argv = [*map(text_of, case["argv"]), *(DATES if case.get("quick") else [])]
    begun = time.process_time()
    with mock.patch.dict(os.environ):
        code = app.main(argv)
    assert time.process_time() - begun < case.get("seconds", SECONDS)
    printed = capsys.readouterr()
    assert code == case["exit"], printed.err
    assert "Traceback" not in printed.err + printed.out
    assert "\x1b" not in printed.err + printed.out
    for part in case.get("says", []):
        assert part in printed.err
    for part in case.get("shows", []):
        assert part in printed.out
    if code:
        assert printed.err.count("ladsim: ") == 1
        assert printed.out == ""
        assert all_below(tmp_path) == before
    else:
        assert not [p for p in all_below(tmp_path) if ".ladsim-" in p]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    reference = fakes.result("baseline", end="2023-04-30", seeds=(11, 22))
    result = fakes.result("what_if", end="2023-04-30", seeds=(11, 22), effect=-0.2, reference=reference)
    return result.save(tmp_path_factory.mktemp("saved") / "run", figures=False)


def change(folder: Path, edits: list[dict[str, Any]]) -> None:
    for edit in edits:
        ((verb, given),) = edit.items()
        if verb == "set":
            manifest = json.loads((folder / "manifest.json").read_text())
            for key, value in given.items():
                *way, last = key.split(".") if "parquet" not in key else key.split(".", 1)
                place = manifest
                for part in way:
                    place = place[part]
                place[last] = value
            (folder / "manifest.json").write_text(json.dumps(manifest))
        elif verb == "column":
            file = given.get("file", "monthly.parquet")
            table = pd.read_parquet(folder / file)
            values = table[given["name"]].tolist()
            values[0] = float(given["to"]) if given["to"] == "nan" else given["to"]
            table[given["name"]] = values
            table.to_parquet(folder / file, index=False)
        elif verb == "rows":
            table = pd.read_parquet(folder / "monthly.parquet")
            how = {"twice": [table, table.head(3)], "backwards": [table[::-1]], "fewer": [table.head(-3)]}[given]
            pd.concat(how).to_parquet(folder / "monthly.parquet", index=False)
        elif verb == "more_columns":
            table = pd.read_parquet(folder / "monthly.parquet").assign(**given)
            table.to_parquet(folder / "monthly.parquet", index=False)
        elif verb == "nested":
            table = pd.read_parquet(folder / "monthly.parquet")
            table["value"] = [[int(v)] for v in table["value"]]
            table.to_parquet(folder / "monthly.parquet", index=False)
        elif verb == "write":
            for name, value in given.items():
                if isinstance(value, dict) and "hex" in value:
                    (folder / name).write_bytes(bytes.fromhex(value["hex"]))
                else:
                    (folder / name).write_text(text_of(value))
        elif verb == "cut":
            data = (folder / given).read_bytes()
            (folder / given).write_bytes(data[: len(data) // 2])
        elif verb == "drop":
            (folder / given).unlink()
        elif verb == "pipe":
            (folder / given).unlink()
            os.mkfifo(folder / given)
        elif verb == "link":
            for name, to in given.items():
                (folder / name).unlink()
                (folder / name).symlink_to(to)
        elif verb == "same_rows":
            table = pq.read_table(folder / "monthly.parquet").slice(0, 1).combine_chunks()
            with pq.ParquetWriter(folder / "monthly.parquet", table.schema, compression="zstd") as writer:
                many = table.take(np.zeros(given["in_group"], dtype=np.int64))
                for _ in range(given["groups"]):
                    writer.write_table(many)
        elif verb == "folder":
            (folder / given).unlink()
            (folder / given).mkdir()
        else:
            raise AssertionError(verb)


def forge(folder: Path) -> None:
    """Make rows and digests right again, as somebody would who knows how they are made."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in manifest["digests"]:
        if (folder / name).is_file():
            manifest["digests"][name] = schema.digest((folder / name).read_bytes())
    (folder / "manifest.json").write_text(json.dumps(schema.sealed(manifest)))


@pytest.mark.parametrize("name", of_kind("edit"))
def test_results_folder(name: str, saved: Path, tmp_path: Path) -> None:
    case = CASES[name]
    folder = tmp_path / "run"
    shutil.copytree(saved, folder)
    change(folder, case["edit"])
    if case.get("sealed"):
        forge(folder)
    begun = time.process_time()
    if case["exit"] == 0:
        assert isinstance(ladsim.load(folder), RunResult)
    else:
        with pytest.raises(UserError) as caught:
            ladsim.load(folder)
        for part in case["says"]:
            assert part in str(caught.value)
    if case.get("edited_loads"):
        assert len(ladsim.load(folder, allow_edited=True).summary()) > 0
    elif case["exit"]:
        with pytest.raises(UserError):
            ladsim.load(folder, allow_edited=True)
    assert time.process_time() - begun < SECONDS


NUMPY = {
    "np.int64": np.int64,
    "np.array": np.array,
    "np.float64": np.float64,
    "np.datetime64": np.datetime64,
    "timestamp": pd.Timestamp,
}


def python_value(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1 and (made := NUMPY.get(next(iter(value)))):
        return made(next(iter(value.values())))
    if isinstance(value, dict):
        return {key: python_value(inner) for key, inner in value.items()}
    return value


@pytest.mark.parametrize("name", of_kind("call"))
def test_python_call(name: str) -> None:
    case = CASES[name]
    given = {"scenario": "panama_removal", "start": "2023-01-01", "end": "2023-03-31", "seeds": 2, "workers": 1}
    given |= {"model": fakes.FakeModel, "progress": False}
    given |= {key: python_value(value) for key, value in case["call"].items()}
    if case["exit"] == 0:
        assert len(ladsim.run(given.pop("scenario"), **given).monthly) > 0
        return
    with pytest.raises(UserError) as caught:
        ladsim.run(given.pop("scenario"), **given)
    for part in case["says"]:
        assert part in str(caught.value)


@pytest.mark.parametrize("name", of_kind("process"))
def test_process(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    odd = tmp_path / case.get("folder", "here")
    odd.mkdir()
    put(case.get("files", {}), odd)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)} | case.get("env", {})
    environment = {k: v.replace("HERE", str(odd)) for k, v in environment.items() if k not in case.get("unset", [])}
    words = " ".join(f"'{word}'" for word in [*case["process"], *(DATES if case.get("quick") else [])])
    command = f"'{sys.executable}' '{ROOT}/tests/fake_cli.py' {words} {case.get('redirect', '')}"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], cwd=odd, env=environment, capture_output=True, timeout=1200
    )
    err = done.stderr.decode(errors="replace")
    assert done.returncode == case["exit"], err
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    for part in case.get("says", []):
        assert part in err
    if case.get("results", 1):
        (place,) = (odd / "results").glob("*/*")
        assert len(ladsim.load(place).seeds) == 2
