"""The scenario library: lists that name all of a document or pillar are complete, and every scenario asks something."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import yaml

from ladsim.core.paths import scenarios_dir
from ladsim.policy.instrument import Instrument
from ladsim.policy.library import load_instruments
from ladsim.policy.listing import commitments, document_of
from ladsim.policy.scenario import ACT_ONLY_IF_INCLUDED, Scenario, load_scenario
from ladsim.policy.timeline import Timeline
from ladsim.world.world import World, load_world

LIBRARY = load_instruments()
COMMITMENTS = commitments(LIBRARY)
NAMES = sorted(file.stem for file in scenarios_dir().glob("*.yaml"))
WITHOUT_REFERENCE = {"history", "baseline", "declaration_continues"}
WANTED = {
    "declaration_2022",
    "declaration_2024",
    "stability_only",
    "lawful_pathways_only",
    "enforcement_only",
    "all_pillars",
    "safe_mobility_expansion",
    "chnv_doubled",
    "no_safe_mobility",
    "labor_pathways",
    "regularization_expanded",
    "no_regularization",
    "visa_restrictions",
    "travel_operator_restrictions",
    "smuggling_networks_disrupted",
    "panama_removal_scaled",
    "mexico_enforcement_ends",
    "aid_surge",
    "no_mexican_visas",
    "declaration_ends",
    "history",
    "baseline",
    "panama_removal",
    "no_chnv",
    "no_june_2024_rule",
    "no_declaration",
}
CHOSEN = {
    "declaration_2022": lambda i: document_of(i) == "2022-09-26",
    "declaration_2024": lambda i: document_of(i) == "2024-09-26",
    "stability_only": lambda i: i.pillar == "stability",
    "lawful_pathways_only": lambda i: i.pillar == "lawful_pathways",
    "enforcement_only": lambda i: i.pillar == "humane_enforcement",
    "all_pillars": lambda i: True,
    "visa_restrictions": lambda i: i.id == "entry_transit_visas",
    "no_declaration": lambda i: False,
}
LONGEST_COMPARED_YEARS = 3.3


def loaded(name: str) -> Scenario:
    return load_scenario(name, instruments=LIBRARY)


def reference_of(scenario: Scenario) -> Scenario:
    assert scenario.reference is not None
    return load_scenario(scenario.reference, start=scenario.start, end=scenario.end, instruments=LIBRARY)


@pytest.fixture(scope="module")
def world() -> World:
    return load_world()


def test_the_library_holds_what_was_asked_for() -> None:
    assert set(NAMES) >= WANTED


def test_the_forty_one_commitments() -> None:
    assert len(COMMITMENTS) == 41
    assert [sum(document_of(i) == d for i in COMMITMENTS.values()) for d in ("2022-09-26", "2024-09-26")] == [14, 27]


@pytest.mark.parametrize("name", CHOSEN)
def test_a_scenario_of_a_document_or_pillar_names_all_of_it_and_nothing_else(name: str) -> None:
    told = yaml.safe_load((scenarios_dir() / f"{name}.yaml").read_text(encoding="utf-8"))["scenario"]
    included, excluded = set(told.get("include", ())), set(told.get("exclude", ()))
    assert included == {i.id for i in COMMITMENTS.values() if CHOSEN[name](i)}
    assert included | excluded == set(COMMITMENTS)
    assert not included & excluded
    acting = loaded(name).instruments
    assert set(acting) & set(COMMITMENTS) == included
    assert {n for n in acting if n not in COMMITMENTS} == {
        i.id
        for i in LIBRARY.values()
        if i.id not in COMMITMENTS and i.status not in ACT_ONLY_IF_INCLUDED and i.announced <= loaded(name).end
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_asks_a_question_of_a_reference(name: str) -> None:
    scenario = loaded(name)
    assert scenario.question.strip().endswith("?")
    assert len(scenario.question.split()) >= 8
    assert (scenario.reference is None) == (name in WITHOUT_REFERENCE)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in WITHOUT_REFERENCE])
def test_a_scenario_differs_from_its_reference_for_a_time_that_can_be_run(name: str, world: World) -> None:
    """At least three months are compared, so that something can follow, and not many years, which would cost much."""
    scenario = loaded(name)
    one, two = (
        Timeline(s.instruments, world, s.start, s.n_days, freeze_on=s.freeze_on)
        for s in (scenario, reference_of(scenario))
    )
    found = one.first_difference(two)
    assert found is not None
    compared = scenario.end - one.day(found)
    assert timedelta(days=90) <= compared <= timedelta(days=365.25 * LONGEST_COMPARED_YEARS)


def test_the_commitments_lapse_together_and_nothing_else_does() -> None:
    scenario = loaded("declaration_ends")
    reference = reference_of(scenario)
    last, lapse = date(2024, 12, 31), date(2025, 1, 1)
    not_begun = {"colombia_guardian_regularization"}  # it opens in September 2025
    assert set(scenario.instruments) == set(reference.instruments) - not_begun
    for name, one in scenario.instruments.items():
        other = reference.instruments[name]
        if name in COMMITMENTS and other.in_force(last):
            assert _ends(one) == lapse, name
            assert other.end is None or other.end > lapse, name
        elif name in COMMITMENTS:
            assert other.end is not None, name
            assert other.end <= lapse, name
            assert one == other, name
        else:
            assert one == other, name


def _ends(instrument: Instrument) -> date | None:
    return max((part.end or date.max for part in instrument.expanded()), default=instrument.end)


def test_twice_four_times_and_ten_times_are_what_they_say() -> None:
    def capacity(name: str, lever: str, part: str | None = None, term: str = "capacity") -> dict[date, float]:
        instrument = loaded(name).instruments[lever]
        return (instrument.parts[part] if part else instrument).terms[term].values  # type: ignore[return-value]

    def times(factor: float, values: dict[date, float]) -> dict[date, float]:
        return {day: factor * value for day, value in values.items()}

    assert capacity("chnv_doubled", "chnv_parole") == times(2, capacity("history", "chnv_parole"))
    removals = ("panama_removal_program", None, "removals_per_day")
    assert capacity("panama_removal_scaled", *removals) == times(10, capacity("panama_removal", *removals))
    for office in ("colombia", "costa_rica", "ecuador", "guatemala"):
        place = ("safe_mobility_offices", office)
        assert capacity("safe_mobility_expansion", *place) == times(4, capacity("history", *place))
    for country in ("guatemala", "honduras", "el_salvador"):
        place = ("seasonal_labor_visas_nca", country)
        assert capacity("labor_pathways", *place) == times(3, capacity("history", *place))
    four = loaded("aid_surge").instruments
    for name in ("declaration_funding_2024", "displaced_venezuelan_support"):
        usd = {i[name].terms["usd_per_year"].number(date(2024, 12, 1)) for i in (four, LIBRARY)}
        assert max(usd) == 4 * min(usd)
