"""Stored states of reference runs: a scenario that first differs on some day starts from the reference's state there.

States lie in the user's cache folder, one folder a reference (its scenario, seed, scale, fitted set, behavior, code,
data and machine), one file a day. The last day's state is the finished reference. What cannot be read is made anew;
what cannot be written is done without; neither ever changes a result.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from ladsim.core.compiled import _cache_folder as cache_folder
from ladsim.core.errors import UserError
from ladsim.core.text import one_line
from ladsim.results.manifest import made_from

OFF = "off"
VARIABLE = "LADSIM_CHECKPOINTS"
"""Environment variable that says where states go, or ``off``, where a run does not."""
_LONGEST_NOTE = 400
MOST_BYTES = 2 * 2**30
"""Bytes that stored states may take; those that were used longest ago give way."""


def folder_of(asked: str | None) -> Path | None:
    """Return the folder of stored states, or None where none are wanted.

    Args:
        asked: a folder, ``off``, or None for the environment's and then the user's cache folder.

    Raises:
        UserError: a folder that is given and cannot be made.
    """
    given = asked or os.environ.get(VARIABLE)
    if given == OFF:
        return None
    if not given:
        return cache_folder("checkpoints")
    try:
        Path(given).mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UserError(
            f"stored states cannot be kept here: {error.strerror}",
            key="checkpoints",
            value=given,
            expected="a folder that can be written, or checkpoints=off",
        ) from None
    return Path(given).absolute()


@cache
def version() -> str:
    """Return a digest of what a stored state is made by: code, data, libraries and processor.

    Another processor or library may round differently, and a run must not be made of two.
    """
    libraries = [f"{name} {metadata.version(name)}" for name in ("numpy", "numba", "scipy", "mesa")]
    told = [made_from(), platform.python_version(), platform.machine(), _processor(), *libraries]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


@cache
def _processor() -> str:
    from llvmlite import binding

    return str(binding.get_host_cpu_name())


class States:
    """The stored states of one reference.

    Args:
        folder: of all stored states; None stores nothing and looks for nothing.
        make: makes the reference's model as on its first day. Nothing is stored of a subclass of LadModel, of one
            that is too fine to follow each person's fate, or where somebody added kinds of lever.

    Attributes:
        notes: what a user should be told: a line for each state that could not be read or written.
    """

    def __init__(self, folder: Path | None, make: Callable[[], Any]) -> None:
        from ladsim.policy.kinds.registry import added_kinds, kinds
        from ladsim.sim.model import FEW, LadModel

        self._make, self.notes = make, list[str]()
        self._fresh: Any = make()
        self._n_days, self._run_in = self._fresh.n_days, self._fresh.run_in
        kinds()  # those of other packages are added when all are asked for
        keeps = type(self._fresh) is LadModel and self._fresh.scale >= FEW and not added_kinds()
        self._all = folder if keeps else None
        self._own = None if self._all is None else self._folder(self._all)

    def _folder(self, folder: Path) -> Path:
        from ladsim.sim.checkpoint import identity

        told = {"model": identity(self._fresh), "version": version()}
        return folder / hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]

    def days(self) -> list[int]:
        """Return the days at whose beginning the state is stored, counted from the beginning of the run-in."""
        if self._own is None:
            return []
        try:
            names = [file.stem for file in self._own.glob("*.npz")]
        except OSError:
            return []
        return sorted(int(name) for name in names if name.isascii() and name.isdigit())

    def at(self, differs: int | None) -> Any:
        """Return the reference's model at the beginning of a day, from the last state stored until then.

        A state is stored for that day if there was none.

        Args:
            differs: the day, counted from the scenario's first; None: after the last one.
        """
        day = self._n_days if differs is None else differs + self._run_in
        for stored in reversed([d for d in self.days() if d <= day]):
            model = self._restored(stored)
            if model is not None:
                break
        else:
            model = self._take_fresh()
        if model.day == day > 0:
            return model
        while model.day < day:
            model.step()
        if day == self._n_days:
            model.run()
        self.keep(model)
        return model

    def finished(self, model: Any) -> Any:
        """Return the reference's model after its last day, the stored one or else the given one run to its end."""
        if model.day == self._n_days:
            return model
        stored = self._restored(self._n_days) if self._n_days in self.days() else None
        if stored is not None:
            return stored
        model.run()
        self.keep(model)
        return model

    def keep(self, model: Any) -> None:
        """Store a model's state, if it can be."""
        from ladsim.sim.checkpoint import write_checkpoint

        if self._own is None or self._all is None or model.day == 0:
            return
        try:
            self._own.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_checkpoint(model, self._own / f"{model.day}.npz", version=version())
            _make_room(self._all)
        except (OSError, TypeError) as error:
            reason = getattr(error, "strerror", None) or error
            self.notes.append(f"states of runs cannot be stored in {self._all}: {reason}")

    def _take_fresh(self) -> Any:
        model, self._fresh = self._fresh or self._make(), None
        return model

    def _restored(self, day: int) -> Any:
        """Return the model with a stored state, or None, with a note, where that cannot be used."""
        from ladsim.sim.checkpoint import CheckpointError, read_checkpoint

        assert self._own is not None
        model, file = self._take_fresh(), self._own / f"{day}.npz"
        try:
            read_checkpoint(model, file, version=version())
        except (CheckpointError, OSError) as error:
            return self._useless(file, str(error))
        if model.day != day:
            return self._useless(file, "it is of another day")
        with suppress(OSError):
            os.utime(file)
        return model

    def _useless(self, file: Path, reason: str) -> None:
        self.notes.append(f"a stored state cannot be used and is made anew: {file}: {reason}")
        with suppress(OSError):
            file.unlink()


def tell(notes: Iterable[str]) -> None:
    """Print what a user should be told of stored states, each line once."""
    for note in dict.fromkeys(notes):
        print(f"ladsim: note: {one_line(note, _LONGEST_NOTE)}", file=sys.stderr)


def _make_room(folder: Path) -> None:
    """Remove the states that were used longest ago while all together are too large."""
    found: list[tuple[float, int, Path]] = []
    for file in folder.glob("*/*.npz"):
        with suppress(OSError):
            state = file.stat()
            found.append((state.st_mtime, state.st_size, file))
    total = sum(size for _, size, _ in found)
    for _, size, file in sorted(found):
        if total <= MOST_BYTES:
            return
        with suppress(OSError):
            file.unlink()
            total -= size
            file.parent.rmdir()
