"""ladsim: an agent-based simulator of migration through the Americas and of the policies that act on it.

The public names are loaded when they are first used, so that importing ladsim costs nothing.

    >>> import ladsim
    >>> result = ladsim.run("panama_removal", scale=200, seeds=4)  # doctest: +SKIP
    >>> result.compare()  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ladsim.core.compiled import keep_compiled_kernels
from ladsim.core.hooks import register
from ladsim.core.version import __version__

keep_compiled_kernels()
register("result.plot", "ladsim.report.plots:Plots")
register("result.figures", "ladsim.report.plots:save_figures")
register("result.headline", "ladsim.report.tables:headline_table")
register("result.report", "ladsim.report.office:write")
register("result.save", "ladsim.results.folder:write")

if TYPE_CHECKING:
    from ladsim.catalog import instruments, observed, scenarios
    from ladsim.core.errors import UserError
    from ladsim.policy.kinds.registry import Kind, register_kind
    from ladsim.policy.scenario import Scenario, load_scenario
    from ladsim.results.reading import load
    from ladsim.results.run_result import RunResult
    from ladsim.runs.ensemble import run
    from ladsim.series.own import against, read_observed
    from ladsim.sim.model import LadModel
    from ladsim.studies.attribution import attribute
    from ladsim.studies.compare import compare
    from ladsim.studies.design import design, read_design
    from ladsim.studies.frontier import frontier
    from ladsim.studies.nowcast import nowcast
    from ladsim.studies.sensitivity import sensitivity
    from ladsim.studies.study import study
    from ladsim.world.world import World

_HOME = {
    "Kind": "ladsim.policy.kinds.registry",
    "LadModel": "ladsim.sim.model",
    "RunResult": "ladsim.results.run_result",
    "Scenario": "ladsim.policy.scenario",
    "UserError": "ladsim.core.errors",
    "World": "ladsim.world.world",
    "against": "ladsim.series.own",
    "attribute": "ladsim.studies.attribution",
    "compare": "ladsim.studies.compare",
    "frontier": "ladsim.studies.frontier",
    "instruments": "ladsim.catalog",
    "load": "ladsim.results.reading",
    "load_scenario": "ladsim.policy.scenario",
    "nowcast": "ladsim.studies.nowcast",
    "observed": "ladsim.catalog",
    "design": "ladsim.studies.design",
    "read_design": "ladsim.studies.design",
    "read_observed": "ladsim.series.own",
    "register_kind": "ladsim.policy.kinds.registry",
    "run": "ladsim.runs.ensemble",
    "scenarios": "ladsim.catalog",
    "sensitivity": "ladsim.studies.sensitivity",
    "study": "ladsim.studies.study",
}

__all__ = [
    "Kind",
    "LadModel",
    "RunResult",
    "Scenario",
    "UserError",
    "World",
    "__version__",
    "against",
    "attribute",
    "compare",
    "design",
    "frontier",
    "instruments",
    "load",
    "load_scenario",
    "nowcast",
    "observed",
    "read_design",
    "read_observed",
    "register_kind",
    "run",
    "scenarios",
    "sensitivity",
    "study",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ladsim' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
