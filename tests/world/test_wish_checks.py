"""Wishes, journeys and familiarity of a world of one's own: what is wrong is told with file and line, before a run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from ladsim.behavior.inputs import check_inputs
from ladsim.cli.app import main
from ladsim.core.errors import UserError
from ladsim.core.strict_yaml import parse_yaml
from ladsim.world.wish_checks import check_familiarity, check_journeys, check_wishes
from ladsim.world.world import World, load_world

CORRIDOR = Path(__file__).parents[2] / "examples" / "corridor"
CODES, SECTORS, FAMILIES = ("ALT", "BRE"), ("Levante", "Poniente"), ("forest", "COR_air")
WISH = """levels:
  ALT: {2021-06: 18.0}
  BRE: {2021-06: 9.0}
home_value: {ALT: 1.0, BRE: 3.0}
lawful_prospect: {ALT: 0.5}
lawful_only: {BRE: 2}
season:
  north: {cos_1: 0.1, sin_1: 0.0, cos_2: 0.0, sin_2: 0.0}
season_of: {ALT: north}
"""
JOURNEYS = """evaders:
  default: {single_adult: 0.1}
parties:
  ALT: {single_adult: 0.5, family_member: 0.3, unaccompanied_child: 0.2}
places:
  states: {Levante: east}
  years:
    Levante: {2021: 0.5}
  nationalities:
    BRE: {east: -1.0}
"""
FAMILIARITY = """shares:
  forest: {default: 0.2, BRE: 0.5}
"""


def check(file: str, text: str) -> None:
    told, where = parse_yaml(text, file)
    if file == "wish.yaml":
        check_wishes(told, where, CODES)
    elif file == "journeys.yaml":
        check_journeys(told, where, CODES, SECTORS)
    else:
        check_familiarity(told, where, CODES, FAMILIES)


@pytest.mark.parametrize(
    ("file", "text"), [("wish.yaml", WISH), ("journeys.yaml", JOURNEYS), ("familiarity.yaml", FAMILIARITY)]
)
def test_what_is_right_passes(file: str, text: str) -> None:
    check(file, text)
    assert yaml.safe_load(text)


@pytest.mark.parametrize(
    ("file", "text", "old", "new", "line", "key", "hint"),
    [
        ("wish.yaml", WISH, "  BRE: {2021-06: 9.0}", "  BRX: {2021-06: 9.0}", 3, "levels.BRX", "did you mean 'BRE'"),
        ("wish.yaml", WISH, "9.0}", "0}", 3, "levels.BRE", "above 0"),
        ("wish.yaml", WISH, "9.0}", "true}", 3, "levels.BRE", "above 0"),
        ("wish.yaml", WISH, "9.0}", ".inf}", 3, "levels.BRE", "at most 1,000"),
        ("wish.yaml", WISH, "BRE: {2021-06: 9.0}", "BRE: {2021-13: 9.0}", 3, "levels.BRE", "by month"),
        ("wish.yaml", WISH, "  BRE: {2021-06: 9.0}\n", "", 1, "levels.BRE", "by month"),
        ("wish.yaml", WISH, "BRE: 3.0", "BRE: many", 4, "home_value.BRE", "utility"),
        ("wish.yaml", WISH, "BRE: 3.0", "BRE: 300", 4, "home_value.BRE", "-100 to 100"),
        ("wish.yaml", WISH, "ALT: 0.5", "ALT: .nan", 5, "lawful_prospect.ALT", "utility"),
        ("wish.yaml", WISH, "lawful_only: {BRE: 2}", "lawful_only: 2", 6, "lawful_only", "{ALT: ...}"),
        ("wish.yaml", WISH, "lawful_only: {BRE: 2}", "lawfully: {BRE: 2}", 6, "lawfully", "lawful_only"),
        ("wish.yaml", WISH, "sin_2: 0.0", "sin_3: 0.0", 8, "season.north.sin_3", "sin_1"),
        ("wish.yaml", WISH, ", sin_2: 0.0", "", 8, "season.north.sin_2", "-100 to 100"),
        ("wish.yaml", WISH, "cos_1: 0.1", "cos_1: much", 8, "season.north.cos_1", "-100 to 100"),
        ("wish.yaml", WISH, "ALT: north", "ALT: nroth", 9, "season_of.ALT", "did you mean 'north'"),
        (
            "journeys.yaml",
            JOURNEYS,
            "single_adult: 0.1",
            "single_adult: 1.1",
            2,
            "evaders.default.single_adult",
            "0 to 1",
        ),
        ("journeys.yaml", JOURNEYS, "single_adult: 0.1", "adult: 0.1", 2, "evaders.default.adult", "single_adult"),
        ("journeys.yaml", JOURNEYS, ", unaccompanied_child: 0.2", "", 4, "parties.ALT.unaccompanied_child", "0 to 1"),
        (
            "journeys.yaml",
            JOURNEYS,
            "0.5, family_member: 0.3, unaccompanied_child: 0.2",
            "0, family_member: 0, unaccompanied_child: 0",
            4,
            "parties.ALT",
            "add to 1",
        ),
        (
            "journeys.yaml",
            JOURNEYS,
            "Levante: east",
            "Levant: east",
            6,
            "places.states.Levant",
            "did you mean 'Levante'",
        ),
        ("journeys.yaml", JOURNEYS, "Levante: {2021", "Levante: {21", 8, "places.years.Levante", "by year"),
        ("journeys.yaml", JOURNEYS, "2021: 0.5", "2021: high", 8, "places.years.Levante.2021", "utility"),
        (
            "journeys.yaml",
            JOURNEYS,
            "east: -1.0",
            "west: -1.0",
            10,
            "places.nationalities.BRE.west",
            "did you mean 'east'",
        ),
        ("journeys.yaml", JOURNEYS, "evaders:", "evader:", 1, "evader", "did you mean 'evaders'"),
        ("familiarity.yaml", FAMILIARITY, "forest", "forrest", 2, "shares.forrest", "did you mean 'forest'"),
        ("familiarity.yaml", FAMILIARITY, "BRE: 0.5", "BRE: 5", 2, "shares.forest.BRE", "0 to 1"),
        ("familiarity.yaml", FAMILIARITY, "default: 0.2, ", "", 2, "shares.forest", "default: ..."),
        ("familiarity.yaml", FAMILIARITY, "{default: 0.2, BRE: 0.5}", "0.2", 2, "shares.forest", "by nationality"),
    ],
)
def test_a_mistake_names_line_and_key(file: str, text: str, old: str, new: str, line: int, key: str, hint: str) -> None:
    assert text.count(old) == 1
    with pytest.raises(UserError) as caught:
        check(file, text.replace(old, new))
    assert (caught.value.file, caught.value.key) == (f"{file}:{line}", key)
    assert hint in str(caught.value.expected)


def test_the_packaged_files_are_right() -> None:
    check_inputs(load_world())
    check_inputs(World.load(CORRIDOR))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("wish.yaml", "ALT: 1.0", "ALT: low"),
        ("journeys.yaml", "single_adult: 0.5", "single_adult: 5"),
        ("familiarity.yaml", "BRE: 0.5", "BRE: half"),
        ("consequences.csv", "BRE,0.2", "BRE,1.2"),
    ],
)
def test_show_checks_what_only_a_run_would_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str
) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(CORRIDOR, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    assert main(["task=show", f"world={folder}", "scenario=as_it_is"]) == 2
    told = capsys.readouterr()
    assert re.search(rf"{re.escape(file)}:\d+", told.err)
    assert told.out == ""
