"""The packaged tables: sourced figures on the corridor, its people and what was observed.

docs/data.md says what each table and column means, where the figures come from and which of them are assumed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from ladsim.core.errors import UserError, close_matches
from ladsim.data import names

FOLDER = Path(__file__).resolve().parent

TEXT, WHOLE, NUMBER, OPTIONAL = "text", "whole number", "number", "number or empty"

COLUMNS: dict[str, dict[str, str]] = {
    "sources": dict.fromkeys(
        ["source_id", "publisher", "document", "date", "address", "evidence", "note"], TEXT
    ),
    "countries": {
        "country": TEXT, "name": TEXT, "lat": NUMBER, "lon": NUMBER, "endorsing": WHOLE, "endorsed_on": TEXT,
        "corridor": WHOLE, "role": TEXT, "year_begins": WHOLE, "source_id": TEXT, "evidence": TEXT,
    },
    "nationalities": dict.fromkeys(["nationality", "name", "members", "also", "source_id", "evidence"], TEXT),
    "parties": {
        "nationality": TEXT, "single_adult": NUMBER, "family_member": NUMBER, "unaccompanied_child": NUMBER,
        "source_id": TEXT, "evidence": TEXT,
    },
    "means": {
        "nationality": TEXT, "low": NUMBER, "middle": NUMBER, "high": NUMBER, "ties_share": NUMBER,
        "undetected_value": NUMBER, "source_id": TEXT, "evidence": TEXT, "range": TEXT,
    },
    "means_classes": {
        "means": TEXT, "median_usd": NUMBER, "low_usd": NUMBER, "high_usd": NUMBER, "source_id": TEXT,
        "evidence": TEXT,
    },
    "residences": {
        "group": TEXT, "nationality": TEXT, "country": TEXT, "node": TEXT, "persons": WHOLE, "year": WHOLE,
        "irregular_share": NUMBER, "source_id": TEXT, "evidence": TEXT, "range": TEXT,
    },
    "residence_split": {
        "nationality": TEXT, "country": TEXT, "year": WHOLE, "share": NUMBER, "source_id": TEXT, "evidence": TEXT,
        "range": TEXT,
    },
    "push": {"year": WHOLE, "country": TEXT, "indicator": TEXT, "value": NUMBER, "source_id": TEXT},
    "observed": {
        "series": TEXT, "month": TEXT, "place": TEXT, "nationality": TEXT, "value": WHOLE, "unit": TEXT,
        "source_id": TEXT, "evidence": TEXT,
    },
    "series": dict.fromkeys(
        ["series", "label", "title", "unit", "counts", "measure", "place", "observed_place"], TEXT
    ),
    "dispositions": {
        "month": TEXT, "component": TEXT, "nationality": TEXT, "party": TEXT, "outcome": TEXT, "value": WHOLE,
        "source_id": TEXT,
    },
    "repatriations": {
        "series": TEXT, "month": TEXT, "nationality": TEXT, "value": WHOLE, "unit": TEXT, "source_id": TEXT,
    },
    "port_shares": {"period": TEXT, "place": TEXT, "share": NUMBER, "source_id": TEXT, "evidence": TEXT},
    "transfer_removals": {"nationality": TEXT, "period": TEXT, "share": NUMBER, "source_id": TEXT, "evidence": TEXT},
    "hazards": {
        "stretch": TEXT, "period": TEXT, "series": TEXT, "value": NUMBER, "unit": TEXT, "source_id": TEXT,
        "evidence": TEXT, "note": TEXT,
    },
    "fees": {
        "stretch": TEXT, "leg": TEXT, "nationality": TEXT, "period": TEXT, "item": TEXT, "low_usd": NUMBER,
        "high_usd": OPTIONAL, "source_id": TEXT, "evidence": TEXT, "note": TEXT,
    },
    "yearly": {
        "series": TEXT, "period": TEXT, "place": TEXT, "nationality": TEXT, "value": WHOLE, "unit": TEXT,
        "source_id": TEXT, "evidence": TEXT,
    },
    "surveys": {
        "period": TEXT, "population": TEXT, "series": TEXT, "value": NUMBER, "unit": TEXT, "source_id": TEXT,
        "evidence": TEXT, "note": TEXT,
    },
    "experiments": dict.fromkeys(
        ["experiment", "title", "series", "place", "nationalities", "month_before", "month_after", "instrument",
         "rebound_month", "source_id"], TEXT,
    ),
    "route_nodes": {
        "node": TEXT, "name": TEXT, "country": TEXT, "lat": NUMBER, "lon": NUMBER, "kind": TEXT, "label": TEXT,
        "short": TEXT, "appointments": WHOLE, "source_id": TEXT, "evidence": TEXT,
    },
    "stretches": dict.fromkeys(["stretch", "name", "source_id", "evidence"], TEXT),
    "route_ways": {
        "way": TEXT, "from": TEXT, "to": TEXT, "mode": TEXT, "guided": WHOLE, "stretch": TEXT,
        "distance_km": NUMBER, "days": NUMBER, "days_sd": NUMBER, "cost_usd": NUMBER, "smuggler_share": NUMBER,
        "death_per_100k": NUMBER, "robbery": NUMBER, "interdiction": NUMBER, "interdiction_country": TEXT,
        "interdiction_to": TEXT, "detection": OPTIONAL, "capacity_per_day": OPTIONAL, "entry_rule": TEXT,
        "irregular_entry": TEXT, "family": TEXT, "attraction": OPTIONAL, "source_id": TEXT, "evidence": TEXT,
        "note": TEXT,
    },
    "entry_rules": {
        "rule": TEXT, "nationality": TEXT, "start": TEXT, "end": TEXT, "status": TEXT, "charge_usd": OPTIONAL,
        "source_id": TEXT, "evidence": TEXT,
    },
}  # fmt: skip
"""Columns that each table must have, and what stands in them. A table may have further columns (text)."""


def path(name: str) -> Path:
    """Return where a packaged table lies.

    Args:
        name: table name with or without ``.csv``, or a file name such as ``outlines.json``.

    Raises:
        UserError: no such file.
    """
    file = FOLDER / (name if Path(name).suffix else f"{name}.csv")
    if not file.is_file():
        known = [p.name for p in FOLDER.glob("*.*") if p.suffix in (".csv", ".json")]
        raise UserError("no such data file", file=file, value=name, expected=close_matches(file.name, known))
    return file


def table(name: str) -> pd.DataFrame:
    """Return a packaged table as a frame of its own (changing it changes nothing else).

    Text columns hold strings (an empty cell is ``""``), number columns floats, whole-number columns integers.

    Args:
        name: table name, e.g. ``residences``.

    Raises:
        UserError: the file is missing, cut off or unreadable; the message names file, row and column.
    """
    return _cached(name.removesuffix(".csv")).copy()


def table_of(world: str | Path | None, name: str) -> pd.DataFrame:
    """Return a table of a world: a packaged one, or one of a folder of one's own as far as it is there.

    Args:
        world: the folder, or None for the packaged world.
        name: table name.

    Returns:
        The table; cells that the folder's leaves blank are NaN, columns that it lacks are blank, and a table that is
        left out is empty.

    Raises:
        UserError: a mistake in the table.
    """
    if world is None:
        return table(name)
    file, columns = Path(world) / f"{name}.csv", COLUMNS[name]
    if not file.is_file():
        return pd.DataFrame(columns=list(columns))
    header, rows = _cells(file)
    blank = {column for k, column in enumerate(header) if any(not cells[k] for _, cells in rows)}
    kinds = {c: OPTIONAL if c in blank and kind != TEXT else kind for c, kind in columns.items() if c in header}
    frame = read(file, kinds)
    return frame.assign(**{column: "" for column in columns if column not in header})


@cache
def _cached(name: str) -> pd.DataFrame:
    file = path(name)
    return read(file, COLUMNS.get(name, {}))


def read(file: Path, columns: dict[str, str]) -> pd.DataFrame:
    """Read a CSV table strictly.

    Args:
        file: a CSV file in UTF-8 with a header.
        columns: what must stand in which column; other columns are read as text.

    Raises:
        UserError: naming the file, its line and the column of the first mistake.
    """
    header, rows = _cells(file)
    missing = [c for c in columns if c not in header]
    if missing:
        raise UserError("a column is missing", file=f"{file}:1", key=missing[0], expected=",".join(columns))
    frame = pd.DataFrame([cells for _, cells in rows], columns=header, dtype=object).astype(str)
    for column, kind in columns.items():
        if kind != TEXT:
            frame[column] = _numbers(frame[column], kind, file, column, [line for line, _ in rows])
    return frame


def _cells(file: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and the rows with their line numbers; every row must have the header's length."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"the table cannot be read: {error}", file=file, expected="a CSV file in UTF-8") from error
    if not text.endswith("\n"):
        last = text.count("\n") + 1
        raise UserError(
            "the table is cut off: its last line has no end", file=f"{file}:{last}", expected="a complete last row"
        )
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    header: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if not header:
                header = cells
            elif cells:
                if len(cells) != len(header):
                    raise UserError(
                        f"a row has {len(cells)} cells where the header has {len(header)}",
                        file=f"{file}:{reader.line_num}",
                        key=header[min(len(cells), len(header) - 1)],
                        expected=",".join(header),
                    )
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        raise UserError(f"the table is not valid CSV: {error}", file=f"{file}:{reader.line_num}") from error
    if not header or not rows:
        raise UserError("the table is empty", file=file, expected="a header and at least one row")
    return header, rows


def _numbers(cells: pd.Series, kind: str, file: Path, column: str, lines: list[int]) -> pd.Series:
    """Turn a text column to numbers, or name the first cell that is not a number."""
    numbers = pd.to_numeric(cells, errors="coerce")
    wrong = numbers.isna()
    if kind == OPTIONAL:
        wrong &= cells != ""
    elif kind == WHOLE:
        wrong |= numbers % 1 != 0
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise UserError(
            "a cell holds no number" if kind != WHOLE else "a cell holds no whole number",
            file=f"{file}:{lines[row]}",
            key=column,
            value=cells.iloc[row],
            expected=kind,
        )
    return numbers.astype("int64") if kind == WHOLE else numbers.astype("float64")


def observed(
    series: str | Iterable[str] | None = None,
    *,
    place: str | None = None,
    nationality: str | Iterable[str] | None = None,
    start: Any = None,
    end: Any = None,
) -> pd.DataFrame:
    """Return observed monthly figures as a tidy frame.

    The rows of ``nationality`` ALL are totals of the other rows of that series, month and place: take one or the other.

    Args:
        series: one series or several; all when not given.
        place: ``southwest``, a sector (``RGV`` too) or field office, ``PAN``, ``MEX``, ``USA`` or ``darien``.
        nationality: one code or name or several, or ``ALL``.
        start: first month: ``2024-05``, a day, a date, a year, or a fiscal year, ``FY2024``.
        end: last month, included.

    Returns:
        Columns series, month, place, nationality, value, unit, source_id, evidence.

    Raises:
        UserError: an unknown series, place, nationality or month.
    """
    frame = _cached("observed")
    if isinstance(series, str) and series in _names("series"):
        frame = _of_series(series)
    keep = pd.Series(True, index=frame.index)
    for column, wanted in (("series", series), ("place", place), ("nationality", nationality)):
        if wanted is None:
            continue
        known = _names(column)
        named = [_named(column, name, known) for name in names.several(wanted)]
        keep &= frame[column].isin(named)
    first = "" if start is None else names.month(start, "start")
    last = "9999" if end is None else names.month(end, "end", last=True)
    if last < first:
        raise UserError("ends before it starts", key="end", value=str(end), expected=f"{first} or later")
    keep &= frame["month"].between(first, last)
    return frame[keep].reset_index(drop=True)


def _named(column: str, given: Any, known: frozenset[str]) -> str:
    """Return a series, place or nationality as the table of observed figures names it."""
    name = str(given)
    if column == "place":
        name = names.place(given, known)
    elif column == "nationality" and name not in known:
        name = names.nationality(given, known)
    if name not in known:
        raise UserError(f"no observed {column} of this name", value=name, expected=close_matches(name, known))
    return name


@cache
def _names(column: str) -> frozenset[str]:
    return frozenset(_cached("observed")[column])


@cache
def _of_series(series: str) -> pd.DataFrame:
    frame = _cached("observed")
    return frame[frame["series"] == series].reset_index(drop=True)
