"""`python -m ladsim`: the command line."""

from __future__ import annotations

import sys

INTERRUPTED = 130


def run() -> None:
    """Run the command line and leave with its exit code; the console script `ladsim`."""
    try:
        # Imported here, so that an interrupt while the command line is loaded is answered as any other.
        from ladsim.cli.app import main
    except KeyboardInterrupt:
        sys.stderr.write("ladsim: stopped before anything was begun.\n")
        sys.exit(INTERRUPTED)
    sys.exit(main())


if __name__ == "__main__":
    run()
