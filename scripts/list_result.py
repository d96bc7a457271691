"""Write the result that the README shows, from the packaged atlas.

python scripts/list_result.py             write it between the README's markers
python scripts/list_result.py --check     fail if the README differs from the atlas
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ladsim import data
from ladsim.report.brief import first_five
from ladsim.report.tables import number, percent, plus_minus

PAGE = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- result: begin -->", "<!-- result: end -->"
SHOWN = "no_chnv"


def line(row: dict[str, Any]) -> str:
    """Return a headline as a row of the table; its percentage only where the difference can be told from none."""
    low, high = row["difference_low"], row["difference_high"]
    share = f"{percent(row['percent'])}%" if low > 0 or high < 0 else "cannot be told from no change"
    said = plus_minus(row["difference"], low, high, sign=True)
    return f"| {row['label']} ({row['unit']}) | {number(row['reference'])} | {said} | {share} |"


def listing() -> str:
    """Return the result as Markdown."""
    atlas = json.loads(data.path("atlas.json").read_text(encoding="utf-8"))
    case = next(c for c in atlas["cases"] if c["name"] == SHOWN)
    wanted = [headline.label for headline in first_five()]
    rows = [line(row) for row in case["numbers"] if row["label"] in wanted]
    made = atlas["made"]
    told = f"{made['seeds']} seeds, {made['scale']:,} persons per agent; ± is half of a 90 percent interval"
    return "\n".join(
        [
            f"**{case['question']}**",
            "",
            f"| {case['start']} to {case['end']} | as it was | difference without them | |",
            "| --- | ---: | ---: | ---: |",
            *rows,
            "",
            f"{told} over replicates, which covers chance and fitted parameters, not the model's form.",
        ]
    )


def main() -> int:
    """Write or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the README is out of date")
    check = parser.parse_args().check
    old = PAGE.read_text(encoding="utf-8")
    if old.count(BEGIN) != 1 or old.count(END) != 1:
        raise SystemExit(f"{PAGE}: the markers must stand there once: {BEGIN} ... {END}")
    head, rest = old.split(BEGIN)
    new = f"{head}{BEGIN}\n\n{listing()}\n\n{END}{rest.split(END)[1]}"
    if check:
        if new != old:
            print("README.md is out of date (run scripts/list_result.py)", file=sys.stderr)
        return int(new != old)
    PAGE.write_text(new, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
