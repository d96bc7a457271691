"""No place, country or nationality of the packaged world stands in code: roles are columns of the world's tables."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "ladsim"
CODE = re.compile(r"\b[A-Z]{3}\b")
COLUMNS = {
    "countries": ("country", "name"),
    "nationalities": ("nationality", "name"),
    "route_nodes": ("node", "name", "label", "short"),
    "route_ways": ("way", "family"),
    "entry_rules": ("rule",),
    "stretches": ("stretch",),
    "residences": ("group",),
}
ALLOWED = {
    ("world/world.py", "border"): "the name of a border that the tables give none, not the stretch",
}


def names() -> set[str]:
    """Return every name of the packaged world's tables."""
    found: set[str] = set()
    for table, columns in COLUMNS.items():
        with (PACKAGE / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as rows:
            found |= {row[column] for row in csv.DictReader(rows) for column in columns}
    return found - {""}


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the text constants of a module, docstrings left out, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.lineno, node.value


def named_in_code() -> set[tuple[str, int, str]]:
    known = names()
    codes = {name for name in known if CODE.fullmatch(name)}
    found = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        module = path.relative_to(PACKAGE).as_posix()
        for line, text in strings(path):
            hits = {text} & known | set(CODE.findall(text)) & codes
            found |= {(module, line, hit) for hit in hits if (module, hit) not in ALLOWED}
    return found


def test_the_tables_have_names_to_look_for() -> None:
    assert {"USA", "PAN", "VEN", "mexico_city", "darien", "MEX_air", "Rio Grande Valley", "RGV"} <= names()


def test_no_name_of_the_worlds_tables_stands_in_code() -> None:
    assert named_in_code() == set()


def test_what_is_allowed_is_still_there() -> None:
    for module, name in ALLOWED:
        assert name in {text for _, text in strings(PACKAGE / module)}
