"""Strict loading: every mistake names file and line, key, value and what would be right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ladsim.core.errors import UserError
from ladsim.core.schema import LEVER_KINDS
from ladsim.policy.library import as_rows, load_instrument, load_instruments, packaged_vocabulary

DECLARATION = (
    "panama_removal_program",
    "asylum_bar_june_2024",
    "chnv_parole",
    "safe_mobility_offices",
    "travel_executive_visa_restrictions",
    "smuggling_sanctions",
    "biometric_sharing",
    "ecuador_regularization_2022",
    "colombia_guardian_regularization",
    "mexico_multipurpose_center",
    "venezuela_humanitarian_aid_2022",
)


def test_all_packaged_instruments_load_and_every_kind_is_used() -> None:
    instruments = load_instruments()
    assert set(DECLARATION) <= set(instruments)
    assert {i.lever for i in instruments.values()} == set(LEVER_KINDS)


def test_packaged_instruments_are_sourced_and_assumed_terms_have_a_range() -> None:
    for instrument in load_instruments().values():
        assert instrument.references, instrument.id
        for name, term in instrument.terms.items():
            assert term.evidence != "assumed" or term.range is not None, (instrument.id, name)
        told = instrument.announces
        assert told is None or told.evidence != "assumed" or told.range is not None, instrument.id


def test_rows_hold_terms_units_and_references() -> None:
    rows = as_rows(load_instruments())
    row = next(r for r in rows if r["id"] == "asylum_bar_june_2024")
    assert "threshold_on: 2500" in row["terms"]
    assert "threshold_on: encounters/day" in row["units"]
    assert "The White House" in row["references"]


MISTAKES = {
    "unknown key": (("pillar: baseline", "pilar: baseline"), "pilar", "pillar", 4),
    "unknown key in target": (("  nodes:", "  places:"), "target.places", "places", 13),
    "unknown key in term": (("    unit:", "    units:"), "terms.removals_per_day.units", "unit", 16),
    "duplicate key": (("status: in_force", "status: in_force\nstatus: intended"), "status", "line 6", 7),
    "duplicate date": (("2022-04-01: 20", "2022-02-01: 20"), "2022-02-01", "line 18", 19),
    "bad date": (("start: 2022-02-01", "start: soon"), "start", "YYYY-MM-DD", 8),
    "impossible date": (("end: 2022-06-01", "end: 2022-06-31"), "end", "June 2022 has 30 days", 9),
    "date with a time": (("start: 2022-02-01", "start: 2022-02-01 10:00:00"), "start", "without a time", 8),
    "bad date of a value": (("2022-04-01: 20", "April: 20"), "terms.removals_per_day.values.April", "YYYY", 19),
    "end before start": (("end: 2022-06-01", "end: 2022-01-15"), "end", "after 2022-02-01", 9),
    "start before announced": (("announced: 2022-01-01", "announced: 2022-03-01"), "start", "from 2022-03-01", 8),
    "unit": (("persons/day", "persons/week"), "terms.removals_per_day.unit", "persons/day", 16),
    "negative": (("2022-04-01: 20", "2022-04-01: -1"), "values.2022-04-01", "at least 0", 19),
    "no number": (("2022-04-01: 20", "2022-04-01: many"), "values.2022-04-01", "number", 19),
    "not finite": (("2022-04-01: 20", "2022-04-01: .nan"), "values.2022-04-01", "finite", 19),
    "by nationality": (("2022-04-01: 20", "2022-04-01: {VEN: 2}"), "values.2022-04-01", "one number", 19),
    "unknown term": (
        ("  removals_per_day:", "  removals_per_week:"),
        "terms.removals_per_week",
        "removals_per_day",
        15,
    ),
    "unknown nationality": (("[VEN]", "[VNE]"), "target.nationalities.0", "VEN", 11),
    "unknown country": (("countries: [PAN]", "countries: [PNA]"), "target.countries.0", "PAN", 12),
    "unknown node": (("[lajas_blancas]", "[lajas_blanca]"), "target.nodes.0", "lajas_blancas", 13),
    "unknown way": (("  nodes:", "  ways: [necocli__acandi__bote]\n  nodes:"), "target.ways.0", "acandi__boat", 13),
    "unknown rule": (("  nodes:", "  rules: [MEX_ari]\n  nodes:"), "target.rules.0", "MEX_air", 13),
    "unknown stretch": (("  nodes:", "  stretches: [dairen]\n  nodes:"), "target.stretches.0", "darien", 13),
    "unknown residence": (("  nodes:", "  residences: [VEN_COLO]\n  nodes:"), "target.residences.0", "VEN_COL", 13),
    "status": (("in_force", "in force"), "status", "in_force", 6),
    "pillar": (("pillar: baseline", "pillar: basic"), "pillar", "baseline", 4),
    "evidence": (("evidence: assumed", "evidence: guessed"), "terms.removals_per_day.evidence", "assumed", 20),
    "lever": (("lever: removal", "lever: removals"), "lever", "removal", 5),
    "range": (("[5, 40]", "[40, 5]"), "terms.removals_per_day.range", "low, high", 21),
    "missing key": (("title: A removal program\n", ""), "title", "title", 1),
    "id": (("id: removal_test", "id: other"), "id", "removal_test", 1),
    "no pathway": (("evidence: documented", "channel: port\nevidence: documented"), "channel", "lawful_pathway", 26),
    "institutional": (("in_force", "institutional"), "terms", "institutional", 14),
    "no YAML": (("[VEN]", "[VEN"), None, "YAML", None),
}


@pytest.mark.parametrize(("change", "key", "expected", "line"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named(
    write: Callable[..., Path], change: tuple[str, str], key: str | None, expected: str, line: int | None
) -> None:
    file = write(change)
    with pytest.raises(UserError) as caught:
        load_instrument(file)
    text = str(caught.value)
    assert str(file) in text
    assert expected in text, text
    if key is not None:
        assert key in str(caught.value.key), text
    if line is not None:
        assert f"{file}:{line}\n" in text + "\n", text


def test_shares_stay_between_0_and_1(write: Callable[..., Path]) -> None:
    share = "  screened_in_share:\n    unit: share\n    values: {2022-02-01: 1.2}\n    evidence: assumed"
    new = f"    evidence: assumed\n{share}"
    with pytest.raises(UserError, match="screened_in_share is out of bounds") as caught:
        load_instrument(write(("    evidence: assumed", new)))
    assert caught.value.value == 1.2
    assert "at most 1" in str(caught.value.expected)


def test_the_file_as_it_stands_is_right(write: Callable[..., Path]) -> None:
    assert load_instrument(write()).terms["removals_per_day"].range == (5, 40)


def test_unknown_nationality_in_a_value(write: Callable[..., Path]) -> None:
    ease = "consequence_ease:\n    unit: log-odds\n    values: {2022-02-01: {VEM: 1}}\n    evidence: assumed\n"
    new = f"{ease}  removals_per_day"
    with pytest.raises(UserError, match="did you mean 'VEN'"):
        load_instrument(write(("removals_per_day", new)))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        load_instruments(tmp_path / "nowhere")


def test_the_vocabulary_is_that_of_the_data_tables() -> None:
    names = packaged_vocabulary()
    assert {"VEN", "XXO"} <= names.nationalities
    assert {"VEN_COL", "COL"} <= names.residences
    assert "MEX_air" in names.rules
    assert "lajas_blancas" in names.nodes
