"""The benchmarks: what they compute from measurements, and that a measurement works."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def performance(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    spec = importlib.util.spec_from_file_location("performance", FOLDER / "performance.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("power", [0.9, 1.0, 1.2])
def test_the_power_of_the_growth_leaves_out_what_all_scales_share(performance: ModuleType, power: float) -> None:
    costs = {scale: {"seconds": 5.0 + (1e6 / scale) ** power / 1e4, "agents": 1e6 / scale} for scale in (100, 10, 1)}
    assert performance.slope(costs, 5.0, (100, 1)) == pytest.approx(power)


def fake(words: list[str], root: Path = FOLDER.parent, **_: str) -> Any:
    """Return measurements of a machine on which an agent's day costs a microsecond beyond five seconds."""
    text = words[1] if words[0] == "-c" else words[0]
    if "agent_days" in text:
        days = 100_000_000 // int(words[2])
        seconds = (5.0 + days / 1e6) * (2.0 if root.name == "old" else 1.0)
        return {"seconds": seconds, "mib": 400.0, "agents": days // 100, "agent_days": days}
    if "imported" in text:
        return {"import": 0.1, "model": 2.0, "day": 0.2}
    if "workers=workers" in text:
        return {"wall": 20.0 / (1 if words[4] == "1" else 1.8)}
    cost = {"scale": 100, "days": 10, "seconds": 2.0, "agent_days": 1000, "peak_mib": 300.0}
    return [cost, {**cost, "seconds": 50.0}] if "cost_per_agent_day" in text else {**cost, "seconds": 240.0}


def test_the_page_is_written_between_its_marks(
    performance: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, old = tmp_path / "performance.md", tmp_path / "old"
    page.write_text(performance.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(performance, "PAGE", page)
    monkeypatch.setattr(performance, "told", fake)
    assert performance.main(["--scales", "1000,100,1", "--against", str(old), "--seeds", "4"]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Performance")
    assert "## What to change" in text
    assert performance.processor() in text
    assert "| 1 | 1,000,000 | 105.0 | 17.50 | 400 | 0.50 |" in text
    assert "with the power 1.00 of their number" in text
    assert "an efficiency of 0.90" in text
    assert "| 100 | 100 | 50000.00 | 25 | 300 |" in text
    assert "| 240000.00 | 120 | 300 |" in text
    before = page.read_text(encoding="utf-8")
    assert performance.main(["--scales", "100,1", "--print"]) == 0
    assert page.read_text(encoding="utf-8") == before


def test_a_measurement_that_fails_says_so(performance: ModuleType) -> None:
    with pytest.raises(SystemExit, match="no such thing"):
        performance.told(["-c", "raise ValueError('no such thing')"])


@pytest.mark.slow
def test_a_run_is_measured(performance: ModuleType) -> None:
    found = performance.told(["-c", performance.RUN, "5000", "2024-05-01", "2024-06-30", "count"])
    assert found["seconds"] > 0
    assert found["agents"] > 10
    assert found["agent_days"] > found["agents"]
    assert set(performance.told(["-c", performance.START])) == {"import", "model", "day"}


@pytest.mark.slow
def test_flee_has_the_same_graph_and_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("flee.flee")
    monkeypatch.syspath_prepend(str(FOLDER))
    sys.modules.pop("flee_same_graph", None)
    import flee_same_graph  # type: ignore[import-not-found]

    from ladsim.world.world import load_world

    _, places = flee_same_graph.ecosystem()
    route = load_world().route
    assert [place.name for place in places] == list(route.nodes)
    assert sum(len(place.links) for place in places) == route.n_ways
    cost = flee_same_graph.measure("history", flee_same_graph.date(2022, 7, 1), 5, 5, 5000)
    assert cost.agent_days > 0
