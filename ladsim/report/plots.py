"""The figures behind ``RunResult.plot``, and those that a results folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ladsim.report import figures
from ladsim.report.headlines import CROSSINGS
from ladsim.report.map import corridor
from ladsim.report.style import DPI, ReportFigure

if TYPE_CHECKING:
    from ladsim.record import RunResult


class Plots:
    """Figures of one run; every method returns a figure that a notebook shows and ``savefig`` writes."""

    def __init__(self, result: RunResult) -> None:
        self._result = result

    def against_observed(self, *, reference: bool = True) -> ReportFigure:
        """Monthly encounters and Darién crossings against the observed; see ``report.figures``."""
        return figures.against_observed(self._result, reference=reference)

    def by_nationality(
        self,
        measure: str = "encounters_between_ports",
        *,
        place: str | None = None,
        reference: bool = True,
        most: int = 20,
    ) -> ReportFigure:
        """One small panel a nationality; see ``report.figures``."""
        return figures.by_nationality(self._result, measure, place=place, reference=reference, most=most)

    def difference(self, reference: RunResult | None = None) -> ReportFigure:
        """Paired difference to the reference by month and cumulated; see ``report.figures``."""
        return figures.difference(self._result, reference)

    def map(self) -> ReportFigure:
        """The corridor with way widths by flow; see ``report.map``."""
        return corridor(self._result)


def save_figures(result: RunResult, folder: Path) -> list[Path]:
    """Write the figures of a results folder as PNG and return their paths."""
    folder.mkdir(parents=True)
    made = {"against_observed": result.plot.against_observed(), "map": result.plot.map()}
    for name, measure in (("by_nationality_encounters", "encounters_between_ports"), ("by_nationality_darien", "")):
        place = None if measure else CROSSINGS.place
        measure = measure or CROSSINGS.measure
        if len(result.totals(measure=measure, place=place, freq="all")):
            made[name] = result.plot.by_nationality(measure, place=place)
    if result.reference is not None:
        made["difference"] = result.plot.difference()
    paths = []
    for name, figure in made.items():
        paths.append(folder / f"{name}.png")
        # No date and no version in the file: the same run gives the same bytes.
        figure.savefig(paths[-1], dpi=DPI, metadata={"Software": None})
    return paths
