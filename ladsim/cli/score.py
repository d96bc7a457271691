"""`python -m ladsim.cli.score`: the score, or its pages written anew from the folder of a finished run."""

from __future__ import annotations

import sys
from pathlib import Path

from ladsim.cli.app import complain
from ladsim.cli.app import main as command
from ladsim.core.errors import UserError
from ladsim.validation.pages.task import write_again


def main(argv: list[str] | None = None) -> int:
    """Do what ``python -m ladsim task=score`` does, or write the pages anew from the folder of a finished run."""
    given = sys.argv[1:] if argv is None else argv
    if len(given) != 1 or "=" in given[0] or given[0].startswith("-"):
        return command(["task=score", *given])
    try:
        write_again(Path(given[0]))
    except UserError as error:
        return complain(error)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
