"""Write docs/takers.md: who takes each lawful pathway, beside the places that its instrument has.

python scripts/list_takers.py FOLDER     of a saved run of declaration_continues, or of a run with it as reference
"""

from __future__ import annotations

import argparse
import math
import sys
from datetime import date, timedelta
from pathlib import Path

import ladsim
from ladsim.policy.scenario import load_scenario
from ladsim.results.run_result import RunResult
from ladsim.sim.model import timeline_of
from ladsim.world.world import load_world

PAGE = Path(__file__).resolve().parent.parent / "docs" / "takers.md"
SCENARIO = "declaration_continues"
YEARS = ("2022", "2023", "2024", "2025")
MOST_NATIONALITIES = 4
FEWEST_AGENTS = 10
INTRODUCTION = """# Who takes the lawful pathways

Places that each pathway's instrument has in a calendar year, those who apply and those who arrive by it, in
`declaration_continues` (history to 2024, then the commitments go on; terms as filed). Most places are published, or
derived from published arrivals ([levers](levers.md) has each with its source): where arrivals come near places, a
program is as large as it was. Most of those who apply would leave only lawfully ([the model](model.md)). Persons, means
over replicates. Written by `python scripts/list_takers.py`.
"""


def places_by_year() -> dict[str, dict[str, float]]:
    """Return the persons a year that each pathway can take, by its id: its daily capacity added up."""
    scenario = load_scenario(SCENARIO)
    timeline = timeline_of(scenario, load_world())
    found: dict[str, dict[str, float]] = {}
    left: dict[str, float] = {}
    day = date.fromisoformat(str(scenario.start))
    for index in range((date.fromisoformat(str(scenario.end)) - day).days + 1):
        year = str((day + timedelta(days=index)).year)
        for path in timeline.rules(index).pathways:
            still = left.setdefault(path.id, path.total_places)
            given = min(path.capacity_per_day, still)
            left[path.id] = still - given if math.isfinite(still) else still
            found.setdefault(path.id, {}).setdefault(year, 0.0)
            found[path.id][year] += given
    return found


def counted(result: RunResult, measure: str) -> dict[str, dict[str, dict[str, float]]]:
    """Return persons of a measure by pathway, year and nationality, mean over replicates."""
    rows = result.monthly[result.monthly["measure"] == measure]
    by = rows.assign(year=rows["month"].astype(str).str[:4]).groupby(["place", "year", "nationality"], observed=True)
    found: dict[str, dict[str, dict[str, float]]] = {}
    for (place, year, nationality), value in by["value"].sum().items():
        found.setdefault(str(place), {}).setdefault(str(year), {})[str(nationality)] = value / len(result.seeds)
    return found


def rounded(value: float) -> str:
    """Return persons at two significant figures."""
    if not math.isfinite(value):
        return "not limited"
    size = max(len(f"{value:.0f}") - 2, 0)
    return f"{round(value, -size):,.0f}"


def page(result: RunResult) -> str:
    """Return the page's text."""
    places = places_by_year()
    applied, arrived = counted(result, "lawful_applications"), counted(result, "lawful_arrivals")
    text = [
        INTRODUCTION,
        f"ladsim {ladsim.__version__}, {len(result.seeds)} replicates, {result.scale} persons per agent. "
        f"Counts below {FEWEST_AGENTS * result.scale / len(result.seeds):,.0f} rest on few agents.",
        "",
        "| pathway | year | places | applications | arrivals | who arrives, all years |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    nobody = []
    for path in sorted(places):
        whole: dict[str, float] = {}
        for one in arrived.get(path, {}).values():
            for code, value in one.items():
                whole[code] = whole.get(code, 0.0) + value
        most = sorted(whole.items(), key=lambda pair: -pair[1])[:MOST_NATIONALITIES]
        who = ", ".join(f"{code} {value / sum(whole.values()):.0%}" for code, value in most if value > 0)
        if not who:
            nobody.append(path)
        shown = [year for year in YEARS if places[path].get(year) or arrived.get(path, {}).get(year)]
        for number, year in enumerate(shown):
            sums = [sum(table.get(path, {}).get(year, {}).values()) for table in (applied, arrived)]
            cells = [rounded(places[path].get(year, 0.0)), *map(rounded, sums)]
            name = f"`{path}`" if number == 0 else ""
            text.append(f"| {name} | {year} | {' | '.join(cells)} | {who if number == 0 else ''} |")
    names = ", ".join(f"`{name}`" for name in nobody) or "none of them"
    why = f" Their places in a year are fewer than the {result.scale} persons of an agent." if nobody else ""
    text += ["", f"Nobody arrives by: {names}.{why}", ""]
    return "\n".join(text)


def main() -> int:
    """Write the page; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the saved run")
    result = ladsim.load(parser.parse_args().folder)
    if result.manifest.get("assumed"):
        print("a run with terms as filed is needed: assumed=false", file=sys.stderr)
        return 2
    if result.scenario.name != SCENARIO and result.reference is not None:
        result = result.reference
    if result.scenario.name != SCENARIO:
        print(f"not a run of {SCENARIO}: {result.scenario.name}", file=sys.stderr)
        return 2
    PAGE.write_text(page(result), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
