"""Derive who is removed after a transfer to ICE, by nationality and half-year, and test it on months left out.

    python scripts/fit_removals.py [--check]

The share of a nationality and half-year is ICE removals and returns over transfers of adults and family members (those
of book-outs less children alone, who go to the health department). A logit with an effect of the nationality and one of
the half-year is fitted to the half-years of 2021 to 2023 by weighted least squares of empirical logits; what is written
is the mean of the logit's value and the observed one, weighted by how many were transferred. Nationalities that the
record does not tell apart have the effect of all others together, Mexicans, who are mostly removed by the border at
once, the assumed share of consequences.csv. January to May 2024 are not used; their miss is printed.
``--check`` writes nothing and fails if the committed table differs.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "ladsim" / "data" / "transfer_removals.csv"
SERIES = "ice_ero_removals_and_returns"
FIRST, LAST = "2021-01", "2023-12"
LEFT_OUT = ("2024-01", "2024-05")
ENOUGH = 3000.0
"""Transfers of a half-year at which what is observed counts as much as the logit."""

HIGHEST = 0.95


def half_year(month: str) -> str:
    """Return the half-year of a month, as 2023H1."""
    return f"{month[:4]}H{1 if int(month[5:]) < 7 else 2}"


def transfers() -> pd.DataFrame:
    """Return month x nationality: transfers of adults and family members."""
    made = pd.read_csv(ROOT / "ladsim" / "data" / "dispositions.csv")
    made = made[(made["component"] == "CBP") & (made["party"] == "ALL") & (made["outcome"] == "transfer")]
    wide = made.pivot_table(index="month", columns="nationality", values="value", aggfunc="sum").fillna(0.0)
    with gzip.open(ROOT / "data-raw" / "us" / "swb_encounters_by_demographic_monthly.csv.gz", "rt") as stream:
        party = pd.read_csv(stream)
    alone = party[(party["demographic"] == "unaccompanied_child") & (party["component"] == "USBP")]
    children = alone.pivot_table(index="month", columns="nationality", values="encounters", aggfunc="sum").fillna(0.0)
    for code in wide.columns:
        if code in children.columns and code != "MEX":
            wide[code] = (wide[code] - children[code].reindex(wide.index).fillna(0.0)).clip(lower=1.0)
    return wide


def shares(first: str, last: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return share removed and persons transferred, nationality x half-year, of the months from first to last."""
    given = transfers()
    table = pd.read_csv(ROOT / "ladsim" / "data" / "repatriations.csv")
    removed = table[table["series"] == SERIES].pivot_table(index="month", columns="nationality", values="value")
    codes = [c for c in given.columns if c in removed.columns and c not in ("ALL", "MEX")]
    frames = []
    for wide in (given[codes], removed[codes]):
        own = wide[(wide.index >= first) & (wide.index <= last)]
        frames.append(own.groupby(own.index.map(half_year)).sum().T)
    return (frames[1] / frames[0]).clip(0.001, HIGHEST), frames[0]


def fitted(share: pd.DataFrame, weight: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of a logit with effects of nationality and half-year, mixed with what was observed."""
    logit = np.log(share / (1.0 - share))
    n, h = share.shape
    rows = np.arange(n * h)
    design = np.zeros((n * h, n + h))
    design[rows, rows // h] = design[rows, n + rows % h] = 1.0
    w = np.sqrt((weight * share * (1.0 - share)).to_numpy().ravel())
    effects = np.linalg.lstsq(design * w[:, None], logit.to_numpy().ravel() * w, rcond=None)[0]
    model = 1.0 / (1.0 + np.exp(-(design @ effects).reshape(n, h)))
    known = (weight / (weight + ENOUGH)).to_numpy()
    return pd.DataFrame(known * share.to_numpy() + (1.0 - known) * model, index=share.index, columns=share.columns)


def main() -> int:
    """Print the test on months left out, then write or check the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed table differs")
    args = parser.parse_args()
    share, weight = shares(FIRST, LAST)
    found = fitted(share, weight)
    later, persons = shares(*LEFT_OUT)
    print("left out, 2024-01 to 2024-05: share removed, said (as in 2023H2) and observed")
    for code in later.index:
        print(f"  {code}: {found.loc[code, '2023H2']:.2f}  {later.loc[code].iloc[0]:.2f}")
    said = (found["2023H2"] * persons.iloc[:, 0]).sum()
    print(f"  removals of all: {said:,.0f} said, {(later.iloc[:, 0] * persons.iloc[:, 0]).sum():,.0f} observed")
    people = pd.read_csv(ROOT / "ladsim" / "data" / "nationalities.csv")["nationality"]
    rows = [
        (code, period, round(float(found.loc[code if code in found.index else "OTH", period]), 4))
        for code in people
        if code != "MEX"
        for period in found.columns
    ]
    table = pd.DataFrame(rows, columns=["nationality", "period", "share"])
    table["source_id"], table["evidence"] = "OHSS_IELP_AUG2024", "derived"
    text = table.to_csv(index=False, lineterminator="\n")
    if args.check:
        return 0 if TABLE.exists() and TABLE.read_text(encoding="utf-8") == text else 1
    TABLE.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
