"""A package's effect divided among its levers: shares that add up, known games, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ladsim
from ladsim.cli import app
from ladsim.core.errors import UserError
from ladsim.studies import attribution
from ladsim.studies.attribution import attribute

pytestmark = pytest.mark.usefixtures("short_run_in")
SHORT: dict[str, Any] = {"start": "2024-06-01", "end": "2024-06-30", "scale": 2000, "seeds": 2}


def game(names: tuple[str, ...]) -> dict[frozenset[str], Any]:
    """A game whose shares are known: a gives 10, b 20, together 6 more; c nothing."""
    return {
        one: np.array([10.0 * ("a" in one) + 20.0 * ("b" in one) + 6.0 * ({"a", "b"} <= one)])
        for one in attribution._subsets(names)
    }


def test_shares_of_a_known_game() -> None:
    names = ("a", "b", "c")
    value = game(names)
    shares = {n: float(attribution._added(n, names, value, [], whole=True)[0, 0]) for n in names}
    assert shares == pytest.approx({"a": 13.0, "b": 23.0, "c": 0.0})
    assert attribution._interaction("a", "b", names, value)[0] == pytest.approx(6.0)
    assert attribution._interaction("a", "c", names, value)[0] == pytest.approx(0.0)


def test_orders_and_their_reverses_give_the_same_shares_where_only_pairs_interact() -> None:
    names = ("a", "b", "c")
    orders = attribution._orders(names, 3)
    assert all(orders[i + 1] == orders[i][::-1] for i in range(0, 6, 2))
    added = attribution._added("a", names, game(names), orders, whole=False)
    assert added == pytest.approx(np.full((3, 1), 13.0))


def test_the_shares_of_a_scenario_add_up_to_its_effect(tmp_path: Path) -> None:
    found = attribute("no_declaration", by="pillar", folder=tmp_path, workers=1, **SHORT)
    assert found.whole
    assert found.combinations == 2 ** len(found.levers)
    run = ladsim.run("no_declaration", workers=1, assumed=False, **SHORT)
    assert run.reference is not None
    for measure in ("encounters_between_ports", "lawful_arrivals"):
        shares = found.shares[found.shares["measure"] == measure]["share"].sum()
        pair = [float(one.totals(measure=measure, freq="all").to_numpy().mean()) for one in (run, run.reference)]
        assert pair[0] != pair[1]
        assert shares == pytest.approx(pair[0] - pair[1])
        effect = found.effect[found.effect["measure"] == measure].iloc[0]
        assert effect["effect"] == pytest.approx(shares)
        assert effect["low"] <= effect["effect"] <= effect["high"]


@pytest.mark.parametrize(
    ("scenario", "changes", "key"),
    [
        ("baseline", {}, "scenario"),
        ("no_chnv", {"by": "country"}, "by"),
        ("no_chnv", {"reference": "no_chnv"}, "scenario"),
        ("no_chnv", {"seeds": 0}, "seeds"),
    ],
)
def test_what_cannot_be_divided_is_refused(scenario: str, changes: dict[str, Any], key: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        attribute(scenario, folder=tmp_path, **changes)
    assert caught.value.key == key


def test_the_command_writes_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [f"{key}={value}" for key, value in SHORT.items()]
    assert app.main(["task=attribute", "scenario=no_chnv", f"results_dir={tmp_path}", "workers=1", *words]) == 0
    assert "levers" in capsys.readouterr().out
    assert (tmp_path / "studies" / "attribute_no_chnv_instrument" / "shares.csv").is_file()
    assert app.main(["task=attribute"]) == 2
    assert app.main(["task=attribute", "scenario=no_chnv", "figures=true"]) == 2
