"""A world of one's own: the example corridor from end to end, and what a mistake in its tables says."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ladsim
from ladsim import data
from ladsim.cli.app import main
from ladsim.core.errors import UserError
from ladsim.report.headlines import compared, headlines
from ladsim.runs.options import RunOptions
from ladsim.sim.model import LadModel
from ladsim.world import statistics
from ladsim.world.graph import NODE_COLUMNS, WAY_COLUMNS
from ladsim.world.wishes import wishes_of
from ladsim.world.world import World, load_world

ROOT = Path(__file__).parents[2]
CORRIDOR = ROOT / "examples" / "corridor"
PAGE = (ROOT / "docs" / "own-corridor.md").read_text(encoding="utf-8")
Change = Callable[..., Path]


@pytest.fixture
def changed(tmp_path: Path) -> Change:
    """Return a function that copies the corridor with some text of a file replaced, or with files left out."""

    def copy(*left_out: str, file: str = "", old: str = "", new: str = "") -> Path:
        folder = tmp_path / "mine"
        shutil.copytree(CORRIDOR, folder)
        for name in left_out:
            (folder / name).unlink()
        if file:
            text = (folder / file).read_text(encoding="utf-8")
            assert old in text, old
            (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return copy


def test_roles_come_from_the_tables() -> None:
    world = World.load(CORRIDOR)
    assert (world.destination, world.neighbor, world.border) == ("DEL", "COR", "southern")
    assert world.year_begins[world.country_index["DEL"]] == 7
    assert not world.packaged
    packaged = load_world()
    assert packaged.packaged
    assert (packaged.destination, packaged.neighbor, packaged.border) == ("USA", "MEX", "southwest")
    assert [code for code, own in zip(packaged.nationalities, packaged.own_border, strict=True) if own] == ["MEX"]


def test_appointments_are_asked_for_from_central_and_northern_mexico() -> None:
    """What was a rule on latitudes in code is a column now, with the same places."""
    route = load_world().route
    capital = route.lat[route.node_index["mexico_city"]]
    inside = (route.country == route.countries.index("MEX")) & (route.lat >= capital)
    kinds = np.isin(route.kind, [0, 1, 3])
    assert (route.appointments == inside & kinds).all()


def test_the_way_over_the_darien_is_a_family() -> None:
    route = load_world().route
    over = route.irregular_entry == route.countries.index("PAN")
    assert [name == "darien" for name in route.family] == over.tolist()


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "key", "hint"),
    [
        ("countries.csv", "destination,7", ",7", "countries.csv", "role", "destination once"),
        ("countries.csv", "-38.5,,,1", "-38.5,destination,,1", "countries.csv:5", "role", "one country"),
        ("countries.csv", "neighbor,,1", "neighbour,,1", "countries.csv:4", "role", "did you mean 'neighbor'"),
        ("countries.csv", "destination,7", "destination,13", "countries.csv:5", "year_begins", "at most 12"),
        ("route_nodes.csv", "transit,,,1", "transit,,,yes", "route_nodes.csv:6", "appointments", ""),
        ("route_nodes.csv", "appointments", "apointments", "route_nodes.csv:1", "apointments", "appointments"),
        ("route_ways.csv", ",family", ",familly", "route_ways.csv:1", "familly", "family"),
        ("route_ways.csv", "plains,540", "plain,540", "route_ways.csv:2", "stretch", "did you mean 'plains'"),
        ("route_ways.csv", "COR_air", "COR_sea", "route_ways.csv:5", "entry_rule", "COR_air"),
        ("residence_split.csv", "2021,0.6", "2021,0.5", "residence_split.csv", "share", "add to 1"),
        ("consequences.csv", "BRE,0.2", "BRE,1.2", "consequences.csv:3", "direct_share", "at most 1"),
        ("consequences.csv", "BRE,", "BRX,", "consequences.csv", "nationality", "one row for each"),
        ("wish.yaml", "  BRE: {2021", "  BRX: {2021", "wish.yaml", "levels.BRX", "did you mean 'BRE'"),
        ("wish.yaml", "BRE: 3.0", "BRE: many", "wish.yaml", "home_value.BRE", "utility"),
        ("familiarity.yaml", "forest:", "forrest:", "familiarity.yaml", "shares.forrest", "did you mean 'forest'"),
        ("instruments/forest_controls.yaml", "[COR]\nterms", "[CRO]\nterms", ":10", "target.countries.0", "COR"),
    ],
)
def test_a_mistake_names_file_line_and_column(
    changed: Change, file: str, old: str, new: str, where: str, key: str, hint: str
) -> None:
    folder = changed(file=file, old=old, new=new)
    with pytest.raises(UserError) as caught:
        LadModel("more_controls", world=folder, seed=1, scale=5000)
    assert where in str(caught.value.file)
    assert caught.value.key == key
    assert hint in f"{caught.value.expected} {caught.value}"


def test_what_is_no_folder_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match="not a folder"):
        World.load("nowhere")
    with pytest.raises(UserError, match="not a folder"):
        RunOptions.checked(scenario="as_it_is", world="nowhere")
    assert main(["world=nowhere", "scenario=as_it_is"]) == 2
    assert "examples/corridor" in capsys.readouterr().err


def test_tables_that_may_be_left_out(changed: Change) -> None:
    folder = changed("stretches.csv", "familiarity.yaml", "journeys.yaml")
    model = LadModel("as_it_is", world=folder, seed=1, scale=5000)
    world = model.world
    assert world.route.stretches == ("plains", "forest", "corda", "air", "line")
    assert (model.environment._first_familiarity() == 1.0).all()
    assert (model.arrivals.evaders == 0.0).all()
    assert (model.environment.load == 0.0).all()
    assert statistics.push_index(world) == {}
    removed = model.environment._after_transfer.removed(model.date)
    assert removed.tolist() == statistics.consequences(world).removed_share.tolist() == [0.2, 0.5]


def test_a_split_is_needed_for_several_residences(changed: Change) -> None:
    with pytest.raises(UserError, match="no split of wishes for ALT"):
        World.load(changed("residence_split.csv"))


def test_a_way_with_a_rule_needs_the_rules(changed: Change) -> None:
    with pytest.raises(UserError, match="unknown entry rule"):
        World.load(changed("entry_rules.csv"))


def test_wishes_of_the_folder_hold() -> None:
    wishes = wishes_of(World.load(CORRIDOR))
    assert wishes["levels"]["ALT"] == {"2021-06": 18.0, "2022-06": 26.0, "2023-06": 22.0}
    assert wishes["lawful_prospect"] == {"ALT": 0.0, "BRE": 0.0}


def test_lines_of_a_report_are_those_of_its_world() -> None:
    labels = [line.label for line in headlines(str(CORRIDOR))]
    assert "Irregular entries" in labels
    assert "Darién crossings" not in labels
    labels = [line.label for line in compared()]
    assert labels == ["Encounters between ports", "Encounters at ports", "Darién crossings"]
    assert data.table_of(CORRIDOR, "observed").empty
    assert data.table_of(CORRIDOR, "nationalities")["name"].tolist() == ["Altania", "Brevia"]


def test_the_page_names_every_column() -> None:
    def header(name: str) -> list[str]:
        with (CORRIDOR / name).open(encoding="utf-8", newline="") as rows:
            return next(csv.reader(rows))

    named = set(re.findall(r"`([\w.]+)`", PAGE))
    wanted = {*NODE_COLUMNS, *WAY_COLUMNS, *(c for columns in statistics.NEEDED.values() for c in columns)}
    wanted |= {column for file in CORRIDOR.glob("*.csv") for column in header(file.name)}
    assert wanted - named == set()
    assert {file.name for file in CORRIDOR.glob("*.*")} - {"README.md"} <= named


@pytest.mark.slow
def test_from_the_command_line_to_the_report(tmp_path: Path) -> None:
    """Run the page's command; the results folder holds every file, and its report names the corridor's own places."""
    words = ["more_controls", "scale=200", "seeds=2", "workers=1", "end=2022-04-30", f"results_dir={tmp_path}"]
    assert main([f"world={CORRIDOR}", f"scenario={words[0]}", *words[1:], "table=quiet"]) == 0
    [folder] = (tmp_path / "more_controls").iterdir()
    result = ladsim.load(folder)
    assert result.world == str(CORRIDOR)
    assert result.manifest["world"]["files"]["route_ways.csv"]
    assert set(result.monthly["nationality"]) == {"ALT", "BRE"}
    assert set(result.monthly["place"]) >= {"Levante", "southern", "COR"}
    assert result.monthly.query("measure == 'encounters_between_ports'")["value"].sum() > 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    for text in ("Altania", "Irregular entries", "Twice as many controls on the roads of Corda", "world="):
        assert text in page
    for text in ("Darién", "Venezuela", "Border Patrol"):
        assert text not in page
    drawn = {file.name for file in (folder / "figures").iterdir()}
    assert {"map.png", "against_observed.png", "difference.png", "by_nationality_encounters.png"} <= drawn


@pytest.mark.slow
def test_in_a_notebook_a_run_is_that_of_the_command_line() -> None:
    world = World.load(CORRIDOR)
    result = ladsim.run("more_controls", world=world, scale=200, seeds=1, workers=1, end="2022-04-30")
    assert result.reference is not None
    alone = LadModel("as_it_is", world=world, seed=result.seeds[0], scale=200).run()
    theirs = result.reference.monthly.drop(columns=["scenario", "seed"])
    keys = ["month", "measure", "place", "nationality"]
    flows = alone[alone["month"] < "2022-04"].sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(
        theirs[theirs["month"] < "2022-04"].sort_values(keys, ignore_index=True), flows, check_dtype=False
    )
    stops = result.compare(measure="interdictions", freq="all")
    assert float(stops["difference"].iloc[0]) > 0
