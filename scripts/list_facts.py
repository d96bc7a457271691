"""Write docs/facts.md: what was checked against public sources, what came of it, and which policies are not held yet.

    python scripts/list_facts.py             write the page
    python scripts/list_facts.py --check     write nothing; exit 1 if the page is out of date

The readings are in data-raw/policy/fact_check.csv.gz; ``scripts/facts/answers.csv`` has one answer for each, by row.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "facts.md"
RAW = ROOT / "data-raw" / "policy"
ANSWERS = {
    "mended": "the value was changed to what the source says",
    "noted": "the value stays and a note says what the source adds",
    "kept": "the value stays, since it was right or better sourced",
    "open": "the model cannot say it yet, or sources do not settle it",
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


def cell(text: str) -> str:
    """Return text that fits into a cell of a Markdown table."""
    return text.replace("|", "/").replace("\n", " ").replace("_programme", "_program").strip()


def address(urls: str) -> str:
    """Return the first address of a reading as a link."""
    first = urls.split(" ; ")[0].strip()
    return f"[source]({first})" if first.startswith("http") else ""


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
    missing = pd.read_csv(RAW / "policy_additions.csv.gz", dtype=str, keep_default_na=False)
    lines += [
        "",
        "## Policies that no instrument holds in full",
        "",
        f"{len(missing)} policies of 2021 to August 2024 that moved people and have no instrument of their own. Some "
        "are inside a term of another instrument (a share, a capacity); none of them can be switched.",
        "",
        "| from | country | what |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| {cell(r['start'])} | {cell(r['country'])} | {cell(r['measure'])} {address(r['url'])} |"
        for r in missing.to_dict("records")
    ]
    return "\n".join(lines) + "\n"


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
