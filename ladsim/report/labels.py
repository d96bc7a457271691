"""Labels on a map that do not lie on each other."""

from __future__ import annotations

from typing import NamedTuple

import matplotlib.patheffects as effects
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from ladsim.report import style
from ladsim.report.letters import make_drawable

GAP = 3.0
"""Pixels that stay free around a label."""
_AROUND: tuple[tuple[float, float], ...] = (
    (1, 0),
    (-1, 0),
    (0, 1),
    (0, -1),
    (0.8, 0.8),
    (-0.8, 0.8),
    (0.8, -0.8),
    (-0.8, -0.8),
)
_UPWARDS: tuple[tuple[float, float], ...] = ((0.7, 1), (0, 1), (-0.7, 1), (1, 0.3))
_NEAR, _FAR = (5.0, 11.0), (6.0, 14.0, 24.0, 34.0, 46.0)
_LED_FROM = 12.0
"""Points of distance from which a thin line leads from the label to its place."""
_SAME = 1 / 90
"""Places closer than this share of the width share one label."""


class Label(NamedTuple):
    """What to write and where; bold ones may stand farther off."""

    text: str
    point: tuple[float, float]
    bold: bool = False


def write_labels(axes: Axes, labels: list[Label], *, most: int) -> int:
    """Write labels, the first ones first; one for which there is no room is left out.

    Args:
        axes: The map, its limits set and its figure drawn once.
        labels: Labels in order of importance.
        most: How many at most.

    Returns:
        How many were written.
    """
    canvas = axes.figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    frame = axes.get_window_extent(renderer)
    legend = axes.get_legend()
    taken = [] if legend is None else [legend.get_window_extent(renderer)]
    west, east = axes.get_xlim()
    placed: list[tuple[float, float]] = []
    for label in labels:
        if len(placed) >= most:
            break
        if any(np.hypot(label.point[0] - x, label.point[1] - y) < (east - west) * _SAME for x, y in placed):
            continue
        box = _place(axes, label, frame, taken, renderer)
        if box is not None:
            taken.append(box)
            placed.append(label.point)
    return len(placed)


def _place(axes: Axes, label: Label, frame: Bbox, taken: list[Bbox], renderer: RendererAgg) -> Bbox | None:
    """Write a label at the first free spot around its place and return its box; write nothing where none is free."""
    text = _annotation(axes, label)
    if label.bold:
        spots = [(far, way) for way in _UPWARDS for far in _FAR]
    else:
        spots = [(far, way) for far in _NEAR for way in _AROUND]
    for far, (dx, dy) in spots:
        text.set_position((far * dx, far * dy))
        text.set_horizontalalignment("left" if dx > 0 else "right" if dx < 0 else "center")
        text.set_verticalalignment("bottom" if dy > 0 else "top" if dy < 0 else "center")
        box = text.get_window_extent(renderer).padded(GAP)
        inside = box.x0 > frame.x0 and box.x1 < frame.x1 and box.y0 > frame.y0 and box.y1 < frame.y1
        if inside and not any(box.overlaps(other) for other in taken):
            if far > _LED_FROM:
                _lead(axes, label.point, (far * dx, far * dy))
            return box
    text.remove()
    return None


def _annotation(axes: Axes, label: Label) -> Annotation:
    made = axes.annotate(
        label.text,
        label.point,
        xytext=(0, 0),
        textcoords="offset points",
        fontsize=8 if label.bold else 7.5,
        fontweight="bold" if label.bold else "normal",
        color=style.OBSERVED,
        zorder=6,
        annotation_clip=True,
        path_effects=[effects.withStroke(linewidth=2.2, foreground="white", alpha=0.9)],
    )
    make_drawable(made)  # its size is measured before the figure is drawn
    return made


def _lead(axes: Axes, point: tuple[float, float], offset: tuple[float, float]) -> None:
    line = {"arrowstyle": "-", "color": style.GRAY, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2}
    axes.annotate("", point, xytext=offset, textcoords="offset points", arrowprops=line, zorder=5)
