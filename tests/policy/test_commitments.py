"""The commitments of the two documents: all are there, hold together, and add up to what happened."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest

from ladsim import data
from ladsim.behavior.pathways import pathway_ids
from ladsim.policy.instrument import Instrument
from ladsim.policy.library import load_instruments
from ladsim.policy.rules import Rules
from ladsim.policy.scenario import load_scenario
from ladsim.policy.timeline import Timeline
from ladsim.world.world import load_world

COMMITMENTS_2022 = [
    "venezuela_humanitarian_aid_2022",
    "seasonal_labor_visas_nca",
    "seasonal_labor_visas_mexico",
    "cuban_family_reunification_parole",
    "havana_immigrant_visas",
    "anti_smuggling_campaign_2022",
    "refugee_resettlement_expansion_2022",
    "mexico_asylum_access",
    "mexico_labor_programs",
    "mexico_border_management",
    "ecuador_regularization_2022",
    "belize_regularization",
    "guatemala_smuggling_takedown_2022",
    "canada_protection_projects_2022",
]
COMMITMENTS_2024 = [
    "declaration_funding_2024",
    "panama_removal_program",
    "travel_executive_visa_restrictions",
    "asylum_bar_june_2024",
    "entry_transit_visas",
    "guatemala_smuggling_takedown_2024",
    "smuggling_sanctions",
    "biometric_sharing",
    "usrap_ceiling",
    "safe_mobility_offices",
    "labor_neighbors",
    "belize_seasonal_workers",
    "canada_economic_mobility_pathways",
    "ecuador_labor_mobility_unit",
    "costa_rica_smo_extension",
    "canada_smo_referrals",
    "chnv_parole",
    "displaced_venezuelan_support",
    "regional_regularization",
    "argentina_regularization",
    "canada_francophone_students",
    "colombia_guardian_regularization",
    "ecuador_regularization_extension",
    "mexico_multipurpose_center",
    "panama_regularization",
    "peru_child_documentation",
    "uruguay_regularization",
]
OFFICES = ("colombia", "costa_rica", "ecuador", "guatemala")

library = cache(load_instruments)


@cache
def history() -> Timeline:
    scenario = load_scenario("history")
    return Timeline(scenario.instruments, load_world(), scenario.start, scenario.n_days)


def rules_on(day: str) -> Rules:
    return history().rules((date.fromisoformat(day) - history().start).days)


@pytest.mark.parametrize("document", [COMMITMENTS_2022, COMMITMENTS_2024], ids=["2022", "2024"])
def test_every_commitment_is_an_instrument_of_a_pillar_that_acts(document: list[str]) -> None:
    assert len({*COMMITMENTS_2022, *COMMITMENTS_2024}) == 41
    for name in document:
        instrument = library()[name]
        assert instrument.pillar != "baseline", name
        assert instrument.status != "institutional", name
        assert instrument.expanded(), name
        titles = " ".join(r.title for r in instrument.references)
        assert ("Launch of the implementation" if document is COMMITMENTS_2022 else "Fourth Ministerial") in titles
        assert any(r.locator for r in instrument.references), name


def test_every_assumed_term_of_a_part_has_a_range_that_holds_it() -> None:
    for instrument in library().values():
        for part in instrument.expanded():
            for name, term in part.terms.items():
                assert term.evidence != "assumed" or term.range is not None, (part.id, name)


@pytest.mark.parametrize("name", sorted({*COMMITMENTS_2022, *COMMITMENTS_2024}))
def test_a_commitment_changes_the_rules_of_a_day(name: str) -> None:
    instrument: Instrument = library()[name]
    start = min(part.start for part in instrument.expanded())
    others = {k: i for k, i in library().items() if k != name and i.status == "in_force" and k != "mpp_2019"}
    world = load_world()
    without = Timeline(others, world, start, 120)
    with_it = Timeline({**others, name: instrument}, world, start, 120)
    assert without.first_difference(with_it) is not None


def test_refugees_from_the_hemisphere_add_up_to_those_who_came() -> None:
    """Places of October 2023 to August 2024 by nationality, in steps of some months, against admissions.

    An office's places are dated by the grant, those of the ceiling by the arrival.
    """
    admitted = data.table("observed")
    admitted = admitted[(admitted["series"] == "refugee_admissions") & admitted["month"].between("2023-10", "2024-08")]
    came = admitted.groupby("nationality")["value"].sum()
    days = [f"{date(2023, 10, 1) + timedelta(days=d)}" for d in range(0, 335, 5)]
    groups = {"venezuela": ["VEN"], "northern_central_america": ["GTM", "HND", "SLV"]}
    offices = {"venezuela": ("colombia", "ecuador"), "northern_central_america": ("guatemala",)}
    paths = {p.id: p for p in rules_on("2024-03-01").pathways}
    for part, codes in groups.items():
        admitted_by = places_a_day(f"usrap_ceiling.{part}", days, 0.0)
        for office in offices[part]:
            name = f"safe_mobility_offices.{office}"
            admitted_by += places_a_day(name, days, paths[name].processing_days)
        assert admitted_by * 335 == pytest.approx(float(came[codes].sum()), rel=0.2)


def places_a_day(name: str, days: list[str], before: float) -> float:
    """Return the mean places of a pathway a day over days so many days before those named."""
    granted = [f"{date.fromisoformat(d) - timedelta(days=before)}" for d in days]
    return float(np.mean([sum(p.capacity_per_day for p in rules_on(d).pathways if p.id == name) for d in granted]))


def test_seasonal_visas_of_2022_about_double_those_of_2021() -> None:
    added = sum(p.capacity_per_day for p in rules_on("2022-06-01").pathways if "visas_nca" in p.id) * 365.25
    assert (9798 + added) / 9798 == pytest.approx(2.0, abs=0.1)


def test_the_offices_open_on_their_days_for_their_own() -> None:
    def offices(day: str) -> set[str]:
        return {p.id.split(".")[1] for p in rules_on(day).pathways if p.id.startswith("safe_mobility_offices.")}

    assert not offices("2023-06-11")
    assert offices("2023-10-17") & set(OFFICES) == {"colombia", "costa_rica", "guatemala"}
    assert set(OFFICES) <= offices("2023-10-18")
    assert set(OFFICES) <= {i.split(".")[-1] for i in pathway_ids(load_scenario("history").instruments)}
    world = load_world()
    paths = {p.id: p for p in rules_on("2024-03-01").pathways}
    groups = np.array(world.people.groups)
    for office, expected in {"colombia": "VEN_COL", "costa_rica": "NIC_CRI", "guatemala": "GTM_GTM"}.items():
        path = paths[f"safe_mobility_offices.{office}"]
        own = path.eligible[world.people.group_nationality, np.arange(len(groups))]
        assert set(groups[own]) == {expected}


def test_one_registers_at_an_office_and_petitions_for_family() -> None:
    paths = {p.id: p for p in rules_on("2024-03-01").pathways}
    assert paths["safe_mobility_offices.colombia"].registration
    assert not paths["safe_mobility_offices.family"].registration
    assert not paths["chnv_parole"].registration


def test_costa_rica_takes_those_present_by_a_later_day_from_the_extension_on() -> None:
    def presence(day: str) -> int | None:
        return next(p.present_by for p in rules_on(day).pathways if p.id == "safe_mobility_offices.costa_rica")

    start = history().start
    assert presence("2024-09-24") == (date(2023, 6, 12) - start).days
    assert presence("2024-09-25") == (date(2024, 9, 15) - start).days


def test_enforcement_in_mexico_goes_on_from_one_instrument_to_the_next() -> None:
    """Splitting what happened among instruments must not change it: hazard factors by date, over the base hazard."""
    world = load_world()
    way = int(np.argmax(world.interdiction[:, 0] * (world.route.interdiction_country == world.country_index["MEX"])))
    days = ("2022-06-09", "2022-06-11", "2022-07-02", "2023-02-01")
    days += ("2023-04-15", "2023-05-15", "2023-07-01", "2023-12-15", "2024-02-01")
    factors = {
        "IND": (0.9, 0.9, 1.1, 1.5, 0.7, 1.1, 1.9, 0.3, 3.1),
        "VEN": (1.0, 1.0, 1.1, 3.0, 0.7, 1.9, 2.4, 0.3, 5.3),
    }
    for code, expected in factors.items():
        n = world.nationalities.index(code)
        base = 1.0 - world.interdiction[way, n]
        for day, factor in zip(days, expected, strict=True):
            assert rules_on(day).interdiction[way, n] == pytest.approx(1.0 - base**factor), (code, day)


def test_asylum_in_mexico_adds_up_to_what_was_taken() -> None:
    mexico = load_world().country_index["MEX"]
    for day, applications in {"2021-06-01": 131418, "2022-09-01": 118735, "2023-06-01": 140979}.items():
        assert rules_on(day).asylum_capacity[mexico] * 365.25 == pytest.approx(applications)


def test_transit_at_sao_paulo_is_closed_by_the_instrument_and_not_by_the_table() -> None:
    world = load_world()
    way, india = world.route.ways.index("delhi__sao_paulo_airport__flight"), world.nationalities.index("IND")
    assert rules_on("2024-08-25").way_open[way, india]
    assert not rules_on("2024-08-26").way_open[way, india]
    others = {k: i for k, i in library().items() if k != "entry_transit_visas" and i.status == "in_force"}
    assert Timeline(others, world, date(2024, 8, 26), 5).rules(1).way_open[way, india]
