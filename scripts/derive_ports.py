"""Derive at which field office people are processed, by half-year, from encounters at ports of entry.

    python scripts/derive_ports.py [--check]

The share of a field office is its encounters over those of all four offices on the southwest border, of months to
2024-05; later months have what held in the last half-year. ``--check`` writes nothing and fails if the committed table
differs.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "ladsim" / "data" / "port_shares.csv"
SERIES, SOURCE = "encounters_at_ports_field_office", "OHSS_IELP_AUG2024"
FIRST, LAST = "2021-01", "2024-05"
DIGITS = 4


def shares() -> pd.DataFrame:
    """Return one row a field office and half-year, with its share of encounters at ports."""
    rows = pd.read_csv(ROOT / "ladsim" / "data" / "observed.csv")
    rows = rows[(rows["series"] == SERIES) & rows["month"].between(FIRST, LAST)]
    period = rows["month"].str[:4] + rows["month"].str[5:].astype(int).gt(6).map({False: "H1", True: "H2"})
    wide = rows.groupby([period.rename("period"), "place"])["value"].sum().unstack()
    part = wide.div(wide.sum(axis=1), axis=0).round(DIGITS).stack().rename("share").reset_index()
    return part.assign(source_id=SOURCE, evidence="derived")


def main() -> int:
    """Write the table, or compare it with ``--check``; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed table differs")
    made = io.StringIO()
    shares().to_csv(made, index=False, lineterminator="\n")
    if parser.parse_args().check:
        same = TABLE.read_text(encoding="utf-8") == made.getvalue()
        print(f"{TABLE.name}: {'as derived' if same else 'differs from what is derived'}")
        return 0 if same else 1
    TABLE.write_text(made.getvalue(), encoding="utf-8")
    print(f"{TABLE.name}: {made.getvalue().count(chr(10)) - 1} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
