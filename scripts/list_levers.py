"""Write docs/levers.md and docs/scenarios.md from conf/instrument/ and scenarios/.

python scripts/list_levers.py             write both pages
python scripts/list_levers.py --check     fail if a page differs from what it would be
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ladsim.policy import meanings  # noqa: E402
from ladsim.policy.instrument import PILLARS  # noqa: E402
from ladsim.policy.kinds.registry import MEANINGS, TERMS  # noqa: E402
from ladsim.policy.listing import LeverRow, PartRow, TermRow, lever_rows  # noqa: E402
from ladsim.policy.scenario_listing import ScenarioRow, scenario_rows  # noqa: E402

DOCS = ROOT / "docs"
HEADINGS = {
    "stability": "Stability and assistance",
    "lawful_pathways": "Lawful pathways",
    "humane_enforcement": "Humane migration management",
    "baseline": "History beside the Declaration",
}

LEVERS_HEAD = """\
# Levers

<!-- Written by scripts/list_levers.py from conf/instrument/; do not edit by hand. -->

Each lever is one instrument: a dated, sourced policy in a file of `conf/instrument/`. This page says of each what it
is, who promised it and when, where it stands in the source, its terms, through which channel of the model it acts, and
the command that doubles a term's effect. `python -m ladsim task=levers` prints the same, `lever=chnv_parole` one alone.

How to read a term: a value holds from its date until the next; the first holds from the instrument's start.
*Documented* values stand in the source, *derived* ones are calculated from published figures, *assumed* ones are ours,
with a range to try; the number of a source is that of its line, and a date without a grade of its own is one of the
instrument's. A command compares the changed history with history as it was; add `scale=1000 seeds=2` for a quick
look.

An instrument *in force* acts in every scenario that does not exclude it. One that was only *announced* or *intended*
acts where a scenario includes it. An *institutional* one has no terms: what it promises moves nobody by itself, and its
entry says why.
"""

KEYS_HEAD = """\
The keys of a file of `conf/instrument/`, which commands can set too (`instrument.LEVER.KEY=VALUE`; a part's as
`instrument.LEVER.parts.PART.KEY=VALUE`); `id`, `lever` and `references` cannot be changed:
"""

SCENARIOS_HEAD = """\
# Scenarios

<!-- Written by scripts/list_levers.py from scenarios/; do not edit by hand. -->

