"""The live page in a browser: a moved lever gives the numbers of the library, and nonsense leaves it alive."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import browsers
import pytest
from browsers import browser_only

import ladsim
from ladsim.cli import app
from ladsim.core.errors import UserError
from ladsim.explore import jobs
from ladsim.explore.server import HOST, LARGEST_BODY, Server, serve

REMOVALS = "instrument.panama_removal_program.terms.removals_per_day"
SCALE = 4000
LONGEST_RUN = 240_000


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
    page.wait_for_function("document.getElementById('status').textContent.startsWith('Done')")
    shown = server.jobs.get(page.evaluate("live.job")).found
    assert shown is not None
    whole = ladsim.run("panama_removal", scale=SCALE, seeds=2, workers=2, overrides={REMOVALS: 90})
    for measure, place in (("encounters_between_ports", None), ("irregular_entries", "PAN")):
        label = {"encounters_between_ports": "Encounters between ports", "irregular_entries": "Darién crossings"}[
            measure
        ]
        row = next(r for r in shown["numbers"] if r["label"] == label)
        other = whole.compare(measure=measure, place=place, freq="all").iloc[0]
        assert row["mean"] == pytest.approx(other["scenario"], abs=0.1)
        assert row["difference"] == pytest.approx(other["difference"], abs=0.1)
        assert f"{row['reference']:,.0f}" in page.inner_text("#result")


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
    for _ in range(40):
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
