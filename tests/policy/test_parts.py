"""Instruments of several parts: what a part takes over, its dates, overrides, freezing, mistakes, and what acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lever_fakes import make, read

from ladsim.behavior.pathways import pathway_ids
from ladsim.core.errors import UserError
from ladsim.policy.frame import Frame
from ladsim.policy.instrument import Instrument
from ladsim.policy.library import load_instrument, load_instruments
from ladsim.policy.overrides import override
from ladsim.policy.rules import Pathway
from ladsim.policy.timeline import Timeline
from ladsim.runs.options import split_overrides

START = date(2022, 1, 1)
OFFICES = """\
id: offices
title: Two offices
actors: [USA]
pillar: lawful_pathways
lever: lawful_pathway
status: in_force
announced: 2022-01-15
start: 2022-02-01
end: 2022-12-01
channel: residence
queue: first_come
terms:
  processing_days: {unit: days, values: {2022-02-01: 30}, evidence: assumed, range: [1, 60]}
  approval_rate: {unit: share, values: {2022-02-01: 0.5}, evidence: assumed, range: [0, 1]}
parts:
  colombia:
    present_by: 2022-01-20
    target: {nationalities: [VEN], residences: [VEN_COL]}
    terms:
      capacity: {unit: persons/month, values: {2022-02-01: 100, 2022-06-01: 200}, evidence: assumed, range: [0, 300]}
  elsewhere:
    title: The other office
    start: 2022-04-01
    end: 2023-05-01
    channel: transit
    destination: CAN
    stay: seasonal
    target: {nationalities: [CUB], countries: [PAN]}
    terms:
      capacity: {unit: persons/year, values: {2022-04-01: 3652.5}, evidence: assumed, range: [0, 9000]}
      approval_rate: {unit: share, values: {2022-04-01: 1}, evidence: assumed, range: [0, 1]}
  money:
    lever: aid
    target: {countries: [COL]}
    terms:
      usd_per_year: {unit: USD/year, values: {2022-02-01: 1000}, evidence: assumed, range: [0, 2000]}
      displaced_persons: {unit: persons, values: {2022-02-01: 10}, evidence: assumed, range: [1, 20]}
