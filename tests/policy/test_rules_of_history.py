"""Policies that history lacked: leaving one out changes what it is about, from its own day on, and nothing else."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pytest

from ladsim.policy.rules import Rules
from ladsim.policy.scenario import load_scenario
from ladsim.policy.timeline import Timeline, _same
from ladsim.sim.model import timeline_of
from ladsim.world.world import World, load_world

MOVES = {
    "temporary_protected_status": (date(2021, 3, 9), {"regularizations"}),
    "dominican_normalization_2021": (date(2021, 4, 12), {"regularizations"}),
    "peru_temporary_permit_2021": (date(2021, 7, 9), {"regularizations"}),
    "central_american_minors": (date(2021, 3, 10), {"pathways"}),
    "uniting_for_ukraine": (date(2022, 4, 25), {"pathways"}),
    "family_reunification_parole": (date(2023, 7, 10), {"pathways"}),
    "h2b_set_aside_more_countries": (date(2022, 1, 28), {"pathways"}),
    "canada_pledge_15000": (date(2023, 10, 10), {"pathways"}),
    "mexico_transit_documents_2022": (date(2022, 7, 29), {"interdiction"}),
    "peru_border_emergency_2023": (date(2023, 4, 27), {"interdiction"}),
    "darien_daily_quota_2021": (date(2021, 8, 11), {"way_capacity_factor"}),
    "transit_visas_cuba_2022": (date(2022, 2, 21), {"way_capacity_factor"}),
    "colombia_venezuela_border_2022": (date(2022, 9, 26), {"way_fare_factor"}),
    "panama_costa_rica_buses_2023": (date(2023, 10, 9), {"way_fare_factor"}),
    "ecuador_criminal_record_certificate": (date(2024, 1, 11), {"way_charge"}),
    "peru_visa_venezuela_2024": (date(2024, 7, 2), {"way_charge"}),
    "texas_operation_lone_star": (date(2021, 3, 6), {"way_charge"}),
    "ministerial_lima_funding_2022": (date(2022, 10, 6), {"aid_per_person"}),
    "ministerial_guatemala_funding_2024": (date(2024, 5, 7), {"aid_per_person"}),
    "darien_campaign_2023": (date(2023, 4, 20), {"smuggling_cut"}),
    "mexico_flights_venezuela": (date(2023, 12, 28), {"removals"}),
    "mexico_takes_back_title_8": (
        date(2023, 5, 12),
        {"taken_back_share", "taken_back_per_day", "taken_back_pool"},
    ),
    "removal_flights_refused": (date(2021, 1, 1), {"removed_after_transfer_at_most"}),
    "family_expedited_removal_management": (date(2023, 5, 12), {"consequence_ease"}),
}
"""By instrument: the first day on which the rules differ without it, and what differs on it."""


@pytest.fixture(scope="module")
def world() -> World:
    return load_world()


@pytest.fixture(scope="module")
def history(world: World) -> Timeline:
    return timeline_of(load_scenario("history"), world)


def without(name: str, world: World) -> Timeline:
    return timeline_of(load_scenario("history", exclude=[name]), world)


def differing(one: Rules, two: Rules) -> set[str]:
    return {f.name for f in fields(Rules) if not _same(getattr(one, f.name), getattr(two, f.name))}


@pytest.mark.parametrize("name", MOVES)
def test_it_moves_what_it_is_about_from_its_own_day(name: str, world: World, history: Timeline) -> None:
    day, moved = MOVES[name]
    ours, theirs = history, without(name, world)
    index = (day - ours.start).days
    assert differing(ours.rules(index), theirs.rules(index)) == moved
    if index > 0:
        assert not differing(ours.rules(index - 1), theirs.rules(index - 1))


def test_what_has_ended_is_over(world: World, history: Timeline) -> None:
    for name, last in {
        "dominican_normalization_2021": date(2021, 11, 30),
        "darien_daily_quota_2021": date(2021, 12, 31),
        "mexico_transit_documents_2022": date(2022, 12, 13),
        "peru_border_emergency_2023": date(2023, 8, 25),
        "canada_pledge_15000": date(2024, 3, 31),
    }.items():
        ours, theirs = history, without(name, world)
        index = (last - ours.start).days
        assert differing(ours.rules(index - 1), theirs.rules(index - 1)), name
        assert not differing(ours.rules(index), theirs.rules(index)), name


def test_the_four_nationalities_share_the_agreed_number(world: World, history: Timeline) -> None:
    rules = history.rules((date(2023, 6, 1) - history.start).days)
    n = [world.nationalities.index(code) for code in ("VEN", "CUB", "HTI", "NIC")]
    assert (rules.taken_back_share[n] > 0.0).all()
    assert set(rules.taken_back_pool[n]) == {min(n)}
    assert rules.taken_back_per_day[n].max() == rules.taken_back_per_day[n].min() < 1000.0
    assert rules.taken_back_share.sum() == pytest.approx(rules.taken_back_share[n].sum())
