"""What a process of the live page does: it reads requests, a line of JSON each, and answers with files and lines."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from ladsim.core.compiled import keep_compiled_kernels
from ladsim.core.errors import UserError

LOOK_SECONDS = 0.5
STOP = "stop"
"""A file in a job's folder that asks its run to end."""


def say(**news: Any) -> None:
    """Print a line of news for the server."""
    print(json.dumps(news), flush=True)


def warm(seed: int, scale: int, parameter_set: int) -> None:
    """Answer requests for one seed until standard input is closed."""
    from ladsim.explore.warm import Warm

    answers = Warm(seed, scale, parameter_set)
    for line in sys.stdin:
        asked = json.loads(line)
        folder = Path(asked["folder"])

        def advance(share: float, job: str = asked["job"], folder: Path = folder) -> None:
            if (folder / STOP).exists():
                raise UserError("the run was stopped")
            say(job=job, share=round(share, 3))

        try:
            tables, people = answers.answer(asked, advance)
            for name, table in tables.items():
                table.to_parquet(folder / f"{name}-{seed}.parquet", index=False)
            (folder / f"people-{seed}.json").write_text(json.dumps(people), encoding="utf-8")
            say(job=asked["job"], done=True)
        except UserError as error:
            say(job=asked["job"], error=str(error))
        except Exception as error:
            say(job=asked["job"], error=f"this could not be run ({type(error).__name__}: {error})")


def fine(asked: dict[str, Any]) -> None:
    """Run one request at a finer scale, write its results folder, and say what pages show of it."""
    from ladsim.explore.details import told
    from ladsim.explore.files import write_tables
    from ladsim.explore.warm import wanted
    from ladsim.results.folder import draw, write_new
    from ladsim.runs.ensemble import run_options

    options, instrument, behavior = wanted(asked, scale=asked["scale"], seeds=asked["seeds"])
    result = run_options(options, instrument=instrument, behavior=behavior)
    found = told(result, options.scenario)
    folder = write_new(result, Path(asked["folder"]), datetime.now(), values="page")
    draw(result, folder, workers=1)
    write_tables(result, Path(asked["folder"]))
    say(job=asked["job"], found=found, folder=str(folder))


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def main() -> None:
    """Do what the arguments say: ``warm SEED SCALE SET``, or ``fine`` with one request on standard input."""
    keep_compiled_kernels()
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    if sys.argv[1] == "warm":
        warm(*(int(word) for word in sys.argv[2:5]))
        return
    asked = json.loads(sys.stdin.readline())
    try:
        fine(asked)
    except UserError as error:
        say(job=asked["job"], error=str(error))


if __name__ == "__main__":
    main()
