"""Checkpoints: what goes on from one equals, to the bit, what was never interrupted; and nothing else is taken."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ladsim.policy.scenario import Scenario, load_scenario
from ladsim.sim.checkpoint import KINDS, CheckpointError, read_checkpoint, write_checkpoint
from ladsim.sim.model import LadModel, shared_pathways

DAYS = (date(2024, 6, 1), date(2024, 8, 15))
SCALE = 1000
MADE: dict[str, Any] = {"seed": 3, "scale": SCALE, "parameters": {"run_in_days": 40}, "follow_fates": True}


def pair() -> tuple[Scenario, Scenario]:
    ours = load_scenario("panama_removal", start=DAYS[0], end=DAYS[1])
    theirs = ours.load_reference()
    assert theirs is not None
    return ours, theirs


def made(scenario: Scenario, **more: Any) -> LadModel:
    ours, theirs = pair()
    return LadModel(scenario, pathways=shared_pathways(ours, theirs), **{**MADE, **more})


def left(model: LadModel) -> dict[str, pd.DataFrame]:
    monthly = model.run()
    collected = model.datacollector.get_model_vars_dataframe()
    tables = {"monthly": monthly, "account": model.account(), "fates": model.fates_by_person(), "collected": collected}
    return tables | {"chance": pd.DataFrame([[model.random.random(), model.rng.random()]])}


def same(one: dict[str, pd.DataFrame], two: dict[str, pd.DataFrame]) -> None:
    for name in one:
        pd.testing.assert_frame_equal(one[name], two[name])


def stepped(model: LadModel, day: int) -> LadModel:
    while model.day < day:
        model.step()
    return model


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, pd.DataFrame]:
    return left(made(pair()[1]))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Checkpoints of the reference: in the run-in, on its last day, on a day of the scenario, and at the end."""
    folder = tmp_path_factory.mktemp("checkpoints")
    model = made(pair()[1])
    files = {}
    for day in (0, 25, 40, 85, model.n_days):
        stepped(model, day)
        files[day] = folder / f"{day}.npz"
        write_checkpoint(model, files[day], version="v")
    return files


def test_a_model_goes_on_from_a_checkpoint_as_if_never_stopped(
    written: dict[int, Path], undisturbed: dict[str, pd.DataFrame]
) -> None:
    assert len(undisturbed["monthly"]) > 500
    for day, file in written.items():
        model = made(pair()[1])
        read_checkpoint(model, file, version="v")
        assert model.day == day
        same(left(model), undisturbed)


def test_a_fork_of_a_stored_state_equals_a_run_of_its_own(written: dict[int, Path]) -> None:
    ours, _ = pair()
    model = made(pair()[1])
    read_checkpoint(model, written[40], version="v")
    differs = model.timeline.first_difference(made(ours).timeline)
    assert differs is not None
    fork = stepped(model, differs + model.run_in).fork(ours)
    same(left(fork), left(made(ours)))


def test_a_fork_can_be_written_and_goes_on(tmp_path: Path) -> None:
    ours, theirs = pair()
    model = made(theirs)
    differs = model.timeline.first_difference(made(ours).timeline)
    assert differs is not None
    fork = stepped(model, differs + model.run_in).fork(ours)
    stepped(fork, fork.day + 20)
    write_checkpoint(fork, tmp_path / "fork.npz", version="v")
    again = made(ours)
    read_checkpoint(again, tmp_path / "fork.npz", version="v")
    same(left(again), left(fork))


def test_the_same_state_gives_the_same_bytes(written: dict[int, Path], tmp_path: Path) -> None:
    model = made(pair()[1])
    read_checkpoint(model, written[40], version="v")
    write_checkpoint(model, tmp_path / "again.npz", version="v")
    write_checkpoint(model, tmp_path / "twice.npz", version="v")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "twice.npz").read_bytes()


