"""Scenarios resolve to instruments at terms; the freeze, the reference and every mistake are named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ladsim.core.errors import UserError
from ladsim.policy.library import load_instruments
from ladsim.policy.scenario import list_scenarios, load_scenario
from ladsim.policy.timeline import Timeline
from ladsim.world.world import load_world

TEXT = """\
# @package _global_
scenario:
  name: mine
  title: Mine
  question: What if?
  reference: null
  start: 2023-01-01
  end: 2023-12-31
  exclude: [chnv_parole]
instrument:
  cbp_one_appointments:
    terms:
      capacity: 2000
"""


def write(folder: Path, *changes: tuple[str, str]) -> Path:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_all_scenarios_load_and_their_references_exist() -> None:
    rows = list_scenarios()
    names = {row["name"] for row in rows}
    assert {"history", "baseline", "panama_removal", "no_chnv", "no_june_2024_rule"} <= names
    for name in names:
        scenario = load_scenario(name)
        reference = scenario.load_reference()
        assert scenario.n_days == (scenario.end - scenario.start).days + 1
        assert reference is None or reference.n_days == scenario.n_days


def test_only_included_plans_act() -> None:
    library = load_instruments()
    history = load_scenario("history").instruments
    assert all(i.status not in ("announced", "intended") for i in history.values())
    plans = [i.id for i in library.values() if i.status == "announced"]
    assert plans
    assert set(plans) <= set(load_scenario("history", include=plans).instruments)


def test_the_freeze_keeps_what_was_in_force() -> None:
    baseline = load_scenario("baseline").instruments
    assert "panama_removal_program" not in baseline
    assert "ecuador_visa_china" not in baseline
    assert baseline["chnv_parole"].end is None
    assert baseline["chnv_parole"].terms["capacity"].number(date(2024, 12, 1)) == 30000
    assert baseline["asylum_bar_june_2024"].terms["quiet_days"].number(date(2024, 12, 1)) == 14
    assert baseline["title_42"].end == date(2023, 5, 12)


@pytest.mark.parametrize(
    ("name", "day"), [("panama_removal", "2024-07-01"), ("no_chnv", "2023-01-06"), ("no_june_2024_rule", "2024-06-04")]
)
def test_a_scenario_differs_from_its_reference_by_its_instrument(name: str, day: str) -> None:
    world = load_world()
    scenario = load_scenario(name)
    reference = scenario.load_reference()
    assert reference is not None
    one, two = (Timeline(s.instruments, world, s.start, s.n_days, freeze_on=s.freeze_on) for s in (scenario, reference))
    found = one.first_difference(two)
    assert found is not None
    assert one.day(found) == date.fromisoformat(day)
    assert one.first_difference(one) is None


def test_overrides_apply_to_the_scenario_and_dates_to_both() -> None:
    changes = {"cbp_one_appointments": {"terms": {"capacity": 2000}}}
    scenario = load_scenario("panama_removal", end="2024-12-31", instrument_overrides=changes)
    reference = scenario.load_reference()
    assert reference is not None
    assert reference.end == scenario.end == date(2024, 12, 31)
    day = date(2024, 1, 1)
    assert scenario.instruments["cbp_one_appointments"].terms["capacity"].number(day) == 2000
    assert reference.instruments["cbp_one_appointments"].terms["capacity"].number(day) == 1450
    assert scenario.overrides == changes
    assert reference.overrides == {}


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    scenario = load_scenario(str(write(tmp_path)))
    assert "chnv_parole" not in scenario.instruments
    assert scenario.instruments["cbp_one_appointments"].terms["capacity"].number(date(2023, 6, 1)) == 2000


def test_a_file_of_ones_own_can_be_compared_to_a_packaged_scenario(tmp_path: Path) -> None:
    scenario = load_scenario(str(write(tmp_path, ("reference: null", "reference: history"))))
    reference = scenario.load_reference()
    assert reference is not None
    assert (reference.name, reference.start, reference.end) == ("history", scenario.start, scenario.end)


MISTAKES = {
    "unknown key": (("  exclude:", "  exlude:"), "scenario.exlude", "exclude", 9),
    "unknown section": (("instrument:", "instruments:"), "instruments", "instrument", 10),
    "duplicate key": (("  title: Mine", "  title: Mine\n  title: Other"), "scenario.title", "line 4", 5),
    "bad date": (("2023-01-01", "yesterday"), "scenario.start", "YYYY-MM-DD", 7),
    "end before start": (("2023-12-31", "2022-12-31"), "end", "from 2023-01-01", 8),
    "missing": (("  question: What if?\n", ""), "scenario.question", "question", 2),
    "name": (("name: mine", "name: yours"), "scenario.name", "mine", 3),
    "reference": (("reference: null", "reference: histry"), "scenario.reference", "", 6),
    "excluded id": (("[chnv_parole]", "[chnv_parol]"), "scenario.exclude.0", "chnv_parole", 9),
    "no list": (("[chnv_parole]", "chnv_parole"), "scenario.exclude", "[id", 9),
    "overlay id": (("  cbp_one_appointments:", "  cbp_one:"), "instrument.cbp_one", "cbp_one_appointments", 11),
    "overlay term": (("      capacity:", "      capacty:"), "cbp_one_appointments.terms.capacty", "capacity", 13),
    "overlay value": (("2000", "-1"), "cbp_one_appointments.terms.capacity", "at least 0", 13),
    "overlay of what does not act": (("  cbp_one_appointments:", "  chnv_parole:"), "chnv_parole", "include", 11),
}


@pytest.mark.parametrize(("change", "key", "expected", "line"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named(tmp_path: Path, change: tuple[str, str], key: str, expected: str, line: int) -> None:
    file = write(tmp_path, change)
    with pytest.raises(UserError) as caught:
        load_scenario(str(file))
    text = str(caught.value)
    assert key in str(caught.value.key)
    assert expected in text
    assert f"{file}:{line}\n" in text + "\n", text


def test_an_unknown_scenario_is_named_with_what_comes_close() -> None:
    with pytest.raises(UserError, match="did you mean 'baseline'") as caught:
        load_scenario("baselin")
    assert caught.value.value == "baselin"
    with pytest.raises(UserError, match="no such scenario file"):
        load_scenario("nowhere.yaml")


def test_wrong_dates_of_the_caller_are_named() -> None:
    with pytest.raises(UserError, match="not a date"):
        load_scenario("history", start="2021-13-01")
    with pytest.raises(UserError, match="ends before it starts"):
        load_scenario("history", end="2020-01-01")
