"""Names of places have their accents, and only these differ."""

from __future__ import annotations

import unicodedata

import pytest

from ladsim.data import table
from ladsim.report.map import places
from ladsim.report.spelling import plain, spelled, written


def test_only_accents_are_added() -> None:
    assert len(written()) > 20
    assert all(unicodedata.normalize("NFD", name) != name for name in written().values())
    assert all(plain(name) == known != name for known, name in written().items())


def test_every_name_is_of_a_place_that_there_is() -> None:
    names = " ".join(table("route_nodes")["name"])
    assert [name for name in written() if name not in names] == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("San Jose (Costa Rica)", "San José (Costa Rica)"),
        ("San Luis Rio Colorado (Algodones)", "San Luis Río Colorado (Algodones)"),
        ("Del Rio Sector", "Del Rio Sector"),
    ],
)
def test_names(name: str, shown: str) -> None:
    assert spelled(name) == shown


def test_the_map_has_them() -> None:
    assert places()["bogota"].name == "Bogotá"
