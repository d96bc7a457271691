"""The static atlas in a browser: the numbers of the tables, no network, keyboards, phones and nonsense."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browsers
import fakes
import pytest
from browsers import browser_only

from ladsim import data
from ladsim.core.errors import UserError
from ladsim.report import passages, scored
from ladsim.site import build as building
from ladsim.site.build import MARK, build, told
from ladsim.studies import atlas

PAGES = ("scenarios", "levers", "tour", "guess", "read")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("pages") / "site")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsers.opened() as found:
        yield found


@pytest.fixture
def page(browser: Any, site: Path) -> Iterator[Any]:
    opened = browser.new_page()
    wrong: list[str] = []
    opened.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else wrong.append(r.url))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.goto(site.as_uri())
    yield opened
    assert wrong == []
    opened.close()


def go(page: Any, place: str) -> None:
    page.evaluate(f"location.hash = {json.dumps(place)}")
    page.wait_for_timeout(80)


def test_every_lever_and_scenario_is_told() -> None:
    content = told()
    assert len(content["levers"]) >= 69
    assert {c["kind"] for c in content["cases"]} == {"scenario", "lever"}
    assert len(content["experiments"]) == 13
    for lever in content["levers"]:
        assert lever["references"], lever["id"]


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(UserError, match="something else"):
        build(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_it_can_be_written_again(site: Path) -> None:
    assert (site.parent / MARK).exists()
    assert build(site.parent) == site


@browser_only
def test_the_numbers_are_those_of_the_atlas(page: Any) -> None:
    atlas = json.loads(data.path("atlas.json").read_text(encoding="utf-8"))
    case = next(c for c in atlas["cases"] if c["kind"] == "scenario" and c["name"] == "no_chnv")
    go(page, "scenarios/no_chnv")
    row = case["numbers"][0]
    cell = page.locator("table").last.locator("tr").first
    assert cell.is_visible()
    shown = page.locator("main").inner_text()
    assert f"{round(row['reference']):,}" in shown
    assert case["title"] in shown


@browser_only
@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens(page: Any, name: str) -> None:
    go(page, name)
    assert page.locator("h1").count() == 1
    assert page.locator("nav a[aria-current=page]").get_attribute("data-page") == name


@browser_only
@pytest.mark.parametrize("place", ["scenarios", "levers/chnv_parole", "tour/7", "guess", "read"])
def test_axe_finds_no_serious_fault(page: Any, place: str) -> None:
    go(page, place)
    assert browsers.serious_faults(page) == []


@browser_only
def test_the_tour_goes_from_stop_to_stop(page: Any) -> None:
    go(page, "tour")
    titles = [page.inner_text("h1")]
    while page.get_by_text("Next", exact=True).count():
        page.get_by_text("Next", exact=True).click()
        page.wait_for_timeout(60)
        titles.append(page.inner_text("h1"))
    assert len(titles) == len(set(titles)) == 8
    go(page, "tour/99")
    assert page.inner_text("h1") == titles[-1]
    go(page, "tour/3")
    page.locator("details summary").first.click()
    assert "Four encounters, two persons" in page.inner_text("main")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of which every case is known: a scenario with its map, and a lever off and doubled."""
    result = fakes.pair(ways=tuple(data.table("route_ways").query("mode == 'bus'")["way"].head(30)))
    cases = [
        atlas.Case("scenario", "no_chnv"),
        *(atlas.Case("lever", "chnv_parole", how) for how in ("off", "doubled")),
    ]
    known = [atlas.told(result, case) | {"name": case.name, "map": passages.by_year(result)} for case in cases]
    known[2] |= {"term": "capacity"}
    content = {**told(), "cases": known}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "told", lambda: content)
        return build(tmp_path_factory.mktemp("drawn") / "site")


