"""The report: one self-contained page that says what the tables say."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from fakes import FakeModel, pair
from PIL import Image

from ladsim.core.errors import UserError
from ladsim.report import page
from ladsim.results.run_result import RunResult
from ladsim.runs import ensemble
from ladsim.runs.options import RunOptions

OPTIONS = RunOptions.checked(
    scenario="panama_removal", seeds=4, workers=1, start="2024-06-01", end="2024-12-31", progress=False
)


@pytest.fixture(autouse=True)
def small_pictures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the pictures once only: they are tested elsewhere and take seconds each."""
    if "pictures" not in request.keywords:
        buffer = io.BytesIO()
        Image.new("RGB", (2, 2)).save(buffer, format="PNG")
        monkeypatch.setattr(page, "_drawn", lambda result, name: buffer.getvalue())


@pytest.fixture(scope="module")
def result() -> RunResult:
    return ensemble.run_options(OPTIONS, model=FakeModel)


@pytest.mark.pictures
def test_the_page_needs_nothing_from_outside(result: RunResult) -> None:
    text = page.html(result)
    assert "<script" not in text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert addresses
    assert all(a.startswith(("data:image/png;base64,", "https://", "http://")) for a in addresses)
    assert not re.findall(r'src="http', text)
    assert len(text) < 3_000_000


def test_the_five_numbers_are_those_of_the_tables(result: RunResult) -> None:
    said = page.content(result)
    pair = result.compare(measure="encounters_between_ports", freq="all").iloc[0]
    line = next(x for x in said["numbers"] if x["label"] == "Encounters between ports")
    shown = float(line["difference"].split(" ± ")[0].replace(",", ""))
    half = (pair["high"] - pair["low"]) / 2
    assert shown == pytest.approx(pair["difference"], abs=half / 10 + 1)


def test_a_difference_that_may_be_none_is_not_shown_as_one(result: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "cannot be told from no change"
    shown = [line for line in page.content(result)["numbers"] if line["difference"]]
    assert page.html(result).count(said) == sum(not line["told"] for line in shown)
    line = page._line
    monkeypatch.setattr(page, "_line", lambda *given: made | {"told": ""} if (made := line(*given)) else None)
    text = page.html(result)
    assert text.count(said) == text.count('unclear">') == len(shown) > 0


def test_what_differs_is_told_with_who_promised_it(result: RunResult) -> None:
    lever = next(x for x in page.levers(result) if x["id"] == "panama_removal_program")
    assert lever["how"] == "added"
    assert "Panama" in lever["actors"]
    assert "wrong direction" in lever["flag"]
    assert lever["source"] == "The White House"


def test_text_of_users_is_shown_and_never_acts(result: RunResult) -> None:
    hostile = replace(result.scenario, title="<script>alert(1)</script>", question='"><img src=x onerror=alert(1)>')
    text = page.html(replace(result, scenario=hostile))
    assert "<script" not in text
    assert "<img src=x" not in text
    assert "&lt;script&gt;" in text


def test_series_that_the_score_calls_wrong_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "behavior").mkdir()
    rows = "part,series,of,wape\nfit,darien_entries,total,0.45\nfit,encounters_at_ports,total,0.08\n"
    (tmp_path / "behavior" / "score_parts.csv").write_text(rows, encoding="utf-8")
    monkeypatch.setattr(page, "conf_dir", lambda: tmp_path)
    said, ports = page.misses()
    assert "field office" in ports
    assert "Darién" in said
    assert "45 percent" in said


def test_few_replicates_are_warned_of(result: RunResult) -> None:
    assert not any("too few" in w for w in page.warnings_for(result))
    assert any("too few" in w for w in page.warnings_for(pair(seeds=(1,))))


def test_fates_are_in_the_page(result: RunResult) -> None:
    seed = result.seeds[0]
    fates = pd.DataFrame(
        {"scenario": "x", "seed": seed, "year": 2024, "nationality": "VEN", "party": "single_adult",
         "fate": ["released", "turned_back"], "met": "nothing", "value": [300, 100]}
    )  # fmt: skip
    paired = pd.DataFrame(
        {"scenario": "x", "seed": seed, "nationality": "VEN", "reference_fate": ["released", "stayed"],
         "scenario_fate": ["removed_on_the_way", "stayed"], "value": [120, 900]}
    )  # fmt: skip
    said = page.content(replace(result, fates=fates, changed_fates=paired))
    assert {row["fate"]: row["percent"] for row in said["fates"]}["Released between ports"] == "75.0"
    assert [(row["before"], row["after"]) for row in said["changed"]] == [
        ("Released between ports", "Removed on the way")
    ]


def test_the_command_repeats_the_run(result: RunResult) -> None:
    config = {"scenario": "panama_removal", "scale": 200, "seeds": 4, "exclude": ["a", "b"]}
    config |= {"instrument": {"chnv_parole": {"terms": {"capacity": 10}}}, "behavior": {"credibility": 0.5}}
    said = page.command(replace(result, config=config))
    assert "scale=200" in said
    assert "instrument.chnv_parole.terms.capacity=10" in said
    assert "behavior.credibility=0.5" in said
    assert "'exclude=[a,b]'" in said


def test_the_page_is_written_or_nothing_is(result: RunResult, tmp_path: Path) -> None:
    assert result.report(tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(UserError, match="cannot be written"):
        result.report(tmp_path / "none" / "report.html")
