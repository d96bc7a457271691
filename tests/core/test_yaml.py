"""YAML has one door: the strict reader with limits, for every file, the project's own among them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ladsim.core.errors import UserError
from ladsim.core.plain_yaml import read_mapping
from ladsim.core.strict_yaml import read_words
from ladsim.validation.settings import read_settings, settings_file

ROOT = Path(__file__).parents[2]
DOOR = {"ladsim/core/strict_yaml.py", "ladsim/core/limits.py"}
"""The modules that may parse YAML."""
WRITES = {"dump", "safe_dump", "dump_all", "SafeDumper", "CSafeDumper"}


def parses(source: str) -> set[str]:
    """Return the names by which a module reads YAML: what it takes of yaml that does not write, and OmegaConf.load."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            whole = f"{node.value.id}.{node.attr}"
            if (node.value.id == "yaml" and node.attr not in WRITES) or whole == "OmegaConf.load":
                found.add(whole)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            words = [a.id if isinstance(a, ast.Name) else getattr(a, "value", "") for a in node.args[:2]]
            if words[0] == "yaml" and words[1] not in WRITES:
                found.add(f"yaml.{words[1]}")
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("yaml", "ruamel"):
            found.add(f"from {node.module}")
        if isinstance(node, ast.Import):
            found.update(f"import {a.name} as {a.asname}" for a in node.names if a.name == "yaml" and a.asname)
    return found


def test_only_the_strict_reader_parses_yaml() -> None:
    readers = {
        str(path.relative_to(ROOT)): parses(path.read_text(encoding="utf-8"))
        for folder in ("ladsim", "scripts", "benchmarks")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    assert {name for name, found in readers.items() if found} == DOOR


@pytest.mark.parametrize(
    "line",
    [
        "yaml.safe_load(t)",
        "yaml.load(t, Loader=L)",
        "OmegaConf.load(f)",
        "getattr(yaml, 'CLoader', None)",
        "from yaml import load",
        "import yaml as y",
        "yaml.compose(t)",
    ],
)
def test_another_reader_would_be_found(line: str) -> None:
    assert parses(line)
    assert not parses("yaml.safe_dump(t)")


BROKEN = {
    "a key twice": ("a: 1\na: 2\n", "given twice"),
    "octal": ("a: 030000\n", "read as another number"),
    "code": ("a: !!python/object/apply:os.system [x]\n", "a tag that has no place here"),
    "deep": ("a: " + "[" * 100 + "]" * 100, "nested too deep"),
    "aliases": ("a: &a [1]\nb: [" + "*a, " * 300 + "]\n", "too many aliases"),
    "large": ("a: " + "x" * 1_100_000, "the file is too large"),
    "empty": ("", "is empty"),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_settings_and_conf_are_read_strictly(name: str, tmp_path: Path) -> None:
    text, says = BROKEN[name]
    file = tmp_path / "x.yaml"
    file.write_text(text)
    for read in (lambda: read_settings(file), lambda: read_mapping(file, "a setting")):
        with pytest.raises(UserError, match=says) as caught:
            read()
        assert str(file) in str(caught.value)
    if text:
        with pytest.raises(UserError, match=says):
            read_words(file)


def test_the_settings_of_the_score_pass_the_strict_reader(tmp_path: Path) -> None:
    twice = settings_file().read_text(encoding="utf-8") + "factor: 9\n"
    (tmp_path / "score.yaml").write_text(twice, encoding="utf-8")
    with pytest.raises(UserError, match=r"given twice[\s\S]*key: factor"):
        read_settings(tmp_path / "score.yaml")


def test_words_are_left_as_they_are_written(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a: yes\nb: 2023-01-01\nc: [1.50, ~]\n")
    assert read_words(file) == {"a": "yes", "b": "2023-01-01", "c": ["1.50", "~"]}
