"""A run as a memo for Word and as tables for Excel: `report=docx`, `report=xlsx`, or `RunResult.report("memo.docx")`.

Both say what the page says (:mod:`ladsim.report.page`), from the same content. python-docx and openpyxl are an extra,
``ladsim[office]``, and are imported only when a file of theirs is written.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from ladsim.core.errors import UserError
from ladsim.core.text import one_line
from ladsim.report import page
from ladsim.results.run_result import RunResult

NEEDED = {"docx": "docx", "xlsx": "openpyxl"}
"""File type -> the module that writes it."""
PICTURE_INCHES = 6.3
LONGEST = 4000
"""Characters of a cell or a paragraph."""
WIDEST = 60
"""Characters of the widest column of a sheet."""
NUMBER = "#,##0;-#,##0;0"


def write(result: RunResult, file: Path) -> Path:
    """Write a run as the type of file that its name ends with, a page unless it is docx or xlsx; return its path.

    Raises:
        UserError: What writes the type is not installed, or the file cannot be written.
    """
    kind = file.suffix.lower().removeprefix(".")
    if kind not in NEEDED:
        return page.write(result, file)
    check_installed(kind)
    try:
        file.write_bytes(memo(result) if kind == "docx" else workbook(result))
    except OSError as error:
        raise UserError(f"the report cannot be written: {error}", key="report", value=str(file)) from error
    return file


def check_installed(kind: str) -> None:
    """Raise a UserError if what writes a type of file is not installed."""
    if find_spec(NEEDED[kind]) is None:
        raise UserError(
            f"{kind} files need a package that is not installed",
            key="report",
            value=kind,
            expected="pip install 'ladsim[office]'",
        )


def memo(result: RunResult) -> bytes:
    """Return the run as a Word document."""
    import docx
    from docx.shared import Inches, Pt

    told = page.content(result)
    made = docx.Document()
    made.styles["Normal"].font.name, made.styles["Normal"].font.size = "Calibri", Pt(11)
    made.core_properties.title = _text(told["scenario"].title)
    made.core_properties.author = "ladsim"
    made.add_heading(_text(told["scenario"].title), level=0)
    made.add_paragraph(_text(told["scenario"].question)).runs[0].italic = True
    made.add_paragraph(how_made(told))
    made.add_heading("Five numbers", level=1)
    _docx_table(made, *headlines(told["numbers"]))
    made.add_heading("What this must not be used for", level=1)
    for warning in told["warnings"]:
        made.add_paragraph(_text(warning), style="List Bullet")
    for title, head, rows in sections(told):
        made.add_heading(title, level=1)
        _docx_table(made, head, rows)
    for picture in told["pictures"]:
        made.add_heading(picture["title"], level=1)
        made.add_picture(io.BytesIO(base64.b64decode(picture["data"].split(",", 1)[1])), width=Inches(PICTURE_INCHES))
    made.add_heading("How to run this again", level=1)
    made.add_paragraph(_text(told["command"])).runs[0].font.name = "Consolas"
    made.add_paragraph(_text(version(told)))
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def how_made(told: Mapping[str, Any]) -> str:
    """Return in a sentence or two which days, seeds and scale a run has, and what its intervals cover."""
    against = f", compared with: {_text(told['reference'].title)}" if told["reference"] else ""
    n = told["seeds"]
    return (
        f"{told['scenario'].start} to {told['scenario'].end}{against}. {n} replicate{'s' if n > 1 else ''}, "
        f"{told['scale']:,} persons per agent. ± is half of the interval ({told['interval']})."
    )


def version(told: Mapping[str, Any]) -> str:
    """Return version and commit of what made a run."""
    return f"ladsim {told['versions'].get('ladsim', '')}, commit {told['commit'] or 'unknown'}"


def headlines(lines: Sequence[Mapping[str, str]]) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of the table of headline numbers; a difference that may be none says so."""
    if not any(line["difference"] for line in lines):
        return ["", "Scenario"], [[f"{line['label']} ({line['unit']})", line["mean"]] for line in lines]
    rows = []
    for line in lines:
        share = f"{line['percent']} percent" if line["told"] else "cannot be told from no change"
        rows.append([f"{line['label']} ({line['unit']})", line["mean"], line["reference"], line["difference"], share])
    return ["", "Scenario", "Reference", "Difference", ""], rows


