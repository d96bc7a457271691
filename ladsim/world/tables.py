"""Strict reading of the CSV tables of the world: every mistake is named by file, line and column."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ladsim.core.checks import iso_day, why_no_date
from ladsim.core.errors import UserError, close_matches

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ALIKE = 0.75
"""How like a column's name another one must be to be taken for a misspelling of it (difflib's ratio)."""

DATA = Path(__file__).resolve().parent.parent / "data"
"""The folder of the packaged tables."""


@dataclass(frozen=True)
class Table:
    """A CSV file as text: its rows, and the line on which each row stands.

    Attributes:
        path: the file.
        rows: one dict a row, column to cell.
        lines: line number of each row, counted from 1.
    """

    path: Path
    rows: list[dict[str, str]]
    lines: list[int]

    def __len__(self) -> int:
        return len(self.rows)

    def error(self, row: int, column: str, message: str, expected: object = None) -> UserError:
        """Return the error for a cell, to be raised by the caller."""
        where = f"{self.path}:{self.lines[row]}"
        return UserError(message, file=where, key=column, value=self.rows[row].get(column), expected=expected)

    def text(self, column: str, *, blank: bool = False) -> list[str]:
        """Return a column as text; empty cells are an error unless ``blank``."""
        cells = [row[column] for row in self.rows]
        if not blank:
            for i, cell in enumerate(cells):
                if cell == "":
                    raise self.error(i, column, "a cell is empty", "a value")
        return cells

    def unique(self, column: str) -> list[str]:
        """Return a column as text in which no value may stand twice."""
        cells = self.text(column)
        seen: dict[str, int] = {}
        for i, cell in enumerate(cells):
            if cell in seen:
                raise self.error(i, column, f"{column} stands twice, first on line {seen[cell]}", "unique values")
            seen[cell] = self.lines[i]
        return cells

    def one_of(self, column: str, known: Collection[str], *, blank: bool = False, what: str = "value") -> list[str]:
        """Return a column of words that must be among the known ones."""
        cells = self.text(column, blank=blank)
        for i, cell in enumerate(cells):
            if cell not in known and not (blank and cell == ""):
                raise self.error(i, column, f"unknown {what}", close_matches(cell, known))
        return cells

    def index(self, column: str, known: Sequence[str], *, blank: int | None = None, what: str = "value") -> Ints:
        """Return positions in the list of known words; empty cells become ``blank`` where that is given."""
        places = {name: i for i, name in enumerate(known)}
        cells = self.one_of(column, places, blank=blank is not None, what=what)
        return np.array([places[c] if c else blank for c in cells], dtype=np.int64)

    def numbers(
        self,
        column: str,
        *,
        low: float = -math.inf,
        high: float = math.inf,
        above: float = -math.inf,
        blank: float | None = None,
    ) -> Floats:
        """Return a column of finite numbers with low <= number <= high and number > above."""
        values = np.empty(len(self.rows))
        for i, cell in enumerate(row[column] for row in self.rows):
            if cell == "" and blank is not None:
                values[i] = blank
                continue
            try:
                values[i] = float(cell)
            except ValueError:
                raise self.error(i, column, "not a number", "a number") from None
            if not math.isfinite(values[i]) or not low <= values[i] <= high or not values[i] > above:
                raise self.error(i, column, "number out of range", _range_text(low, high, above))
        return values

    def dates(self, column: str, *, blank: date) -> list[date]:
        """Return a column of ISO dates; empty cells become ``blank``."""
        days = []
        for i, cell in enumerate(row[column] for row in self.rows):
            day = iso_day(cell) if cell else blank
            if day is None:
                raise self.error(i, column, "not a date", why_no_date(cell))
            days.append(day)
        return days

    def require(self, column: str, good: Callable[[int], bool], message: str, expected: str) -> None:
        """Raise for the first row that is not good."""
        for i in range(len(self.rows)):
            if not good(i):
                raise self.error(i, column, message, expected)


def _range_text(low: float, high: float, above: float) -> str:
    parts = [f"at least {low:g}"] if low > -math.inf else []
    parts += [f"above {above:g}"] if above > -math.inf else []
    parts += [f"at most {high:g}"] if high < math.inf else []
    return "a finite number" + (", " if parts else "") + " and ".join(parts)


def read_table(path: str | Path, columns: Sequence[str], optional: Sequence[str] = ()) -> Table:
    """Read a CSV file that must have the given columns and the same number of cells on every line.

    Args:
        path: the file (UTF-8, comma, first line the column names).
        columns: columns that must be there; others are kept.
        optional: columns that may be left out, and are blank then.

    Raises:
        UserError: file missing, empty, not UTF-8, cut off, without a needed column, or a line with too few or
            too many cells.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = next(reader, None)
            if not header:
                raise UserError("the file is empty", file=path, expected="a first line " + ",".join(columns))
            _check_header(path, header, columns, optional)
            table = Table(path, [], [])
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(header):
                    raise UserError(
                        "a line has the wrong number of cells (cut off, or a comma without quotes)",
                        file=f"{path}:{reader.line_num}",
                        value=len(cells),
                        expected=f"{len(header)} cells",
                    )
                blank = dict.fromkeys(optional, "")
                table.rows.append(blank | {k: c.strip() for k, c in zip(header, cells, strict=True)})
                table.lines.append(reader.line_num)
    except FileNotFoundError:
        raise UserError("the file is not there", file=path, expected="a CSV file") from None
    except IsADirectoryError:
        raise UserError("this is a folder", file=path, expected="a CSV file") from None
    except UnicodeDecodeError as error:
        raise UserError("the file is not UTF-8 text", file=path, value=str(error.reason)) from None
    except csv.Error as error:
        raise UserError(f"the file cannot be read as CSV: {error}", file=f"{path}:{reader.line_num}") from None
    if not table.rows:
        raise UserError("the file has no rows", file=path, expected="at least one row under the column names")
    return table


def read_optional(path: Path, columns: Sequence[str]) -> Table | None:
    """Read a table that may be left out; None where there is no such file."""
    return read_table(path, columns) if path.exists() else None


def _check_header(path: Path, header: list[str], columns: Sequence[str], optional: Sequence[str]) -> None:
    left_out = [name for name in optional if name not in header]
    for name in header:
        if name not in columns and name not in optional and (meant := get_close_matches(name, left_out, 1, ALIKE)):
            raise UserError(
                "unknown column", file=f"{path}:1", key=name, expected=f"{meant[0]}, or a name unlike every column's"
            )
    for name in columns:
        if name not in header:
            raise UserError("a column is missing", file=f"{path}:1", key=name, expected=close_matches(name, header))
    for name in header:
        if header.count(name) > 1:
            raise UserError("a column stands twice", file=f"{path}:1", key=name)
