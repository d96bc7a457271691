"""Every command of the README is real: each is run as it stands, those of make as a dry run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ladsim.core.paths import scenarios_dir

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
QUICK = ("--help", "task=show", "task=levers", "task=scenarios", "task=study")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    lines = [line.strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def marked(command: str) -> object:
    quick = command.startswith("make") or any(word in command for word in QUICK)
    return pytest.param(command, marks=() if quick else pytest.mark.slow)


def call(words: list[str], folder: Path, states: Path | str = "off") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    environment["LADSIM_CHECKPOINTS"] = str(states)
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=1200, env=environment)


def test_the_set_up_stands_first() -> None:
    assert commands()[:2] == ["make run", "make test"]


@pytest.mark.parametrize("command", [marked(c) for c in commands()])
def test_command_runs(command: str, tmp_path: Path, states_of_commands: Path) -> None:
    words = shlex.split(command)
    if words[0] == "make":
        done = call(["make", "-n", *words[1:]], ROOT)
        assert done.returncode == 0, done.stderr
        return
    assert words[0] == "python", f"the README tells to type {words[0]!r}, which this test cannot run"
    if "examples/" in command:
        shutil.copytree(ROOT / "examples", tmp_path / "examples")
    done = call([sys.executable, *words[1:]], tmp_path, states_of_commands)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    runs = words[1:3] == ["-m", "ladsim"] and not any(q in command for q in QUICK)
    folders = list(tmp_path.glob("results/*/*/manifest.json"))
    chosen = [w.partition("=")[2].split(",") for w in words if w.startswith("scenario=")]
    assert len(folders) == (len(chosen[0]) if runs else 0)


@pytest.mark.slow
@pytest.mark.parametrize("code", blocks("python"))
def test_example_of_library_use_runs(code: str, tmp_path: Path, states_of_commands: Path) -> None:
    file = tmp_path / "example.py"
    file.write_text(f"if __name__ == '__main__':\n{re.sub('^', '    ', code, flags=re.MULTILINE)}\n", encoding="utf-8")
    done = call([sys.executable, str(file)], tmp_path, states_of_commands)
    assert done.returncode == 0, done.stderr


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) < 150


def test_the_result_is_that_of_the_atlas() -> None:
    done = call([sys.executable, str(ROOT / "scripts" / "list_result.py"), "--check"], ROOT)
    assert done.returncode == 0, done.stderr


def test_every_scenario_is_listed_with_its_reference() -> None:
    page = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| \[(\w+)\]\(#\w+\) \| [^|]* \| (?:\[(\w+)\]\(#\w+\)|nothing) \|", page, flags=re.MULTILINE)
    real = {
        file.stem: yaml.safe_load(file.read_text(encoding="utf-8"))["scenario"].get("reference") or ""
        for file in scenarios_dir().glob("*.yaml")
    }
    assert dict(found) == real
