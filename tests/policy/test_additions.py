"""Policies beside the Declaration's documents: each is in, where its answer says, or left out with a reason."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ladsim.core.paths import data_dir
from ladsim.policy.instrument import Instrument
from ladsim.policy.library import load_instruments

RAW = Path(__file__).parents[2] / "data-raw" / "policy"
LEAST_IN = 45
NOT_ON_ITS_DAY = {"del_rio_haiti_expulsions", "tapachula_fmm_45_days", "mexico_transit_documents_stopped"} | {
    f"h2b_fy{year}" for year in ("2022_second_half", "2023_set_aside")
}
"""Policies whose effect is counted by month, quarter or fiscal year, so that their own day stands nowhere."""
LIBRARY = load_instruments()


def rows() -> list[dict[str, Any]]:
    with gzip.open(RAW / "policy_additions.csv.gz", "rt", encoding="utf-8") as stream:
        collected = pd.read_csv(stream, dtype=str, keep_default_na=False)
    answers = pd.read_csv(RAW / "policy_additions_answers.csv", dtype=str, keep_default_na=False)
    assert list(answers["id"]) == list(collected["measure"])
    return pd.concat([collected, answers[["answer", "where", "reason"]]], axis=1).to_dict("records")


ROWS = rows()
HELD = [row for row in ROWS if row["answer"] == "in"]


def places(row: dict[str, Any]) -> list[str]:
    return [place.strip() for place in row["where"].split(";")]


def instrument_at(place: str) -> Instrument:
    name, _, part = place.partition(".")
    assert name in LIBRARY, f"no instrument {name}"
    if not part:
        return LIBRARY[name]
    found = LIBRARY[name].checked_part(part)
    assert found is not None, f"{place} acts on no day"
    return found


def dated(instrument: Instrument) -> set[date]:
    """Return the days on which an instrument begins or changes."""
    return {instrument.start, *(day for term in instrument.terms.values() for day in term.values)}


def test_every_policy_is_answered_and_most_are_in() -> None:
    assert {row["answer"] for row in ROWS} == {"in", "left out"}
    assert len(HELD) >= LEAST_IN
    for row in ROWS:
        if row["answer"] == "left out":
            assert not row["where"]
            assert len(row["reason"].split()) >= 5, row["measure"]


@pytest.mark.parametrize("row", HELD, ids=[row["measure"] for row in HELD])
def test_what_is_in_is_where_it_says_on_its_days(row: dict[str, Any]) -> None:
    start = date.fromisoformat(row["start"])
    for place in places(row):
        if place.endswith(".csv"):
            table = pd.read_csv(data_dir() / place, dtype=str, keep_default_na=False)
            assert row["start"] in set(table["start"]), f"{place} has no row from {row['start']}"
            continue
        held = instrument_at(place)
        assert held.references
        if row["reason"]:
            continue  # the reason says what differs: see the next test
        assert start in dated(held), f"{place} has nothing on {start}"
        end = date.fromisoformat(row["end"]) if row["end"] else None
        assert held.end == end, f"{place} ends on {held.end}, not {end}"


@pytest.mark.parametrize("row", HELD, ids=[row["measure"] for row in HELD])
def test_what_is_in_with_a_reason_has_its_first_or_last_day_somewhere(row: dict[str, Any]) -> None:
    if not row["reason"]:
        return
    held: set[date | None] = set()
    for place in places(row):
        if place.endswith(".csv"):
            table = pd.read_csv(data_dir() / place, dtype=str, keep_default_na=False)
            held |= {date.fromisoformat(day) for day in table["start"] if day}
        else:
            one = instrument_at(place)
            held |= dated(one) | {one.announced, one.end}
    told = {date.fromisoformat(row[key]) for key in ("start", "end") if row[key]}
    assert bool(told & held) != (row["measure"] in NOT_ON_ITS_DAY), (row["measure"], told)


def test_what_is_left_out_is_told_once_and_for_itself() -> None:
    """No instrument's references cite a policy that is said to be left out, but for its notes."""
    for row in ROWS:
        if row["answer"] == "left out":
            address = row["url"].split(" ; ")[0]
            citing = {one.id for one in LIBRARY.values() for r in one.references if r.address == address}
            assert not citing, (row["measure"], citing)
