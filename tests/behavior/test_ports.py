"""At which field office people are processed."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chisquare
from small_world import Way, events, graph, people, population, today

from ladsim import data
from ladsim.behavior.kernels import PAROLE, note_at_port
from ladsim.behavior.ports import PortShares
from ladsim.core.schema import Mode

ROOT = Path(__file__).resolve().parents[2]
OFFICES = ["El Paso Field Office", "Laredo Field Office", "San Diego Field Office", "Tucson Field Office"]
MANY, FALSE_ALARM = 5_000, 1e-3


def test_shares_are_those_of_the_record() -> None:
    rows = data.table("observed")
    rows = rows[(rows["series"] == "encounters_at_ports_field_office") & rows["month"].between("2023-01", "2023-06")]
    seen = rows.groupby("place")["value"].sum()
    reach = PortShares(OFFICES).reach(date(2023, 5, 1))
    np.testing.assert_allclose(np.diff(reach, prepend=0.0), (seen / seen.sum())[OFFICES], atol=1e-3)


@pytest.mark.parametrize("day", [date(2024, 8, 1), date(2030, 1, 1)])
def test_later_days_have_what_held_last(day: date) -> None:
    shares = PortShares(OFFICES)
    np.testing.assert_array_equal(shares.reach(day), shares.reach(date(2024, 3, 1)))


def test_a_border_without_these_offices_counts_at_the_nearest_port() -> None:
    assert not PortShares(["Elsewhere Field Office"]).reach(date(2023, 1, 1)).any()


def test_people_are_processed_by_these_shares() -> None:
    shares = np.array([0.1, 0.4, 0.3, 0.2])
    g = graph([Way(0, 1, mode=int(Mode.CROSSING))], 2)
    counted = events(g)._replace(
        encounters=np.zeros((6, 1), dtype=np.int64), dispositions=np.zeros((7, 6, 1), dtype=np.int64)
    )
    crowd = population(MANY)
    day = today(g, office_reach=np.cumsum(shares), first_office=2)
    for a in range(MANY):
        note_at_port(a, PAROLE, 40, 5, 3, people(crowd), g, day, counted)
    assert counted.encounters[:2].sum() == 0
    assert chisquare(counted.encounters[2:, 0], MANY * shares).pvalue > FALSE_ALARM


def test_the_table_is_what_the_script_derives() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/derive_ports.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
