"""Take the pictures of pages that the documents show: the live page, the atlas and a report, wide and on a phone.

python scripts/take_page_pictures.py                  all of them, with the runs that they need: some minutes
python scripts/take_page_pictures.py --only atlas     the atlas alone, as it is in ladsim/data/atlas.json
python scripts/take_page_pictures.py --run FOLDER     the report of a results folder in place of a coarse run

They are written to docs/figures/{atlas,report}_{wide,phone}.png, docs/figures/atlas_{map,lever,levers_phone}.png and
docs/figures/explore_{wide,charts,map,phone}.png. It needs Playwright and Chromium. The pictures have few
colors, so that each stays below 300 KB.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import tempfile
import threading
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from ladsim.core.compiled import keep_compiled_kernels

FIGURES = Path(__file__).resolve().parent.parent / "docs" / "figures"
WIDE, PHONE = {"width": 1180, "height": 1180}, {"width": 390, "height": 844}
SCENARIO, REPORTED = "no_chnv", "panama_removal"
"""The result that the README has in words, and the scenario of the report."""
LEVER = "chnv_parole"
PAGES = ("atlas", "report", "live")
MOST_BYTES = 300_000
COLORS = 128
LONGEST = 1_800_000
"""Milliseconds that anything may take, a first run on a busy machine included."""


def keep(name: str, picture: bytes) -> None:
    """Write a picture with few colors; refuse one that is too large."""
    buffer = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(colors=COLORS).save(buffer, format="PNG", optimize=True)
    if len(buffer.getvalue()) > MOST_BYTES:
        raise SystemExit(f"{name}.png is larger than {MOST_BYTES:,} bytes")
    (FIGURES / f"{name}.png").write_bytes(buffer.getvalue())
    print(f"{name}.png: {len(buffer.getvalue()):,} bytes", flush=True)


def opened(browser: Any, address: str, screen: dict[str, int]) -> Any:
    """Return a tab with a page, in which a slow machine fails nothing."""
    tab = browser.new_page(viewport=screen, device_scale_factor=2 if screen is PHONE else 1)
    tab.set_default_timeout(LONGEST)
    tab.goto(address, wait_until="load")
    return tab


def at(tab: Any, selector: str) -> Any:
    """Scroll a part of a page to the top of the screen, and return what is on the screen."""
    tab.evaluate(f"document.querySelector({selector!r}).scrollIntoView()")
    return tab.screenshot()


def of_atlas(browser: Any, folder: Path) -> None:
    """Take the pictures of the static atlas."""
    from ladsim.site.build import build

    atlas = build(folder / "atlas").as_uri()
    for name, screen in (("wide", WIDE), ("phone", PHONE)):
        tab = opened(browser, f"{atlas}#scenarios/{SCENARIO}", screen)
        keep(f"atlas_{name}", tab.screenshot())
        if screen is WIDE and tab.locator("#map").count():
            keep("atlas_map", tab.locator("#map").screenshot())
        tab.close()
    tab = opened(browser, f"{atlas}#levers/{LEVER}", WIDE)
    keep("atlas_lever", at(tab, f"#lever-{LEVER}"))
    tab.close()
    tab = opened(browser, f"{atlas}#levers/{LEVER}", PHONE)
    keep("atlas_levers_phone", at(tab, f"#lever-{LEVER}"))
    tab.close()


def of_report(browser: Any, folder: Path, run: Path | None) -> None:
    """Take the pictures of a report, of a coarse run if none is given."""
    from ladsim import run as run_scenario
    from ladsim.results.folder import draw, write_new

    if run is None:
        print(f"running {REPORTED}", flush=True)
        result = run_scenario(REPORTED, scale=1000, seeds=4, progress=False)
        run = write_new(result, folder, datetime.now())
        draw(result, run)
    for name, screen in (("wide", WIDE), ("phone", PHONE)):
        tab = opened(browser, (run / "report.html").resolve().as_uri(), screen)
        keep(f"report_{name}", tab.screenshot())
        tab.close()


def of_live_page(browser: Any) -> None:
    """Run a scenario on the live page once and take every picture of it."""
    from ladsim.explore.server import Server

    server = Server(0, fine=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        print(f"running {SCENARIO} on the live page", flush=True)
        tab = opened(browser, f'{server.address}/%7B"scenario"%3A"{SCENARIO}"%7D', WIDE)
        tab.click("#run")
        tab.wait_for_selector("#grain, #error")
        if tab.locator("#error").count():
            raise SystemExit(tab.inner_text("#error"))
        tab.wait_for_selector("#who")
        tab.mouse.move(0, 0)
        keep("explore_wide", tab.screenshot())
        keep("explore_charts", at(tab, ".charts"))
        keep("explore_map", tab.locator("#map").screenshot())
        tab.set_viewport_size(PHONE)
        tab.evaluate("live.shown = null; safely()")
        tab.wait_for_selector("#who")
        keep("explore_phone", at(tab, ".charts"))
        tab.close()
    finally:
        server.shutdown()
        server.server_close()


def wanted(given: str) -> Iterable[str]:
    """Return the pages that are asked for."""
    return PAGES if given == "all" else (given,)


def main() -> int:
    """Take the pictures; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("all", *PAGES), default="all")
    parser.add_argument("--run", type=Path, help="a results folder with report.html")
    given = parser.parse_args()
    if given.run is not None and not (given.run / "report.html").is_file():
        parser.error(f"{given.run}/report.html is not there; run the scenario with figures=true")
    keep_compiled_kernels()
    FIGURES.mkdir(exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for page in wanted(given.only):
            if page == "atlas":
                of_atlas(browser, Path(folder))
            elif page == "report":
                of_report(browser, Path(folder), given.run)
            else:
                of_live_page(browser)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
