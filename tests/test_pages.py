"""The code on the pages of the documentation runs: each page's commands and Python, in order, in one empty folder.

Every other command that a page names must at least be one that the command line takes.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ladsim.cli.grammar import parse

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
GENERATED = {"levers.md", "scenarios.md"}
"""Their commands are checked in tests/policy/test_listing.py."""
PAGES = [p for p in sorted(DOCS.rglob("*.md")) if p.name not in GENERATED and "history" not in p.parts]
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
PLACEHOLDERS = re.compile(r"\b(NAME|FILE|ID|KIND|FOLDER)\b|\.\.\.|<")

OWN_FILE = re.compile(r"(scenario|study|observed)=\S+\.(yaml|csv)$|instruments_dir=\S+")
"""A file of the reader's own, which is not there."""


def blocks(page: Path) -> list[tuple[str, str]]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def commands(page: Path) -> list[str]:
    """Return every `python -m ladsim` command of a page, in blocks and in lines of text."""
    text = page.read_text(encoding="utf-8")
    inline = re.findall(r"`(python -m ladsim(?: [^`\n]*)?)`", text)
    lines = re.findall(r"^(?: {4})?(python -m ladsim(?: .*)?)$", text, flags=re.MULTILINE)
    return [c.split("  #")[0].strip() for c in (*inline, *lines)]


def call(words: list[str] | str, folder: Path, states: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    environment["LADSIM_CHECKPOINTS"] = str(states)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    shell = isinstance(words, str)
    done = subprocess.run(words, shell=shell, cwd=folder, capture_output=True, text=True, timeout=1200, env=environment)
    assert done.returncode == 0, f"{words}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p)], ids=lambda p: str(p.relative_to(DOCS)))
def test_the_code_of_a_page_runs_in_order(page: Path, tmp_path: Path, states_of_commands: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    python = ""
    for language, code in blocks(page):
        if language == "python":
            python += code + "\n"
            continue
        if python:
            run_python(python, tmp_path, states_of_commands)
            python = ""
        for line in code.splitlines():
            if line.strip() and not line.startswith("#"):
                call(line, tmp_path, states_of_commands)
    if python:
        run_python(python, tmp_path, states_of_commands)


NEWCOMERS = ("own-corridor.md", "own-instrument.md", "own-rule.md", "mesa.md")


@pytest.mark.parametrize("name", NEWCOMERS)
def test_no_code_of_a_newcomers_page_escapes_the_test(name: str) -> None:
    page = DOCS / name
    assert page in PAGES
    assert any(language == "python" for language, _ in blocks(page))
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    indented = [line for line in text.splitlines() if line.startswith("    ")]
    assert not indented, "a block of code without a fence is not run"


def run_python(code: str, folder: Path, states: Path) -> None:
    file = folder / "example.py"
    file.write_text(f"if __name__ == '__main__':\n{re.sub('^', '    ', code, flags=re.MULTILINE)}\n", encoding="utf-8")
    call([sys.executable, str(file)], folder, states)


@pytest.mark.parametrize("page", [p for p in PAGES if commands(p)], ids=lambda p: str(p.relative_to(DOCS)))
def test_every_command_that_a_page_names_is_taken(page: Path) -> None:
    for command in commands(page):
        words = shlex.split(command)[3:]
        if PLACEHOLDERS.search(command) or words[:1] in (["explore"], ["--help"], ["--version"], []):
            continue
        told = [OWN_FILE.sub(r"\1=history" if w.startswith("scenario") else "", w) for w in words]
        told = [w for w in told if w]
        assert parse(told) is not None, command
