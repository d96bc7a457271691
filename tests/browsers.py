"""A headless browser for tests of pages, where the machine has one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

BROWSER = next((p for name in ("chromium", "chromium-browser") if (p := shutil.which(name))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
browser_only = pytest.mark.skipif(BROWSER is None, reason="no chromium on this machine")


@contextmanager
def opened() -> Iterator[Any]:
    """Yield a headless browser that asks nobody for anything by itself."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as made:
        found = made.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield found
        found.close()


def serious_faults(page: Any) -> list[str]:
    """Return what axe-core finds of serious and critical faults of accessibility on a page as it stands."""
    page.evaluate((Path(__file__).parent / "vendor" / "axe" / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    bad = [one for one in found if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in bad]
