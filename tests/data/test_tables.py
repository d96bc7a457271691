"""The packaged tables: sums, shares, sources, months and the script that writes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ladsim import data
from ladsim.core.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
TABLES = sorted(p.stem for p in data.FOLDER.glob("*.csv"))
GRADES = {"documented", "derived", "assumed"}
LAST_FITTED = "2024-08"
COMPLETE = ["encounters_between_ports", "darien_entries", "mexico_irregular_events", "refugee_admissions"]
WITH_REST = ["encounters_at_ports", "port_appointments", "chnv_arrivals", "chnv_travel_authorizations"]


def codes() -> list[str]:
    return data.table("nationalities")["nationality"].tolist()


@pytest.mark.parametrize("name", TABLES)
def test_every_source_is_registered_and_every_grade_is_known(name: str) -> None:
    frame = data.table(name)
    if "source_id" in frame:
        registered = set(data.table("sources")["source_id"])
        used = {part for cell in frame["source_id"] for part in cell.split(";")}
        assert used <= registered, f"{name}.csv names unregistered sources"
    if "evidence" in frame:
        assert set(frame["evidence"]) <= GRADES


@pytest.mark.parametrize("name", TABLES)
def test_no_month_after_the_record(name: str) -> None:
    frame = data.table(name)
    for column in ("month", "month_before", "month_after", "rebound_month"):
        if column in frame:
            given = frame.loc[frame[column] != "", column]
            assert given.str.fullmatch(r"20\d\d-(0[1-9]|1[0-2])").all()
            assert given.max() <= LAST_FITTED
    if "period" in frame:
        dated = frame["period"].str.extract(r"(\d{4}-\d{2})(?!.*\d{4})", expand=False).dropna()
        dated = dated[dated.str[5:].astype(int) <= 12]
        assert (dated <= LAST_FITTED).all()
        assert (frame["period"].str.extract(r"^(?:FY)?(\d{4})$", expand=False).dropna().astype(int) <= 2023).all()
    if name in ("push", "yearly") and "year" in frame:
        assert frame["year"].max() <= 2023


@pytest.mark.parametrize("name", TABLES)
def test_no_table_is_large(name: str) -> None:
    assert data.path(name).stat().st_size < 2_000_000


def test_sources_are_unique_and_no_repost_is_cited() -> None:
    sources = data.table("sources")
    assert sources["source_id"].is_unique
    assert (sources["publisher"] != "").all()
    assert (sources["document"] != "").all()
    repost = "github|urdupoint|translatingcuba|medcanada24|pledgetimes|spamchronicles|amren|columbian|kvia|awsve"
    assert not sources["address"].str.contains(repost).any()


def test_nationalities_are_the_nineteen_and_members_belong_to_one() -> None:
    assert " ".join(codes()) == "VEN HTI CUB NIC ECU COL PER BRA GTM HND SLV MEX DOM CHN IND TUR XWA XCS XXO"
    members = [m for cell in data.table("nationalities")["members"] for m in cell.split(";")]
    assert len(members) == len(set(members))


@pytest.mark.parametrize("series", COMPLETE + WITH_REST)
def test_nationalities_add_up_to_all(series: str) -> None:
    frame = data.observed(series)
    total = frame[frame["nationality"] == "ALL"].set_index("month")["value"]
    parts = frame[frame["nationality"] != "ALL"].groupby("month")["value"].sum()
    assert total.index.is_unique
    pd.testing.assert_series_equal(total.sort_index(), parts.sort_index(), check_names=False)
    assert not frame.duplicated(["month", "place", "nationality"]).any()
    assert (frame["value"] >= 0).all()


@pytest.mark.parametrize("series", COMPLETE)
def test_complete_series_have_every_month_and_code(series: str) -> None:
    frame = data.observed(series)
    months = [str(m) for m in pd.period_range("2020-10", LAST_FITTED, freq="M")]
    assert sorted(frame["month"].unique()) == months
    assert len(frame) == len(months) * (len(codes()) + 1)
    assert set(frame["nationality"]) == {"ALL", *codes()}


def test_sectors_and_offices_agree_with_the_totals_but_for_rounding() -> None:
    for part, whole, slack in (
        ("encounters_between_ports_sector", "encounters_between_ports", 50),
        ("encounters_at_ports_field_office", "encounters_at_ports", 60),
    ):
        parts = data.observed(part).groupby("month")["value"].sum()
        total = data.observed(whole, nationality="ALL").set_index("month")["value"]
        assert (parts - total).abs().max() <= slack, part


def test_published_totals() -> None:
    """CBP's own fiscal-year and Panama's calendar-year totals, as published."""
    frame = data.observed("encounters_between_ports", nationality="ALL", start="2021-10", end="2022-09")
    ports = data.observed("encounters_at_ports", nationality="ALL", start="2021-10", end="2022-09")
    assert frame["value"].sum() + ports["value"].sum() == 2_378_944
    darien = data.observed("darien_entries", nationality="ALL", start="2023-01", end="2023-12")
    assert darien["value"].sum() == 520_085


@pytest.mark.parametrize(
    ("experiment", "before", "after"),
    [
        ("mex_visa_ecu", 17_580, 750),
        ("mex_visa_bra", 7_920, 1_380),
        ("mex_visa_ven_encounters", 22_750, 3_070),
        ("mex_visa_ven_darien", 1_421, 40_593),
        ("nic_waiver_cub", 6_580, 34_820),
        ("ven_expulsion_parole", 40_593, 668),
        ("chn_parole", 78_010, 600),
        ("title_42_end", 171_382, 99_538),
        ("mex_enforcement", 249_740, 124_215),
        ("mex_visa_per", 6_520, 550),
        ("june_rule", 117_905, 56_400),
        ("panama_removals", 31_049, 16_603),
        ("ecu_visa_chn", 1_074, 53),
    ],
)
def test_experiments_point_to_the_published_figures(experiment: str, before: int, after: int) -> None:
    row = data.table("experiments").set_index("experiment").loc[experiment]
    for month, expected in ((row["month_before"], before), (row["month_after"], after)):
        frame = data.observed(
            row["series"], place=row["place"], nationality=row["nationalities"].split(";"), start=month, end=month
        )
        assert frame["value"].sum() == expected


def test_shares_add_up_to_one() -> None:
    parties = data.table("parties")
    assert parties["nationality"].tolist() == codes()
    kinds = ["single_adult", "family_member", "unaccompanied_child"]
    assert parties[kinds].sum(axis=1).tolist() == pytest.approx([1.0] * len(parties), abs=1e-9)
    means = data.table("means")
    assert means["nationality"].tolist() == codes()
    assert means[["low", "middle", "high"]].sum(axis=1).tolist() == pytest.approx([1.0] * len(means), abs=1e-9)
    assert means[["ties_share", "undetected_value"]].stack().between(0, 1).all()
    split = data.table("residence_split").groupby(["nationality", "year"])["share"].sum()
    assert len(split) == len(codes()) * 5
    assert split.tolist() == pytest.approx([1.0] * len(split), abs=1e-9)


def test_residence_groups_are_unique_and_every_split_has_one() -> None:
    groups = data.table("residences")
    assert groups["group"].is_unique
    assert (groups["group"] == groups["nationality"] + "_" + groups["country"]).all()
    assert (groups["persons"] > 0).all()
    assert groups["irregular_share"].between(0, 1).all()
    assert (groups.loc[groups["nationality"] == groups["country"], "irregular_share"] == 0).all()
    split = data.table("residence_split")
    assert set(split["nationality"] + "_" + split["country"]) == set(groups["group"])
    assert set(groups["country"]) <= set(data.table("countries")["country"])


def test_twenty_two_countries_endorse() -> None:
    countries = data.table("countries")
    endorsing = countries[countries["endorsing"] == 1]
    assert len(endorsing) == 22
    assert endorsing["endorsed_on"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert countries["country"].is_unique


def test_dispositions_add_up_to_encounters() -> None:
    """Book-outs are rounded to tens, so their sum may differ from the encounters by a few tens."""
    frame = data.table("dispositions").pivot_table(
        index=["month", "component", "nationality", "party"], columns="outcome", values="value", aggfunc="sum"
    )
    gap = frame["encounters"] - frame.drop(columns="encounters").sum(axis=1)
    assert gap.abs().max() <= 60


def test_push_has_no_gap_where_the_model_reads_it() -> None:
    push = data.table("push")
    assert not push.duplicated(["year", "country", "indicator"]).any()
    assert {"gdp_per_capita", "inflation", "unemployment", "fragility"} <= set(push["indicator"])


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("nationality,share\nVEN,0.5\nHTI", "3", "cut off"),
        ("nationality,share\nVEN,0.5\nHTI\n", "3", "cells"),
        ("nationality,share\nVEN,half\n", "2", "no number"),
        ("nationality,part\nVEN,0.5\n", "1", "column is missing"),
    ],
)
def test_a_broken_table_is_named(tmp_path: Path, text: str, line: str, word: str) -> None:
    file = tmp_path / "broken.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=word) as caught:
        data.read(file, {"nationality": data.TEXT, "share": data.NUMBER})
    assert f"{file}:{line}" in str(caught.value)


def test_unknown_names_are_user_errors() -> None:
    with pytest.raises(UserError, match="encounters_between_ports"):
        data.observed("encounters_between_port")
    with pytest.raises(UserError, match="residences"):
        data.table("residence")


def test_a_table_is_the_callers_own() -> None:
    changed = data.table("parties")
    changed["single_adult"] = 0
    assert data.table("parties")["single_adult"].min() > 0


@pytest.mark.parametrize("script", ["build_data.py", "build_route.py", "build_outlines.py"])
def test_committed_tables_are_what_the_script_builds(script: str) -> None:
    command = [sys.executable, ROOT / "scripts" / script, "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_collected_statistics_are_small_and_no_later_than_the_package() -> None:
    files = sorted((ROOT / "data-raw").rglob("*.gz"))
    assert len(files) > 30
    for file in files:
        assert file.stat().st_size < 2_000_000, file
    for file in (ROOT / "data-raw").glob("[ur]*/*_monthly.csv.gz"):
        months = pd.read_csv(file, dtype=str)["month"]
        assert months.max() <= "2024-08", file


def test_no_script_reads_a_folder_outside_of_the_repository() -> None:
    for script in (ROOT / "scripts").rglob("*.py"):
        assert "ROOT.parent" not in script.read_text(encoding="utf-8"), script
