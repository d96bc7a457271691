"""Write ladsim/data/outlines.json, the coasts and borders that maps are drawn on, from npm's world-atlas.

    python scripts/build_outlines.py            # from data-raw/outlines/countries-50m.json.gz
    python scripts/build_outlines.py --check    # write nothing; exit 1 if the packaged file differs

The input is TopoJSON: arcs of delta-coded integers, shared between neighboring countries. They are decoded, rings are
clipped to the corridor's part of the Americas, simplified (Douglas and Peucker 1973) and rounded to 0.01 degree.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOPOLOGY = ROOT / "data-raw" / "outlines" / "countries-50m.json.gz"
OUT = ROOT / "ladsim" / "data" / "outlines.json"
BOX = (-125.0, -58.0, -30.0, 50.0)
TOLERANCE = 0.03
HALF_GLOBE = 180.0
SMALLEST = 0.02
"""Rings with a smaller area (square degrees) are left out."""
Point = tuple[float, float]


def decode_arcs(topology: dict) -> list[list[Point]]:
    """Return every arc as longitude and latitude."""
    (scale_x, scale_y), (move_x, move_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale_x + move_x, y * scale_y + move_y))
        arcs.append(points)
    return arcs


def ring(arcs: list[list[Point]], indices: list[int]) -> list[Point]:
    """Join arcs to a ring; a negative index (ones' complement) is an arc backwards."""
    points: list[Point] = []
    for i in indices:
        part = arcs[i] if i >= 0 else arcs[~i][::-1]
        points += part[1:] if points else part
    return points


def outer_rings(topology: dict) -> list[list[Point]]:
    """Return the outer ring of every polygon of every country."""
    arcs = decode_arcs(topology)
    rings = []
    for geometry in topology["objects"]["countries"]["geometries"]:
        kind, parts = geometry.get("type"), geometry.get("arcs", [])
        polygons = parts if kind == "MultiPolygon" else [parts] if kind == "Polygon" else []
        rings += [ring(arcs, polygon[0]) for polygon in polygons]
    return [r for r in rings if max(x for x, _ in r) - min(x for x, _ in r) < HALF_GLOBE]  # across the date line


def clip(points: list[Point], box: tuple[float, float, float, float]) -> list[Point]:
    """Clip a ring to a box (Sutherland and Hodgman 1974)."""
    for axis, limit, sign in ((0, box[0], 1), (0, box[2], -1), (1, box[1], 1), (1, box[3], -1)):
        kept: list[Point] = []
        for a, b in zip(points[-1:] + points[:-1], points, strict=True):
            a_in, b_in = sign * (a[axis] - limit) >= 0, sign * (b[axis] - limit) >= 0
            if a_in != b_in:
                t = (limit - a[axis]) / (b[axis] - a[axis])
                kept.append((a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))
            if b_in:
                kept.append(b)
        points = kept
        if not points:
            break
    return points


def simplify(points: list[Point], tolerance: float) -> list[Point]:
    """Leave out points that lie within the tolerance of the line between those kept."""
    keep = {0, len(points) - 1}
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        (ax, ay), (bx, by) = points[first], points[last]
        length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
        worst, far = tolerance, -1
        for i in range(first + 1, last):
            x, y = points[i]
            if length:
                d = abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length
            else:
                d = ((x - ax) ** 2 + (y - ay) ** 2) ** 0.5
            if d > worst:
                worst, far = d, i
        if far >= 0:
            keep.add(far)
            spans += [(first, far), (far, last)]
    return [points[i] for i in sorted(keep)]


def area(points: list[Point]) -> float:
    """Return the area of a ring in square degrees."""
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2


def build(topology: dict) -> dict:
    """Return the contents of outlines.json."""
    polygons = []
    for points in outer_rings(topology):
        clipped = clip(points, BOX)
        if len(clipped) < 4 or area(clipped) < SMALLEST:
            continue
        rounded = [(round(x, 2), round(y, 2)) for x, y in simplify(clipped, TOLERANCE)]
        if len(rounded) >= 4:
            polygons.append([list(p) for p in rounded])
    return {
        "source": "Natural Earth, Admin 0 countries 1:50m, by npm world-atlas 2.0.2 (countries-50m.json)",
        "license": "Natural Earth: public domain; world-atlas: ISC, Copyright 2013-2019 Michael Bostock",
        "polygons": polygons,
    }


def main() -> int:
    """Write or check the file; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the packaged file differs")
    arguments = parser.parse_args()
    outlines = build(json.loads(gzip.decompress(TOPOLOGY.read_bytes())))
    text = json.dumps(outlines, separators=(",", ":")) + "\n"
    if arguments.check:
        return int(OUT.read_text(encoding="utf-8") != text)
    OUT.write_text(text, encoding="utf-8")
    points = sum(len(p) for p in outlines["polygons"])
    print(f"{OUT.name}: {len(outlines['polygons'])} polygons, {points} points, {len(text) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
