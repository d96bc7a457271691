"""Write the static atlas: one page, its script and its data, in a folder that needs no server and no network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ladsim import data
from ladsim.core.errors import UserError
from ladsim.core.version import __version__
from ladsim.policy.listing import LeverRow, PartRow, TermRow, document_of, lever_rows, name_of
from ladsim.report.sankey import COLORS
from ladsim.results.fates import LABELS

ASSETS = Path(__file__).resolve().parent / "assets"
MARK = ".ladsim-site"
"""A file that says that ladsim wrote the folder and may write it anew."""
OBSERVED = (
    ("encounters_between_ports", "southwest"),
    ("encounters_at_ports", "southwest"),
    ("darien_entries", "PAN"),
)


def build(folder: Path) -> Path:
    """Write the atlas into a folder and return its first page.

    Raises:
        UserError: The folder holds something else, or the atlas has not been made.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise UserError("the folder holds something else", key="site", value=str(folder), expected="a new folder")
    content = told()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text(f"ladsim {__version__}\n", encoding="utf-8")
    for asset in sorted(ASSETS.iterdir()):
        (folder / asset.name).write_bytes(asset.read_bytes())
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    (folder / "data.js").write_text(f"window.LADSIM = {text};\n", encoding="utf-8")
    return folder / "index.html"


def told() -> dict[str, Any]:
    """Return everything that the pages show."""
    atlas = json.loads(data.path("atlas.json").read_text(encoding="utf-8"))
    return {
        "version": __version__,
        "made": atlas["made"],
        "cases": atlas["cases"],
        "levers": [lever(row) for row in lever_rows()],
        "observed": observed(),
        "experiments": experiments(),
        "names": data.table("nationalities").set_index("nationality")["name"].to_dict(),
        "fates": [{"key": key, "label": label, "color": COLORS[key]} for key, label in LABELS.items()],
    }


def lever(row: LeverRow) -> dict[str, Any]:
    """Return an instrument as a card shows it."""
    held = row.instrument
    return {
        "id": held.id,
        "title": held.title,
        "kind": held.lever.replace("_", " "),
        "pillar": held.pillar.replace("_", " "),
        "status": held.status.replace("_", " "),
        "actors": list(row.actors),
        "commitment": bool(document_of(held)),
        "document": row.document,
        "announced": str(held.announced),
        "start": str(held.start),
        "end": str(held.end) if held.end else "",
        "told": row.told,
        "concerns": [list(c) for c in row.concerns],
        "terms": [term(t) for t in row.terms],
        "parts": [part(p) for p in row.parts],
        "references": [
            {"text": text, "address": str(getattr(ref, "address", "") or "")}
            for text, ref in zip(row.references, held.references, strict=True)
        ],
        "evidence": held.evidence,
        "note": held.note or "",
        "switch": row.switch,
    }


def term(row: TermRow) -> dict[str, Any]:
    """Return a term as a card shows it."""
    return {
        "name": row.name,
        "meaning": row.meaning,
        "unit": row.unit,
        "values": [[str(day), value] for day, value in row.values],
        "evidence": row.evidence,
        "range": row.range,
        "note": row.note,
        "command": row.command,
    }


def part(row: PartRow) -> dict[str, Any]:
    """Return a part of an instrument as a card shows it."""
    return {"title": row.acting.title, "terms": [term(t) for t in row.terms], "note": row.note}


def observed() -> dict[str, dict[str, list[Any]]]:
    """Return the observed months of the series that charts show, by series."""
    found = {}
    for series, place in OBSERVED:
        rows = data.observed(series, place=place, nationality="ALL")
        if not len(rows):
            rows = data.observed(series, place=place)
        monthly = rows.groupby("month")["value"].sum()
        found[series] = {"months": monthly.index.tolist(), "values": [int(v) for v in monthly]}
    return found


def experiments() -> list[dict[str, Any]]:
    """Return the natural experiments: what happened, and the figures of the months around it."""
    found = []
    for row in data.table("experiments").to_dict("records"):
        codes = row["nationalities"].split(";")
        rows = data.observed(row["series"], place=row["place"], nationality=codes)
        monthly = rows.groupby("month")["value"].sum()
        first, last = _around(row["month_before"], row["month_after"])
        window = monthly[(monthly.index >= first) & (monthly.index <= last)]
        found.append(
            {
                "title": row["title"],
                "series": row["series"].replace("_", " "),
                "who": [name_of(code) for code in codes] if codes != ["ALL"] else ["everybody"],
                "before": [row["month_before"], int(monthly[row["month_before"]])],
                "after": [row["month_after"], int(monthly[row["month_after"]])],
                "months": window.index.tolist(),
                "values": [int(v) for v in window],
            }
        )
    return found


def _around(before: str, after: str, months: int = 4) -> tuple[str, str]:
    def moved(month: str, by: int) -> str:
        number = int(month[:4]) * 12 + int(month[5:]) - 1 + by
        return f"{number // 12}-{number % 12 + 1:02d}"

    return moved(before, -months), min(moved(after, months), "2024-08")
