"""What `task=levers` and `task=scenarios` show: everything that there is, in words, with commands that work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from ladsim.cli import app, grammar, jobs
from ladsim.core.errors import UserError
from ladsim.core.paths import conf_dir
from ladsim.core.schema import LEVER_KINDS
from ladsim.policy import meanings
from ladsim.policy.fields import Part, Target
from ladsim.policy.instrument import APPLICATIONS, CHANNELS, PILLARS, QUEUES, STATUSES, STAYS, Instrument
from ladsim.policy.kinds.registry import MEANINGS, TERMS
from ladsim.policy.library import load_instruments
from ladsim.policy.listing import LeverRow, TermRow, commitments, document_of, host_of, lever_rows
from ladsim.policy.scenario import list_scenarios, load_scenario
from ladsim.policy.scenario_listing import scenario_rows
from ladsim.report.levers import levers_text, scenarios_text

LIBRARY = load_instruments()
ROWS = lever_rows(instruments=LIBRARY)
EVERY_TERM = [
    (row, path, term)
    for row in ROWS
    for path, terms in [((), row.terms), *(((part.name,), part.terms) for part in row.parts)]
    for term in terms
]


@pytest.fixture
def quick_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let scenarios take the library that is loaded already, so that hundreds of commands can be checked."""
    monkeypatch.setattr("ladsim.policy.scenario.load_instruments", lambda: LIBRARY)


def test_every_kind_term_pillar_and_status_has_its_words() -> None:
    assert set(MEANINGS) == set(LEVER_KINDS)
    assert all(MEANINGS.values())
    assert all(spec.meaning for terms in TERMS.values() for spec in terms.values())
    assert set(meanings.PILLARS) == set(PILLARS)
    assert set(meanings.STATUSES) == set(STATUSES)


def test_every_key_and_word_of_an_instrument_file_is_explained() -> None:
    """The closed lists and the keys that a file may hold, and those that the files do hold."""
    assert set(meanings.KEYS) == set(Instrument.model_fields) | set(Part.model_fields)
    assert set(meanings.TARGETS) == set(Target.model_fields)
    assert set(meanings.CHANNELS) == set(CHANNELS)
    assert set(meanings.QUEUES) == set(QUEUES)
    assert set(meanings.STAYS) == set(STAYS)
    assert set(meanings.APPLICATIONS) == set(APPLICATIONS)
    for file in sorted((conf_dir() / "instrument").glob("*.yaml")):
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
        parts = (told.get("parts") or {}).values()
        for block in (told, *parts):
            assert set(block) <= set(meanings.KEYS), file.name
            kind = block.get("lever") or told["lever"]
            assert set(block.get("terms") or {}) <= set(TERMS[kind]), file.name


def test_every_word_stands_in_the_page_for_students() -> None:
    page = (Path(__file__).parents[2] / "docs" / "levers.md").read_text(encoding="utf-8")
    text = " ".join(levers_text(ROWS).split())
    for key, said in meanings.KEYS.items():
        assert f"- `{key}`: {said}" in page
        assert f"{key}: {said}" in text
    for terms in TERMS.values():
        for name, spec in terms.items():
            assert f"`{name}`, {spec.meaning}" in page


def test_the_rules_of_a_pathway_are_told_in_words() -> None:
    row = {row.instrument.id: row for row in ROWS}["safe_mobility_offices"]
    said = [rule for part in row.parts for rule in (*row.rules, *part.rules)]
    for words in ("registering oneself", "petition with papers", "must have been in the country by", "leads to Spain"):
        assert any(words in rule for rule in said), words


def test_every_instrument_is_listed_once_by_pillar() -> None:
    assert sorted(row.instrument.id for row in ROWS) == sorted(LIBRARY)
    order = [PILLARS.index(row.instrument.pillar) for row in ROWS]
    assert order == sorted(order)


def test_the_text_tells_everything_that_the_file_tells() -> None:
    text = " ".join(levers_text(ROWS).split())
    for row in ROWS:
        i = row.instrument
        for said in (i.id, i.title, i.pillar, str(i.start), *row.actors, MEANINGS[i.lever]):
            assert " ".join(said.split()) in text, (i.id, said)
        for reference in i.references:
            for said in (reference.publisher, reference.locator or "", reference.address or ""):
                assert " ".join(said.split()) in text, (i.id, said)
        for part in row.parts:
            assert f"{part.name}: {part.acting.title}" in text
        for term in row.all_terms():
            assert f"{term.name} = " in text
            assert f"{term.unit} ({term.evidence}" in text


@pytest.mark.parametrize("columns", [100, 72])
def test_lines_are_no_longer_than_asked_unless_one_word_is(columns: int) -> None:
    lines = [*levers_text(ROWS, columns).splitlines(), *scenarios_text(scenario_rows(), columns).splitlines()]
    assert [line for line in lines if len(line) > columns and len(line.split()) > 2 and "://" not in line] == []


