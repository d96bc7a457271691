"""A model's state on disk: written at the end of a day, and put back, to the bit, into a model made in the same way.

from ladsim.sim.checkpoint import read_checkpoint, write_checkpoint
write_checkpoint(model, Path("history.npz"), version="1")
read_checkpoint(LadModel("history", seed=1), Path("history.npz"), version="1")

A file is an .npz without pickled objects: a JSON header (format, version, what the model is, day, digest, the tree of
objects) and one array for each dtype. It carries everything but what follows from how a model is made.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ladsim.actors.country import BarState, Country
from ladsim.actors.face import PanelCollector
from ladsim.actors.smuggling import SmugglingNetwork
from ladsim.behavior.beliefs import Beliefs
from ladsim.behavior.border import Processing
from ladsim.behavior.hopes import Hopes
from ladsim.behavior.pathways import PathwayTables
from ladsim.behavior.places import CityNews, Places
from ladsim.behavior.reputation import Reputation
from ladsim.behavior.tables import Events, Paths, Today, Values
from ladsim.columns import LONGEST_LAG
from ladsim.policy.scenario import Scenario
from ladsim.sim.environment import Environment
from ladsim.sim.fates import FatesByPerson
from ladsim.sim.model import LadModel
from ladsim.sim.packing import Kind, Packed, Packer, Unpacker
from ladsim.sim.queues import Queues
from ladsim.sim.tally import Tally
from ladsim.sim.valuation import Valuation

FORMAT = 1
LARGEST = 8 * 2**30
"""Bytes that a checkpoint may unfold to."""
HEADER = "header"
_DEFLATE = 1
"""The fastest level of compression; higher ones take five times as long for a tenth less."""

KINDS = (
    Kind(
        LadModel,
        (
            *("_seed", "_rng", "_user_step", "step", "_agents", "_agents_by_type", "_all_agents", "remove_all_agents"),
            *("draw_seed", "scenario", "scale", "parameters", "world", "run_in", "start", "n_days", "timeline"),
            *("arrivals", "population", "random", "rng", "_risk", "_us", "_scratch", "_pending"),
        ),
    ),
    Kind(
        Environment,
        (
            *("world", "timeline", "p", "graph", "areas", "n_sectors", "pathway_ids", "n_pathways", "grows", "rules"),
            *("_wishes", "_run_in", "first_familiarity", "_home_value", "_paid_ways", "_families"),
            *("_family_of_way", "_direct_share", "_after_transfer", "_own_border", "_ports"),
        ),
    ),
    Kind(
        Valuation,
        ("_world", "_graph", "_p", "_home_value", "_order", "_own_country", "_active", "_then", "values"),
    ),
    Kind(Country, ("model", "unique_id", "pos", "code", "index", "endorsing", "instruments")),
    Kind(SmugglingNetwork, ("model", "unique_id", "pos", "stretch")),
    Kind(Queues, ("_scale", "_seed")),
    Kind(
        Tally,
        (
            *("_nationalities", "_countries", "_ways", "_nodes", "_areas", "_n_sectors", "_pathways", "_scale"),
            *("_group_cells", "_border"),
        ),
    ),
    Kind(PanelCollector, ("model_reporters", "agent_reporters", "agenttype_reporters", "panel", "seed")),
    Kind(Places, ("_p", "_ways", "_sector", "_in_sector", "_n_ways", "_sectors", "_years", "_own")),
    Kind(CityNews, ("_p", "_graph", "_ways", "_city", "_detection")),
    Kind(PathwayTables, ("_world", "_ids", "_p", "_lawful_prospect", "_run_in", "_made")),
    *(Kind(cls) for cls in (Beliefs, Hopes, Reputation, BarState, FatesByPerson, Events, Paths, Processing, Today)),
)
"""What a model consists of, and of each part what follows from how the model is made."""


class CheckpointError(Exception):
    """A checkpoint cannot be used: cut short, of another version, or of another model; the message says which."""


def described(scenario: Scenario) -> dict[str, Any]:
    """Return what a scenario is, as plain data: its days, its freeze and its instruments at their terms."""
    return {
        "start": scenario.start.isoformat(),
        "end": scenario.end.isoformat(),
        "freeze_on": str(scenario.freeze_on),
        "instruments": {name: one.model_dump(mode="json") for name, one in scenario.instruments.items()},
    }


def identity(model: LadModel) -> dict[str, Any]:
    """Return everything that a model's course depends on beside code and data, as plain data."""
    arrivals, environment = model.arrivals, model.environment
    people, ways = hashlib.sha256(), hashlib.sha256()
    for table in (arrivals.expected, arrivals.home_value, arrivals.lawful_prospect, arrivals.parties, arrivals.evaders):
        people.update(np.ascontiguousarray(table).tobytes())
    people.update(json.dumps([arrivals.places, environment.first_familiarity], sort_keys=True, default=str).encode())
    for table in environment.graph:
        ways.update(np.ascontiguousarray(table).tobytes())
    return {
        "scenario": described(model.scenario),
        "seed": model.draw_seed,
        "scale": model.scale,
        "parameters": {name: float(value) for name, value in model.parameters._asdict().items()},
        "wishes": people.hexdigest(),
        "ways": ways.hexdigest(),
        "pathways": list(environment.pathway_ids),
        "columns": list(model.population.names),
        "fates": model.follows_fates,
    }


