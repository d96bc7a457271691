"""`python -m ladsim`: the command line."""

from __future__ import annotations

import sys

from ladsim.cli.app import main


def run() -> None:
    """Run the command line and leave with its exit code; the console script `ladsim`."""
    sys.exit(main())


if __name__ == "__main__":
    run()
