"""Cost per agent and day of the whole loop: LadModel's columns and kernels against plain Mesa agents in plain Python.

Both models live through the same days of the same scenario, each in a process of its own, so that memory is its own
too. They have in common what is not about single people (rules, beliefs, values of the ways, fees), a cost a day that
does not grow with the number of agents; it is part of the loop, and is also shown by itself. The draws of the plain
model are plain Python too; with --fast-draws it draws as cheaply as compiled scalar functions allow, by the same bits.

    python benchmarks/cost_per_agent_day.py
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from ladsim.core import draws
from ladsim.core.schema import FIRST_ABSORBING, State
from ladsim.policy.scenario import load_scenario
from ladsim.sim.model import LadModel
from ladsim.twin import ReferenceModel
from ladsim.twin.choice import Draws

MICRO = 1e6
MEBIBYTE = 1024.0


@dataclass
class Cost:
    """What a model took: processor seconds of all steps and of their shared part, wall time, agent-days, memory."""

    scale: int
    days: int
    seconds: float
    wall: float
    shared: float
    agent_days: int
    peak_mib: float

    @property
    def whole(self) -> float:
        """Microseconds an agent and day, everything included."""
        return self.seconds / self.agent_days * MICRO

    @property
    def people(self) -> float:
        """The same without what the models have in common."""
        return (self.seconds - self.shared) / self.agent_days * MICRO


class Stopwatch:
    """Adds up the time that functions take."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            begin = time.process_time()
            result = function(*args, **kwargs)
            self.seconds += time.process_time() - begin
            return result

        return timed


def living(model: LadModel | ReferenceModel) -> int:
    """Return the number of agents whose way has not ended."""
    if isinstance(model, ReferenceModel):
        return len(model.migrants)
    state = model.population.view("state")
    return int(((state < FIRST_ABSORBING) & (state != State.REGULARIZED)).sum())


def measure(kind: str, scenario: str, start: date, run_in: int, days: int, scale: int, fast_draws: bool) -> Cost:
    """Run a model in to its crowd, with everything compiled, and time its loop."""
    chosen = load_scenario(scenario, start=start, end=start + timedelta(days=run_in + days - 1))
    model: LadModel | ReferenceModel
    if kind == "columns":
        model = LadModel(chosen, seed=1, scale=scale)
    else:
        seed = 1
        fast = Draws(seed, draws.uniform, draws.uniform2, draws.normal) if fast_draws else None
        model = ReferenceModel(chosen, seed=seed, scale=scale, draws=fast)
    for _ in range(model.run_in + run_in):
        model.step()
    watch = Stopwatch()
    env: Any = model.environment
    env.begin_day, env.end_day = watch.around(env.begin_day), watch.around(env.end_day)
    seconds, wall, agent_days = 0.0, 0.0, 0
    for _ in range(days):
        begin, clock = time.process_time(), time.perf_counter()
        model.step()
        seconds += time.process_time() - begin
        wall += time.perf_counter() - clock
        agent_days += living(model)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEBIBYTE
    return Cost(scale, days, seconds, wall, watch.seconds, agent_days, peak)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="history")
    parser.add_argument("--start", type=date.fromisoformat, default=date(2022, 7, 1))
    parser.add_argument("--run-in", type=int, default=120, help="days of the scenario before the clock starts")
    parser.add_argument("--days", type=int, default=90, help="days that are timed")
    parser.add_argument("--scale", type=int, default=10, help="persons per agent of LadModel")
    parser.add_argument("--reference-scale", type=int, default=100, help="persons per agent of the plain model")
    parser.add_argument("--json", action="store_true", help="print what was measured as JSON, and nothing else")
    parser.add_argument("--fast-draws", action="store_true", help="compiled draws in the plain model")
    args = parser.parse_args()
    begin = args.start + timedelta(days=args.run_in)
    say: Callable[[str], None] = (lambda _: None) if args.json else partial(print, flush=True)
    say(f"{args.scenario}, {args.days} days from {begin} (after {args.run_in} days), whole loop, one core")
    say("microseconds per agent and day\n")
    say(f"{'':24}{'scale':>6}{'agents':>10}{'loop':>9}{'wall':>9}{'without shared':>16}{'peak MiB':>10}")
    found = []
    for kind, label, scale in (
        ("columns", "LadModel", args.scale),
        ("objects", "plain Mesa, plain Python", args.reference_scale),
    ):
        task = (kind, args.scenario, args.start, args.run_in, args.days, scale, args.fast_draws)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            cost = pool.apply(measure, task)
        found.append(cost)
        say(
            f"{label:24}{cost.scale:>6}{cost.agent_days / cost.days:>10,.0f}{cost.whole:>9.3f}"
            f"{cost.wall / cost.agent_days * MICRO:>9.3f}{cost.people:>16.3f}{cost.peak_mib:>10,.0f}"
        )
    columns, objects = found
    if args.json:
        print(json.dumps([asdict(cost) for cost in found]))
    say(f"\nratio, whole loop: {objects.whole / columns.whole:.1f}")
    say(f"ratio, whole loop, wall time: {objects.wall / objects.agent_days * columns.agent_days / columns.wall:.1f}")
    say(f"ratio, without the shared part of the day: {objects.people / columns.people:.1f}")


if __name__ == "__main__":
    main()
