"""The static atlas in a browser: the numbers of the tables, no network, keyboards, phones and nonsense."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browsers
import pytest
from browsers import browser_only

from ladsim import data
from ladsim.core.errors import UserError
from ladsim.site.build import MARK, build, told

PAGES = ("scenarios", "levers", "guess", "read")


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
