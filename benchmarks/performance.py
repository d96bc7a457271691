"""What a run costs, measured in one go and written into docs/performance.md with the name of the processor.

    python benchmarks/performance.py                      everything, hours: the full population is part of it
    python benchmarks/performance.py --against FOLDER     and the ratio to another checkout of ladsim, run in turn
    python benchmarks/performance.py --quick --print      a tiny size that shows that it works; writes nothing

Measured: processor time and memory by scale to one agent per person, cost per agent and day, growth with the number of
agents, start-up, efficiency of two processes, plain Mesa objects, and Flee where it is installed. Every measurement has
a process of its own, its kernels compiled before the clock starts. The machine should have nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SCALES = (2000, 1000, 500, 200, 100, 10, 1)
QUICK_SCALES = (20000, 10000, 5000)
NOBODY = 100_000
"""Persons per agent at which hardly anybody is there: what is left is the part of a day that all scales share."""
RUN = """
import json, resource, sys, time
import ladsim
from ladsim.core.schema import FIRST_ABSORBING, State
scale, start, end, count = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4] == "count"
def made(scale):
    scenario = ladsim.load_scenario("history", start=start or None, end=end or None)
    return ladsim.LadModel(scenario, seed=1, scale=scale)
ladsim.LadModel("history", seed=1, scale=100_000).step()
began = time.process_time()
model = made(scale)
counting, agent_days = 0.0, 0
while count and model.day < model.n_days:
    model.step()
    paused = time.process_time()
    state = model.population.view("state")
    agent_days += int(((state < FIRST_ABSORBING) & (state != State.REGULARIZED)).sum())
    counting += time.process_time() - paused
table = model.run()
spent = time.process_time() - began - counting
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
left = int(table.loc[table["measure"] == "departures", "value"].sum()) // scale
print(json.dumps({"seconds": spent, "mib": peak, "agents": left, "agent_days": agent_days}))
"""
START = """
import json, time
began = time.perf_counter()
import ladsim
imported = time.perf_counter()
model = ladsim.LadModel("history", seed=1, scale=1000)
made = time.perf_counter()
model.step()
print(json.dumps({"import": imported - began, "model": made - imported, "day": time.perf_counter() - made}))
"""
COMPILE = """
import json, time
from ladsim.runs.first_compile import compile_first
began = time.perf_counter()
compile_first()
import ladsim
ladsim.run("history", start="2024-01-01", end="2024-01-31", scale=5000, seeds=1, reference=False, workers=1)
print(json.dumps({"seconds": time.perf_counter() - began}))
"""
SIDE_BY_SIDE = """
import json, sys, time
import ladsim
scale, seeds, workers, start, end = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
began = time.perf_counter()
ladsim.run("history", start=start or None, end=end or None, scale=scale, seeds=seeds, reference=False, assumed=False,
           workers=workers, progress=False, checkpoints="off")