def write_checkpoint(model: LadModel, file: Path, *, version: str) -> None:
    """Write a model's state at the end of a day, whole or not at all.

    Args:
        model: a LadModel; one of a subclass may hold what a checkpoint does not know.
        file: an .npz file; its folder is there.
        version: names code and data, see results.manifest.made_from.

    Raises:
        TypeError: a model of another class, or something in it that no checkpoint holds.
        OSError: the file cannot be written.
    """
    if type(model) is not LadModel:
        raise TypeError(f"checkpoints are written of LadModel itself, not of {type(model).__name__}")
    values = model.environment.valuation.values
    recent = values.slot[max(model.day - LONGEST_LAG, 0) : model.day]
    needed = np.unique(recent) if len(values.way) else np.zeros(0, dtype=np.int64)
    root = {
        "model": model,
        "people": model.population.snapshot(),
        "written": model.population.written,
        "chance": [model.random.getstate(), model.rng.bit_generator.state],
        "values": {
            "slots": list(values.way.shape[:1]),
            "needed": needed,
            "slot": values.slot,
            "held": {name: table[needed] for name, table in values._asdict().items() if name != "slot"},
        },
    }
    packed = Packer(KINDS, model.shared_parts()).pack(root)
    header = {
        "format": FORMAT,
        "version": version,
        "model": identity(model),
        "day": model.day,
        "date": model.date.isoformat(),
        "tree": packed.tree,
    }
    _write(file, header, packed.buffers)


def read_checkpoint(model: LadModel, file: Path, *, version: str) -> None:
    """Put the state of a checkpoint into a model that was made as the one it was written of.

    Raises:
        CheckpointError: the file is cut short, of another version, or of another model; a file that is sound and fits
            is put in whole. A model is left as it was, unless the message says otherwise.
        OSError: the file cannot be read.
    """
    header, buffers = _read(file)
    if header.get("version") != version:
        raise CheckpointError("it is of another version of the code, the data or the machine")
    ours = json.loads(json.dumps(identity(model)))
    theirs = header.get("model")
    unlike = [key for key in ours if not isinstance(theirs, Mapping) or theirs.get(key) != ours[key]]
    if unlike:
        raise CheckpointError(f"it is of another model; unlike are: {', '.join(unlike)}")
    try:
        unpacker = Unpacker(KINDS, model.shared_parts(), Packed(header["tree"], buffers))
        root = unpacker.unpack({"model": model})
        model.population.restore(root["people"])
        model.population.written = root["written"]
        model.random.setstate(root["chance"][0])
        model.rng.bit_generator.state = root["chance"][1]
        _put_values(model, root["values"])
        model.environment.rules = model.timeline.rules(max(model.day - 1 - model.run_in, 0))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise CheckpointError(f"it does not fit this model ({error}); the model is spoiled") from error


def _put_values(model: LadModel, held: Mapping[str, Any]) -> None:
    """Give a model its history of values; slots that nobody looks at any more are empty."""
    found = {"slot": held["slot"]}
    for name, table in held["held"].items():
        found[name] = np.zeros((int(held["slots"][0]), *table.shape[1:]), dtype=table.dtype)
        found[name][held["needed"]] = table
    model.environment.valuation.values = Values(**found)


def _digest(header: Mapping[str, Any], buffers: Mapping[str, np.ndarray[Any, Any]]) -> str:
    found = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(buffers):
        found.update(name.encode())
        found.update(buffers[name].tobytes())
    return found.hexdigest()


def _write(file: Path, header: Mapping[str, Any], buffers: Mapping[str, np.ndarray[Any, Any]]) -> None:
    text = json.dumps({**header, "digest": _digest(header, buffers)})
    arrays = {HEADER: np.frombuffer(text.encode(), dtype=np.uint8), **buffers}
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(part, "w") as archive:
            for name, array in arrays.items():
                # A member without the time of day: the same state gives the same bytes.
                member = zipfile.ZipInfo(f"{name}.npy")
                member.compress_type = zipfile.ZIP_DEFLATED
                member._compresslevel = _DEFLATE  # type: ignore[attr-defined]
                with archive.open(member, "w", force_zip64=True) as stream:
                    np.lib.format.write_array(stream, array, allow_pickle=False)
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)


def _read(file: Path) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """Return the header and the arrays of a file whose digest is right."""
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise CheckpointError("it is larger than any checkpoint")
        with np.load(file, allow_pickle=False) as archive:
            buffers = {name: archive[name] for name in archive.files}
        header: dict[str, Any] = json.loads(buffers.pop(HEADER).tobytes())
        told = header.pop("digest")
    except (zipfile.BadZipFile, ValueError, KeyError, EOFError, AttributeError, TypeError, RecursionError) as error:
        raise CheckpointError("it is cut short or damaged") from error
    except OSError as error:
        if error.errno is None:
            raise CheckpointError("it is cut short or damaged") from error
        raise
    if header.get("format") != FORMAT:
        raise CheckpointError("it has another format")
    if told != _digest(header, buffers):
        raise CheckpointError("its digest is wrong")
    return header, buffers
