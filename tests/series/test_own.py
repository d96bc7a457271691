"""Observed figures of one's own: three layouts, totals by fiscal year and quarter, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import ladsim
from ladsim.cli import app
from ladsim.core.errors import UserError
from ladsim.results.intervals import period_of
from ladsim.results.run_result import RunResult
from ladsim.series.own import against, read_observed

CBP = """Fiscal Year,Month (abbv),Component,Land Border Region,AOR (Abbv),Demographic,Citizenship,Encounter Count
2024,OCT,U.S. Border Patrol,Southwest Land Border,RGV,Single Adults,VENEZUELA,"1,200"
2024,OCT,U.S. Border Patrol,Southwest Land Border,EPT,FMUA,VENEZUELA,300
2024,OCT,U.S. Border Patrol,Southwest Land Border,TCA,FMUA,"CHINA, PEOPLES REPUBLIC OF",50
2025 (FYTD),JUN,Office of Field Operations,Southwest Land Border,Laredo Field Office,FMUA,ATLANTIS,7
2024,OCT,U.S. Border Patrol,Northern Land Border,BLW,FMUA,MEXICO,9
2024,OCT,Office of Field Operations,Other,Miami Field Office,FMUA,CUBA,11
"""
UNHCR = """Year,Country of origin (ISO),Country of asylum (ISO),Refugees under UNHCR's mandate,Asylum-seekers
2023,VEN,PER,1000,-
2023,VEN,PER,5,20
"""


@pytest.fixture(scope="module")
def run(short_run_in: None) -> RunResult:
    return ladsim.run("history", start="2024-04-01", end="2024-08-31", scale=4000, seeds=2, workers=1, reference=False)


def written(folder: Path, text: str) -> Path:
    file = folder / "own.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_public_file_of_cbp_is_read(tmp_path: Path) -> None:
    table = read_observed(written(tmp_path, CBP)).set_index(["series", "month", "nationality"])["value"]
    assert table["encounters_between_ports", "2023-10", "VEN"] == 1500
    assert table["encounters_between_ports", "2023-10", "CHN"] == 50
    assert table["encounters_between_ports", "2023-10", "ALL"] == 1550
    assert table["encounters_at_ports", "2025-06", "OTH"] == 7
    assert len(table) == 5


def test_the_short_layout_of_cbp_needs_no_component(tmp_path: Path) -> None:
    short = "Fiscal Year,Month,AOR,Citizenship,Encounter Count\n2024,MAY,RGV,MEXICO,4\n"
    short += "2024,MAY,San Diego Field Office,HAITI,3\n"
    table = read_observed(written(tmp_path, short)).set_index(["series", "nationality"])["value"]
    assert table["encounters_between_ports", "MEX"] == 4
    assert table["encounters_at_ports", "HTI"] == 3


def test_the_file_of_unhcr_is_read(tmp_path: Path) -> None:
    table = read_observed(written(tmp_path, UNHCR))
    assert table.to_dict("records") == [
        {"series": s, "month": "2023-12", "place": "PER", "nationality": "VEN", "value": v}
        for s, v in (("unhcr_asylum_seekers", 20.0), ("unhcr_refugees", 1005.0))
    ]


def test_the_packaged_series_go_out_and_come_back_the_same(tmp_path: Path, run: RunResult) -> None:
    packaged = ladsim.observed(["encounters_between_ports", "darien_entries"], start="2024-04", end="2024-08")
    file = tmp_path / "tidy.csv"
    packaged.to_csv(file, index=False)
    back = read_observed(file)
    pd.testing.assert_frame_equal(against(run, back), against(run, packaged.sort_values(list(back.columns[:4]))))


def test_periods_are_whole_and_add_up(run: RunResult) -> None:
    observed = ladsim.observed(start="2024-04", end="2024-08")
    months = against(run, observed, freq="M")
    quarters = against(run, observed, freq="Q")
    assert set(quarters["period"]) == {"2024Q2"}
    pick = (months["series"] == "darien_entries") & (months["nationality"] == "ALL") & (months["period"] <= "2024-06")
    row = quarters[(quarters["series"] == "darien_entries") & (quarters["nationality"] == "ALL")].iloc[0]
    assert row["observed"] == pytest.approx(months[pick]["observed"].sum())
    assert row["simulated"] == pytest.approx(months[pick]["simulated"].sum())
    with pytest.raises(UserError, match="no whole period"):
        against(run, observed, freq="FY")
    assert period_of("2023-10", "FY") == "FY2024"
    assert period_of("2024-09", "FY") == "FY2024"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "unknown columns"),
        ("series,month,value\n", "no observed figures"),
        ("series,month,value\ndarien_entries,2024-13,4\n", "own.csv:2"),
        ("series,month,value\ndarien_entries,2024-12,-4\n", "not a count"),
        ("series,month,value\ndarien_entries,2024-12,many\n", "not a count"),
        ("series,month,value\ndarien,2024-12,4\n", "unknown series"),
        ("series,month,value,nationality\ndarien_entries,2024-12,4,Atlantis\n", "no such nationality"),
        ("series,month,value\ndarien_entries,2024-12,4\ndarien_entries,2024-12,5\n", "own.csv:3"),
        (CBP.replace("OCT", "XXX"), "not a month"),
        (CBP.replace("2025 (FYTD)", "soon"), "not a fiscal year"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_observed(written(tmp_path, text))
    assert told in str(caught.value)
    with pytest.raises(UserError):
        read_observed(tmp_path / "nothing.csv")


def test_the_command_compares_a_saved_run(run: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run.save(tmp_path / "run", figures=False)
    file = written(tmp_path, "series,month,value\ndarien_entries,2024-05,30000\n")
    assert app.main(["task=compare", f"folders=[{folder}]", f"observed={file}"]) == 0
    assert "30,000" in capsys.readouterr().out
    assert app.main(["task=compare", f"folders=[{folder}]", f"observed={tmp_path / 'none.csv'}"]) == 2
    assert app.main(["task=compare", f"folders=[{folder}]", f"observed={file}", "freq=W"]) == 2
