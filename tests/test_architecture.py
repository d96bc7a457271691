"""The house: data enters at the top and leaves at the bottom, and a module imports only from those above it.

Imports inside functions (made late, to start fast) and for type checkers count like those at the top. What a part
offers to parts above it goes by a hook (core/hooks.py).
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "ladsim"

LAYERS: tuple[tuple[str, ...], ...] = (
    ("core",),
    ("data",),
    ("world",),
    ("policy",),
    ("columns",),
    ("population",),
    ("behavior",),
    ("actors",),
    ("sim",),
    ("twin",),
    ("results",),
    ("catalog",),
    ("series",),
    ("runs",),
    ("report",),
    ("validation",),
    ("calibration",),
    ("studies",),
    ("site",),
    ("explore",),
    ("cli",),
    ("", "__main__"),
)
"""From the top of the house down; ``""`` is ladsim/__init__.py. Modules of one layer may import each other."""


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def part(module: str) -> str:
    return module.split(".")[0]


def layer(module: str) -> int:
    for depth, names in enumerate(LAYERS):
        if part(module) in names:
            return depth
    raise AssertionError(f"ladsim/{part(module)} has no place in the house; give it one in LAYERS")


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def named(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the dotted names that an import statement binds modules of; ladsim's own without the package's name."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    assert node.level == 0, "imports are absolute"
    base = node.module or ""
    if base != "ladsim" and not base.startswith("ladsim."):
        return [base]
    own = base.removeprefix("ladsim").removeprefix(".")
    found = []
    for alias in node.names:
        deeper = f"{own}.{alias.name}".removeprefix(".")
        found.append("ladsim:" + (deeper if deeper in MODULES else own))
    return found


INNER = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def imports(path: Path) -> tuple[set[str], set[str]]:
    """Return what a module imports at once, and what inside functions, or for type checkers."""
    at_once: set[str] = set()
    late: set[str] = set()

    def walk(node: ast.AST, inside: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                (late if inside else at_once).update(named(child))
            walk(child, inside or is_type_checking(child) or isinstance(child, INNER))

    walk(ast.parse(path.read_text(encoding="utf-8")), False)
    return at_once, late


IMPORTS = {module: imports(path) for module, path in MODULES.items()}


def own(names: set[str]) -> set[str]:
    return {name.removeprefix("ladsim:") for name in names if name.startswith("ladsim:")}


def others(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names if not name.startswith("ladsim:")}


def upward(late: bool) -> set[tuple[str, str]]:
    return {
        (module, part(name))
        for module, found in IMPORTS.items()
        for name in own(found[late])
        if layer(name) > layer(module)
    }


LINES = 400


def test_every_module_has_a_place() -> None:
    assert len(MODULES) > 40
    for module in MODULES:
        layer(module)


def test_every_module_is_short() -> None:
    lengths = {module: path.read_text(encoding="utf-8").count("\n") for module, path in MODULES.items()}
    assert max(lengths.values()) > 100, "lines are counted"
    assert {module: lines for module, lines in lengths.items() if lines >= LINES} == {}


@pytest.mark.parametrize("late", [False, True])
def test_no_module_imports_from_below(late: bool) -> None:
    assert upward(late) == set()


def test_no_circle_of_modules() -> None:
    """No module imports itself by way of others, imports inside functions and for type checkers included."""
    graph = {module: own(found[0] | found[1]) - {module} for module, found in IMPORTS.items()}
    assert graph["sim.model"] & graph["sim.checkpoint"], "imports are seen"
    assert circle(graph) == ""


def circle(graph: dict[str, set[str]]) -> str:
    """Return the first circle found, or an empty text."""
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> str:
        if module in trail:
            return " -> ".join((*trail, module))
        if module in done:
            return ""
        found = next(filter(None, (visit(name, (*trail, module)) for name in sorted(graph.get(module, ())))), "")
        done.add(module)
        return found

    return next(filter(None, (visit(module, ()) for module in graph)), "")


def test_a_circle_and_a_late_import_would_be_found(tmp_path: Path) -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": set()}) == ""
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == "a -> b -> c -> b"
    file = tmp_path / "module.py"
    file.write_text(
        "from typing import TYPE_CHECKING\nfrom ladsim.core import draws\nif TYPE_CHECKING:\n    from ladsim.sim.model "
        "import LadModel\ndef f():\n    import mesa\n    from ladsim.cli import app\n"
    )
    at_once, late = imports(file)
    assert own(at_once) == {"core.draws"}
    assert own(late) == {"sim.model", "cli.app"}
    assert others(late) == {"mesa"}


def reached(module: str) -> set[str]:
    """Return all of ladsim that importing a module imports, itself and its packages included."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += own(IMPORTS[name][0])
        waiting += [".".join(name.split(".")[:k]) for k in range(name.count(".") + 1)]
    return found


def kernels() -> list[str]:
    return [m for m, path in MODULES.items() if re.search(r"^@(njit|kernel)", path.read_text(encoding="utf-8"), re.M)]


def test_kernels_know_neither_mesa_nor_hydra() -> None:
    assert {"core.draws", "behavior.kernels", "behavior.border", "behavior.solver"} <= set(kernels())
    for kernel in kernels():
        for module in reached(kernel):
            outside = others(IMPORTS[module][0])
            assert not outside & {"mesa", "hydra", "omegaconf"}, f"{kernel} imports {module}, which imports {outside}"


def test_importing_the_kernels_loads_neither_mesa_nor_hydra() -> None:
    code = (
        "import sys, ladsim.behavior.kernels\n"
        "loaded = {'mesa', 'hydra', 'omegaconf', 'matplotlib'} & set(sys.modules)\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("mesa", {"actors", "sim", "twin"}),
        ("hydra", {"cli"}),
        ("omegaconf", {"cli", "runs"}),
        ("matplotlib", {"report", "validation"}),
        ("joblib", {"runs", "calibration", "validation"}),
        ("statsmodels", {"validation"}),
        ("networkx", {"world"}),
        ("numba", {"behavior", "core", "population", "actors"}),
        ("solara", {"explore"}),
    ],
)
def test_libraries_are_known_in_one_part_of_the_house(library: str, allowed: set[str]) -> None:
    users = {part(m) for m, (at_once, late) in IMPORTS.items() if library in others(at_once | late)}
    assert users <= allowed


def test_nothing_imports_the_tests() -> None:
    helpers = {path.stem for path in Path(__file__).parent.rglob("*.py")} - set(sys.stdlib_module_names)
    tests = {"tests", "conftest", *(name for name in helpers if name.startswith("test_"))}
    for module, (at_once, late) in IMPORTS.items():
        assert not others(at_once | late) & tests, module


def test_no_draw_without_an_address() -> None:
    """Neither random nor numpy.random anywhere in ladsim; the face needs the type of Mesa's generator."""
    for module, path in MODULES.items():
        users = others(IMPORTS[module][0] | IMPORTS[module][1])
        assert "random" not in users or module.startswith("actors.face"), module
        if module in ("calibration.search", "studies.attribution"):
            continue  # a search for parameters, and orders of levers, are not simulated; their seeds are fixed
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "random" and isinstance(node.value, ast.Name):
                assert node.value.id not in ("np", "numpy"), f"{module} line {node.lineno}"
