"""ladsim: an agent-based simulator of migration through the Americas and of the policies that act on it.

The public names are loaded when they are first used, so that importing ladsim costs nothing.

    >>> import ladsim
    >>> result = ladsim.run("panama_removal", scale=200, seeds=4)  # doctest: +SKIP
    >>> result.compare()  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ladsim.compiled import keep_compiled_kernels

__version__ = "0.1.0"

keep_compiled_kernels()

if TYPE_CHECKING:
    from ladsim.catalog import instruments, observed, scenarios
    from ladsim.errors import UserError
    from ladsim.levers.scenario import Scenario, load_scenario
    from ladsim.model import LadModel
    from ladsim.record import RunResult, load
    from ladsim.study.ensemble import run

_HOME = {
    "LadModel": "ladsim.model",
    "RunResult": "ladsim.record",
    "Scenario": "ladsim.levers.scenario",
    "UserError": "ladsim.errors",
    "instruments": "ladsim.catalog",
    "load": "ladsim.record",
    "load_scenario": "ladsim.levers.scenario",
    "observed": "ladsim.catalog",
    "run": "ladsim.study.ensemble",
    "scenarios": "ladsim.catalog",
}

__all__ = [
    "LadModel",
    "RunResult",
    "Scenario",
    "UserError",
    "__version__",
    "instruments",
    "load",
    "load_scenario",
    "observed",
    "run",
    "scenarios",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ladsim' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
