"""A kind of lever is one file; one's own is added by a call or by an installed package."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ladsim.core.errors import UserError
from ladsim.core.schema import LEVER_KINDS
from ladsim.policy import templates
from ladsim.policy.kinds import registry
from ladsim.policy.kinds.registry import Kind, added_kinds, kind_of, kinds, register_kind
from ladsim.policy.library import load_instrument
from ladsim.policy.scenario import load_scenario
from ladsim.policy.terms import RATIO
from ladsim.policy.timeline import Timeline
from ladsim.runs import replicate
from ladsim.world.world import load_world

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "own-lever.md").read_text(encoding="utf-8")


@pytest.fixture
def fuel_tax(monkeypatch: pytest.MonkeyPatch) -> Kind:
    """The kind of the page's example, known for one test."""
    monkeypatch.setattr(registry, "_ADDED", {})
    spec = importlib.util.spec_from_file_location("fuel_tax", ROOT / "examples" / "lever" / "fuel_tax.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.KIND


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The page's instrument."""
    found = re.search(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert found is not None
    path = tmp_path / "dearer_roads.yaml"
    path.write_text(found[1], encoding="utf-8")
    return path


def test_each_of_ladsims_kinds_is_a_file_and_they_keep_their_order() -> None:
    assert tuple(kinds()) == LEVER_KINDS
    folder = ROOT / "ladsim" / "policy" / "kinds"
    assert {path.stem for path in folder.glob("*.py")} - {"__init__", "registry"} == set(LEVER_KINDS)
    for kind in kinds().values():
        assert kind.meaning
        assert set(kind.one_of) <= set(kind.terms)


def test_a_kind_of_ones_own_acts_in_a_scenario(fuel_tax: Kind, file: Path) -> None:
    scenario = load_scenario("history", start="2023-01-01", end="2023-03-31", instruments_dir=file.parent)
    assert scenario.own == ("dearer_roads",)
    world = load_world()
    without = load_scenario("history", start="2023-01-01", end="2023-03-31")
    ours, theirs = (Timeline(s.instruments, world, s.start, s.n_days).rules(10) for s in (scenario, without))
    on = world.route.stretch == world.route.stretches.index("central_america")
    assert on.any()
    np.testing.assert_allclose(ours.way_fare_factor[on], 1.4 * theirs.way_fare_factor[on])
    np.testing.assert_allclose(ours.way_capacity_factor[on], 0.9 * theirs.way_capacity_factor[on])
    assert (ours.way_fare_factor[~on] == theirs.way_fare_factor[~on]).all()
    assert fuel_tax.name == "fuel_tax"


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("target: {stretches: [central_america]}", "target: {nationalities: [VEN]}", "target", "a tax on no way"),
        ("fare_factor: 1.4", "fair_factor: 1.4", "terms.fair_factor", "did you mean 'fare_factor'"),
        ("seats_lost: 0.1", "seats_lost: 1.1", "terms.seats_lost.values.2023-01-01", "at most 1"),
        ("lever: fuel_tax", "lever: fuel_tacks", "lever", "did you mean 'fuel_tax'"),
        ("status: in_force", "status: in_force\nchannel: port", "channel", "only a lawful_pathway"),
    ],
)
@pytest.mark.usefixtures("fuel_tax")
def test_its_mistakes_are_told_like_any_other(file: Path, old: str, new: str, key: str, said: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_instrument(file)
    assert caught.value.key == key
    assert said in str(caught.value)
    assert re.search(r"dearer_roads\.yaml:\d+", str(caught.value))


@pytest.mark.usefixtures("fuel_tax")
def test_its_template_is_valid_where_it_names_no_place(tmp_path: Path) -> None:
    register_kind(replace(kind_of("fuel_tax"), name="open_tax", check=None))
    file = templates.write("mine", templates.instrument("mine", "open_tax"), tmp_path)
    assert load_instrument(file).lever == "open_tax"


def test_worker_processes_are_told_of_it(fuel_tax: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    task = replicate.Task({"scenario": None}, 1, 100, {}, SimpleNamespace, kinds=added_kinds())  # type: ignore[arg-type]
    monkeypatch.setattr(registry, "_ADDED", {})
    monkeypatch.setattr(replicate, "run_together", lambda task, notes: (list(kinds()), None, {}))
    assert replicate.run_task(task).tables[-1] == fuel_tax.name  # type: ignore[index]


def test_a_package_names_its_kind_in_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Kind("mine", "Nothing.", {"size": RATIO.saying("its size")}, ("size",), lambda *given: None)
    asked: dict[str, Any] = {}

    def found(**given: Any) -> list[Any]:
        asked.update(given)
        return [SimpleNamespace(name="mine", value="package:KIND", load=lambda: mine)]

    monkeypatch.setattr(registry, "_ADDED", {})
    monkeypatch.setattr(registry, "_loaded", False)
    monkeypatch.setattr(registry, "entry_points", found)
    assert kinds()["mine"] is mine
    assert asked == {"group": "ladsim.levers"}
    assert '[project.entry-points."ladsim.levers"]' in PAGE


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "aid"}, "ladsim has a kind of lever of this name"),
        ({"name": "Fuel Tax"}, "not the name of a kind"),
        ({"terms": {"size": RATIO}}, "a term has no meaning"),
        ({"one_of": ("weight",)}, "not a term"),
        ({"one_of": ()}, "not a term"),
    ],
)
def test_what_cannot_be_registered(changes: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_ADDED", {})
    mine = Kind("mine", "Nothing.", {"size": RATIO.saying("its size")}, ("size",), lambda *given: None)
    with pytest.raises(UserError, match=said):
        register_kind(replace(mine, **changes))
    assert added_kinds() == ()
