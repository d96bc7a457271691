"""Write docs/facts.md: what was checked and what came of it, which policies are in, and how every fact is known.

    python scripts/list_facts.py             write the page
    python scripts/list_facts.py --check     write nothing; exit 1 if the page is out of date

The readings are in data-raw/policy/fact_check.csv.gz; ``scripts/facts/answers.csv`` has one answer for each, by row.
The policies are in data-raw/policy/policy_additions.csv.gz, and policy_additions_answers.csv says of each where it is.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ladsim.core.strict_yaml import read_yaml  # noqa: E402
from ladsim.policy.dates import DATED  # noqa: E402
from ladsim.policy.fields import Part  # noqa: E402
from ladsim.policy.grades import told  # noqa: E402
from ladsim.policy.instrument import Instrument  # noqa: E402
from ladsim.policy.library import load_instruments  # noqa: E402
from ladsim.policy.listing import value_text  # noqa: E402
from ladsim.policy.scenario import Scenario, load_scenario  # noqa: E402
from ladsim.policy.terms import Term  # noqa: E402

PAGE = ROOT / "docs" / "facts.md"
RAW = ROOT / "data-raw" / "policy"
ANSWERS = {
    "mended": "the value was changed to what the source says",
    "noted": "the value stays and a note says what the source adds",
    "kept": "the value stays, since it was right or better sourced, or no source settles it",
}


def readings() -> pd.DataFrame:
    """Return every reading with its answer.

    Raises:
        SystemExit: A reading without an answer, or an answer of another kind.
    """
    found = pd.read_csv(RAW / "fact_check.csv.gz", dtype=str, keep_default_na=False)
    answers = pd.read_csv(ROOT / "scripts" / "facts" / "answers.csv", dtype=str, keep_default_na=False)
    if [int(r) for r in answers["row"]] != list(range(len(found))):
        raise SystemExit("scripts/facts/answers.csv must answer each reading once, in order")
    wrong = set(answers["answer"]) - set(ANSWERS)
    if wrong:
        raise SystemExit(f"scripts/facts/answers.csv: {wrong}; expected {', '.join(ANSWERS)}")
    return pd.concat([found, answers[["answer", "why"]]], axis=1)


def additions() -> pd.DataFrame:
    """Return every policy with its answer: ``answer`` (in, left out), ``where`` and ``reason``.

    Raises:
        SystemExit: A policy without an answer, an answer of another kind, or one that does not say where or why.
    """
    found = pd.read_csv(RAW / "policy_additions.csv.gz", dtype=str, keep_default_na=False)
    answers = pd.read_csv(RAW / "policy_additions_answers.csv", dtype=str, keep_default_na=False)
    if list(answers["id"]) != list(found["measure"]):
        raise SystemExit("policy_additions_answers.csv must answer each policy once, in order")
    for row in answers.to_dict("records"):
        if row["answer"] not in ("in", "left out"):
            raise SystemExit(f"policy_additions_answers.csv: {row['id']}: {row['answer']!r}; expected in or left out")
        if not (row["where"] if row["answer"] == "in" else row["reason"]):
            raise SystemExit(f"policy_additions_answers.csv: {row['id']} does not say where it is, or why it is not")
    return pd.concat([found, answers[["answer", "where", "reason"]]], axis=1)


def cell(text: str) -> str:
    """Return text that fits into a cell of a Markdown table."""
    return text.replace("|", "/").replace("\n", " ").replace("_programme", "_program").strip()


def address(urls: str) -> str:
    """Return the first address of a reading as a link."""
    first = urls.split(" ; ")[0].strip()
    return f"[source]({first})" if first.startswith("http") else ""


def policy_row(row: dict[str, Any], *more: str) -> str:
    """Return a policy as a row of a Markdown table, with more of its columns at the end."""
    what = f"{cell(row['measure'])} {address(row['url'])}"
    return "| " + " | ".join([cell(row["start"]), cell(row["country"]), what, *(cell(row[key]) for key in more)]) + " |"


def page() -> str:
    """Return the page."""
    table = readings()
    counts = table["answer"].value_counts()
    lines = [
        "# Facts that were checked",
        "",
        "Written by `python scripts/list_facts.py` from data-raw/policy and scripts/facts/answers.csv.",
        "",
        f"{len(table)} dates, quantities and rules were compared with public sources. "
        + " ".join(f"{counts.get(a, 0)} {a} ({what})." for a, what in ANSWERS.items()),
        "",
        "*Sure* is how sure the reading is, from 0 to 1, as judged by whoever read it.",
        "",
        "| where | what | was | the source says | sure | answer |",
        "| --- | --- | --- | --- | ---: | --- |",
    ]
    for row in table.to_dict("records"):
        answer = f"{row['answer']}: {row['why']}" if row["why"] else row["answer"]
        cells = [row["file"].removesuffix(".yaml"), row["field"], row["value_now"], row["value_found"]]
        lines.append("| " + " | ".join(map(cell, cells)) + f" {address(row['url'])} | {row['sure']} | {cell(answer)} |")
    policies = additions()
    held, left_out = (policies[policies["answer"] == answer] for answer in ("in", "left out"))
    lines += [
        "",
        "## Policies of 2021 to August 2024",
        "",
        f"{len(policies)} policies that moved people were collected beside the two documents of the Declaration. "
        f"{len(held)} are in: as an instrument, a part or a dated value of one, or rows of a packaged table. "
        f"{len(left_out)} are left out.",
        "",
        "| from | country | what | in | note |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [policy_row(row, "where", "reason") for row in held.to_dict("records")]
    lines += ["", "### Left out", "", "| from | country | what | why |", "| --- | --- | --- | --- |"]
    lines += [policy_row(row, "reason") for row in left_out.to_dict("records")]
    found = list(acting(load_instruments()))
    counts = Counter(grade for grade, _ in found)
    lines += [
        "",
        "## Every fact that acts",
        "",
        f"{len(found)} dates and numbers of the instruments: {counts['documented']} documented, {counts['derived']} "
        f"derived, {counts['assumed']} assumed. Sources are those of the instrument in [levers.md](levers.md), by "
        "number, with an address where they have one. `python scripts/check_facts.py` recomputes the derived ones and "
        "looks the documented ones up. What else sources say stands in the first table.",
        "",
        "| fact | value | how it is known | sources |",
        "| --- | --- | --- | --- |",
    ]
    lines += [row for _, row in found]
    lines += [
        "",
        "## What scenarios change",
        "",
        "Dates and numbers that a scenario gives instruments. Where it grades them itself, the grade stands there; "
        "otherwise the scenario supposes them: that is its question, and no source says it.",
        "",
        "| scenario and fact | value | how it is known | sources |",
        "| --- | --- | --- | --- |",
    ]
    lines += list(changed_by_scenarios())
    return "\n".join(lines) + "\n"


def acting(library: Mapping[str, Instrument]) -> Iterator[tuple[str, str]]:
    """Yield the grade and the row of each date and number of the instruments."""
    for one in library.values():
        if one.status == "institutional":
            continue
        for name, block in [("", one), *((f".{name}", part) for name, part in one.parts.items())]:
            for key, fact in block.dates.items():
                yield fact_row(one, f"{one.id}{name}.{key}", str(getattr(block, key)), fact)
            if isinstance(block, Instrument) and block.announces is not None:
                claim = block.announces
                yield fact_row(one, f"{one.id}.announces.{claim.claim}", f"{claim.value:g} {claim.unit}", claim)
            for key, term in block.terms.items():
                steps = [f"{value_text(value)} from {day}" for day, value in term.values.items()]
                yield fact_row(one, f"{one.id}{name}.{key}", "; ".join(steps) + f" {term.unit}", term)
                for day, fact in term.dates.items():
                    yield fact_row(one, f"{one.id}{name}.{key}", f"the date {day}", fact)


def changed_by_scenarios() -> Iterator[str]:
    """Yield a row of the table for each date and number that a scenario gives an instrument."""
    for file in sorted((ROOT / "scenarios").glob("*.yaml")):
        overlay: Any = read_yaml(file)[0].get("instrument") or {}
        scenario = load_scenario(str(file)) if overlay else None
        for name, change in overlay.items():
            assert scenario is not None
            yield from _changes(scenario, name, change, "")


def _changes(scenario: Scenario, name: str, change: Mapping[str, Any], part: str) -> Iterator[str]:
    one = scenario.instruments[name]
    block: Instrument | Part = one.parts[part] if part else one
    at = f"{scenario.name}: {name}{f'.{part}' if part else ''}"
    for key, said in change.items():
        if key in DATED:
            graded = isinstance(said, Mapping) and "evidence" in said
            yield _change_row(one, f"{at}.{key}", str(getattr(block, key)), block.dates[key] if graded else None)
        elif key == "terms":
            for term, value in said.items():
                graded = isinstance(value, Mapping) and "evidence" in value
                held = block.terms[term]
                steps = "; ".join(f"{value_text(v)} from {day}" for day, v in held.values.items())
                yield _change_row(one, f"{at}.{term}", f"{steps} {held.unit}", held if graded else None)
        elif key == "parts":
            for inner, told_of in said.items():
                if told_of is None:
                    yield _change_row(one, f"{at}.{inner}", "left out", None)
                else:
                    yield from _changes(scenario, name, told_of, inner)


def _change_row(one: Instrument, key: str, value: str, fact: Any) -> str:
    return fact_row(one, key, value, fact)[1] if fact is not None else f"| {key} | {cell(value)} | supposed |  |"


def fact_row(one: Instrument, key: str, value: str, fact: Any) -> tuple[str, str]:
    """Return the grade of a fact and its row of the table."""
    named = [(number, one.references[number - 1].address) for number in fact.reference]
    sources = ", ".join(f"[{n}]({address})" if address else str(n) for n, address in named)
    known = told(fact)
    if isinstance(fact.arithmetic, Mapping):
        steps = "; ".join(f"{day}: {how}" for day, how in fact.arithmetic.items())
        known = known.replace(fact.evidence, f"{fact.evidence}: {steps}", 1)
    if isinstance(fact, Term) and fact.range:
        known += f"; range {fact.range[0]:g} to {fact.range[1]:g}"
    return fact.evidence, f"| {key} | {cell(value)} | {cell(known)} | {sources} |"


def main() -> int:
    """Write or check the page; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is out of date")
    text = page()
    if parser.parse_args().check:
        return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text)
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
