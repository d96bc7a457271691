"""Studies made on several machines, put together: their replicates in one folder, where one study finds them all.

A replicate's name says everything that it depends on, so what has the same name is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ladsim.core.errors import UserError
from ladsim.studies.store import Store


def merge(folders: Sequence[str | Path], into: str | Path) -> int:
    """Take the replicates of other studies' folders over into one, and return how many were new.

    Afterwards a study in that folder (the same design, more points, or more seeds) runs only what none of them has.
    What cannot be read is left out: it is made anew when it is wanted.

    Args:
        folders: folders of studies, as given to :func:`ladsim.study`: each has a folder ``replicates``.
        into: such a folder; it is made if it is not there.

    Raises:
        UserError: a folder that holds no replicates, or two replicates of one name that are not the same.
    """
    target, new = Store(Path(into) / "replicates"), 0
    for folder in folders:
        held = Path(folder) / "replicates"
        if not held.is_dir():
            raise UserError(
                "there is no study to merge", key="merge", value=str(folder), expected="a folder with replicates/ in it"
            )
        source = Store(held, write=False)
        for key in source.names():
            table = source.read(key)
            if table is None:
                continue
            ours = target.read(key)
            if ours is None:
                target.keep(key, table)
                new += 1
            elif not ours.equals(table):
                raise UserError(
                    "two replicates of one name are not the same",
                    key="merge",
                    value=str(source.file(key)),
                    expected="studies of the same code on processors that round alike; remove one of the two",
                )
    return new
