"""The check of facts finds nothing wrong in what ladsim brings, and finds planted mistakes of every kind."""

from __future__ import annotations

import shutil
import sys
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import check_facts
from fact_references import leads_to

from ladsim.core import paths
from ladsim.core.errors import UserError
from ladsim.core.paths import instruments_dir
from ladsim.policy.fields import Reference
from ladsim.policy.library import load_instruments
from ladsim.policy.scenario import load_scenario

HAITI = "start: {date: 2023-10-30, evidence: documented, reference: "
PLANTED = [
    ("belize_regularization", "2022-08-02: 12765", "2022-08-02: 13765", "terms.places"),
    ("ecuador_regularization_extension", "2024-08-23: 740", "2024-08-23: 840", "parts.new_status.terms.capacity"),
    ("mexico_asylum_2021", "2021-01-01: 131418", "2021-01-01: 131318", "terms.capacity"),
    ("costa_rica_asylum", "2022-01-01: 131075", "2022-01-01: 131175", "terms.capacity"),
    ("mexico_visa_peru", "announced: {date: 2024-04-05", "announced: {date: 2024-04-07", "announced"),
    ("uruguay_regularization", "end: {date: 2025-05-16", "end: {date: 2025-06-16", "end"),
    ("nicaragua_waiver_cuba", "2021-11-22: 10", "2021-11-22: 40", "terms.charge_usd"),
    ("guatemala_smuggling_takedown_2024", "start: {date: 2024-08-21", "start: {date: 2024-09-21", "start"),
    ("haiti_charter_ban_2023", f"{HAITI}1", f"{HAITI}4", "start"),
    ("mpp_2021", "end: {date: 2022-08-08", "end: {date: 2021-08-08", "end"),
    ("mexico_visa_venezuela", "documented\n    reference: 1\n", "documented\n", "terms.closed"),
    ("mexico_interior_enforcement_2024", "2024-01-01: {default: 3.", "2024-01-01: {default: 4.", "terms.hazard_factor"),
]  # fmt: skip
"""Instrument, what stands there, what is planted, and the key at which it is found."""


def test_what_ladsim_brings_is_right() -> None:
    wrong = [str(f) for f in check_facts.check(instruments_dir()) if f.wrong]
    assert wrong == []