evidence: assumed
references: [{title: A paper, publisher: A publisher, date: 2022-01-01}]
"""


@pytest.fixture
def offices() -> Instrument:
    return read(OFFICES)


def parts_of(instrument: Instrument) -> dict[str, Instrument]:
    return {part.id: part for part in instrument.expanded()}


def timeline(frame: Frame, *instruments: Instrument, n_days: int = 500) -> Timeline:
    return Timeline({i.id: i for i in instruments}, frame, START, n_days)


def pathways_on(line: Timeline, day: str) -> dict[str, Pathway]:
    return {path.id: path for path in line.rules((date.fromisoformat(day) - START).days).pathways}


def test_an_instrument_without_parts_acts_itself(removal: Instrument) -> None:
    assert removal.expanded() == (removal,)


def test_a_part_takes_over_what_it_does_not_say(offices: Instrument) -> None:
    parts = parts_of(offices)
    assert list(parts) == ["offices.colombia", "offices.elsewhere", "offices.money"]
    colombia, elsewhere = parts["offices.colombia"], parts["offices.elsewhere"]
    assert (colombia.channel, elsewhere.channel) == ("residence", "transit")
    assert colombia.queue == elsewhere.queue == "first_come"
    assert colombia.terms["approval_rate"].number(START) == 0.5
    assert elsewhere.terms["approval_rate"].number(START) == 1.0
    assert elsewhere.terms["processing_days"] == offices.terms["processing_days"]
    assert (colombia.title, elsewhere.title) == ("Two offices: colombia", "The other office")
    assert colombia.present_by == date(2022, 1, 20)
    assert elsewhere.present_by is None


def test_a_part_of_another_kind_takes_over_no_terms_and_no_pathway(offices: Instrument) -> None:
    money = parts_of(offices)["offices.money"]
    assert money.lever == "aid"
    assert money.channel is None
    assert set(money.terms) == {"usd_per_year", "displaced_persons"}


def test_no_part_acts_before_or_after_its_instrument(offices: Instrument) -> None:
    assert {p.id: (p.start, p.end) for p in offices.expanded()} == {
        "offices.colombia": (date(2022, 2, 1), date(2022, 12, 1)),
        "offices.elsewhere": (date(2022, 4, 1), date(2022, 12, 1)),
        "offices.money": (date(2022, 2, 1), date(2022, 12, 1)),
    }
    short = override(offices, {"end": date(2022, 3, 1)})
    assert list(parts_of(short)) == ["offices.colombia", "offices.money"]
    late = override(offices, {"start": date(2022, 5, 1)})
    assert {part.start for part in late.expanded()} == {date(2022, 5, 1)}


def test_parts_act_on_their_own_dates_and_terms(frame: Frame, offices: Instrument) -> None:
    line = timeline(frame, offices)
    assert pathways_on(line, "2022-01-31") == {}
    assert set(pathways_on(line, "2022-03-31")) == {"offices.colombia"}
    both = pathways_on(line, "2022-06-01")
    assert set(both) == {"offices.colombia", "offices.elsewhere"}
    assert pathways_on(line, "2022-12-01") == {}
    colombia, elsewhere = both["offices.colombia"], both["offices.elsewhere"]
    assert colombia.capacity_per_day * 365.25 / 12 == pytest.approx(200)
    assert (colombia.window, elsewhere.window) == ("month", "year")
    assert (colombia.year_begins, elsewhere.year_begins) == (1, 1), "as the fixture's countries have it"
    assert elsewhere.capacity_per_day == pytest.approx(10)
    assert (colombia.present_by, elsewhere.present_by) == ((date(2022, 1, 20) - START).days, None)
    assert (colombia.seasonal, elsewhere.seasonal) == (False, True)
    assert (colombia.destination, elsewhere.destination) == ("USA", "CAN")
    assert colombia.eligible.tolist() == [[False, True], [False, False]]
    assert elsewhere.office_countries == (0,)
    rules = line.rules(100)
    assert rules.aid_per_person[2].tolist() == [[100.0] * 3] * 2


def test_pathway_ids_are_those_of_the_parts(offices: Instrument) -> None:
    walk_in = make("lawful_pathway", {"walk_in_per_day": {"VEN": 1}}, id="walk_in_test", channel="port")
    found = pathway_ids({i.id: i for i in (offices, walk_in)})
    assert found == ["offices.colombia", "offices.elsewhere", "walk_in_test"]


def test_one_instrument_takes_over_the_queue_of_another(frame: Frame, offices: Instrument) -> None:
    later = make(
        "lawful_pathway",
        {"capacity": 5},
        id="later",
        start=date(2022, 7, 1),
        channel="residence",
        continues="offices.colombia",
        present_by=date(2022, 6, 15),
        target={"nationalities": ["VEN"], "residences": ["COL"]},
    )
    line = timeline(frame, offices, later)
    assert pathways_on(line, "2022-06-30")["offices.colombia"].present_by == 19
    taken_over = pathways_on(line, "2022-07-01")
    assert set(taken_over) == {"offices.colombia", "offices.elsewhere"}
    assert taken_over["offices.colombia"].capacity_per_day == 5
    assert taken_over["offices.colombia"].present_by == (date(2022, 6, 15) - START).days
    after_the_office = pathways_on(line, "2022-12-15")
    assert set(after_the_office) == {"offices.colombia"}
    assert "later" not in pathway_ids({"offices": offices, "later": later})


def test_irregular_entries_bar_since_their_own_day(frame: Frame) -> None:
    more = {"channel": "residence", "bars_irregular_entry": True, "barred_since": date(2022, 1, 11)}
    line = timeline(frame, make("lawful_pathway", {"capacity": 5}, **more))
    assert line.rules(60).pathways[0].since_day == 10


# -- freezing and overrides --------------------------------------------------------------------------------------------


def test_a_freeze_keeps_the_parts_that_had_begun(offices: Instrument) -> None:
    kept = offices.frozen(date(2022, 3, 1))
    assert kept is not None
    parts = parts_of(kept)
    assert set(parts) == {"offices.colombia", "offices.money"}
    assert parts["offices.colombia"].end is None
    assert parts["offices.colombia"].terms["capacity"].number(date(2024, 1, 1)) == 100
    both = offices.frozen(date(2022, 4, 1))
    assert both is not None
    assert parts_of(both)["offices.elsewhere"].end is None
    late = override(offices, {"parts": {"colombia": None, "money": None}})
    assert late.frozen(date(2022, 3, 1)) is None


def test_a_freeze_leaves_parts_that_were_over(offices: Instrument) -> None:
    ended = override(offices, {"parts": {"colombia": {"end": "2022-05-01"}}}).frozen(date(2022, 6, 15))
    assert ended is not None
    colombia = parts_of(ended)["offices.colombia"]
    assert colombia.end == date(2022, 5, 1)
    assert colombia.terms["capacity"].number(date(2022, 7, 1)) == 200


def test_an_override_changes_one_part(offices: Instrument) -> None:
    changes = {"parts": {"colombia": {"terms": {"capacity": 7}, "present_by": "2022-02-15"}}}
    changed = parts_of(override(offices, changes))
    before = parts_of(offices)
    assert changed["offices.colombia"].terms["capacity"].values == {date(2022, 2, 1): 7.0}
    assert changed["offices.colombia"].terms["capacity"].unit == "persons/month"
    assert changed["offices.colombia"].present_by == date(2022, 2, 15)
    assert changed["offices.elsewhere"] == before["offices.elsewhere"]


def test_an_override_may_give_a_part_its_own_value_of_a_common_term(offices: Instrument) -> None:
    changed = parts_of(override(offices, {"parts": {"colombia": {"terms": {"approval_rate": 0.9}}}}))
    assert changed["offices.colombia"].terms["approval_rate"].number(START) == 0.9
    assert changed["offices.elsewhere"].terms["approval_rate"].number(START) == 1.0
    common = parts_of(override(offices, {"terms": {"processing_days": 5}}))
    assert {common[i].terms["processing_days"].number(START) for i in list(common)[:2]} == {5.0}


def test_the_command_line_reaches_the_terms_of_parts() -> None:
    key = "instrument.safe_mobility_offices.parts.colombia.terms.capacity"
    for given in (40, {"2023-06-12": 10, "2024-01-01": 20}):
        instruments, _ = split_overrides({key: given})
        term = instruments["safe_mobility_offices"]["parts"]["colombia"]["terms"]["capacity"]
        assert term == given
        changed = override(load_instruments()["safe_mobility_offices"], instruments["safe_mobility_offices"])
        last = parts_of(changed)["safe_mobility_offices.colombia"].terms["capacity"].number(date(2024, 7, 1))
        assert last == (40 if given == 40 else 20)


@pytest.mark.parametrize(
    ("changes", "key", "expected"),
    [
        ({"parts": {"columbia": {}}}, "parts.columbia", "'colombia'"),
        ({"parts": {"colombia": {"trems": {}}}}, "parts.colombia.trems", "'terms'"),
        ({"parts": {"colombia": {"terms": {"capcity": 3}}}}, "parts.colombia.terms.capcity", "'capacity'"),
        ({"parts": {"colombia": {"terms": {"capacity": -3}}}}, "parts.colombia.terms.capacity", "at least 0"),
        ({"parts": {"colombia": {"present_by": "soon"}}}, "parts.colombia.present_by", "YYYY-MM-DD"),
        ({"parts": {"colombia": {"stay": "short"}}}, "parts.colombia.stay", "seasonal"),
        ({"parts": {"colombia": {"lever": "aid"}}}, "parts.colombia.lever", "parts"),
        ({"parts": {"colombia": 3}}, "parts.colombia", "key: value"),
        ({"parts": {"colombia": None, "elsewhere": None, "money": None}}, "parts", "exclude the instrument"),
        ({"parts": 3}, "parts", "part: changes"),
        ({"terms": {"capacity": 3}}, "terms.capacity", "instrument.offices.parts.colombia.terms.capacity"),
    ],
)
def test_overrides_that_cannot_be_are_named(
    offices: Instrument, changes: dict[str, Any], key: str, expected: str
) -> None:
    with pytest.raises(UserError) as caught:
        override(offices, changes)
    assert str(caught.value.key).startswith(f"instrument.offices.{key}")
    assert expected in str(caught.value) or key.endswith("lever")


# -- mistakes in files -------------------------------------------------------------------------------------------------

MISTAKES = {
    "unknown key": (("    present_by:", "    present_at:"), "parts.colombia.present_at", "present_by", 17),
    "unknown term": (
        ("      capacity: {unit: persons/m", "      capcity: {unit: persons/m"),
        "capcity",
        "capacity",
        20,
    ),
    "unit": (("persons/month", "persons/week"), "parts.colombia.terms.capacity.unit", "persons/month", 20),
    "bounds": (("2022-06-01: 200", "2022-06-01: -1"), "parts.colombia.terms.capacity", "at least 0", 20),
    "nationality": (
        ("nationalities: [CUB]", "nationalities: [CBU]"),
        "parts.elsewhere.target.nationalities",
        "CUB",
        28,
    ),
    "country": (("destination: CAN", "destination: CNA"), "parts.elsewhere.destination", "CAN", 26),
    "date": (("present_by: 2022-01-20", "present_by: early"), "parts.colombia.present_by", "YYYY-MM-DD", 17),
    "lever": (("    lever: aid", "    lever: aids"), "parts.money.lever", "aid", 33),
    "stay": (("stay: seasonal", "stay: short"), "parts.elsewhere.stay", "seasonal", 27),
    "no effect": (
        ("      usd_per_year: {unit: USD/year, values: {2022-02-01: 1000}, evidence: assumed, range: [0, 2000]}\n", ""),
        "parts.money",
        "usd_per_year",
        None,
    ),
    "institutional": (("in_force", "institutional"), "terms", "institutional", None),
    "no mapping": (("parts:\n", "parts:\n  nothing: 3\n"), "parts.nothing", "target and terms", 16),
    "no pathway": (
        ("    lever: aid", "    lever: aid\n    channel: port"),
        "parts.money.channel",
        "lawful_pathway",
        34,
    ),
}


@pytest.mark.parametrize(("change", "key", "expected", "line"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_part_is_named(
    write: Callable[..., Path], change: tuple[str, str], key: str, expected: str, line: int | None
) -> None:
    file = write(change, name="offices", text=OFFICES)
    with pytest.raises(UserError) as caught:
        load_instrument(file)
    text = str(caught.value)
    assert key in str(caught.value.key), text
    assert expected in text
    if line is not None:
        assert f"{file}:{line}\n" in text + "\n", text


def test_a_pathway_that_is_continued_must_exist(write: Callable[..., Path]) -> None:
    more = "    title: The other office\n    continues: offices.brazil"
    write(("    title: The other office", more), name="offices", text=OFFICES)
    file = write(name="offices", text=OFFICES)
    assert set(load_instruments(file.parent)) == {"offices"}
    write(("    title: The other office", more), name="offices", text=OFFICES)
    with pytest.raises(UserError, match="no such pathway"):
        load_instruments(file.parent)


def test_aid_reaches_whom_it_is_for(frame: Frame) -> None:
    """By nationality and party; nationals of a country only where they are named."""
    terms = {"usd_per_year": 1000, "displaced_persons": 10}
    families = make("aid", terms, id="a", target={"countries": ["COL"], "parties": ["family_member"]})
    cubans = make("aid", terms, id="b", target={"countries": ["COL"], "nationalities": ["CUB"]})
    aid = timeline(frame, families, cubans).rules(100).aid_per_person
    np.testing.assert_allclose(aid[2], [[0, 100, 0], [100, 200, 100]])
    assert not aid[:2].any()


def test_places_outside_the_table_and_renewals_are_told(frame: Frame) -> None:
    terms = {"capacity": 10, "outside_stock": {"VEN": 500}, "renewal_share": 0.4, "places": 300}
    line = timeline(frame, make("regularization", terms, target={"countries": ["PAN"], "nationalities": ["VEN"]}))
    (program,) = line.rules(100).regularizations
    assert program.outside_stock is not None
    assert program.outside_stock.tolist() == [500.0, 0.0]
    assert (program.renewal_share, program.total_places) == (0.4, 300.0)