def test_what_is_left_out_follows_from_how_a_model_is_made(written: dict[int, Path]) -> None:
    """No attribute that a run changes is among those that a checkpoint leaves as a new model has them."""
    fresh, used = made(pair()[1]), made(pair()[1])
    stepped(used, 85)
    transient = {"population", "random", "rng", "_scratch", "_pending", "values", "rules", "_made", "_then"}
    shared = {id(part) for model in (fresh, used) for part in model.shared_parts().values()}
    one, two = parts(fresh), parts(used)
    looked = 0
    for kind in KINDS:
        for name in set(kind.left) - transient:
            a, b = getattr(one[kind.cls], name), getattr(two[kind.cls], name)
            if id(a) in shared or callable(a) or isinstance(a, LadModel):
                continue
            looked += 1
            assert plain(a) == plain(b), (kind.cls.__name__, name)
    assert looked > 50


def parts(model: LadModel) -> dict[type, Any]:
    around = model.environment
    actors = (model.countries["USA"], *model.networks.values())
    found = (model, around, model.queues, model.tally, model.datacollector, *actors)
    return {type(p): p for p in (*found, around._places, around._city_news, around._pathways, around.valuation)}


def plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return [(plain(k), plain(v)) for k, v in value.items()]
    if hasattr(value, "__dict__") and not isinstance(value, type):
        return type(value).__name__
    return value


def test_what_a_checkpoint_does_not_know_is_refused(tmp_path: Path) -> None:
    class Own(LadModel):
        pass

    ours = made(pair()[1])
    ours.queues.news = object()  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match=r"queues\.news is a object, which no checkpoint holds"):
        write_checkpoint(ours, tmp_path / "x.npz", version="v")
    with pytest.raises(TypeError, match="not of Own"):
        write_checkpoint(Own(pair()[1], **MADE), tmp_path / "x.npz", version="v")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"seed": 4}, "unlike are: seed"),
        ({"scale": 2000}, "unlike are: scale"),
        ({"follow_fates": False}, "unlike are: fates"),
        ({"parameters": {"run_in_days": 40, "credibility": 0.5}}, "unlike are: parameters"),
    ],
)
def test_a_checkpoint_of_another_model_is_refused(written: dict[int, Path], change: dict[str, Any], wrong: str) -> None:
    model = made(pair()[1], **change)
    with pytest.raises(CheckpointError, match=wrong):
        read_checkpoint(model, written[40], version="v")
    assert model.day == 0


def test_a_checkpoint_of_another_scenario_or_version_is_refused(written: dict[int, Path]) -> None:
    with pytest.raises(CheckpointError, match="unlike are: scenario"):
        read_checkpoint(made(pair()[0]), written[40], version="v")
    with pytest.raises(CheckpointError, match="another version"):
        read_checkpoint(made(pair()[1]), written[40], version="w")


def test_a_damaged_checkpoint_is_refused(written: dict[int, Path], tmp_path: Path) -> None:
    model = made(pair()[1])
    whole = written[40].read_bytes()
    file = tmp_path / "damaged.npz"
    for damaged in (b"", whole[:100], whole[: len(whole) // 2], whole[:-10], b"\x00" * 500):
        file.write_bytes(damaged)
        with pytest.raises(CheckpointError, match="cut short or damaged"):
            read_checkpoint(model, file, version="v")
    with np.load(written[40], allow_pickle=False) as archive:
        arrays = {name: archive[name].copy() for name in archive.files}
    arrays["float64"][7] += 1.0
    np.savez(file, **arrays)
    with pytest.raises(CheckpointError, match="digest"):
        read_checkpoint(model, file, version="v")
    assert model.day == 0


def test_nothing_in_a_checkpoint_is_pickled(written: dict[int, Path]) -> None:
    with zipfile.ZipFile(written[85]) as archive:
        assert {Path(name).suffix for name in archive.namelist()} == {".npy"}
    with np.load(written[85], allow_pickle=False) as archive:
        header = json.loads(archive["header"].tobytes())
        assert {archive[name].dtype.kind for name in archive.files} <= set("biuf")
    assert {"format", "version", "model", "day", "date", "tree", "digest"} == set(header)
