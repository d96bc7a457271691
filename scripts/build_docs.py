"""Build the documentation as a site, put the atlas into it, and check every link of the pages.

python scripts/build_docs.py     writes build/docs; open build/docs/index.html

It fails on any warning of Zensical, on a link or picture that leads nowhere, and on anything that a page would load
from the network.
"""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build" / "docs"
LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
"""Elements that load something, with the attribute that says what."""
NOT_LOADED = {"canonical", "prev", "next", "edit", "alternate"}


class Page(HTMLParser):
    """The links, the loaded files and the anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag in LOADED and given.get(LOADED[tag]) and not NOT_LOADED & set(given.get("rel", "").split()):
            self.loads.append(given[LOADED[tag]])


def read(file: Path) -> Page:
    """Return what a page holds."""
    page = Page()
    page.feed(file.read_text(encoding="utf-8"))
    return page


def faults(site: Path) -> list[str]:
    """Return what is wrong with the links of a site's pages, one line each."""
    pages = {file: read(file) for file in sorted(site.rglob("*.html")) if file.name != "404.html"}
    found = []
    for file, page in pages.items():
        name = file.relative_to(site)
        found += [f"{name}: loads {address} from the network" for address in page.loads if urlsplit(address).netloc]
        for address in [*page.links, *page.loads]:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc or address.startswith("data:"):
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            target = target / "index.html" if target.is_dir() else target
            if not target.is_relative_to(site) or not target.is_file():
                found.append(f"{name}: {address} leads nowhere")
            elif parts.fragment and target in pages and not _has(pages[target], unquote(parts.fragment), file):
                found.append(f"{name}: {address} names no place of that page")
    return found


def _has(page: Page, fragment: str, file: Path) -> bool:
    # The atlas makes its own places while it is read.
    return fragment in page.anchors or fragment.startswith("__") or "atlas" in file.parts


def main() -> int:
    """Build and check; return the exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"], cwd=ROOT, capture_output=True, text=True
    )
    said = done.stdout + done.stderr
    if done.returncode or "warning" in said.lower():
        print(said, file=sys.stderr)
        return done.returncode or 1
    from ladsim.site.build import build

    build(SITE / "atlas")
    found = faults(SITE)
    print("\n".join(found) or f"The site is in {SITE.relative_to(ROOT)}; open index.html in a browser.")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
