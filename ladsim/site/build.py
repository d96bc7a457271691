"""Write the static atlas: one page, its script and its data, in a folder that needs no server and no network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ladsim import data
from ladsim.core.errors import UserError
from ladsim.core.version import __version__
from ladsim.policy.listing import LeverRow, PartRow, TermRow, document_of, lever_rows, name_of
from ladsim.policy.scenario import list_scenarios
from ladsim.report import scored
from ladsim.report.sankey import COLORS
from ladsim.report.spelling import spelled
from ladsim.results.fates import LABELS, MEANINGS
from ladsim.series.panel import counterparts

ASSETS = Path(__file__).resolve().parent / "assets"
MARK = ".ladsim-site"
"""A file that says that ladsim wrote the folder and may write it anew."""
OBSERVED = tuple((one.series, one.observed_place) for one in counterparts().values())


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
    for case in atlas["cases"]:
        for place in (case.get("map") or {"corridor": {"places": []}})["corridor"]["places"]:
            place[0] = spelled(place[0])
    return {
        "version": __version__,
        "made": atlas["made"],
        "cases": atlas["cases"],
        "others": others({case["name"] for case in atlas["cases"] if case["kind"] == "scenario"}),
        "levers": [lever(row) for row in lever_rows()],
        "observed": observed(),
        "outlines": outlines(),
        "experiments": experiments(),
        "names": data.table("nationalities").set_index("nationality")["name"].to_dict(),
        "fates": [
            {"key": key, "label": label, "color": COLORS[key], "meaning": MEANINGS[key]}
            for key, label in LABELS.items()
        ],
    }


def others(computed: set[str]) -> list[dict[str, str]]:
    """Return the scenarios with a reference that were not computed beforehand, as a page offers them.

    Args:
        computed: names of those that were.
    """
    found = [row for row in list_scenarios() if row["reference"] and row["name"] not in computed]
    told = ("name", "title", "question", "start", "end", "reference")
    return [{key: " ".join(str(row[key]).split()) for key in told} for row in found]


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
        "dates": [list(d) for d in row.dates],
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
        "known": row.known,
        "days": list(row.days),
        "range": row.range,
        "note": row.note,
        "command": row.command,
    }


def part(row: PartRow) -> dict[str, Any]:
    """Return a part of an instrument as a card shows it."""
    dates = [list(d) for d in row.dates]
    return {
        "id": row.acting.id,
        "title": row.acting.title,
        "dates": dates,
        "terms": [term(t) for t in row.terms],
        "note": row.note,
    }


def outlines() -> dict[str, Any]:
    """Return the packaged country outlines, with their source."""
    found: dict[str, Any] = json.loads(data.path("outlines.json").read_text(encoding="utf-8"))
    return found


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
    """Return the natural experiments: what happened, the record around it, and what the model made of it."""
    found = []
    judged = scored.experiments()
    for row in data.table("experiments").to_dict("records"):
        codes = row["nationalities"].split(";")
        rows = data.observed(row["series"], place=row["place"], nationality=codes)
        monthly = rows.groupby("month")["value"].sum()
        first, last = _around(row["month_before"], row["month_after"])
        window = monthly[(monthly.index >= first) & (monthly.index <= last)]
        found.append(
            {
                "title": row["title"],
                "series": row["series"].replace("_", " ").replace("darien entries", "Darién crossings"),
                "who": [name_of(code) for code in codes] if codes != ["ALL"] else ["everybody"],
                "before": [row["month_before"], int(monthly[row["month_before"]])],
                "after": [row["month_after"], int(monthly[row["month_after"]])],
                "months": window.index.tolist(),
                "values": [int(v) for v in window],
                "model": _model(judged.get(row["experiment"])),
            }
        )
    return found


def _model(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what the score says that the model made of an experiment; None where it was not scored."""
    if row is None:
        return None
    numbers = {"before": "simulated_before", "after": "simulated_after", "log": "simulated_log"}
    found: dict[str, Any] = {key: round(float(row[column]), 3) for key, column in numbers.items()}
    found["observed_log"] = round(float(row["observed_log"]), 3)
    return found | {key: bool(row[key]) for key in ("sign_right", "size_right")}


def _around(before: str, after: str, months: int = 4) -> tuple[str, str]:
    def moved(month: str, by: int) -> str:
        number = int(month[:4]) * 12 + int(month[5:]) - 1 + by
        return f"{number // 12}-{number % 12 + 1:02d}"

    return moved(before, -months), min(moved(after, months), "2024-08")
