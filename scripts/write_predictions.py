"""Write docs/predictions.md from saved runs: what the model says of months that nobody has compared it with.

    python -m ladsim scenario=history_2025 results_dir=results/predictions
    (the same for declaration_ends and each scenario whose name ends in _2025)
    python scripts/write_predictions.py results/predictions

Each scenario's newest folder is read. The page is written before the figures of these months are looked at, so it says
what was run, with which version and fit, and is not changed afterwards: a new version writes a page of its own.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "predictions.md"
FIRST = "2024-09"
MAIN = "history_2025"
SERIES = (
    ("Encounters between ports", "events", "encounters_between_ports", None),
    ("Encounters at southwest ports", "events", "encounters_at_ports", None),
    ("Entries to Panama over the Darién", "entries", "irregular_entries", "PAN"),
    ("Lawful arrivals by the programs of the model", "persons", "lawful_arrivals", None),
    ("Entries to Honduras between posts", "entries", "irregular_entries", "HND"),
)
MOST_NATIONALITIES = 12
INTRODUCTION = """# Predictions

What the model says of September 2024 to December 2025, written down before it was compared with any figure of these
months. Behavior is fitted to months up to 2024-05. Of 2025 the model knows the rules, orders, agreements and rulings
on their dates (`scenarios/history_2025.yaml` and the instruments whose names end in `_2025`), and no count of anything
that followed. Written by `python scripts/write_predictions.py`.

The pages of earlier versions are kept as they were: those of [2026-11-27](history/predictions_2026-11-27.md) and of
[2026-11-28](history/predictions_2026-11-28.md), from before people who would leave only lawfully were in the model.
In the first, the rule that nobody is released was limited by the capacity for cases, so that two in five still were.
That misread the rule, and was mended without a look at any figure of these months.
"""
GROUNDS = """## What it rests on

- The number of people who start to consider leaving is held at the last fitted level (March 2024) with its season.
  Nothing of later months is in it: no economy, war or rumor.
- What the rules of January 2025 do to the chance of a release (`held_share`, `ease_shift`, `removed_after_transfer`)
  and to what an entry is worth (`interior_removal_share`), and what people take the announcement to mean, are assumed
  numbers with wide ranges.
- In the months of the fit comparable rules (the expulsion of Venezuelans in October 2022, Mexico's enforcement of
  January 2024) move four to six tenths of what they did in the record, and the June 2024 rule a third. So
  the effect of the suspension of asylum is probably understated here, and the number who cross between ports because
  appointments and parole end is probably overstated.
- Panama's and Mexico's enforcement of 2025 has no published capacity. Its numbers are assumed.
- Where [validation.md](validation.md) says that a series failed in the months of the fit, its figures here deserve no
  more trust.
- The intervals cover chance, the fitted sets and the assumed terms of the instruments that differ, drawn within their
  ranges. They do not cover the model's form, so more than one month in ten will lie outside them.
"""


def newest(folder: Path, scenario: str) -> Path | None:
    """Return the newest results folder of a scenario, or None."""
    found = sorted(p for p in (folder / scenario).glob("*") if (p / "manifest.json").is_file())
    return found[-1] if found else None


def rounded(value: float) -> str:
    """Return a count at three significant figures."""
    if value != value:
        return "n/a"
    size = max(len(f"{abs(value):.0f}") - 3, 0)
    return f"{round(value, -size):,.0f}"


def monthly_table(result, measure: str, place: str | None) -> list[str]:  # type: ignore[no-untyped-def]
    """Return lines of a table: month, mean, interval, the same without the changes of 2025."""
    own = result.total(measure, place=place, freq="M").set_index("period")
    other = result.reference.total(measure, place=place, freq="M").set_index("period")
    lines = [
        "| month | predicted | 90 percent interval | had the policies of the end of 2024 gone on |",
        "|---|---|---|---|",
    ]
    for month in own.index[own.index >= FIRST]:
        row = own.loc[month]
        span = f"{rounded(max(row['low'], 0.0))} to {rounded(row['high'])}"
        lines.append(f"| {month} | {rounded(row['mean'])} | {span} | {rounded(other.loc[month, 'mean'])} |")
    return lines


def by_nationality(result, measure: str, place: str | None) -> list[str]:  # type: ignore[no-untyped-def]
    """Return lines of a table of the year 2025 by nationality."""
    wide = result.totals(by=("measure", "nationality"), freq="Y", measure=measure, place=place)
    year = wide[wide.index.get_level_values("period") == "2025"]
    means = year.mean(axis=1).sort_values(ascending=False).head(MOST_NATIONALITIES)
    lines = ["| nationality | 2025 |", "|---|---|"]
    names = means.index.get_level_values("nationality")
    return lines + [f"| {name} | {rounded(value)} |" for name, value in zip(names, means, strict=True)]


def difference_row(result) -> str:  # type: ignore[no-untyped-def]
    """Return what a scenario changes in 2025 against its reference, in three series."""
    cells = []
    for _, _, measure, place in SERIES[:3]:
        table = result.compare(measure=measure, place=place, freq="Y")
        row = table[table["period"] == "2025"]
        if row.empty:
            cells.append("0")
            continue
        one = row.iloc[0]
        cells.append(f"{rounded(one['difference'])} ({rounded(one['low'])} to {rounded(one['high'])})")
    return f"| {result.scenario.name} | {' | '.join(cells)} |"


def page(folder: Path) -> str:
    """Return the page's text."""
    import ladsim

    file = newest(folder, MAIN)
    if file is None:
        sys.exit(f"no finished run of {MAIN} in {folder}: python -m ladsim scenario={MAIN} results_dir={folder}")
    result = ladsim.load(file)
    made = result.manifest
    versions, git = made.get("versions", {}), made.get("git") or {}
    commit = git.get("commit", "") if isinstance(git, dict) else git
    text = [
        INTRODUCTION,
        f"ladsim {versions.get('ladsim', '')} {commit}, run {made['created']}; {len(result.seeds)} seeds,",
        f"{result.scale} persons per agent, {result.scenario.start} to {result.scenario.end}.",
        "",
        GROUNDS,
    ]
    for title, unit, measure, place in SERIES:
        text += [f"## {title} ({unit})", "", *monthly_table(result, measure, place), ""]
        text += [*by_nationality(result, measure, place), ""]
    text += [
        "## What is responsible for what",
        "",
        "Change in 2025 against `declaration_continues`, with 90 percent intervals.",
        "",
    ]
    text += ["| scenario | between ports | at ports | Darién |", "|---|---|---|---|", difference_row(result)]
    for scenario in sorted(p.name for p in folder.iterdir() if p.is_dir()):
        other = newest(folder, scenario)
        if scenario == MAIN or other is None:
            continue
        loaded = ladsim.load(other)
        if loaded.reference is not None:
            text.append(difference_row(loaded))
    text += [
        "",
        "The parts do not add up to the whole: once nobody is released, the end of another way in matters less.",
        "",
    ]
    return "\n".join(text)


def main(argv: list[str] | None = None) -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description="Write docs/predictions.md from saved runs.")
    parser.add_argument("folder", type=Path, help="the results_dir of the runs")
    parser.add_argument("--to", type=Path, default=PAGE, help="the file to write")
    given = parser.parse_args(argv)
    given.to.write_text(page(given.folder), encoding="utf-8")
    print(given.to)


if __name__ == "__main__":
    main()
