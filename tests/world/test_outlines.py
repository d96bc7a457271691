"""The outlines that maps are drawn on."""

from __future__ import annotations

import json

from ladsim.world.tables import DATA


def test_outlines_are_small_sourced_and_of_the_americas() -> None:
    path = DATA / "outlines.json"
    assert path.stat().st_size < 300_000
    outlines = json.loads(path.read_text(encoding="utf-8"))
    assert "Natural Earth" in outlines["source"]
    assert "public domain" in outlines["license"]
    assert len(outlines["polygons"]) > 50
    for polygon in outlines["polygons"]:
        assert len(polygon) >= 4
        assert all(-125 <= lon <= -30 and -58 <= lat <= 50 for lon, lat in polygon)
        assert all(round(v, 2) == v for point in polygon for v in point)
