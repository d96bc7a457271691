"""The Word memo and the Excel workbook say what the page says, and are refused clearly where they cannot be written."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

import ladsim
from ladsim.cli.jobs import check_reports
from ladsim.core.errors import UserError
from ladsim.report import office, page

docx = pytest.importorskip("docx")
openpyxl = pytest.importorskip("openpyxl")


@pytest.fixture(scope="module")
def result(short_run_in: None) -> Any:
    return ladsim.run(
        "panama_removal", scale=20000, seeds=2, start="2024-06-01", end="2024-08-31", workers=1, progress=False
    )


def words(made: bytes) -> str:
    document = docx.Document(io.BytesIO(made))
    cells = [c.text for table in document.tables for row in table.rows for c in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


@pytest.mark.slow
def test_the_memo_says_what_the_page_says(result: Any, tmp_path: Path) -> None:
    file = result.report(tmp_path / "memo.docx")
    said = words(file.read_bytes())
    told = page.content(result)
    assert told["scenario"].question.split()[0] in said
    for line in told["numbers"]:
        assert line["mean"] in said
        assert line["difference"] in said
    for warning in told["warnings"]:
        assert warning in said
    assert told["command"] in said
    with zipfile.ZipFile(file) as parts:
        assert sum(n.startswith("word/media/") for n in parts.namelist()) == len(told["pictures"]) >= 3
    assert file.stat().st_size < 3_000_000


@pytest.mark.slow
def test_the_workbook_holds_the_tables_as_numbers(result: Any, tmp_path: Path) -> None:
    made = openpyxl.load_workbook(result.report(tmp_path / "tables.xlsx"))
    assert made.sheetnames[:3] == ["about", "headline", "summary"]
    for name, table in office.tables(result).items():
        read = [[c.value for c in row] for row in made[name].iter_rows()]
        assert read[0] == [str(c) for c in table.columns]
        assert len(read) == len(table) + 1
    sheet = made["comparison"]
    columns = {c.value: c.column for c in sheet[1]}
    pair = result.compare(freq="Y").iloc[0]
    assert sheet.cell(row=2, column=columns["difference"]).value == pytest.approx(pair["difference"])


def test_text_that_looks_like_a_formula_stays_text() -> None:
    sheet = openpyxl.Workbook().active
    office._rows(sheet, ("a",), [('=HYPERLINK("http://example.org")',), ("bell\x07",), (float("nan"),), (1234.5,)])
    assert [sheet.cell(row=r, column=1).data_type for r in (2, 3, 5)] == ["s", "s", "n"]
    assert sheet.cell(row=4, column=1).value is None
    assert "\x07" not in sheet.cell(row=3, column=1).value


def test_a_missing_package_is_told_before_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'ladsim\[office\]'"):
        check_reports("docx")


@pytest.mark.parametrize("value", ["pdf", ["docx", "pdf"], 3])
def test_an_unknown_type_is_refused(value: object) -> None:
    with pytest.raises(UserError, match="no such type of report"):
        check_reports(value)


def test_no_type_is_the_page_alone() -> None:
    assert check_reports(None) == []
    assert check_reports(["docx", "xlsx"]) == ["docx", "xlsx"]
