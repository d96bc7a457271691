"""The English of documents, messages and comments: spelling by codespell, and phrases that stop a native reader.

`docs/words.csv` lists the phrases as regular expressions, with what to say instead; `docs/glossary.md` gives one term
for one thing.
"""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READ = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs", "ladsim", "conf", "scenarios", "scripts")
ENDINGS = {".md", ".py", ".yaml", ".html", ".js", ".css"}
ITSELF = {"words.csv", "test_words.py"}


def files() -> list[Path]:
    found: list[Path] = []
    for name in READ:
        path = ROOT / name
        found += [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in ENDINGS)
    return [p for p in found if p.name not in ITSELF and "vendor" not in p.parts and "history" not in p.parts]


def phrases() -> list[tuple[re.Pattern[str], str]]:
    with (ROOT / "docs" / "words.csv").open(encoding="utf-8", newline="") as table:
        return [(re.compile(row["pattern"]), row["instead"]) for row in csv.DictReader(table)]


def stops(text: str) -> list[str]:
    """Return the phrases in a text that stop a reader, with what to say instead."""
    return [f"{found.group()!r}: {instead}" for pattern, instead in phrases() for found in pattern.finditer(text)]


@pytest.mark.parametrize("text", ["a date that is none", "100 persons an agent", "two programmes", "illegal migrants"])
def test_the_list_finds_what_it_should(text: str) -> None:
    assert stops(text)


def test_the_list_lets_good_sentences_pass() -> None:
    assert not stops("Anyone who is stopped is sent back. Intervals cover chance. The World Food Programme reports it.")


def test_no_phrase_that_stops_a_reader() -> None:
    found = {str(p.relative_to(ROOT)): stops(p.read_text(encoding="utf-8")) for p in files()}
    assert {name: said for name, said in found.items() if said} == {}


def test_spelling() -> None:
    command = [sys.executable, "-m", "codespell_lib", *[str(p) for p in files()]]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout


def test_no_document_names_what_its_reader_does_not_have() -> None:
    for path in files():
        if path.suffix != ".md":
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b[Ii]ssue #?\d+\b|\bthe specification\b|\.\./shared", text), path
