"""Every date carries its grade and what shows it; a claim that nothing bears out is refused, naming file and line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from lever_fakes import REMOVAL

from ladsim.core.errors import UserError
from ladsim.policy.grades import fact_of, said_of_step
from ladsim.policy.library import load_instrument
from ladsim.policy.overrides import override

START = "{date: 2022-02-01, evidence: documented, reference: 1}"
GRADED = (
    REMOVAL.replace("announced: 2022-01-01", "announced: {date: 2022-01-01, evidence: documented, reference: [1]}")
    .replace("start: 2022-02-01", f"start: {START}")
    .replace("end: 2022-06-01", 'end: {date: 2022-06-01, evidence: derived, arithmetic: "2022-02-01 + 120 days"}')
    .replace("    range: [5, 40]", "    range: [5, 40]\n    dates: {2022-04-01: {evidence: documented, reference: 1}}")
    .replace("    date: 2022-01-01", '    date: 2022-01-01\n    locator: "page 4"')
)


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_dates_carry_what_is_said_of_them(write: Callable[..., Path]) -> None:
    one = load_instrument(write(text=GRADED), complete=True)
    start = fact_of(one, "start")
    assert start is not None and start.evidence == "documented" and start.reference == (1,)
    end = fact_of(one, "end")
    assert end is not None and end.arithmetic == "2022-02-01 + 120 days"
    term = one.terms["removals_per_day"]
    first, second = (said_of_step(one, term, day) for day in term.values)
    assert first == start
    assert second is not None and second.evidence == "documented"


def test_a_new_date_drops_the_old_grade(write: Callable[..., Path]) -> None:
    one = load_instrument(write(text=GRADED), complete=True)
    moved = override(one, {"start": "2022-03-01"})
    assert fact_of(moved, "start") is None
    assert fact_of(moved, "announced") is None
    assert fact_of(moved, "end") == fact_of(one, "end")
    graded = {"start": {"date": date(2022, 3, 1), "evidence": "assumed", "range": [date(2022, 2, 1), date(2022, 4, 1)]}}
    again = fact_of(override(one, graded), "start")
    assert again is not None and again.range == (date(2022, 2, 1), date(2022, 4, 1))


def test_a_frozen_instrument_keeps_no_grade_of_an_end(write: Callable[..., Path]) -> None:
    one = load_instrument(write(text=GRADED), complete=True)
    kept = one.frozen(date(2022, 3, 1))
    assert kept is not None
    assert kept.end is None
    assert set(kept.dates) == {"announced", "start"}


CLAIMS = [
    (START, "{date: 2022-02-01, evidence: documented}", "documented without a reference", "start.evidence"),
    (START, "{date: 2022-02-01, evidence: documented, reference: 2}", "no such reference", "start.reference"),
    (START, "{date: 2022-02-01, evidence: derived}", "derived without its arithmetic", "start.evidence"),
    (START, "{date: 2022-02-01, evidence: assumed}", "assumed without a range", "start.evidence"),
    (START, "{evidence: documented, reference: 1}", "a date is missing", "start"),
    (START, "{date: 2022-02-01, evidence: guessed}", "not in the closed list", "start.evidence"),
    (START, "{date: 2022-02-01, evidence: documented, refrence: 1}", "unknown key", "start.refrence"),
    ("date: 2022-06-01", "date: 2022-01-15", "ends before it starts", "end"),
    ('    locator: "page 4"\n', "", "the reference names no place", "announced.reference"),
    (
        "{2022-04-01: {evidence: documented, reference: 1}}",
        "{2022-04-01: {evidence: documented, reference: 9}}",
        "no such reference",
        "terms.removals_per_day.dates.2022-04-01.reference",
    ),
]


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize(("old", "new", "message", "key"), CLAIMS)
def test_a_claim_that_nothing_bears_out(
    write: Callable[..., Path], old: str, new: str, message: str, key: str, complete: bool
) -> None:
    file = write((old, new), text=GRADED)
    with pytest.raises(UserError) as caught:
        load_instrument(file, complete=complete)
    assert message in str(caught.value)
    assert caught.value.key == key
    place = str(caught.value.file)
    assert place.startswith(f"{file}:")
    root = key.split(".")[0]
    assert int(place.rsplit(":", 1)[1]) >= line_of(file.read_text(encoding="utf-8"), f"{root}:")


INCOMPLETE = [
    (f"start: {START}", "start: 2022-02-01", "a date without a grade", "start"),
    (
        "\n    dates: {2022-04-01: {evidence: documented, reference: 1}}",
        "",
        "a date without a grade",
        "terms.removals_per_day.values.2022-04-01",
    ),
    ("    range: [5, 40]\n", "", "assumed without a range", "terms.removals_per_day.evidence"),
    (
        "    evidence: assumed\n    range: [5, 40]",
        "    evidence: documented",
        "documented without a reference",
        "terms.removals_per_day.evidence",
    ),
    (
        "    evidence: assumed\n    range: [5, 40]",
        "    evidence: derived",
        "derived without its arithmetic",
        "terms.removals_per_day.evidence",
    ),
]


@pytest.mark.parametrize(("old", "new", "message", "key"), INCOMPLETE)
def test_what_ladsim_brings_is_complete(write: Callable[..., Path], old: str, new: str, message: str, key: str) -> None:
    file = write((old, new), text=GRADED)
    with pytest.raises(UserError) as caught:
        load_instrument(file, complete=True)
    assert message in str(caught.value)
    assert caught.value.key == key


def test_a_bare_date_of_ones_own_is_taken_as_assumed(write: Callable[..., Path]) -> None:
    one = load_instrument(write((f"start: {START}", "start: 2022-02-01"), text=GRADED))
    assert one.start == date(2022, 2, 1)
    assert fact_of(one, "start") is None


def test_a_part_ends_after_it_starts(write: Callable[..., Path]) -> None:
    parts = (
        "parts:\n  first:\n    start: 2022-03-01\n    end: 2022-02-15\n    terms: {removals_per_day: 4}\nreferences:"
    )
    with pytest.raises(UserError) as caught:
        load_instrument(write(("references:", parts)))
    assert caught.value.message == "ends before it starts"
    assert caught.value.key == "parts.first.end"


def test_an_instrument_that_ends_on_its_first_day_is_never_in_force(write: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match="ends before it starts"):
        load_instrument(write(("end: 2022-06-01", "end: 2022-02-01")))


def test_a_value_outside_the_range_of_its_own_file_is_refused(write: Callable[..., Path]) -> None:
    file = write(("range: [5, 40]", "range: [30, 40]"), text=GRADED)
    with pytest.raises(UserError, match="outside its own range") as caught:
        load_instrument(file, complete=True)
    assert caught.value.key.startswith("terms.removals_per_day.values.")
    assert str(line_of(file.read_text(encoding="utf-8"), "values:") + 1) in str(caught.value.file)


def test_no_offer_is_outside_no_range(write: Callable[..., Path]) -> None:
    text = GRADED.replace("2022-04-01: 20", "2022-04-01: 0")
    assert load_instrument(write(text=text), complete=True).terms["removals_per_day"].values[date(2022, 4, 1)] == 0
