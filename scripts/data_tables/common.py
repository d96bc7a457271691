"""What the table builders share: reading the collected statistics, codes, months and the layout of a table."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
RAW = HERE.parents[1] / "data-raw"
FIRST_MONTH = "2020-10"
LAST_MONTH = "2024-08"
"""Later months are kept apart for the validation of the model and never enter the package."""

LAST_FULL_YEAR = 2023
"""The last year that ends before LAST_MONTH; yearly figures stop here."""

Tables = dict[str, pd.DataFrame]


class Raw:
    """The collected statistics of data-raw/, read as text so that no figure changes on the way."""

    def __init__(self, folder: Path = RAW) -> None:
        """Take the folder that holds us/ and route/."""
        self.folder = folder

    def read(self, name: str, *, value: str = "value") -> pd.DataFrame:
        """Return a table such as ``us/swb_totals_monthly.csv``; the value column becomes numeric."""
        frame = pd.read_csv(self.folder / f"{name}.gz", dtype=str, keep_default_na=False)
        if value in frame:
            frame[value] = pd.to_numeric(frame[value], errors="coerce")
        return frame

    def monthly(self, name: str, *, value: str = "value") -> pd.DataFrame:
        """Return the rows of a monthly table between FIRST_MONTH and LAST_MONTH."""
        frame = self.read(name, value=value)
        return frame[frame["month"].between(FIRST_MONTH, LAST_MONTH)].copy()


def reference(name: str) -> pd.DataFrame:
    """Return one of the hand-kept reference tables."""
    return pd.read_csv(HERE / "reference" / f"{name}.csv", dtype=str, keep_default_na=False)


def assumed(name: str) -> pd.DataFrame:
    """Return one of the tables of assumed values: key, field, value, unit, low, high, why, evidence."""
    frame = pd.read_csv(HERE / "assumed" / f"{name}.csv", dtype=str, keep_default_na=False)
    for column in ("value", "low", "high"):
        frame[column] = pd.to_numeric(frame[column])
    outside = frame[(frame["value"] < frame["low"]) | (frame["value"] > frame["high"])]
    if len(outside):
        raise SystemExit(f"assumed/{name}.csv: value outside its range:\n{outside}")
    return frame


def months() -> list[str]:
    """Return the months of the package, YYYY-MM."""
    return [str(p) for p in pd.period_range(FIRST_MONTH, LAST_MONTH, freq="M")]


def codes() -> list[str]:
    """Return the nationality codes in the package's fixed order."""
    return reference("nationalities")["nationality"].tolist()


def code_of(*, pool: dict[str, str] | None = None) -> dict[str, str]:
    """Return the map from ISO3 to the package's code; whatever is not in it belongs to XXO.

    Args:
        pool: exceptions, e.g. that Panama's Chile and Brazil rows belong to HTI.
    """
    mapping = {}
    for row in reference("nationalities").itertuples():
        mapping.update(dict.fromkeys(str(row.members).split(";"), row.nationality))
    mapping.update(pool or {})
    return mapping


def to_codes(nationality: pd.Series, *, pool: dict[str, str] | None = None) -> pd.Series:
    """Map ISO3 nationalities to the package's codes."""
    return nationality.map(code_of(pool=pool)).fillna("XXO")


def text_of(number: float) -> str:
    """Write a number without noise: integers as such, others with at most six significant decimals."""
    if pd.isna(number):
        return ""
    if float(number).is_integer():
        return str(int(number))
    return f"{number:.6f}".rstrip("0").rstrip(".")


def range_of(low: float, high: float) -> str:
    """Write a range as ``low..high``."""
    return f"{text_of(low)}..{text_of(high)}"


def by_order(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Sort by columns, nationalities in the package's order with ALL first and other codes last."""
    order = {code: i for i, code in enumerate(["ALL", *codes(), "OTH"])}
    keys = list(columns)
    return frame.sort_values(
        keys,
        key=lambda s: s.map(order).fillna(len(order)) if s.name == "nationality" else s,
        kind="stable",
    ).reset_index(drop=True)