@browser_only
def test_a_card_says_off_as_it_is_and_doubled(page: Any, drawn: Path) -> None:
    page.goto(f"{drawn.as_uri()}#levers/chnv_parole")
    shown = page.locator("#lever-chnv_parole")
    assert "In force" in shown.inner_text()
    row = json.loads((drawn.parent / "data.js").read_text().removeprefix("window.LADSIM = ").rstrip(";\n"))["cases"][1]
    first = row["numbers"][0]
    rows = [r.split("\t") for r in shown.locator("table").first.locator("tbody tr").all_inner_texts()]
    assert [r[0] for r in rows] == ["off", "as it is", "capacity doubled"]
    assert rows[0][1].startswith(f"{float(format(first['mean'], '.4g')):,.0f} (")
    assert "±" in rows[0][1]
    assert rows[1][1] == f"{float(format(first['reference'], '.4g')):,.0f}"
    assert rows[2][1] == rows[0][1]


@browser_only
def test_the_map_shows_levels_and_differences_by_year_without_a_mouse(page: Any, drawn: Path) -> None:
    page.goto(f"{drawn.as_uri()}#scenarios/no_chnv")
    title = page.locator("#map svg text").last
    assert title.text_content().endswith(", difference")
    page.locator("#world").select_option("scenario")
    page.locator("#month").focus()
    page.keyboard.press("Home")
    first = title.text_content()
    page.keyboard.press("ArrowRight")
    assert first.endswith(", scenario")
    assert title.text_content() != first
    assert page.locator("#month").get_attribute("aria-valuetext") in title.text_content()
    page.get_by_text("The ways of this year, in numbers").click()
    assert page.locator("#map table tbody tr").count() == 10
    assert browsers.serious_faults(page) == []


@browser_only
def test_text_of_charts_and_maps_can_be_read_on_a_phone(browser: Any, drawn: Path) -> None:
    phone = browser.new_page(viewport={"width": 375, "height": 740})
    phone.goto(f"{drawn.as_uri()}#scenarios/no_chnv")
    heights = phone.evaluate("[...document.querySelectorAll('svg text')].map((t) => t.getBoundingClientRect().height)")
    assert heights
    assert min(heights) > 9
    assert phone.evaluate("document.documentElement.scrollWidth") <= 376
    phone.close()


@browser_only
def test_a_lever_is_found_and_opened_by_its_address(page: Any) -> None:
    go(page, "levers/chnv_parole")
    assert page.locator("#lever-chnv_parole[open]").count() == 1
    page.locator("#search").fill("panama removals")
    assert page.locator("#list details").count() >= 1


@browser_only
def test_the_quiz_answers_from_the_record(page: Any) -> None:
    go(page, "guess/2")
    page.get_by_role("button", name="See").click()
    assert "Choose an answer first" in page.locator("main").inner_text()
    page.locator("input[name=guess]").first.check()
    page.get_by_role("button", name="See").click()
    assert "From 7,920 in 2021-12 to 1,380 in 2022-02" in page.locator("main").inner_text()
    row = scored.experiments()["mex_visa_bra"]
    assert f"{row['simulated_before']:,.0f} to {row['simulated_after']:,.0f}" in page.inner_text("#model")


@browser_only
@pytest.mark.parametrize(
    "place",
    [
        "nothing/here",
        "scenarios/<script>alert(1)</script>",
        "levers/%E0%A4%A",
        "guess/99999999999",
        "guess/-1",
        "x" * 5000,
    ],
)
def test_a_wrong_address_gives_a_page(page: Any, place: str) -> None:
    go(page, place)
    assert page.locator("main").inner_text().strip()
    assert page.locator("main script").count() == 0


@browser_only
def test_text_in_a_field_never_acts(page: Any) -> None:
    go(page, "levers")
    page.locator("#search").fill("<img src=x onerror=alert(1)> \\ ( [ *")
    assert page.locator("#list img").count() == 0
    assert "0 of" in page.locator("#list").inner_text()