@pytest.mark.usefixtures("quick_loading")
@pytest.mark.parametrize(
    ("row", "path", "term"), EVERY_TERM, ids=[".".join((r.instrument.id, *p, t.name)) for r, p, t in EVERY_TERM]
)
def test_the_command_of_a_term_works_and_changes_that_term(row: LeverRow, path: tuple[str, ...], term: TermRow) -> None:
    words = shlex.split(term.command)
    assert words[:3] == ["python", "-m", "ladsim"]
    [job] = grammar.parse(words[3:]).jobs()
    options, instrument, _ = jobs.request(job)
    made = load_scenario(options.scenario, instrument_overrides=instrument, include=options.include)
    one, two = row.instrument, made.instruments[row.instrument.id]
    before, after = ((i.parts[path[0]] if path else i).terms[term.name] for i in (one, two))
    numbers = [n for v in before.values.values() for n in (v.values() if isinstance(v, dict) else (v,))]
    at_its_bound = all(n in (0.0, 1.0) for n in numbers)
    assert before.values != after.values or at_its_bound
    assert options.reference == host_of(row.instrument)


@pytest.mark.usefixtures("quick_loading")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.instrument.id)
def test_the_switch_of_a_lever_changes_that_lever_alone(row: LeverRow) -> None:
    if row.instrument.status == "institutional":
        assert not row.switch
        assert not row.all_terms()
        return
    [job] = grammar.parse(shlex.split(row.switch)[3:]).jobs()
    options, _, _ = jobs.request(job)
    switched = load_scenario(options.scenario, include=options.include, exclude=options.exclude)
    assert set(switched.instruments) ^ set(load_scenario(options.scenario).instruments) == {row.instrument.id}
    assert options.reference == options.scenario == host_of(row.instrument)


def test_doubling_is_twice_the_effect() -> None:
    chosen = {(row.instrument.id, term.name): term.command for row, _, term in EVERY_TERM}
    assert "capacity={2023-01-06:60000," in chosen["chnv_parole", "capacity"]
    assert chosen["chnv_parole", "approval_rate"].split()[-2].endswith("approval_rate=1")
    assert "fare_factor=1." in chosen["travel_executive_visa_restrictions", "fare_factor"]
    assert "closed=0" in chosen["mexico_visa_ecuador", "closed"]


def test_commitments_are_those_that_a_document_lists() -> None:
    found = commitments(LIBRARY)
    assert {"chnv_parole", "panama_removal_program", "ecuador_regularization_2022"} <= set(found)
    assert document_of(LIBRARY["ecuador_regularization_2022"]) == "2022-09-26"
    assert document_of(LIBRARY["chnv_parole"]) == "2024-09-26"
    assert not {"title_42", "cbp_one_appointments", "mexico_interior_enforcement_2024"} & set(found)
    assert all(i.pillar != "baseline" for i in found.values())


def test_scenarios_are_listed_with_what_differs_from_their_reference() -> None:
    rows = {row.scenario.name: row for row in scenario_rows()}
    assert list(rows) == [row["name"] for row in list_scenarios()]
    assert rows["no_chnv"].left_out == ("chnv_parole",)
    assert rows["panama_removal"].added == ("panama_removal_program",)
    assert not rows["history"].added + rows["history"].left_out
    for row in rows.values():
        same = not (row.added or row.left_out or row.changed)
        assert same == (row.scenario.reference is None), row.scenario.name


def test_one_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["task=levers", "lever=chnv_parole"]) == 0
    assert re.match(r"chnv_parole\n", capsys.readouterr().out)
    assert app.main(["task=scenarios", "scenario=no_chnv"]) == 0
    assert re.match(r"no_chnv\n", capsys.readouterr().out)


MISTAKES = {
    "unknown lever": (["task=levers", "lever=chnv_parol"], "did you mean 'chnv_parole'"),
    "unknown scenario": (["task=scenarios", "scenario=no_chn"], "did you mean 'no_chnv'"),
    "no lever": (["task=levers", "lever="], "lever is not a name"),
    "another key": (["task=levers", "scale=10"], "takes no scale"),
    "a scenario with levers": (["task=levers", "scenario=history"], "takes no scenario"),
    "a lever with a run": (["scenario=history", "lever=chnv_parole"], "task=levers"),
    "unknown task": (["task=lever", "scenario=history"], "did you mean 'levers'"),
}


@pytest.mark.parametrize(("words", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_message_and_code_two(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.main(words) == 2
    told = capsys.readouterr()
    assert not told.out
    assert expected in told.err
    assert "Traceback" not in told.err


def test_an_unknown_lever_names_its_key() -> None:
    with pytest.raises(UserError) as caught:
        lever_rows("safe_mobility_office")
    assert (caught.value.key, caught.value.value) == ("lever", "safe_mobility_office")
    assert "'safe_mobility_offices'" in str(caught.value)


def test_places_of_seasonal_work_are_petitions_of_employers() -> None:
    """No page says that H-2 visas are granted by lot: employers choose, and the model draws among those who wait."""
    petitioned = 0
    for row in lever_rows():
        for one in row.instrument.expanded():
            hired = one.lever == "lawful_pathway" and one.stay == "seasonal" and one.application == "petition"
            if hired and one.queue == "lottery" and "capacity" in one.terms:
                petitioned += 1
                told = f"{row} {row.parts}"
                assert meanings.EMPLOYERS in told, one.id
    assert petitioned >= 3