def sections(told: Mapping[str, Any]) -> list[tuple[str, list[str], list[list[str]]]]:
    """Return title, head and rows of the tables that follow, in the order of the page."""
    paired = bool(told["reference"])
    found: list[tuple[str, list[str], list[list[str]]]] = []
    if told["levers"]:
        rows = [[_flagged(v, "title"), *(v[k] for k in ("how", "actors", "dates", "document"))] for v in told["levers"]]
        found.append(("What differs, and who promised it", ["Instrument", "How", "Actors", "In force", "Source"], rows))
    if told["changed"]:
        rows = [[v["before"], v["after"], v["mean"]] for v in told["changed"]]
        head = ["Under the reference", "Under the scenario", "Persons"]
        found.append(("Who fares differently, and instead of what", head, rows))
    if told["fates"]:
        keys = ["fate", "mean", "percent", "reference"][: 4 if paired else 3]
        rows = [[v[k] for k in keys] for v in told["fates"]]
        found.append(("How departures ended", ["Fate", "Departures", "Percent", "Reference"][: len(keys)], rows))
    keys = ["mean", "reference", "difference", "percent"][: 4 if paired else 1]
    rows = [[_flagged(v, "name"), *(v[k] for k in keys)] for v in told["nationalities"]]
    head = ["Nationality", "Scenario" if paired else "Events", "Reference", "Difference", "Percent"][: len(keys) + 1]
    found.append(("Encounters between ports by nationality", head, rows))
    found.append(("Other measures", *headlines(told["rest"])))
    return found


def _flagged(line: Mapping[str, str], key: str) -> str:
    return f"{line[key]} (! {line['flag']})" if line["flag"] else line[key]


def _docx_table(made: Any, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = made.add_table(rows=1, cols=len(head), style="Light List Accent 1")
    for cell, text in zip(table.rows[0].cells, head, strict=True):
        cell.text = text
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = _text(text)


def workbook(result: RunResult) -> bytes:
    """Return the run as an Excel workbook: what it is, then one sheet a table, with numbers as numbers."""
    import openpyxl

    told = page.content(result)
    made = openpyxl.Workbook()
    about: Any = made.active
    about.title = "about"
    lines = [
        ("Scenario", told["scenario"].title),
        ("Question", told["scenario"].question),
        ("How", how_made(told)),
        *(("Do not use it for", warning) for warning in told["warnings"]),
        ("Command", told["command"]),
        ("Version", version(told)),
    ]
    _rows(about, ("", ""), lines)
    for name, table in tables(result).items():
        _sheet(made.create_sheet(name), table)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def tables(result: RunResult) -> dict[str, pd.DataFrame]:
    """Return the tables of a workbook by the names of their sheets."""
    from ladsim.report.tables import headline_table
    from ladsim.results.fates import LABELS, changes, shares

    found = {"headline": headline_table(result), "summary": result.summary()}
    if result.reference is not None:
        found["comparison"] = result.compare(freq="Y")
        found["by_nationality"] = result.compare(by=("measure", "nationality"), freq="all")
    else:
        found["by_nationality"] = result.summary(by=("measure", "nationality"), freq="all")
    if result.fates is not None and len(result.fates):
        found["fates"] = shares(result.fates).replace({"fate": LABELS})
    if result.changed_fates is not None and len(result.changed_fates):
        both = ("reference_fate", "scenario_fate")
        found["changed_fates"] = changes(result.changed_fates).replace(dict.fromkeys(both, LABELS))
    return found


def _sheet(sheet: Any, table: pd.DataFrame) -> None:
    _rows(sheet, [str(c) for c in table.columns], table.itertuples(index=False, name=None))
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _rows(sheet: Any, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    from openpyxl.styles import Font

    widths = [len(name) for name in head]
    for r, row in enumerate([head, *rows], start=1):
        for c, value in enumerate(row, start=1):
            cell = sheet.cell(row=r, column=c)
            if isinstance(value, bool) or not isinstance(value, int | float):
                # A text that begins with = stays a text.
                cell.value, cell.data_type = ("" if _missing(value) else _text(value)), "s"
            elif not _missing(value):
                cell.value, cell.number_format = value, NUMBER if abs(value) >= WHOLE_FROM else "General"
            widths[c - 1] = min(WIDEST, max(widths[c - 1], len(str(cell.value or ""))))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for column, width in zip(sheet.columns, widths, strict=False):
        sheet.column_dimensions[column[0].column_letter].width = width + 2


WHOLE_FROM = 100
"""Numbers from here on are shown without decimals."""


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def _text(value: Any) -> str:
    """Return a value as one line without control characters, which neither format can hold."""
    return one_line(value, LONGEST)
