"""The documentation builds as a site without a warning, and every link of its pages leads somewhere."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
pytest.importorskip("zensical", reason="pip install 'ladsim[docs]'")


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_docs", ROOT / "scripts" / "build_docs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_site_is_built_without_a_warning_and_without_a_dead_link() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts" / "build_docs.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    site = ROOT / "build" / "docs"
    assert "ladsim" in (site / "atlas" / "index.html").read_text(encoding="utf-8")
    told = (site / "api.html").read_text(encoding="utf-8")
    for word in ("ladsim.runs.ensemble.run", "ladsim.sim.model.LadModel", "Raises:"):
        assert word in told


def pages(listed: object) -> list[str]:
    if isinstance(listed, str):
        return [listed]
    parts = listed.values() if isinstance(listed, dict) else listed
    return [name for part in parts for name in pages(part)]  # type: ignore[union-attr]


def test_every_page_is_in_the_navigation_once() -> None:
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    there = sorted(str(p.relative_to(ROOT / "docs")) for p in (ROOT / "docs").rglob("*.md"))
    assert sorted(pages(config["nav"])) == there


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('<a href="there.html">x</a>', "leads nowhere"),
        ('<a href="other.html#none">x</a>', "names no place"),
        ('<img src="gone.png">', "leads nowhere"),
        ('<script src="https://example.org/x.js"></script>', "from the network"),
        ('<a href="../outside.html">x</a>', "leads nowhere"),
    ],
)
def test_a_link_that_leads_nowhere_is_found(text: str, fault: str, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (tmp_path / "outside.html").write_text("x")
    (site / "other.html").write_text('<p id="some">x</p>')
    (site / "index.html").write_text(f'<a href="other.html#some">x</a> <a href="https://example.org">x</a> {text}')
    found = script().faults(site)
    assert len(found) == 1
    assert fault in found[0]