print(json.dumps({"wall": time.perf_counter() - began}))
"""


def processor() -> str:
    """Return the name of the processor and how many cores there are."""
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    name = found.group(1).strip() if found else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores"


def told(words: Sequence[str], root: Path = ROOT, **environment: str) -> Any:
    """Run Python in a process of its own with ladsim of a checkout, and return the JSON that it prints last.

    Raises:
        SystemExit: it failed; its last line is told.
    """
    environment = {**os.environ, "PYTHONPATH": _path(root), "LADSIM_CHECKPOINTS": "off", **environment}
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, env=environment, cwd=root)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise SystemExit(f"a measurement failed in {root}: {lines[-1]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def _path(root: Path) -> str:
    rest = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part and Path(part) != ROOT]
    return os.pathsep.join([str(root), *rest])


def say(text: str) -> None:
    """Tell on standard error how far it is."""
    print(text, file=sys.stderr, flush=True)


def slope(costs: dict[int, Any], fixed: float, scales: Sequence[int]) -> float:
    """Return by which power the cost of people grows with their number, from the first to the last of some scales.

    Args:
        costs: by scale.
        fixed: seconds of a run with hardly anybody in it, which are no cost of people.
        scales: persons per agent.
    """
    few, many = costs[scales[0]], costs[scales[-1]]
    seconds = max(many["seconds"] - fixed, 1e-9) / max(few["seconds"] - fixed, 1e-9)
    return math.log(seconds) / math.log(many["agents"] / few["agents"])


def by_scale(scales: Sequence[int], span: tuple[str, str], against: Path | None) -> list[str]:
    """Return lines on processor time, memory and growth by scale, and the cost of people at the finest scale."""
    costs, before = {}, {}
    for scale in (NOBODY, *scales):
        say(f"scale {scale:,}")
        costs[scale] = told(["-c", RUN, str(scale), *span, "count" if scale == scales[-1] else ""])
        if against is not None and scale != NOBODY:
            before[scale] = told(["-c", RUN, str(scale), *span, ""], against)
    fixed = costs[NOBODY]["seconds"]
    first = scales[min(1, len(scales) - 1)]
    head = ["persons per agent", "agents that left", "seconds", f"against {first:,}", "MiB"]
    head += ["against the other checkout"] if before else []
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join(['---:'] * len(head))} |"]
    for scale in scales:
        cost = costs[scale]
        cells = [f"{scale:,}", f"{cost['agents']:,}", f"{cost['seconds']:.1f}"]
        cells += [f"{cost['seconds'] / costs[first]['seconds']:.2f}", f"{cost['mib']:,.0f}"]
        cells += [f"{cost['seconds'] / before[scale]['seconds']:.2f}"] if before else []
        lines.append(f"| {' | '.join(cells)} |")
    finest = costs[scales[-1]]
    people = 1e6 * max(finest["seconds"] - fixed, 0.0) / max(finest["agent_days"], 1)
    coarse = min(scales, key=lambda scale: (abs(scale - 100), scale))
    pair = (coarse, scales[-1]) if coarse != scales[-1] else (scales[-2], scales[-1])
    lines += [
        "",
        f"A run with hardly anybody in it takes {fixed:.1f} seconds. Beyond these, with {scales[-1]:,} person"
        f"{'s' if scales[-1] > 1 else ''} per agent, an agent's day costs {people:.3f} microseconds, and from "
        f"{pair[0]:,} to {pair[1]:,} persons per agent the cost of people grows with the power "
        f"{slope(costs, fixed, pair):.2f} of their number.",
    ]
    return lines


def starting(compiling: bool, folder: Path) -> list[str]:
    """Return lines on the time from starting Python to the first day, and on compiling into an empty folder."""
    say("start-up")
    rows = [told(["-c", START]) for _ in range(3)]
    best = min(rows, key=lambda row: sum(row.values()))
    lines = [
        f"Starting Python to the first day, compiled: {sum(best.values()):.1f} seconds (import {best['import']:.1f}, "
        f"model {best['model']:.1f}, day {best['day']:.1f}; the fastest of three)."
    ]
    if compiling:
        say("compiling")
        found = told(["-c", COMPILE], XDG_CACHE_HOME=str(folder), NUMBA_CACHE_DIR=str(folder / "numba"))
        lines.append(f"The first run of a month, compiling everything: {found['seconds']:.0f} seconds.")
    return lines


def side_by_side(scale: int, seeds: int, span: tuple[str, str]) -> list[str]:
    """Return a line on how well two processes use two cores."""
    say("two processes")
    one, two = (told(["-c", SIDE_BY_SIDE, str(scale), str(seeds), n, *span])["wall"] for n in ("1", "2"))
    return [
        f"{seeds} replicates at {scale:,} persons per agent: {one:.1f} seconds in one process, {two:.1f} in two, with "
        f"their start: an efficiency of {one / two / 2:.2f}."
    ]


def others(quick: bool) -> list[str]:
    """Return a table of cost per agent and day: ladsim, plain Mesa, Flee."""
    run_in, days = ("20", "10") if quick else ("120", "90")
    scales = ("1000", "2000") if quick else ("10", "100")
    say("plain Mesa")
    words = ["--json", "--run-in", run_in, "--days", days, "--scale", scales[0], "--reference-scale", scales[1]]
    columns, objects = told([str(HERE / "cost_per_agent_day.py"), *words])
    rows = [("ladsim", columns), ("plain Mesa, plain Python, the same rules", objects)]
    flee = None
    say("Flee")
    try:
        flee = told([str(HERE / "flee_same_graph.py"), "history", "2022-07-01", run_in, days, scales[1]])
    except SystemExit as end:
        say(str(end))
    if flee is not None:
        rows.append(("Flee 3, simpler rules, the same graph, agents and days", flee))
    lines = ["| | persons per agent | agents on the way | microseconds per agent and day | times ladsim's | MiB |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    base = columns["seconds"] / columns["agent_days"]
    for label, row in rows:
        cost = row["seconds"] / row["agent_days"]
        cells = [label, f"{row['scale']:,}", f"{row['agent_days'] / row['days']:,.0f}", f"{1e6 * cost:.2f}"]
        cells += [f"{cost / base:.0f}", f"{row['peak_mib']:,.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    if flee is None:
        lines += ["", "Flee was not installed: `pip install --no-deps flee beartype`."]
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the page; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tiny size")
    parser.add_argument("--print", action="store_true", help="write nothing")
    parser.add_argument("--scales", help="persons per agent, such as 1000,100,10; from coarse to fine")
    parser.add_argument("--seeds", type=int, default=16, help="replicates of the efficiency of two processes")
    parser.add_argument("--against", type=Path, help="another checkout of ladsim, for ratios")
    parser.add_argument("--compile", action="store_true", help="time compiling too, into an empty folder")
    given = parser.parse_args(argv)
    scales = tuple(map(int, given.scales.split(","))) if given.scales else QUICK_SCALES if given.quick else SCALES
    span = ("2024-05-01", "2024-06-30") if given.quick else ("", "")
    against = None if given.against is None else given.against.resolve()
    text = by_scale(scales, span, against)
    lines = [f"On {processor()}; processor seconds of one seed of `history`", "over four years:"]
    if given.quick:
        lines[-1] = "over two months, a tiny size that says nothing:"
    lines = [" ".join(lines), "", *text]
    if against is not None:
        lines += ["", f"The other checkout: {against.name}, run in turn with this one on the same machine."]
    with tempfile.TemporaryDirectory() as folder:
        lines += ["", *starting(given.compile, Path(folder))]
    lines += ["", *side_by_side(5000 if given.quick else 100, 2 if given.quick else given.seeds, span)]
    lines += ["", *others(given.quick)]
    print("\n".join(lines))
    if not given.print:
        head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
        page = f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{rest.split(END)[1]}"
        PAGE.write_text(page, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