def test_planted_facts_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "instrument"
    folder.mkdir()
    for name, old, new, _ in PLANTED:
        text = (instruments_dir() / f"{name}.yaml").read_text(encoding="utf-8")
        assert old in text, (name, old)
        (folder / f"{name}.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    found = [f for f in check_facts.check(folder) if f.wrong]
    for name, *_, key in PLANTED:
        here = [f for f in found if Path(f.place.rsplit(":", 1)[0]).stem == name]
        assert any(f.key.startswith(key) for f in here), name
        assert all(f.place.rsplit(":", 1)[1].isdigit() for f in here), name
    assert len({Path(f.place.rsplit(":", 1)[0]).stem for f in found}) == len(PLANTED) >= 10
    assert check_facts.main(["--conf", str(folder)]) == 1


def test_numbers_round_to_what_is_stated() -> None:
    assert check_facts.rounds_to(737.46, 740)
    assert not check_facts.rounds_to(734.9, 740)
    assert check_facts.rounds_to(0.793, 0.79)
    assert not check_facts.rounds_to(0.796, 0.79)
    assert check_facts.rounds_to(0.0, 0.0)
    assert check_facts.calculate("24000 / 80 * month") == pytest.approx(9131.25)
    share = "total('transfer_removals', 'share', nationality=NATIONALITY, period='2023H1')"
    assert check_facts.calculate(share, "VEN") == 0.0403
    with pytest.raises(check_facts.InWordsError):
        check_facts.calculate(share)
    with pytest.raises(check_facts.InWordsError):
        check_facts.calculate("expulsions over encounters")
    with pytest.raises(ValueError, match="no row"):
        check_facts.calculate('total("us/h2_visas", "value", nationality="ATL")')


def test_a_day_stands_in_words_in_several_forms() -> None:
    reference = Reference(title="A notice", publisher="P", date="2024-08", locator="flights of 20, 29 and 30 August")
    for day, said in ((20, True), (29, True), (30, True), (21, False)):
        assert check_facts.says_day(reference, date(2024, 8, day)) is said
    assert check_facts.says_number("nearly 8 million people, 12,765 cases", 8e6)
    assert check_facts.says_number("nearly 8 million people, 12,765 cases", 12765)
    assert not check_facts.says_number("nearly 8 million people, 12,765 cases", 765)


def test_dates_are_calculated() -> None:
    library = load_instruments()
    assert check_facts.gives_day("2024-06-01 - 90 days", date(2024, 3, 3), library)
    assert check_facts.gives_day("2024-05-16 + 1 year", date(2025, 5, 16), library)
    assert not check_facts.gives_day("2024-05-16 + 1 year", date(2025, 5, 17), library)
    for no_day in ("2024-05-16 + 999999999999 years", "2024-05-16 - 99999999999 days", "2024-02-30"):
        assert not check_facts.gives_day(no_day, date(2025, 5, 16), library)
    assert check_facts.gives_day("first of a fiscal year", date(2022, 10, 1), library)
    assert not check_facts.gives_day("first of a fiscal year", date(2022, 9, 1), library)
    assert check_facts.gives_day("end of title_42", date(2023, 5, 12), library)
    assert not check_facts.gives_day("start of title_42", date(2023, 5, 12), library)
    part = "start of central_american_minors.new_applications"
    assert check_facts.gives_day(part, date(2021, 9, 14), library)


OWN = """id: mine
title: Mine
actors: [PER]
pillar: baseline
lever: regularization
status: in_force
announced: 2024-01-01
start: {date: 2025-05-16, evidence: derived, arithmetic: "2024-05-16 + 1 year"}
target: {nationalities: [VEN], countries: [PER]}
terms:
  capacity: {unit: persons/month, values: {2025-05-16: 2000}, evidence: derived, arithmetic: "12000 / 6"}
evidence: assumed
"""


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [("2025-05-16: 2000", "2025-05-16: 2500", "terms.capacity"), ("date: 2025-05-16", "date: 2025-05-17", "start")],
)
def test_the_arithmetic_of_ones_own_is_recomputed(tmp_path: Path, old: str, new: str, key: str) -> None:
    (tmp_path / "mine.yml").write_text(OWN, encoding="utf-8")
    assert check_facts.check(tmp_path, own=True) == []
    (tmp_path / "mine.yml").write_text(OWN.replace(old, new), encoding="utf-8")
    [found] = check_facts.check(tmp_path, own=True)
    assert found.key.startswith(key)
    assert found.wrong
    told = check_facts.check(tmp_path)  # as one of ladsim's own: the bare date is told, and the rest all the same
    assert {f.key.split(".")[0] for f in told} == {"announced", key.split(".")[0]}


def test_the_arithmetic_of_a_scenario_is_recomputed(tmp_path: Path) -> None:
    assert [f for f in check_facts.check_scenarios(ROOT / "scenarios") if f.wrong] == []
    text = (ROOT / "scenarios" / "declaration_2024.yaml").read_text(encoding="utf-8")
    assert "start: {date: 2024-12-25" in text
    file = tmp_path / "declaration_2024.yaml"
    file.write_text(text.replace("start: {date: 2024-12-25", "start: {date: 2024-12-26"), encoding="utf-8")
    [found] = check_facts.check_scenarios(tmp_path)
    assert (found.key, found.wrong) == ("instrument.colombia_guardian_regularization.start", True)


def test_every_derived_number_names_its_source() -> None:
    """A derived number is calculated from something published; the reference says where."""
    for one in load_instruments().values():
        for name, block in [("", one), *one.parts.items()]:
            for key, term in block.terms.items():
                assert term.evidence != "derived" or term.reference, (one.id, name, key)


def test_an_address_is_that_of_a_document() -> None:
    """No address is that of a day's or a section's page alone, or of a site."""
    for one in load_instruments().values():
        for reference in one.references:
            assert not str(reference.address).endswith(("/national-media-release", "/2023/01/05/")), one.id
            assert leads_to(reference), (one.id, reference.address)


