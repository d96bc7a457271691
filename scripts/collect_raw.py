"""Take collected statistics into data-raw/: cut at the last packaged month, compressed, the same bytes each time.

    python scripts/collect_raw.py FOLDER

FOLDER holds tables like those of data-raw/ as plain CSV, in the subfolders us, route and policy. Everything else in
the project reads data-raw/ and nothing outside of the repository. Three things are changed on the way, and no figure:
rows of months after 2024-08 (for years: after 2023) are left out, since they judge the model; of several addresses the
publisher's own is kept; files are written with gzip, without a time stamp.
"""

from __future__ import annotations

import argparse
import gzip
import io
import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))

from data_tables.common import LAST_FULL_YEAR, LAST_MONTH, RAW

LARGEST = 2_000_000
PARTS = ("us", "route", "policy")
TIMES = ("month", "period", "year")
NOT_CUT = ("tps_federal_register_documents", "us_policy_dates", "policy_timeline", "policy_2025", "policy_additions")
"""Tables of rules and announcements: what was decided, never what followed."""

PUBLISHER = {
    "Freedom House": "https://freedomhouse.org/report/freedom-world",
    "Economist Intelligence Unit": "https://www.eiu.com/n/campaigns/democracy-index/",
    "IOM gdidata documentation": "https://www.iom.int",
}


def is_later(text: str) -> bool:
    """Tell whether a month, fiscal year, year or range ends after the last packaged month."""
    last = text.replace("..", "/").split("/")[-1].strip()
    if last.startswith("FY") and last[2:6].isdigit():
        return int(last[2:6]) > LAST_FULL_YEAR + 1
    if last[:4].isdigit() and len(last) >= 7:
        return last[:7] > LAST_MONTH
    return last.isdigit() and int(last) > LAST_FULL_YEAR


def own_address(row: pd.Series) -> str:
    """Return the publisher's own address of a row."""
    kept = [a.strip() for a in str(row["url"]).split(";") if "github.com" not in a]
    if kept:
        return "; ".join(kept)
    return next((url for name, url in PUBLISHER.items() if str(row["source"]).startswith(name)), "")


def cut(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows up to the last packaged month, with the publishers' own addresses."""
    if name not in NOT_CUT:
        for column in TIMES:
            if column in frame:
                frame = frame[~frame[column].map(is_later)]
    if "url" in frame and "source" in frame:
        reposted = frame["url"].str.contains("github.com")
        if reposted.any():
            frame = frame.copy()
            frame.loc[reposted, "url"] = frame[reposted].apply(own_address, axis=1)
    return frame


def packed(frame: pd.DataFrame) -> bytes:
    """Return a table as gzipped CSV, the same bytes each time."""
    text = frame.to_csv(index=False, lineterminator="\n")
    raw = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=9) as file:
        file.write(text.encode("utf-8"))
    return raw.getvalue()


def main() -> int:
    """Take the tables of a folder in; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder with us/, route/ and policy/")
    folder = parser.parse_args().folder
    for part in PARTS:
        files = sorted((folder / part).glob("*.csv"))
        if not files:
            print(f"no tables in {folder / part}", file=sys.stderr)
            return 2
        (RAW / part).mkdir(parents=True, exist_ok=True)
        for file in files:
            frame = cut(pd.read_csv(file, dtype=str, keep_default_na=False), file.stem)
            content = packed(frame)
            if len(content) > LARGEST:
                print(f"{file.name} has {len(content)} bytes packed, more than {LARGEST}", file=sys.stderr)
                return 2
            (RAW / part / f"{file.stem}.csv.gz").write_bytes(content)
            print(f"{part}/{file.stem}: {len(frame)} rows, {len(content)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