A scenario asks a question: it says which instruments act, at which terms, from when to when, and to which reference it
is compared. Scenario and reference have the same potential migrants and the same chance; days on which they do not
differ yet are run once. `python -m ladsim scenario=NAME` runs one, `python -m ladsim task=show scenario=NAME` shows its
instruments, `python -m ladsim task=scenarios` prints this page. Instruments are described in [levers.md](levers.md).
"""


def levers_page(rows: list[LeverRow]) -> str:
    """Return docs/levers.md."""
    parts = [LEVERS_HEAD, "## How each kind of lever acts\n", *(f"- **{k}**: {v}" for k, v in MEANINGS.items())]
    parts += ["", "## What the words mean\n", KEYS_HEAD, *(f"- `{k}`: {v}" for k, v in meanings.KEYS.items())]
    parts += ["", "Terms, by kind of lever:\n"]
    for kind, known in TERMS.items():
        parts.append(f"- **{kind}**: " + "; ".join(f"`{name}`, {spec.meaning}" for name, spec in known.items()))
    parts += [
        "",
        "## All levers\n",
        "| lever | pillar | kind | status | from | terms |",
        "| --- | --- | --- | --- | --- | ---: |",
    ]
    for row in rows:
        i = row.instrument
        cells = (f"[{i.id}](#{i.id})", i.pillar, i.lever, i.status, str(i.start), str(len(row.all_terms())))
        parts.append(f"| {' | '.join(cells)} |")
    for pillar in PILLARS:
        parts += ["", f"## {HEADINGS[pillar]}\n", meanings.PILLARS[pillar]]
        for row in rows:
            if row.instrument.pillar == pillar:
                parts += ["", *lever(row)]
    return "\n".join(parts) + "\n"


def lever(row: LeverRow) -> Iterable[str]:
    """Return the lines on one lever."""
    i = row.instrument
    dates = "; ".join([*(f"{what} {day}" for what, day in row.dates), *([] if i.end else ["without an end"])])
    yield f"### {i.id}\n"
    yield f"**{i.title}.**\n"
    listed = meanings.DOCUMENTS.get(row.document)
    yield f"- Who: {', '.join(row.actors)}" + (f"; listed in: {listed}" if listed else "")
    yield f"- When: {cell(dates)}; {i.status}"
    yield "- Whom and what it concerns: " + "; ".join(f"{label}: {cell(names)}" for label, names in row.concerns)
    yield f"- Channel: `{i.lever}`" + (f"; {'; '.join(row.rules)}" if row.rules else "")
    if row.told:
        yield f"- Told: {row.told}"
    if i.note:
        yield f"- Note: {cell(i.note)}"
    for number, reference in enumerate(row.references, 1):
        yield f"- Source {number}: {cell(reference)}"
    if row.terms:
        yield from terms(row.terms)
    for one in row.parts:
        yield from part(one, row)
    if row.switch:
        yield f"\nSwitched alone: `{row.switch}`"


def part(one: PartRow, row: LeverRow) -> Iterable[str]:
    """Return the lines on a part of a lever."""
    acting, whole = one.acting, row.instrument
    yield f"\n**{one.name}**: {acting.title}\n"
    if one.concerns:
        yield "- Whom and what it concerns: " + "; ".join(f"{label}: {cell(names)}" for label, names in one.concerns)
    if acting.lever != whole.lever:
        yield f"- Channel: `{acting.lever}`"
    if one.rules:
        yield f"- Rules: {'; '.join(one.rules)}"
    if (acting.start, acting.end) != (whole.start, whole.end):
        yield "- When: " + cell("; ".join(f"{what} {day}" for what, day in one.dates))
    if one.note:
        yield f"- Note: {cell(one.note)}"
    yield from terms(one.terms)


def terms(rows: Iterable[TermRow]) -> Iterable[str]:
    """Return the table of a lever's terms and the commands that change them."""
    yield "\n| term | values | unit | range | evidence | what it says |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for term in rows:
        steps = "; ".join(
            f"{value} from {day}" + (f" ({known})" if known else "")
            for (day, value), known in zip(term.values, term.days, strict=True)
        )
        said = ". ".join(part.rstrip(".") for part in (term.meaning, term.note) if part)
        unit = term.unit.replace("|", " or ")
        yield f"| `{term.name}` | {cell(steps)} | {unit} | {term.range} | {cell(term.known)} | {cell(said)} |"
    yield "\n```sh"
    for term in rows:
        if term.plain:
            yield f"# {term.name}: one number for everybody and all dates"
        yield term.command
    yield "```"


def scenarios_page(rows: list[ScenarioRow]) -> str:
    """Return docs/scenarios.md."""
    parts = [SCENARIOS_HEAD, "| scenario | question | compared with | dates |", "| --- | --- | --- | --- |"]
    for row in rows:
        s = row.scenario
        compared = f"[{s.reference}](#{s.reference})" if s.reference else "nothing"
        parts.append(f"| [{s.name}](#{s.name}) | {cell(s.question)} | {compared} | {s.start} to {s.end} |")
    for row in rows:
        parts += ["", *scenario(row)]
    return "\n".join(parts) + "\n"


def scenario(row: ScenarioRow) -> Iterable[str]:
    """Return the lines on one scenario."""
    s = row.scenario
    yield f"## {s.name}\n"
    yield f"**{s.title}.** {cell(s.question)}\n"
    yield f"- Dates: {s.start} to {s.end}" + (f"; what was in force on {s.freeze_on} stays" if s.freeze_on else "")
    if s.supposes:
        yield f"- Supposes: {cell(s.supposes)}"
    yield "- Compared with: " + (f"[{s.reference}](#{s.reference})" if s.reference else "nothing by default")
    for label, names in (("Adds", row.added), ("Leaves out", row.left_out)):
        if names:
            yield f"- {label}: {', '.join(f'[{n}](levers.md#{n})' for n in names)}"
    for name, what in row.changed:
        yield f"- Changes [{name}](levers.md#{name}): {cell(what)}"
    yield f"- `{row.command}`"


def cell(text: str) -> str:
    """Return text on one line, as a table's cell takes it."""
    return " ".join(text.split()).replace("|", "\\|")


def main() -> int:
    """Write or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is out of date")
    check = parser.parse_args().check
    stale = 0
    for name, text in {"levers.md": levers_page(lever_rows()), "scenarios.md": scenarios_page(scenario_rows())}.items():
        file = DOCS / name
        if check and (not file.exists() or file.read_text(encoding="utf-8") != text):
            print(f"docs/{name} is out of date (run scripts/list_levers.py)", file=sys.stderr)
            stale = 1
        elif not check:
            file.write_text(text, encoding="utf-8", newline="\n")
    return stale


if __name__ == "__main__":
    raise SystemExit(main())
