"""Instruments and scenarios of the user's own: valid templates that act in the scenario alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fakes import FakeModel

from ladsim.cli.app import main
from ladsim.core.errors import UserError
from ladsim.policy import templates
from ladsim.policy.fields import Announces, Part, Reference, Target
from ladsim.policy.instrument import Instrument
from ladsim.policy.kinds.registry import TERMS, kind_of, kinds
from ladsim.policy.library import load_instrument, load_instruments
from ladsim.policy.scenario import load_scenario
from ladsim.policy.terms import Term
from ladsim.runs import ensemble
from ladsim.runs.options import RunOptions

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("kind", list(TERMS))
def test_the_template_of_every_kind_is_valid_and_tells_every_term(kind: str, tmp_path: Path) -> None:
    file = templates.write("mine", templates.instrument("mine", kind), tmp_path)
    loaded = load_instrument(file)
    assert loaded.lever == kind
    assert loaded.terms
    text = file.read_text(encoding="utf-8")
    for term in TERMS[kind]:
        assert f"# {term}: " in text


@pytest.mark.parametrize("kind", list(TERMS))
def test_the_template_of_every_kind_names_every_key_of_the_schema(kind: str) -> None:
    text = templates.instrument("mine", kind)
    of_others = {key for one in kinds().values() for key in one.keys} - set(kind_of(kind).keys)
    keys = set(Instrument.model_fields) - {"dates"} - of_others
    for key in keys | set(Target.model_fields) | set(Reference.model_fields):
        assert re.search(rf"^ *(?:- )?(?:# )?{key}:", text, re.MULTILINE), key
    told = " ".join(line.strip().removeprefix("# ") for line in text.splitlines())
    of_parts = set(Part.model_fields) - {"dates"} - of_others
    for keys, begins in (
        (set(Term.model_fields), "A term takes "),
        (set(Announces.model_fields), "It takes "),
        (of_parts, "A part takes "),
    ):
        assert set(re.split("[.;]", told.split(begins)[1])[0].split(", ")) == keys


def load_text(lines: list[str], folder: Path) -> Instrument:
    file = folder / "mine.yaml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return load_instrument(file)


@pytest.mark.parametrize("kind", list(TERMS))
def test_every_key_that_is_a_comment_can_be_put_in(kind: str, tmp_path: Path) -> None:
    """Each key that is commented out is right as it stands, with all its lines."""
    lines = templates.instrument("mine", kind).splitlines()
    taken = set()
    for i, line in enumerate(lines):
        found = re.match(r"( *)# ([a-z_]+):(.*)", line)
        if found is None or (found[3] and found[3].endswith((".", "marked", "so"))) or not _is_yaml(found[3]):
            continue
        more = 1
        while not found[3] and lines[i + more].startswith(f"{found[1]}#   "):
            more += 1
        put_in = [text.replace("# ", "", 1) for text in lines[i : i + more]]
        taken.add(found[2])
        if found[2] in ("threshold_on", "threshold_off"):  # one without the other is refused
            continue
        loaded = load_text([*lines[:i], *put_in, *lines[i + more :]], tmp_path)
        assert found[2] in {*loaded.model_fields_set, *loaded.terms, *loaded.target.model_fields_set, "locator"}
    begun = load_text(lines, tmp_path)
    left_out = (set(TERMS[kind]) - set(begun.terms)) | (set(kind_of(kind).keys) - begun.model_fields_set)
    assert taken == left_out | (set(Target.model_fields) - begun.target.model_fields_set) | {
        "announces",
        "parts",
        "locator",
    }


def _is_yaml(written: str) -> bool:
    """Return whether what follows a key is a value, or nothing, and not a sentence."""
    return not written or len(written.split("#")[0].split()) == 1 or written.strip().startswith(("{", '"'))


def test_the_template_of_a_scenario_is_valid(tmp_path: Path) -> None:
    file = templates.write("what_if", templates.scenario("what_if"), tmp_path)
    loaded = load_scenario(str(file))
    assert loaded.reference == "history"
    assert loaded.instruments["chnv_parole"] != load_instruments()["chnv_parole"]


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("x")
    with pytest.raises(UserError, match="already"):
        templates.write("mine", "y", tmp_path)
    assert (tmp_path / "mine.yaml").read_text() == "x"


@pytest.mark.parametrize("name", ["", "Mine", "../mine", "a b", "1x", None])
def test_names_that_cannot_be_are_refused(name: str) -> None:
    with pytest.raises(UserError, match="not a name"):
        templates.instrument(name, "aid")


def test_a_folder_acts_in_the_scenario_and_not_in_its_reference(tmp_path: Path) -> None:
    templates.write("mine", templates.instrument("mine", "regularization"), tmp_path)
    options = RunOptions.checked(
        scenario="panama_removal",
        instruments_dir=str(tmp_path),
        seeds=1,
        workers=1,
        start="2024-06-01",
        end="2024-08-31",
        progress=False,
    )
    pair = ensemble.load_pair(options, {}, {})
    assert "mine" in pair["scenario"].instruments
    assert pair["scenario"].own == ("mine",)
    assert "mine" not in pair["reference"].instruments
    result = ensemble.run_options(options, model=FakeModel)
    assert "instruments of" in result.scenario.title


def test_a_yml_file_acts_as_a_yaml_file_does(tmp_path: Path) -> None:
    written = templates.write("mine", templates.instrument("mine", "regularization"), tmp_path)
    written.rename(tmp_path / "mine.yml")
    assert "mine" in load_scenario("history", instruments_dir=tmp_path).instruments
    (tmp_path / "mine.yaml").write_text("id: mine", encoding="utf-8")
    with pytest.raises(UserError, match="two files of one name"):
        load_scenario("history", instruments_dir=tmp_path)


def test_a_file_of_the_same_id_replaces_what_ladsim_brings(tmp_path: Path) -> None:
    text = templates.instrument("chnv_parole", "lawful_pathway").replace(": 1000 ", ": 777 ")
    templates.write("chnv_parole", text, tmp_path)
    loaded = load_scenario("history", instruments_dir=tmp_path).instruments["chnv_parole"]
    assert next(iter(loaded.terms["capacity"].values.values())) == 777
    assert load_scenario("history").instruments["chnv_parole"] != loaded


def test_an_instrument_written_in_a_scenario_file(tmp_path: Path) -> None:
    page = (DOCS / "own-instrument.md").read_text(encoding="utf-8")
    block = page[page.index("\ninstrument:\n") + 1 :].split("```")[0]
    head = templates.scenario("permits_for_peru").split("instrument:\n")[0]
    file = tmp_path / "permits_for_peru.yaml"
    file.write_text(head + block + "\n", encoding="utf-8")
    scenario = load_scenario(str(file))
    assert scenario.instruments["peru_permits"].lever == "regularization"
    assert scenario.load_reference() is not None
    assert "peru_permits" not in scenario.load_reference().instruments  # type: ignore[union-attr]
    file.write_text(file.read_text(encoding="utf-8").replace("persons/month", "persons/moon"), encoding="utf-8")
    with pytest.raises(UserError, match="persons/moon") as caught:
        load_scenario(str(file))
    assert re.search(r"permits_for_peru\.yaml:\d+", str(caught.value))


def test_the_command_line_writes_and_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["task=new", "instrument=peru_permits", "lever=regularization"]) == 0
    assert load_instrument(tmp_path / "peru_permits.yaml").id == "peru_permits"
    assert main(["task=new", "scenario=permits_for_peru"]) == 0
    assert main(["task=new", "instrument=peru_permits", "lever=regularization"]) == 2
    assert main(["task=new", "instrument=other", "lever=nosuch"]) == 2
    assert main(["task=new"]) == 2
    assert main(["scenario=history", "instrument=x"]) == 2
    assert main(["task=show", "scenario=history", "reference=history", f"instruments_dir={tmp_path / 'none'}"]) == 2
    folder = tmp_path / "mine"
    folder.mkdir()
    (tmp_path / "peru_permits.yaml").rename(folder / "peru_permits.yaml")
    capsys.readouterr()
    given = ["instruments_dir=mine", "instrument.peru_permits.terms.capacity=123"]
    assert main(["task=show", "scenario=history", "reference=history", *given]) == 0
    shown = capsys.readouterr().out
    assert "peru_permits" in shown
    assert "123" in shown
