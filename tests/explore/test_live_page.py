"""The live page in a browser: a moved lever gives the numbers of the library, and nonsense leaves it alive."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import browsers
import fakes
import pandas as pd
import pytest
from browsers import browser_only

import ladsim
from ladsim import data
from ladsim.cli import app
from ladsim.core.errors import UserError
from ladsim.explore import jobs
from ladsim.explore.server import HOST, LARGEST_BODY, Server, serve

REMOVALS = "instrument.panama_removal_program.terms.removals_per_day"
LAST_DAY = "instrument.panama_removal_program.end"
PEOPLE = [
    {"person": "7", "nationality": "Venezuela", "reference_fate": "Turned back", "scenario_fate": "Stayed",
     "reference": [{"date": "2024-01-01", "text": "Leaves."}, {"date": "2024-01-05", "text": "Turns back."}],
     "scenario": [{"date": "2024-01-01", "text": "Leaves."}]},
    {"person": "8", "nationality": "Cuba", "reference_fate": "Stayed", "scenario_fate": "Stayed",
     "reference": [{"date": "2024-02-01", "text": "Stays <b>."}],
     "scenario": [{"date": "2024-02-01", "text": "Stays <b>."}]},
]  # fmt: skip
SCALE = 4000
LONGEST_RUN = 900_000


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "QUICK_SCALE", SCALE)
        made = Server(0, fine=False)
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()
        made.server_close()


def asked(server: Server, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
    """Return status and JSON of a request; a body that is no text is sent as JSON."""
    text = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    told = {"X-Ladsim-Token": server.token, **{k.replace("_", "-"): v for k, v in headers.items()}}
    request = urllib.request.Request(f"http://{HOST}:{server.server_port}{path}", data=text, headers=told)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsers.opened() as found:
        yield found


@pytest.fixture
def page(browser: Any, server: Server) -> Iterator[Any]:
    opened = browser.new_page()
    wrong: list[str] = []
    own = f"http://{HOST}:{server.server_port}/"
    opened.on("request", lambda r: None if r.url.startswith((own, "data:", "blob:")) else wrong.append(r.url))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.goto(server.address)
    yield opened
    assert wrong == []
    opened.close()


def state(**values: Any) -> str:
    return "#live/" + quote(json.dumps({"scenario": "panama_removal", "changes": {}, "exclude": [], **values}))


def go(page: Any, server: Server, place: str) -> None:
    page.goto(f"http://{HOST}:{server.server_port}/{place}")
    page.wait_for_timeout(100)


@pytest.fixture(scope="module")
def drawn() -> Iterator[Server]:
    """A server whose runs are made up at once: for what is drawn of them."""
    from ladsim.explore.details import told

    ways = data.table("route_ways").query("mode != 'entry'")["way"].head(120).tolist()
    made_up = told(fakes.pair(ways=tuple(ways)), "panama_removal")
    made_up["flows"] = [{"from": "released", "to": "stayed", "mean": 1200, "low": 800, "high": 1600}]
    made = Server(0, fine=False)
    made.jobs._answer = lambda job: {**made_up, "name": job.asked["scenario"]}  # type: ignore[method-assign]
    made.jobs.people = lambda name: PEOPLE  # type: ignore[method-assign]
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def ran(browser: Any, drawn: Server) -> Iterator[Any]:
    """A page that shows such a run."""
    opened = browser.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.goto(drawn.address)
    opened.click("#run")
    opened.wait_for_selector("#grain")
    yield opened
    assert wrong == []
    opened.close()


@browser_only
def test_the_map_goes_by_month_and_shows_differences(ran: Any) -> None:
    def widest() -> float:
        widths = "[...document.querySelectorAll('.map path[stroke-width]')].map(p => +p.getAttribute('stroke-width'))"
        return float(ran.evaluate(f"Math.max(...{widths})"))

    found = ran.evaluate("({...live.told.found.details.corridor, months: live.told.found.months})")
    both = list(zip(found["scenario"], found["reference"], strict=True))
    apart = [sum(abs(a[m] - b[m]) for a, b in both) for m in range(len(found["months"]))]
    most = found["months"][apart.index(max(apart))]
    label = ran.locator(".map svg").get_attribute("aria-label")
    assert label.startswith(f"Map of the corridor, {most}, difference")
    ran.select_option("#world", "scenario")
    assert widest() > 3
    ran.locator("#month").evaluate("e => { e.value = '0'; e.dispatchEvent(new Event('input')); }")
    assert "2023-01" in ran.locator(".map svg").get_attribute("aria-label")
    ran.click("#play")
    ran.locator('.map svg[aria-label*="2023-03"]').wait_for()
    assert ran.inner_text("#play") == "Pause"
    ran.click("#play")
    ran.select_option("#world", "difference")
    ran.select_option("#window", "north")
    assert "difference" in ran.locator(".map svg").get_attribute("aria-label")
    assert "San Diego" in ran.inner_text("#grayed")


@browser_only
def test_one_person_is_followed_through_both_worlds(ran: Any) -> None:
    ran.wait_for_selector("#who")
    assert "From 2024-01-05 on, the two worlds differ" in ran.inner_text("#person")
    assert ran.locator("#person tbody tr").all_inner_texts() == [
        "2024-01-01\tLeaves.\tLeaves.",
        "2024-01-05\tTurns back.\t",
    ]
    ran.select_option("#who", "8")
    assert "Nothing differs for this person" in ran.inner_text("#person")
    assert "person%22%3A%228%22" in ran.url
    assert ran.locator("#person b").count() == 0


@browser_only
def test_axe_finds_no_serious_fault(ran: Any) -> None:
    ran.wait_for_selector("#who")
    for details in ran.locator("#content > details").all():
        details.evaluate("e => { e.open = true; }")
    assert browsers.serious_faults(ran) == []


@browser_only
def test_the_answer_fits_a_phone(ran: Any) -> None:
    ran.set_viewport_size({"width": 375, "height": 740})
    assert ran.evaluate("document.documentElement.scrollWidth") <= 375


@browser_only
def test_pictures_and_the_scenario_are_downloaded(ran: Any, drawn: Server, tmp_path: Path) -> None:
    with ran.expect_download() as svg:
        ran.get_by_role("button", name="Download corridor as SVG").click()
    assert svg.value.suggested_filename == "ladsim-corridor.svg"
    assert Path(svg.value.path()).read_text().startswith("<svg")
    with ran.expect_download() as png:
        ran.get_by_role("button", name="Download fates as PNG").click()
    assert Path(png.value.path()).read_bytes().startswith(b"\x89PNG")
    with ran.expect_download() as yaml:
        ran.get_by_text("scenario (YAML)").click()
    assert yaml.value.suggested_filename == "panama_removal_changed.yaml"


@browser_only
def test_the_first_paint_comes_within_three_seconds(browser: Any, drawn: Server) -> None:
    opened = browser.new_page()
    opened.goto(drawn.address)
    opened.wait_for_selector("#run")
    paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    assert 0 < opened.evaluate(paint) < 3000
    opened.close()


@browser_only
def test_charts_show_the_record_or_the_difference(ran: Any) -> None:
    assert ran.locator(".charts figure").count() == 10
    first = ran.locator(".charts figure").first
    assert "record" in first.inner_text()
    assert "miss the record by" in first.inner_text()
    first.locator("summary").click()
    first.locator("tbody tr").nth(23).wait_for(state="attached", timeout=10_000)
    assert first.locator("tbody tr").count() == 24
    ran.select_option("#what", "difference")
    assert "scenario minus reference" in ran.locator(".charts figure").first.inner_text()


@browser_only
def test_a_change_after_a_run_is_answered_without_being_asked_again(ran: Any) -> None:
    ran.locator(f'[id="{REMOVALS}"]').fill("44")
    ran.locator(f'[id="{REMOVALS}-set"]').click()
    ran.locator("#status", has_text="Done").wait_for()
    assert "= 44" in ran.inner_text("#changed")
    assert ran.locator("text=before your last change").count() == 0
    assert ran.evaluate("document.activeElement.id") == f"{REMOVALS}-set"


@browser_only
def test_a_slider_that_is_let_go_is_set_and_answered(ran: Any) -> None:
    slider = ran.locator(f'[id="{REMOVALS}-slider"]')
    slider.focus()
    slider.press("End")
    ran.locator("#changed", has_text="removals per day = 28").wait_for()
    ran.locator("#status", has_text="Done").wait_for()
    assert ran.evaluate("document.activeElement.id") == f"{REMOVALS}-slider"
    field = ran.locator(f'[id="{REMOVALS}"]')
    field.fill("55")
    field.press("Enter")
    ran.locator("#changed", has_text="removals per day = 55").wait_for()


@browser_only
def test_the_last_day_can_be_moved(ran: Any) -> None:
    ran.locator("#end").fill("2024-11-15")
    ran.locator("#end-set").click()
    ran.locator("#changed", has_text="end = 2024-11-15").wait_for()
    ran.locator("#status", has_text="Done").wait_for()


@browser_only
@pytest.mark.slow
def test_a_moved_lever_gives_the_numbers_of_the_library(page: Any, server: Server) -> None:
    page.select_option("#lever", "panama_removal_program")
    field = page.locator(f'[id="{REMOVALS}"]')
    field.fill("90")
    field.locator("xpath=..").get_by_role("button", name="Set").click()
    assert "removals per day = 90" in page.inner_text("#changed")
    assert "removals_per_day" in page.url
    page.click("#run")
    page.wait_for_selector("#grain", timeout=LONGEST_RUN)
    page.locator("#status", has_text="Done").wait_for()
    shown = server.jobs.get(page.evaluate("live.job")).found
    assert shown is not None
    whole = ladsim.run("panama_removal", scale=SCALE, seeds=2, workers=2, overrides={REMOVALS: 90}, assumed=False)
    for measure, place in (("encounters_between_ports", None), ("irregular_entries", "PAN")):
        label = {"encounters_between_ports": "Encounters between ports", "irregular_entries": "Darién crossings"}[
            measure
        ]
        row = next(r for r in shown["numbers"] if r["label"] == label)
        other = whole.compare(measure=measure, place=place, freq="all").iloc[0]
        assert row["mean"] == pytest.approx(other["scenario"], abs=0.1)
        assert row["difference"] == pytest.approx(other["difference"], abs=0.1)
        assert page.evaluate(f"near({row['reference']})") in page.inner_text("#result")
    with page.expect_download() as csv:
        page.get_by_text("table by month (CSV)").click()
    table = pd.read_csv(csv.value.path())
    months = table[(table["measure"] == "encounters_between_ports") & (table["period"].str.len() == 7)]
    expected = whole.compare(measure="encounters_between_ports", freq="all").iloc[0]["scenario"]
    assert months["scenario"].sum() == pytest.approx(expected, rel=1e-3)
    with page.expect_download() as workbook:
        page.get_by_text("tables (Excel)").click()
    assert pd.read_excel(workbook.value.path(), sheet_name=None)


@browser_only
def test_the_state_is_in_the_address_and_can_be_undone(page: Any, server: Server) -> None:
    go(page, server, state(changes={REMOVALS: 33}, exclude=["chnv_parole"]))
    assert "= 33" in page.inner_text("#changed")
    assert "left out" in page.inner_text("#changed")
    page.locator("#changed button").first.click()
    page.wait_for_timeout(100)
    assert "= 33" not in page.inner_text("#changed")


@browser_only
@pytest.mark.parametrize(
    "place", ["#live/{", "#live/[1]", "#live/" + quote('{"scenario": "nosuch"}'), "#live/%E0%A4%A"]
)
def test_a_wrong_address_is_told_and_the_page_goes_on(page: Any, server: Server, place: str) -> None:
    go(page, server, f"#live/{place}")
    assert page.locator(".note").count() >= 1
    go(page, server, "#live")
    assert page.locator("#run").is_enabled()


@browser_only
def test_a_value_that_cannot_be_is_told_in_one_message(page: Any, server: Server) -> None:
    go(page, server, state(changes={REMOVALS: -5}))
    page.click("#run")
    page.wait_for_selector("#error")
    assert "removals_per_day" in page.inner_text("#error")
    assert page.locator("#run").is_enabled()


@browser_only
def test_text_of_a_state_is_never_run(page: Any, server: Server) -> None:
    go(page, server, state(changes={REMOVALS: "<img src=x onerror=document.title='broken'>"}))
    page.wait_for_timeout(100)
    assert page.title() != "broken"
    assert page.locator("#changed img").count() == 0


@browser_only
def test_the_keyboard_alone_reaches_the_run(page: Any) -> None:
    page.focus("#scenario")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "run":
            return
    pytest.fail("the button cannot be reached")


@browser_only
def test_it_fits_a_phone(browser: Any, server: Server) -> None:
    opened = browser.new_page(viewport={"width": 375, "height": 740})
    opened.goto(server.address)
    opened.wait_for_selector("#run")
    assert opened.evaluate("document.documentElement.scrollWidth") <= 375
    opened.close()


@browser_only
def test_two_pages_do_not_disturb_one_another(browser: Any, server: Server) -> None:
    pages = [browser.new_page(), browser.new_page()]
    for opened, value in zip(pages, (11, 22), strict=True):
        go(opened, server, state(changes={REMOVALS: value}))
    for opened, value in zip(pages, (11, 22), strict=True):
        assert f"= {value}" in opened.inner_text("#changed")
        opened.close()


def test_a_run_can_be_stopped(server: Server) -> None:
    _, begun = asked(server, "/api/runs", {"scenario": "no_chnv"})
    code, told = asked(server, f"/api/runs/{begun['id']}/stop", {})
    assert (code, told["state"]) == (200, "stopped")
    assert asked(server, f"/api/runs/{begun['id']}")[1]["state"] == "stopped"
    assert asked(server, f"/api/runs/{begun['id']}/people")[0] == 400


@pytest.mark.parametrize(
    ("path", "body", "headers", "code"),
    [
        ("/api/runs", {"scenario": "panama_removal"}, {"X_Ladsim_Token": "guess"}, 403),
        ("/api/runs", {"scenario": "panama_removal"}, {"Origin": "http://example.org"}, 403),
        ("/", None, {"Host": "example.org"}, 421),
        ("/api/runs", b"x" * (LARGEST_BODY + 1), {}, 413),
        ("/api/runs", b"[1]", {}, 400),
        ("/api/runs", b"{", {}, 400),
        ("/api/runs", {"scenario": "nosuch"}, {}, 400),
        ("/api/runs", {"scenario": "history"}, {}, 400),
        ("/api/runs", {"scenario": "panama_removal", "changes": [1]}, {}, 400),
        ("/api/runs", {"scenario": "panama_removal", "changes": {REMOVALS: 1e300}}, {}, 400),
        ("/api/runs", {"scenario": "panama_removal", "changes": {REMOVALS: "<script>alert(1)</script>"}}, {}, 400),
        ("/api/runs", {"scenario": "panama_removal", "changes": {LAST_DAY: "2020-01-01"}}, {}, 400),
        ("/api/runs", {"scenario": "panama_removal", "code": "1"}, {}, 400),
        ("/api/runs", {"scenario": "panama_removal", "changes": {"x": 1}}, {}, 400),
        ("/api/runs/none", None, {}, 400),
        ("/api/runs/none/report", None, {}, 404),
        ("/../../etc/passwd", None, {}, 404),
    ],
)
def test_what_is_not_ours_or_makes_no_sense_is_refused(
    server: Server, path: str, body: Any, headers: dict[str, str], code: int
) -> None:
    found, told = asked(server, path, body, **headers)
    assert found == code
    assert told["error"]
    assert "Traceback" not in told["error"]


def test_a_thousand_requests_leave_it_alive(server: Server) -> None:
    for _ in range(1000):
        assert asked(server, "/api/runs/none")[0] == 400
    assert asked(server, "/api/runs/none")[1]["error"]


def test_it_listens_on_this_machine_alone(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_words_that_make_no_sense_end_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["explore", "port=70000"]) == 2
    assert app.main(["explore", "prot=1"]) == 2
    with pytest.raises(UserError):
        serve({"port": -1})
    assert "Traceback" not in capsys.readouterr().err
