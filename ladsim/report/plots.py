"""The figures behind ``RunResult.plot``, and those that a results folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ladsim.core.text import one_line
from ladsim.report import figures, sankey
from ladsim.report.headlines import CROSSINGS_PICTURE, compared
from ladsim.report.map import corridor
from ladsim.report.style import DPI, ReportFigure
from ladsim.runs.workers import spread

if TYPE_CHECKING:
    from ladsim.results.run_result import RunResult


def by_nationality_figures(world: str | None = None) -> tuple[tuple[str, str, str | None], ...]:
    """Return name, measure and place of the figures by nationality that a results folder holds."""
    between, _, crossings = compared(world)
    return (
        ("by_nationality_encounters", between.measure, None),
        (CROSSINGS_PICTURE, crossings.measure, crossings.place),
    )


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

    def fates(self) -> ReportFigure:
        """Who fares differently, and what became of them instead; see ``report.sankey``."""
        return sankey.fates(self._result)

    def map(self) -> ReportFigure:
        """The corridor with way widths by flow; see ``report.map``."""
        return corridor(self._result)

    def map_of_differences(self, reference: RunResult | None = None) -> ReportFigure:
        """The corridor with way widths by how many more or fewer people pass; see ``report.map``."""
        return corridor(self._result, self._result._partner(reference))


def save_figures(result: RunResult, folder: Path, workers: int = 1) -> list[str]:
    """Write the figures of a results folder as PNG, with several workers side by side.

    Returns:
        A line for each figure that could not be drawn, with its name and the reason.
    """
    folder.mkdir(parents=True)
    names = ["map", "against_observed"]
    for name, measure, place in by_nationality_figures(result.world):
        if len(result.totals(measure=measure, place=place, freq="all")):
            names.insert(1, name)
    if result.reference is not None:
        names += ["difference", "map_of_differences"]
    if result.changed_fates is not None:
        names.append("fates")
    paths = [folder / f"{name}.png" for name in names]
    jobs = ((result, name, path) for name, path in zip(names, paths, strict=True))
    return sorted(line for line in spread(_try, jobs, workers) if line is not None)


def _try(result: RunResult, name: str, path: Path) -> str | None:
    """Draw a figure; return the reason if it cannot be drawn, so that one bad figure loses no other."""
    try:
        _draw(result, name, path)
    except Exception as error:
        path.unlink(missing_ok=True)
        return f"figure {name} could not be drawn: {type(error).__name__}: {one_line(error)}"
    return None


def _draw(result: RunResult, name: str, path: Path) -> None:
    of_nationality = {key: (measure, place) for key, measure, place in by_nationality_figures(result.world)}
    if name in of_nationality:
        measure, place = of_nationality[name]
        figure = result.plot.by_nationality(measure, place=place)
    else:
        figure = getattr(result.plot, name)()
    # No date and no version in the file: the same run gives the same bytes.
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
