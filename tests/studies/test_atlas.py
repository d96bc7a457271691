"""The atlas: its cases, what it tells of a run, and that it goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ladsim.policy.library import load_instruments
from ladsim.policy.listing import commitments
from ladsim.studies import atlas


def test_every_scenario_with_a_reference_and_every_commitment_has_a_case() -> None:
    found = atlas.cases()
    assert len({c.key for c in found}) == len(found)
    acting = {n for n, i in commitments(load_instruments()).items() if i.status != "institutional"}
    assert {c.name for c in found if c.kind == "lever"} == acting
    assert {c.how for c in found if c.kind == "lever"} == {"off", "on", "doubled"}
    switched = [c.name for c in found if c.kind == "lever" and c.how != "doubled"]
    assert len(switched) == len(set(switched)) == len(acting)
    announced = {n for n, i in load_instruments().items() if i.status == "announced"}
    assert all(c.how in ("on", "doubled") for c in found if c.kind == "lever" and c.name in announced)


def test_a_doubled_lever_is_run_with_twice_its_first_term() -> None:
    case = next(c for c in atlas.cases() if c.name == "chnv_parole" and c.how == "doubled")
    term = load_instruments()["chnv_parole"].terms[case.term]
    changed = case.changes()["chnv_parole"]["terms"][case.term]
    assert changed == {day.isoformat(): 2 * value for day, value in term.values.items()}
    options = case.options(4000, 2, 1)
    assert (options.scenario, options.reference, options.exclude, options.include) == ("history", "history", (), ())
    announced = next(c for c in atlas.cases() if c.how == "doubled" and "on" in hows(c.name))
    assert announced.options(4000, 2, 1).include == (announced.name,)


def hows(name: str) -> list[str]:
    return [c.how for c in atlas.cases() if c.name == name]


def test_an_interrupted_atlas_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    cases = [atlas.Case("scenario", "no_chnv"), atlas.Case("lever", "chnv_parole", "off")]
    monkeypatch.setattr(atlas, "cases", lambda: cases)
    monkeypatch.setattr(atlas, "run_options", lambda options, instrument: options)
    monkeypatch.setattr(atlas, "by_year", lambda result: {})

    def told(options: object, case: atlas.Case) -> dict[str, str]:
        asked.append(case.key)
        if case.kind == "lever" and len(asked) == 2:
            raise KeyboardInterrupt
        return {"name": case.name}

    monkeypatch.setattr(atlas, "told", told)
    target = tmp_path / "atlas.json"
    with pytest.raises(KeyboardInterrupt):
        atlas.write(target, tmp_path / "kept", scale=1000, seeds=2, workers=1, say=lambda text: None)
    assert not target.exists()
    atlas.write(target, tmp_path / "kept", scale=1000, seeds=2, workers=1, say=lambda text: None)
    assert asked == ["scenario-no_chnv", "lever-chnv_parole", "lever-chnv_parole"]
    assert [c["name"] for c in json.loads(target.read_text())["cases"]] == ["no_chnv", "chnv_parole"]
