"""What holds on a day: every kind of lever sets its primitives, edges are exact, and differences are found."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest
from lever_fakes import make

from ladsim.core.schema import LEVER_KINDS
from ladsim.policy.effects import base_rules
from ladsim.policy.frame import Frame
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.smuggling_disruption import SMALLEST_PULSE
from ladsim.policy.overrides import override
from ladsim.policy.rules import Rules
from ladsim.policy.scenario import load_scenario
from ladsim.policy.timeline import Timeline, _same
from ladsim.world.world import World, load_world

START = date(2022, 1, 1)
PATHWAY = {"channel": "residence", "target": {"nationalities": ["VEN"], "residences": ["COL"]}}
BY_KIND: dict[str, tuple[dict, dict, str]] = {
    "lawful_pathway": ({"capacity": 10, "walk_in_per_day": 1}, PATHWAY, "pathways"),
    "regularization": ({"capacity": 10}, {"target": {"countries": ["COL"]}}, "regularizations"),
    "visa_restriction": ({"closed": 1}, {"target": {"rules": ["MEX_air"]}}, "way_open"),
    "interdiction": ({"probability": 0.5}, {"target": {"countries": ["MEX"]}}, "interdiction"),
    "removal": ({"removals_per_day": 5}, {"target": {"nodes": ["lajas_blancas"]}}, "removals"),
    "asylum_bar": ({"ease_shift": 1}, {}, "asylum_bars"),
    "asylum_access": ({"capacity": 5}, {"target": {"countries": ["MEX"]}}, "asylum_capacity"),
    "smuggling_disruption": ({"capacity_cut": 0.2}, {"target": {"stretches": ["darien"]}}, "smuggling_cut"),
    "biometrics": ({"detection": 0.1, "recognition": 0.1}, {"target": {"rules": ["MEX_air"]}}, "recognition"),
    "aid": ({"usd_per_year": 1e6, "displaced_persons": 1e5}, {"target": {"countries": ["COL"]}}, "aid_per_person"),
}


def timeline(frame: Frame, *instruments: Instrument, n_days: int = 365) -> Timeline:
    return Timeline({i.id: i for i in instruments}, frame, START, n_days)


def index(day: str) -> int:
    return (date.fromisoformat(day) - START).days


@pytest.mark.parametrize("lever", LEVER_KINDS)
def test_every_kind_sets_its_primitives_while_in_force(frame: Frame, lever: str) -> None:
    terms, more, field = BY_KIND[lever]
    line = timeline(frame, make(lever, terms, end=date(2022, 3, 1), **more))
    before, first, last, after = (
        line.rules(index(d)) for d in ("2022-01-31", "2022-02-01", "2022-02-28", "2022-03-01")
    )
    base = base_rules(frame, START)
    assert _same(before, base)
    assert _same(after, base)
    assert _same(first, last)
    assert not _same(getattr(first, field), getattr(base, field))


@pytest.mark.parametrize("lever", LEVER_KINDS)
def test_institutional_instruments_act_on_nothing(frame: Frame, lever: str) -> None:
    instrument = make(lever, {}, status="institutional")
    assert timeline(frame, instrument).breakpoints == [0]


def test_rules_are_cached_between_breakpoints(frame: Frame, removal: Instrument) -> None:
    line = timeline(frame, removal)
    assert line.breakpoints == [0, index("2022-02-01"), index("2022-04-01"), index("2022-06-01")]
    assert line.rules(40) is line.rules(50)
    assert [line.rules(index(d)).removals[0].removals_per_day for d in ("2022-03-31", "2022-04-01")] == [10, 20]
    with pytest.raises(IndexError):
        line.rules(365)


def test_a_later_visa_rule_overrides_an_earlier_one(frame: Frame) -> None:
    target = {"rules": ["MEX_air"]}
    closes = make("visa_restriction", {"closed": 1, "fare_factor": 2}, id="a", target=target)
    opens = make("visa_restriction", {"closed": 0, "fare_factor": 3}, id="b", target=target, start=date(2022, 3, 1))
    line = timeline(frame, opens, closes)
    assert not line.rules(index("2022-02-10")).way_open[1].any()
    after = line.rules(index("2022-03-01"))
    assert after.way_open[1].all()
    assert after.way_fare_factor.tolist() == [1, 6, 1]


def test_a_visa_concerns_the_named_nationalities_only(frame: Frame) -> None:
    visa = make("visa_restriction", {"closed": 1}, target={"rules": ["MEX_air"], "nationalities": ["CUB"]})
    opened = make("visa_restriction", {"closed": 0}, target={"rules": ["MEX_air"], "nationalities": ["CUB"]})
    assert timeline(frame, visa).rules(100).way_open[1].tolist() == [True, False]
    assert timeline(frame, opened).rules(100).way_open[1].tolist() == [True, True]


def test_hazards_keep_their_proportions(frame: Frame) -> None:
    doubled = make("interdiction", {"hazard_factor": {"VEN": 2}}, target={"countries": ["MEX"]})
    rules = timeline(frame, doubled).rules(100)
    np.testing.assert_allclose(rules.interdiction, [[0, 0], [1 - 0.95**2, 0.05], [1 - 0.8**2, 0.2]])


def test_a_pulse_halves_in_its_half_life_and_is_spent(frame: Frame) -> None:
    terms = {"capacity_cut": 0.4, "recovery_half_life": 28}
    line = timeline(frame, make("smuggling_disruption", terms, target={"stretches": ["darien"]}), n_days=700)
    darien = frame.stretches.index("darien")
    cuts = [line.rules(d).smuggling_cut[darien] for d in range(index("2022-02-01"), 700)]
    assert cuts[0] == pytest.approx(0.4)
    assert all(a >= b for a, b in itertools.pairwise(cuts))
    assert cuts[28] == pytest.approx(0.2, rel=0.2)
    assert cuts[-1] == 0.0
    assert min(c for c in cuts if c > 0) >= SMALLEST_PULSE
    assert len(line.breakpoints) < 40


def test_two_continuing_cuts_combine_as_independent_losses(frame: Frame) -> None:
    cuts = [make("smuggling_disruption", {"capacity_cut": c}, id=f"c{i}") for i, c in enumerate((0.5, 0.2))]
    np.testing.assert_allclose(timeline(frame, *cuts).rules(100).smuggling_cut, 0.6)


def test_what_people_are_told_holds_from_the_start_and_is_foreseen_before(frame: Frame) -> None:
    told = {"claim": "interdiction", "value": 0.3}
    bar = make("asylum_bar", {"ease_shift": 1}, announces=told, announced=date(2022, 1, 20))
    line = timeline(frame, bar)
    start = index("2022-02-01")
    assert [a.id for a in line.announcements(start)] == ["asylum_bar_test"]
    assert line.announcements(index("2022-01-20")) == []
    assert line.foreseen(index("2022-01-19"), 30) is None
    assert line.foreseen(index("2022-01-20"), 30) == start
    assert line.foreseen(index("2022-01-20"), 5) is None
    assert line.foreseen(start, 30) is None


def test_what_was_announced_before_the_run_stands_while_it_holds(frame: Frame) -> None:
    told = {"claim": "interdiction", "value": 0.3}
    span = {
        "over": (date(2021, 1, 1), date(2021, 6, 1)),
        "stands": (date(2021, 1, 1), None),
        "ends": (date(2022, 2, 1), date(2022, 3, 1)),
    }
    made = [
        make("asylum_bar", {"ease_shift": 1}, id=name, announces=told, announced=start, start=start, end=end)
        for name, (start, end) in span.items()
    ]
    line = timeline(frame, *made)
    assert [a.id for a in line.standing_announcements] == ["stands"]
    assert {a.id: a.end for a in line.all_announcements} == {"ends": index("2022-03-01")}


def test_what_comes_after_the_last_day_is_foreseen_as_well(frame: Frame) -> None:
    """So that the last months of a short run are those of a long one."""
    told = {"claim": "release", "value": 0.1}
    bar = make("asylum_bar", {"expulsion_share_single_adult": 0.5}, announces=told, announced=date(2022, 1, 20))
    start = index("2022-02-01")
    short, long = timeline(frame, bar, n_days=start), timeline(frame, bar, n_days=start + 20)
    assert short.foreseen(start - 3, 10) == long.foreseen(start - 3, 10) == start
    ahead = short.rules_ahead(start, start - 3)
    np.testing.assert_array_equal(ahead.expulsion_share, long.rules(start).expulsion_share)
    assert ahead.expulsion_share.max() == 0.5
    assert [a.id for a in short.announcements_ahead(start, start - 3)] == ["asylum_bar_test"]
    assert short.announcements_ahead(start, index("2022-01-19")) == []


def test_what_nobody_knows_yet_is_not_foreseen_beside_what_is_known(frame: Frame) -> None:
    told = {"claim": "release", "value": 0.1}
    bar = make("asylum_bar", {"expulsion_share_single_adult": 0.5}, announces=told, announced=date(2022, 1, 20))
    secret = make("smuggling_disruption", {"capacity_cut": 0.5})
    line, alone = timeline(frame, bar, secret), timeline(frame, bar)
    start = index("2022-02-01")
    assert line.rules(start).smuggling_cut.max() == 0.5
    assert line.rules_ahead(start, start - 5).smuggling_cut.max() == 0.0
    assert line.first_difference(alone) == start


def test_an_end_is_no_difference_before_it_comes(frame: Frame) -> None:
    told = {"claim": "release", "value": 0.1}
    bar = make("asylum_bar", {"expulsion_share_single_adult": 0.5}, announces=told, announced=date(2022, 1, 20))
    ended = override(bar, {"end": "2022-03-01"})
    assert timeline(frame, bar).first_difference(timeline(frame, ended)) == index("2022-03-01")


def test_visas_are_foreseen_and_rules_that_nobody_is_told_of_are_not(frame: Frame) -> None:
    visa = make("visa_restriction", {"closed": 1}, announced=date(2022, 1, 20))
    cut = make("smuggling_disruption", {"capacity_cut": 0.5}, announced=date(2022, 1, 10))
    assert timeline(frame, visa, cut).foreseen(index("2022-01-25"), 10) == index("2022-02-01")
    assert timeline(frame, cut).foreseen(index("2022-01-25"), 10) is None
    assert timeline(frame, visa).first_difference(timeline(frame)) == index("2022-01-20")


def test_first_difference(frame: Frame, removal: Instrument) -> None:
    line = timeline(frame, removal)
    assert line.first_difference(timeline(frame, removal)) is None
    renamed = override(removal, {"title": "another title"})
    assert line.first_difference(timeline(frame, renamed)) is None
    assert line.first_difference(timeline(frame)) == index("2022-02-01")
    later = override(removal, {"terms": {"removals_per_day": {"2022-02-01": 10, "2022-05-01": 20}}})
    assert line.first_difference(timeline(frame, later)) == index("2022-04-01")
    told = override(removal, {"announces": {"claim": "interdiction", "value": 0.3}})
    assert line.first_difference(timeline(frame, told)) == index("2022-01-01")


@pytest.fixture(scope="module")
def world() -> World:
    return load_world()


load_history = cache(lambda: load_scenario("history"))


def rules_on(world: World, day: str) -> Rules:
    chosen = load_history()
    line = Timeline(chosen.instruments, world, chosen.start, chosen.n_days, freeze_on=chosen.freeze_on)
    return line.rules((date.fromisoformat(day) - chosen.start).days)


def test_the_june_rule_on_its_dates(world: World) -> None:
    june = "asylum_bar_june_2024"
    assert june not in [b.id for b in rules_on(world, "2024-06-04").asylum_bars]
    bars = {day: rules_on(world, day).asylum_bars for day in ("2024-06-05", "2024-09-30", "2024-10-01")}
    bar = {day: next(b for b in found if b.id == june) for day, found in bars.items()}
    first = bar["2024-06-05"]
    assert (first.threshold_on, first.threshold_off, first.window_days) == (2500, 1500, 7)
    assert [b.quiet_days for b in bar.values()] == [14, 14, 42]
    mexico, ecuador = (world.nationalities.index(code) for code in ("MEX", "ECU"))
    assert [b.counted_children[[mexico, ecuador]].tolist() for b in bar.values()] == [[1, 0], [1, 0], [1, 1]]


def test_the_visas_close_and_open_what_they_name(world: World) -> None:
    ecuador = world.nationalities.index("ECU")
    way = world.route.ways.index("quito__mexico_city_airport__flight")
    assert rules_on(world, "2021-09-03").way_open[way, ecuador]
    assert not rules_on(world, "2021-09-04").way_open[way, ecuador]
    cuba, managua = world.nationalities.index("CUB"), world.route.ways.index("havana__managua_airport__charter")
    assert [rules_on(world, d).way_open[managua, cuba] for d in ("2021-11-21", "2021-11-22")] == [0, 1]


def test_mexico_does_not_stop_mexicans(world: World) -> None:
    mexico = world.nationalities.index("MEX")
    rules = rules_on(world, "2024-02-01")
    acts = world.route.interdiction_country == world.country_index["MEX"]
    assert (rules.interdiction[acts, mexico] == 0).all()
    assert (rules.interdiction[acts].max(axis=1) >= world.interdiction[acts].max(axis=1)).all()


@pytest.mark.parametrize("name", sorted(load_history().instruments))
def test_every_instrument_of_history_does_something(world: World, name: str) -> None:
    scenario = load_history()
    first = min(scenario.start, scenario.instruments[name].start) - timedelta(days=1)
    n_days = (scenario.end - first).days
    one, none = (Timeline(i, world, first, n_days) for i in ({name: scenario.instruments[name]}, {}))
    assert one.first_difference(none) is not None
