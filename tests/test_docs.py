"""What the documentation says of closed lists, parameters and files is what there is."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ladsim.behavior.parameters import Parameters
from ladsim.columns import SCHEMA
from ladsim.core.schema import MEASURES, STOCK_MEASURES, Fate, State
from ladsim.policy.kinds.registry import TERMS
from ladsim.results.intervals import unit_of
from ladsim.sim.model import LadModel
from ladsim.validation.score import BEGIN, END

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_measures_are_the_closed_list_in_its_order_with_unit_and_place() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\w ]+) \| ([^|]+) \| ([^|]+) \|$", text("measures.md"), flags=re.MULTILINE)
    assert [name for name, *_ in rows] == list(MEASURES)
    for name, unit, place, meaning in rows:
        assert place.strip() == MEASURES[name]
        assert unit_of(name).split(" ")[0] == unit, name
        assert ("stock" in place) == (name in STOCK_MEASURES)
        assert len(meaning.split()) >= 3, name


def test_every_behavior_parameter_is_listed_with_its_present_value() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "list_behavior.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    page = text("behavior.md")
    assert [n for n in Parameters._fields if f"| `{n}` |" not in page] == []


def test_the_pages_of_levers_and_scenarios_are_what_the_files_say() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "list_levers.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_parameters_that_the_model_page_names_exist() -> None:
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", text("model.md")))
    other = {"home_value", "freeze_on", "undetected_value", "panama_removal", "lawful_only"}
    assert named - other <= set(Parameters._fields), "model.md names a parameter that does not exist"


def test_the_model_page_has_every_state_and_every_lever() -> None:
    page = text("model.md")
    assert [s.name for s in State if s.name.lower().replace("_", " ") not in page.lower()] == []
    assert [lever for lever in TERMS if f"| {lever} |" not in page] == []


def test_the_validation_page_has_the_markers_that_the_score_writes_between() -> None:
    page = text("validation.md")
    assert page.count(BEGIN) == page.count(END) == 1
    assert page.index(BEGIN) < page.index(END)


def listed(page: str, name: str) -> list[str]:
    """Return the names in backticks that head the rows of a list of docs/odd.md, or all of them in a list of words."""
    part = page.split(f"<!-- {name}: begin -->")[1].split(f"<!-- {name}: end -->")[0]
    return re.findall(r"^\| `(\w+)` \|", part, flags=re.MULTILINE) or re.findall(r"`(\w+)`", part)


def test_the_odd_protocol_lists_what_the_code_has() -> None:
    page = text("odd.md")
    assert listed(page, "states") == [s.name for s in State]
    assert listed(page, "measures") == list(MEASURES)
    assert listed(page, "parameters") == list(Parameters._fields)
    assert listed(page, "attributes") == [c.name for c in SCHEMA]
    assert listed(page, "fates") == [f.name for f in Fate]
    body = inspect.getsource(LadModel.step).split("check_coherence(self.population)")[1]
    assert listed(page, "phases") == re.findall(r"self\.(\w+)\(\)", body)


def test_the_odd_protocol_is_written_by_its_script() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "list_odd.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_and_named_files_exist(page: Path) -> None:
    content = page.read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", content) if "://" not in link]
    assert [link for link in links if link and not (page.parent / link).exists()] == []
    named = re.findall(r"`((?:conf|scenarios|ladsim|scripts|tests|notebooks|benchmarks)/[\w./]*)`", content)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_files_that_the_model_page_gives_for_each_phase_exist() -> None:
    named = set(re.findall(r"`(?:ladsim/)?((?:\w+/)?\w+\.py)`", text("model.md")))
    assert len(named) > 10
    assert [n for n in sorted(named) if not (ROOT / "ladsim" / n).exists()] == []