def test_two_instruments_that_count_the_same_quantity_are_refused(tmp_path: Path) -> None:
    name = "ecuador_regularization_2022"
    text = (instruments_dir() / f"{name}.yaml").read_text(encoding="utf-8")
    (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    twice = tmp_path / "z_again.yaml"
    twice.write_text(text.replace(f"id: {name}", "id: z_again"), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_instruments(tmp_path)
    assert caught.value.message == "two instruments count the same quantity"
    assert str(caught.value.file).startswith(f"{twice}:")
    assert caught.value.key == "terms.capacity"


MPP = "start: {date: 2021-12-06, evidence: documented, reference: 3}"
BAD = [
    ("mpp_2021", MPP, "start: 2021-12-06", "start", "a date without a grade"),
    ("mpp_2021", MPP, MPP.replace("3}", "33}"), "start.reference", "no such reference"),
    ("mexico_asylum_2021", "2021-01-01: 131418", "2021-01-01: 131481", "terms.capacity.values.2021-01-01",
     "131,481 is not total("),
    ("mpp_2021", "end: {date: 2022-08-08", "end: {date: 2021-08-08", "end", "ends before it starts"),
]  # fmt: skip
"""Instrument, what stands there, what a hand writes in its place, the key that is named, and what is said of it."""


@pytest.mark.parametrize(("name", "old", "new", "key", "said"), BAD)
def test_bad_input_gets_one_message_with_file_and_line(
    name: str, old: str, new: str, key: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (instruments_dir() / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    file = tmp_path / f"{name}.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    assert check_facts.main(["--conf", str(tmp_path)]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{file}:{line}: {key}: ")
    assert said in first
    assert last.startswith("1 wrong")


def again(folder: Path) -> Path:
    """Write an instrument that counts what one of ladsim's own counts."""
    name = "ecuador_regularization_2022"
    text = (instruments_dir() / f"{name}.yaml").read_text(encoding="utf-8")
    file = folder / "z_again.yaml"
    file.write_text(text.replace(f"id: {name}", "id: z_again"), encoding="utf-8")
    return file


def test_the_check_finds_what_is_counted_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    twice = again(tmp_path)
    shutil.copy(instruments_dir() / "ecuador_regularization_2022.yaml", tmp_path)
    assert check_facts.main(["--conf", str(tmp_path)]) == 1
    first, _ = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{twice}:")
    assert first.endswith(": terms.capacity: two instruments count the same quantity")


def test_an_instrument_of_ones_own_counts_nothing_twice(tmp_path: Path) -> None:
    twice = again(tmp_path)
    with pytest.raises(UserError, match="count the same quantity") as caught:
        load_scenario("history", instruments_dir=tmp_path)
    assert str(caught.value.file).startswith(f"{twice}:")
    alone = load_scenario("history", instruments_dir=tmp_path, exclude=["ecuador_regularization_2022"])
    assert "z_again" in alone.instruments
    lines = twice.read_text(encoding="utf-8").splitlines()
    scenario = (paths.scenarios_dir() / "history.yaml").read_text(encoding="utf-8")
    assert "\ninstrument:" not in scenario
    written = "\n".join(["instrument:", "  z_again:", *(f"    {line}" for line in lines if line[:1] != "#"), ""])
    file = tmp_path / "mine.yaml"
    file.write_text(scenario.replace("name: history", "name: mine", 1) + written, encoding="utf-8")
    with pytest.raises(UserError, match="count the same quantity") as caught:
        load_scenario(str(file))
    place, line = str(caught.value.file).rsplit(":", 1)
    assert place == str(file)
    assert int(line) > scenario.count("\n")


def test_a_scenario_of_ladsims_own_grades_its_dates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(paths.scenarios_dir(), tmp_path / "scenarios")
    file = tmp_path / "scenarios" / "declaration_ends.yaml"
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if "supposes:" not in line]
    file.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(paths, "scenarios_dir", lambda: tmp_path / "scenarios")
    with pytest.raises(UserError, match="a date without a grade") as caught:
        load_scenario("declaration_ends")
    assert str(caught.value.file).startswith(f"{file}:")
    assert str(caught.value.key).startswith("instrument.")
