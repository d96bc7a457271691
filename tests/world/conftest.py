"""A corridor of six places and six ways, written to a folder, and a way to spoil one cell of it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from ladsim.world.graph import NODE_COLUMNS, WAY_COLUMNS

NODES = [
    "village,Village,COL,4,-74,residence,,,0",
    "airport,Airport,MEX,19,-99,airport,,,0",
    "city,City,MEX,31.7,-106.4,border_city,,,1",
    "sector,Sector,USA,31.9,-106.5,sector,El Paso,,0",
    "port,Port,USA,31.8,-106.5,port,El Paso,,0",
    "usa,United States,USA,32,-99,destination,,,0",
]
WAYS = [
    "walk,village,city,walk,0,darien,3000,40,8,500,0.5,40,0.4,0.1,MEX,home,,,,MEX,,0",
    "fly,village,airport,flight_scheduled,0,air_charter,3200,1,0.2,450,0,0,0,0,,,,100,AIR,,,0",
    "bus,airport,city,bus,0,mexico,1500,2,0.5,100,0,5,0.1,0.05,MEX,airport,,,,,,0",
    "cross,city,sector,crossing,0,border,5,1,0.2,100,1,10,0,0,,,0.98,,,,,0",
    "queue,city,port,port,0,border,5,1,0.2,0,0,0,0,0,,,,,,,,0",
    "in,sector,usa,entry,0,border,1,1,0,0,0,0,0,0,,,,,,,,0",
    "in_port,port,usa,entry,0,border,1,1,0,0,0,0,0,0,,,,,,,,0",
]
RULES = [
    "AIR,COL,2021-01-01,2022-01-01,free,20",
    "AIR,COL,2022-01-01,,visa,0",
    "AIR,ECU,2021-06-01,,free,30",
]
RULE_COLUMNS = ("rule", "nationality", "start", "end", "status", "charge_usd")


def write(path: Path, columns: tuple[str, ...], lines: list[str]) -> Path:
    """Write a table."""
    path.write_text("\n".join([",".join(columns), *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def corridor(tmp_path: Path) -> dict[str, Path]:
    """Return the files of the small corridor by name."""
    return {
        "nodes": write(tmp_path / "nodes.csv", NODE_COLUMNS, NODES),
        "ways": write(tmp_path / "ways.csv", WAY_COLUMNS, WAYS),
        "entry_rules": write(tmp_path / "rules.csv", RULE_COLUMNS, RULES),
    }


@pytest.fixture
def spoil() -> Callable[[Path, int, str, str], None]:
    """Return a function that sets the cell on a line (header: 1) of a CSV file."""

    def change(path: Path, line: int, column: str, value: str) -> None:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        rows[line - 1][rows[0].index(column)] = value
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)

    return change