@browser_only
def test_keyboard_alone(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_timeout(80)
    assert page.locator("nav a[aria-current=page]").count() == 1
    assert page.evaluate("document.activeElement.id") == "content"


@browser_only
@pytest.mark.parametrize("name", PAGES)
def test_a_phone_needs_no_sideways_scrolling(browser: Any, site: Path, name: str) -> None:
    phone = browser.new_page(viewport={"width": 375, "height": 740})
    phone.goto(f"{site.as_uri()}#{name}")
    phone.wait_for_timeout(80)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 376
    phone.close()


@browser_only
@pytest.mark.parametrize("place", ["scenarios/panama_removal", "levers/chnv_parole", "tour/7"])
def test_a_phone_shows_every_table_whole_and_no_text_runs_out(browser: Any, site: Path, place: str) -> None:
    phone = browser.new_page(viewport={"width": 380, "height": 740})
    phone.goto(f"{site.as_uri()}#{place}")
    phone.wait_for_timeout(80)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 380
    open_ones = "[...document.querySelectorAll('.scroll')].filter((s) => !s.closest('details:not([open])'))"
    cut = f"{open_ones}.filter((s) => s.scrollWidth > s.clientWidth + 1)"
    assert phone.evaluate(f"{cut}.map((s) => s.getAttribute('aria-label'))") == []
    phone.close()


@browser_only
@pytest.mark.parametrize(
    ("mean", "half", "shown"),
    [
        (-19500, 19275, "-20,000 ±\u00a019,000"),
        (19120, 18960, "+19,100 ±\u00a019,000"),
        (-1400, 19000, "-1,000 ±\u00a019,000"),
    ],
)
def test_an_interval_that_leaves_out_zero_never_seems_to_touch_it(
    page: Any, mean: float, half: float, shown: str
) -> None:
    assert page.evaluate(f"plusMinus({mean}, {mean - half}, {mean + half}, true)") == shown


@browser_only
@pytest.mark.parametrize("width", [380, 1280])
def test_names_on_the_map_do_not_lie_on_each_other(browser: Any, site: Path, width: int) -> None:
    opened = browser.new_page(viewport={"width": width, "height": 900})
    opened.goto(f"{site.as_uri()}#scenarios/panama_removal")
    boxes = opened.evaluate(
        "[...document.querySelectorAll('#map svg text')].map((t) => { const b = t.getBBox();"
        " return [t.textContent, b.x, b.x + b.width, b.y + 2, b.y + b.height - 2]; })"
    )
    assert len(boxes) > 5
    over = [
        (a[0], b[0])
        for i, a in enumerate(boxes)
        for b in boxes[:i]
        if a[1] < b[2] and b[1] < a[2] and a[3] < b[4] and b[3] < a[4]
    ]
    assert over == []
    opened.close()


@browser_only
def test_words_are_those_of_the_glossary(page: Any) -> None:
    glossary = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8").replace("*", "")
    words = dict(page.evaluate("WORDS"))
    own = words.pop("persons per agent")
    assert "stands for" in own
    for word, meaning in words.items():
        assert f"| {word} | {meaning} |" in glossary, word


@browser_only
def test_every_fate_that_flows_is_explained(page: Any) -> None:
    go(page, "scenarios/panama_removal")
    page.get_by_text("What these fates mean").click()
    listed = page.locator("details:has-text('What these fates mean') li strong").all_inner_texts()
    named = {
        cell
        for row in page.locator("table:has-text('The largest flows') tbody tr").all()
        for cell in row.locator("th, td").all_inner_texts()[:2]
    }
    assert set(listed) == named


@browser_only
def test_a_scenario_that_was_not_computed_says_its_command(page: Any) -> None:
    other = told()["others"][0]["name"]
    page.locator("#scenario").select_option(other)
    page.wait_for_timeout(80)
    assert page.locator("code").inner_text() == f"python -m ladsim scenario={other}"
    assert page.locator("#scenario").input_value() == other
    page.locator("#scenario").select_option("no_chnv")
    page.wait_for_timeout(80)
    assert page.locator(".cards li").count() == 5
