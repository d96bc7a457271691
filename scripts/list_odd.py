"""Write the lists of docs/odd.md from the code: phases, entities and their attributes, parameters, measures, draws.

python scripts/list_odd.py             write the lists between the page's markers
python scripts/list_odd.py --check     fail if the page differs from the code
"""

from __future__ import annotations

import argparse
import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ladsim.behavior.parameters import Parameters, read_parameter_file
from ladsim.columns import SCHEMA
from ladsim.core.draws import Decision
from ladsim.core.schema import FIRST_ABSORBING, MEASURES, Fate, State
from ladsim.results.intervals import unit_of
from ladsim.sim.model import LadModel

PAGE = Path(__file__).resolve().parent.parent / "docs" / "odd.md"


def rows(head: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    made = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    made += ["| " + " | ".join(str(v).replace("|", "\\|").replace("\n", " ") for v in line) + " |" for line in lines]
    return "\n".join(made)


def phase_names() -> list[str]:
    """Return the phases of a day, in the order in which `LadModel.step` calls them."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(LadModel.step)))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    own = [c for c in calls if isinstance(c.func.value, ast.Name) and c.func.value.id == "self"]  # type: ignore[attr-defined]
    return [c.func.attr for c in sorted(own, key=lambda c: c.lineno)]  # type: ignore[attr-defined]


def phases() -> str:
    """Return the phases with what each does."""
    told = ((n, inspect.getdoc(getattr(LadModel, n)) or "") for n in phase_names())
    return rows(("phase", "what happens"), ((f"`{n}`", t.splitlines()[0]) for n, t in told))


def states() -> str:
    """Return the states of a migrant."""
    ends = lambda s: "yes" if s >= FIRST_ABSORBING or s == State.REGULARIZED else "no"  # noqa: E731
    return rows(("state", "a journey has ended"), ((f"`{s.name}`", ends(s)) for s in State))


def attributes() -> str:
    """Return the attributes of a migrant."""
    return rows(("attribute", "unit", "meaning"), ((f"`{c.name}`", c.unit, c.doc) for c in SCHEMA))


def fates() -> str:
    """Return the fates of a departure."""
    return ", ".join(f"`{f.name}`" for f in Fate)


def parameters() -> str:
    """Return the behavior parameters; their present values are in docs/behavior.md."""
    told = read_parameter_file()
    lines = ((f"`{n}`", told[n]["unit"], told[n]["evidence"], told[n]["note"]) for n in Parameters._fields)
    return rows(("parameter", "unit", "evidence", "meaning"), lines)


def measures() -> str:
    """Return what is counted."""
    return rows(("measure", "unit", "place"), ((f"`{n}`", unit_of(n), p) for n, p in MEASURES.items()))


def draws() -> str:
    """Return the decisions that chance takes part in."""
    return ", ".join(f"`{d.name}`" for d in sorted(Decision))


LISTS: dict[str, Callable[[], str]] = {
    f.__name__: f for f in (phases, states, attributes, fates, parameters, measures, draws)
}


def page(text: str) -> str:
    """Return the page's text with every list renewed.

    Raises:
        SystemExit: A list has no place in the page.
    """
    for name, listing in LISTS.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise SystemExit(f"{PAGE}: the markers must stand there once: {begin} ... {end}")
        head, rest = text.split(begin)
        text = f"{head}{begin}\n\n{listing()}\n\n{end}{rest.split(end)[1]}"
    return text


def main() -> int:
    """Write or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is out of date")
    check = parser.parse_args().check
    old = PAGE.read_text(encoding="utf-8")
    new = page(old)
    if check:
        if new != old:
            print("docs/odd.md is out of date (run scripts/list_odd.py)", file=sys.stderr)
        return int(new != old)
    PAGE.write_text(new, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
