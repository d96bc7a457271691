"""Write ladsim/data/atlas.json: every scenario against its reference, and every commitment switched alone.

    python scripts/build_atlas.py [--scale 1000] [--seeds 4] [--workers 2] [NAME ...]

Names of scenarios and ids of commitments choose some of the cases; the pages show how to run the others.

What was run already lies in results/atlas and is not run again, as long as code, data and instruments are the same.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ladsim.studies import atlas  # noqa: E402


def main() -> int:
    """Run what is missing and write the file; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("scale", 1000), ("seeds", 4), ("workers", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("only", nargs="*", help="scenarios and commitments; all when none is named")
    given = parser.parse_args()
    target = ROOT / "ladsim" / "data" / "atlas.json"
    atlas.write(
        target,
        ROOT / "results" / "atlas",
        scale=given.scale,
        seeds=given.seeds,
        workers=given.workers,
        only=given.only,
        say=_say,
    )
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
