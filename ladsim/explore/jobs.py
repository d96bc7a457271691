"""The runs that pages ask for: two processes that answer at once, one that refines, each of which can be ended."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ladsim.core.draws import replicate_seed
from ladsim.core.errors import UserError
from ladsim.data.fitted import n_sets
from ladsim.explore.files import TABLE, WORKBOOK, scenario_file, write_tables
from ladsim.explore.warm import wanted
from ladsim.explore.worker import STOP
from ladsim.results.run_result import RunResult
from ladsim.runs.ensemble import load_pair
from ladsim.runs.options import RunOptions

QUICK_SCALE, QUICK_SEEDS = 200, 2
FINE_SCALE, FINE_SEEDS = 100, 4
FILES = {"report": "report.html", "monthly": "by_nationality_and_place.csv"}
"""What can be fetched of a finished finer run."""
TABLES = {"table": TABLE, "workbook": WORKBOOK}
"""What can be fetched of any answer."""
MOST_KEPT, MOST_WAITING = 24, 4
"""Runs that are remembered, and runs that may be under way or waiting."""


@dataclass
class Job:
    """One request of a page.

    Attributes:
        id: a name that cannot be guessed.
        asked: scenario, changes, include, exclude.
        state: ``quick`` (the first answer is being made), ``refining``, ``done``, ``stopped`` or ``failed``.
        found: what pages show, of the finest answer there is.
        grain: persons per agent and seeds of that answer.
        error: what was wrong, for a reader.
        folder: of the finer run, once it is written.
        seconds: until the first answer.
        shares: how much of the first answer is done, by seed.
    """

    id: str
    asked: dict[str, Any]
    state: str = "quick"
    found: dict[str, Any] | None = None
    grain: tuple[int, int] | None = None
    error: str = ""
    folder: Path | None = None
    begun: float = field(default_factory=time.monotonic)
    seconds: float | None = None
    shares: dict[int, float] = field(default_factory=dict)

    @property
    def under_way(self) -> bool:
        """Whether something is still being made."""
        return self.state in ("quick", "refining")

    def told(self) -> dict[str, Any]:
        """Return what a page is told of it."""
        gone = time.monotonic() - self.begun
        return {
            "id": self.id,
            "state": self.state,
            "found": self.found,
            "grain": self.grain,
            "error": self.error,
            "gone": round(gone, 1),
            "first_answer": self.seconds,
            "files": bool(self.folder),
            "share": round(sum(self.shares.values()) / QUICK_SEEDS, 3) if self.state == "quick" else None,
        }


class Quick:
    """A warm process of one seed, started when it is first needed and started anew when it was ended."""

    def __init__(self, seed: int, parameter_set: int) -> None:
        self.seed, self._set = seed, parameter_set
        self._process: subprocess.Popen[str] | None = None

    def answer(self, request: Mapping[str, Any], advance: Callable[[float], None]) -> dict[str, Any]:
        """Return the last line that the process says of a request; ``advance`` is told which share is done.

        Raises:
            UserError: the process ended, because it was stopped or ran out of memory.
        """
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = _start("warm", str(self.seed), str(QUICK_SCALE), str(self._set))
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            while line := process.stdout.readline():
                found: dict[str, Any] = json.loads(line)
                if "share" not in found:
                    return found
                advance(found["share"])
        except (OSError, ValueError):
            pass
        raise UserError("the run was ended before it was finished")

    def end(self) -> None:
        """End the process."""
        if self._process is not None:
            _end(self._process)
            self._process = None


class Jobs:
    """All runs of one server.

    Args:
        folder: where their files go; it vanishes with the server.
        fine: whether a finer run follows the first answer.
    """

    def __init__(self, folder: Path, *, fine: bool = True) -> None:
        self.folder, self._fine = folder, fine
        self._jobs: dict[str, Job] = {}
        self._lock, self._turn, self._writing = threading.Lock(), threading.Lock(), threading.Lock()
        root = RunOptions().root_seed
        self._quick = [Quick(replicate_seed(root, i), i % n_sets()) for i in range(QUICK_SEEDS)]
        self._refining: dict[str, subprocess.Popen[str]] = {}

    def begin(self, asked: Mapping[str, Any]) -> Job:
        """Check a request and start it.

        Raises:
            UserError: what is asked for cannot be, or too much is under way.
        """
        plain = _checked(asked)
        with self._lock:
            if sum(job.under_way for job in self._jobs.values()) >= MOST_WAITING:
                raise UserError("too many runs are under way", expected="stop one, or wait until one is finished")
            for old in [j.id for j in self._jobs.values() if not j.under_way][: max(len(self._jobs) - MOST_KEPT, 0)]:
                del self._jobs[old]
            job = Job(secrets.token_urlsafe(9), plain)
            self._jobs[job.id] = job
        threading.Thread(target=self._work, args=(job,), daemon=True).start()
        return job

    def get(self, name: str) -> Job:
        """Return a job.

        Raises:
            UserError: there is none of this name.
        """
        with self._lock:
            if name not in self._jobs:
                raise UserError("there is no such run here", value=name[:40], expected="a new run")
            return self._jobs[name]

    def stop(self, name: str) -> Job:
        """End a job; what it has answered stays."""
        job = self.get(name)
        with self._lock:
            if not job.under_way:
                return job
            quick, job.state = job.state == "quick", "stopped"
            process = self._refining.pop(name, None)
        if process is not None:
            _end(process)
        own = self.folder / job.id
        if quick and own.is_dir():
            (own / STOP).touch()
        return job

    def people(self, name: str) -> list[dict[str, Any]]:
        """Return single people of a job's first answer, with their journeys in both worlds.

        Raises:
            UserError: there is no such job, or it has no answer yet.
        """
        job = self.get(name)
        files = sorted((self.folder / job.id).glob("people-*.json"))
        if job.found is None or not files:
            raise UserError("nobody can be followed yet", expected="a run that has answered")
        return [one for file in files for one in json.loads(file.read_text(encoding="utf-8"))]

    def file(self, name: str, which: str) -> tuple[str, bytes]:
        """Return name and content of a file of a run; tables are those of the finest answer there is.

        Raises:
            UserError: there is no such job or file, or not yet.
        """
        job = self.get(name)
        if which == "scenario":
            return f"{job.asked['scenario']}_changed.yaml", scenario_file(job.asked).encode()
        if which in FILES:
            file = job.folder / FILES[which] if job.folder is not None else None
        elif which in TABLES and job.found is not None:
            folder = self.folder / job.id / ("results" if job.folder is not None else "")
            file = folder / TABLES[which]
            with self._writing:
                if job.folder is None and not file.is_file():
                    write_tables(quick_result(job.asked, folder, [quick.seed for quick in self._quick]), folder)
        else:
            file = None
        if file is None or not file.is_file():
            raise UserError("this is not there, or not yet", value=which)
        return file.name, file.read_bytes()

    def close(self) -> None:
        """End everything."""
        for one in self._quick:
            one.end()
        for process in list(self._refining.values()):
            _end(process)

    # -- parts -------------------------------------------------------------------------------------------------------

    def _work(self, job: Job) -> None:
        try:
            with self._turn:
                if job.state != "quick":
                    return
                found = self._answer(job)
            with self._lock:
                if job.state != "quick":
                    return
                job.found, job.grain = found, (QUICK_SCALE, QUICK_SEEDS)
                job.seconds = round(time.monotonic() - job.begun, 1)
                job.state = "refining" if self._fine else "done"
            if self._fine:
                self._refine(job)
        except UserError as error:
            self._fail(job, str(error))
        except Exception as error:
            self._fail(job, f"this could not be run ({type(error).__name__})")

    def _fail(self, job: Job, text: str) -> None:
        with self._lock:
            if job.state != "stopped":
                job.state, job.error = "failed", text

    def _answer(self, job: Job) -> dict[str, Any]:
        """Let the warm processes run a job side by side, and return what pages show of it."""
        own = self.folder / job.id
        own.mkdir(parents=True)
        if job.state != "quick":
            raise UserError("the run was stopped")
        request = {**job.asked, "job": job.id, "folder": str(own)}
        said: list[dict[str, Any]] = []
        lost: list[UserError] = []

        def ask(quick: Quick) -> None:
            try:
                said.append(quick.answer(request, lambda share: job.shares.__setitem__(quick.seed, share)))
            except UserError as error:
                lost.append(error)

        threads = [threading.Thread(target=ask, args=(quick,)) for quick in self._quick]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for line in said:
            if line.get("error"):
                raise UserError(str(line["error"]))
        if lost:
            raise lost[0]
        return shown(job.asked, own, [quick.seed for quick in self._quick])

    def _refine(self, job: Job) -> None:
        """Make the finer run behind the first answer."""
        process = _start("fine")
        with self._lock:
            if job.state != "refining":
                _end(process)
                return
            self._refining[job.id] = process
        request = {**job.asked, "job": job.id, "folder": str(self.folder / job.id / "results")}
        out, _ = process.communicate(json.dumps({**request, "scale": FINE_SCALE, "seeds": FINE_SEEDS}) + "\n")
        lines = [line for line in out.splitlines() if line.startswith("{")]
        with self._lock:
            self._refining.pop(job.id, None)
            if job.state != "refining":
                return
            said: dict[str, Any] = json.loads(lines[-1]) if lines else {"error": "the finer run ended early"}
            if said.get("error"):
                job.state, job.error = "failed", str(said["error"])
                return
            job.found, job.grain, job.folder = said["found"], (FINE_SCALE, FINE_SEEDS), Path(said["folder"])
            job.state = "done"


def shown(asked: Mapping[str, Any], folder: Path, seeds: Sequence[int]) -> dict[str, Any]:
    """Return what pages show of the tables that warm processes left in a folder."""
    from ladsim.explore.details import slim, told

    return told(quick_result(asked, folder, seeds, slim), str(asked["scenario"]))


def quick_result(
    asked: Mapping[str, Any],
    folder: Path,
    seeds: Sequence[int],
    keep: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table,
) -> RunResult:
    """Return the tables that warm processes left in a folder as a result with its reference.

    Args:
        asked, folder, seeds: of the job.
        keep: returns what is to be kept of a monthly table.
    """
    from dataclasses import replace

    from ladsim.results.fates import joined
    from ladsim.results.run_result import tidy
    from ladsim.results.scenario_info import ScenarioInfo

    options, instrument, behavior = wanted(asked, scale=QUICK_SCALE, seeds=len(seeds))
    pair = load_pair(options, instrument, behavior)
    made = {}
    for role, scenario in pair.items():
        frames = {seed: keep(pd.read_parquet(folder / f"{role}-{seed}.parquet")) for seed in seeds}
        made[role] = RunResult(
            ScenarioInfo.of(scenario),
            tidy(frames, scenario.name),
            tuple(seeds),
            QUICK_SCALE,
            manifest={"parameter_sets": [i % n_sets() for i in range(len(seeds))]},
            config={},
            instruments={},
        )
    pairs = joined({s: pd.read_parquet(folder / f"changed-{s}.parquet") for s in seeds}, options.scenario)
    return replace(made["scenario"], reference=made["reference"], changed_fates=pairs)


def _checked(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request as plain data, once scenario and reference could be loaded as it asks."""
    known = ("scenario", "changes", "include", "exclude", "reference")
    for key in asked:
        if key not in known:
            raise UserError("unknown key", key=str(key)[:40], expected=", ".join(known))
    changes = asked.get("changes") or {}
    if not isinstance(changes, Mapping):
        raise UserError("changes are not a mapping", key="changes", expected="key: value")
    options, instrument, behavior = wanted(asked, scale=QUICK_SCALE, seeds=1)
    if "reference" not in load_pair(options, instrument, behavior):
        raise UserError("this scenario has no reference", key="scenario", value=options.scenario, expected="another")
    return {
        "scenario": options.scenario,
        "changes": dict(changes),
        "include": list(options.include),
        "exclude": list(options.exclude),
        "reference": options.reference,
    }


def _start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ladsim.explore.worker", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
