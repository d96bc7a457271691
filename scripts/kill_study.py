"""Kill a study at random moments, again and again, and compare what it comes to with an undisturbed one, byte by byte.

    python scripts/kill_study.py --kills 30
    python scripts/kill_study.py --kills 5 --study examples/study/removals.yaml --scale 3000

Each time the study runs in a group of processes of its own, which is ended by SIGKILL; then the same command goes on.
The random moments lie within the time that the undisturbed study took, so that kills meet start-up, runs and writing.
A study that is finished before the next kill is compared, and another one is begun, until there were as many kills.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GRAIN = {"scale": "3000", "seeds": "2", "start": "2024-06-01", "end": "2024-09-30"}
LONGEST = 600.0
"""Seconds after which a study is killed at the latest."""


def digests(folder: Path) -> dict[str, str]:
    """Return name -> SHA-256 of every replicate and table below a folder; files being written have other endings."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix in (".parquet", ".csv"):
            found[file.relative_to(folder).as_posix()] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def command(study: Path, results: Path, options: dict[str, str]) -> list[str]:
    """Return the command line of the study."""
    given = [f"{key}={value}" for key, value in options.items()]
    words = [f"study={study}", f"results_dir={results}", "workers=2", *given]
    return [sys.executable, "-m", "ladsim", "task=study", *words]


def started(words: list[str]) -> subprocess.Popen[bytes]:
    """Start the study in a group of processes of its own."""
    quiet = subprocess.DEVNULL
    environment = {**os.environ, "LADSIM_CHECKPOINTS": "off"}
    return subprocess.Popen(words, stdout=quiet, stderr=quiet, cwd=ROOT, env=environment, start_new_session=True)


def finished(words: list[str]) -> float:
    """Run the study to its end and return the seconds it took.

    Raises:
        SystemExit: it failed.
    """
    begun = time.monotonic()
    if started(words).wait():
        raise SystemExit(f"the study failed: {' '.join(words)}")
    return time.monotonic() - begun


def main() -> int:
    """Kill, go on, compare; return 0 where the bytes are the same."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--study", type=Path, default=ROOT / "examples" / "study" / "removals.yaml")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    for key, value in GRAIN.items():
        parser.add_argument(f"--{key}", default=value)
    given = parser.parse_args()
    options = {key: str(getattr(given, key)) for key in GRAIN}
    moments = random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="kill-study-") as folder:
        whole = Path(folder) / "whole"
        seconds = finished(command(given.study.absolute(), whole, options))
        expected = digests(whole)
        print(f"undisturbed: {seconds:.1f} s, {len(expected)} files", flush=True)
        hit, studies = 0, 0
        while hit < given.kills:
            studies += 1
            killed = Path(folder) / f"killed-{studies}"
            words = command(given.study.absolute(), killed, options)
            while hit < given.kills and killed_at(words, moments.uniform(0.0, min(seconds, LONGEST))):
                hit += 1
                print(f"kill {hit} of {given.kills}: {len(digests(killed))} files are there", flush=True)
            finished(words)
            found = digests(killed)
            if found != expected:
                unlike = sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
                print(f"NOT the same: {', '.join(unlike)}")
                return 1
            if left := leftovers(killed):
                print(f"left behind: {', '.join(left)}")
                return 1
    print(f"killed {hit} times while it ran, in {studies} studies: each time the same {len(expected)} files in the end")
    return 0


def killed_at(words: list[str], seconds: float) -> bool:
    """Start the study and kill all of its processes after some seconds; return False where it had ended by then."""
    process = started(words)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def leftovers(folder: Path) -> list[str]:
    """Return what is in a study's folder and is neither a replicate nor a table."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return [file.relative_to(folder).as_posix() for file in files if file.suffix not in (".parquet", ".csv")]


if __name__ == "__main__":
    sys.exit(main())
