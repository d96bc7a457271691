"""Behavior parameters: every one loaded, ranges kept, mistakes named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ladsim.behavior import parameters
from ladsim.behavior.parameters import Parameters, load_parameters, read_parameter_file
from ladsim.core.errors import UserError
from ladsim.core.paths import conf_dir
from ladsim.data.fitted import fitted_set, n_sets

ENTRIES = read_parameter_file()


def test_every_parameter_is_documented_and_within_its_range() -> None:
    assert set(ENTRIES) == set(Parameters._fields)
    for name, entry in ENTRIES.items():
        assert set(entry) >= {"value", "range", "unit", "evidence", "source", "note"}, name
        low, high = entry["range"]
        assert low < high, name
        assert low <= entry["value"] <= high, name
        assert entry["evidence"] in ("documented", "derived", "assumed"), name


def test_values_are_those_of_the_file() -> None:
    path = conf_dir() / "behavior" / "default.yaml"
    assert load_parameters(path=path)._asdict() == {name: float(entry["value"]) for name, entry in ENTRIES.items()}


@pytest.mark.parametrize("number", range(n_sets()))
def test_fitted_values_come_over_those_of_the_file(number: int) -> None:
    fitted = {name: value for (kind, name, _), value in fitted_set(number).items() if kind == "parameter"}
    values = load_parameters(parameter_set=number)._asdict()
    assert fitted
    assert values == {name: fitted.get(name, float(entry["value"])) for name, entry in ENTRIES.items()}


def test_a_set_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match="no such parameter set"):
        load_parameters(parameter_set=n_sets())


def test_an_override_changes_one_value() -> None:
    low = float(ENTRIES["credibility"]["range"][0])
    changed = load_parameters({"credibility": low})
    assert changed == load_parameters()._replace(credibility=low)


@pytest.mark.parametrize("name", Parameters._fields)
def test_a_value_beyond_the_range_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "read_parameter_file", lambda path=None: ENTRIES)
    low, high = ENTRIES[name]["range"]
    for value in (low, high):
        assert getattr(load_parameters({name: value}), name) == value
    for value in (low - 1e-6, high + 1e-6):
        with pytest.raises(UserError, match=rf"outside its range[\s\S]*{name}[\s\S]*{low} to {high}"):
            load_parameters({name: value})
    with pytest.raises(UserError, match=rf"not a number[\s\S]*{name}"):
        load_parameters({name: float("nan")})


@pytest.mark.parametrize("value", ["0.5", None, True, [0.5]])
def test_no_number_is_refused(value: Any) -> None:
    with pytest.raises(UserError, match=r"not a number[\s\S]*credibility"):
        load_parameters({"credibility": value})


def test_an_unknown_name_is_refused_with_the_closest() -> None:
    with pytest.raises(UserError, match=r"unknown behavior parameter[\s\S]*credibility"):
        load_parameters({"credibilty": 0.5})


def spoiled(tmp_path: Path, change: Any) -> Path:
    entries = {name: dict(entry) for name, entry in ENTRIES.items()}
    change(entries)
    path = tmp_path / "default.yaml"
    path.write_text(yaml.safe_dump(entries), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e.pop("money"), r"missing[\s\S]*default.yaml[\s\S]*money"),
        (lambda e: e.update(mony=e["money"]), r"unknown behavior parameter[\s\S]*default.yaml[\s\S]*mony"),
        (lambda e: e["money"].update(value=1e9), r"outside its range[\s\S]*default.yaml[\s\S]*money"),
    ],
)
def test_mistakes_in_a_file_name_it(tmp_path: Path, change: Any, message: str) -> None:
    path = spoiled(tmp_path, change)
    with pytest.raises(UserError) as caught:
        load_parameters(path=path)
    assert re.search(message, str(caught.value)), str(caught.value)


@pytest.mark.parametrize("text", ["- a list\n", "{ broken", ""])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "default.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"default\.yaml"):
        load_parameters(path=path)


@pytest.mark.parametrize("key", ["value", "range", "unit"])
def test_an_entry_that_lacks_a_key_is_named(tmp_path: Path, key: str) -> None:
    def change(entries: Any) -> None:
        entries["money"].update(value=1e9)
        del entries["money"][key]

    with pytest.raises(UserError, match="money"):
        load_parameters(path=spoiled(tmp_path, change))
