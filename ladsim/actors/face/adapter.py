"""Put a population into a Mesa model, collect data from it, and free the model afterwards.

Private to Mesa and used here: ``Model._all_agents``, ``Model._agents_by_type``, ``Agent._ids``,
``DataCollector._record_agents``, ``DataCollector._record_agenttype``.
"""

from __future__ import annotations

import weakref
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import Any

import mesa
from mesa.datacollection import DataCollector

from ladsim.actors.face.everybody import Everybody
from ladsim.actors.face.migrants import MigrantSet
from ladsim.actors.migrant import Migrant
from ladsim.population import Population


class PanelCollector(DataCollector):  # type: ignore[misc]
    """Mesa's DataCollector, whose agent tables hold plain actors and a panel of migrants instead of all of them.

    Args:
        panel: Number of migrants in an agent table; see :meth:`MigrantSet.panel`.
        seed: Seed of the panel's draw.
        **reporters: As for Mesa's DataCollector.
    """

    def __init__(self, *, panel: int, seed: int, **reporters: Any) -> None:
        """Make a collector."""
        super().__init__(**reporters)
        self.panel, self.seed = panel, seed

    def _watched(self, model: Any) -> SimpleNamespace:
        """Return as much of a model as the tables look at, with the panel in place of all migrants."""
        panel = model.agents_by_type[Migrant].panel(self.panel, self.seed)
        by_type = {**model.agents_by_type, Migrant: panel}
        agents = [agent for members in by_type.values() for agent in members]
        return SimpleNamespace(agents=agents, agents_by_type=by_type, agent_types=list(by_type))

    def _record_agents(self, model: Any) -> Any:
        return super()._record_agents(self._watched(model))

    def _record_agenttype(self, model: Any, agent_type: type) -> Any:
        return super()._record_agenttype(self._watched(model), agent_type)


def install(model: Any, population: Population) -> MigrantSet:
    """Show a population to Mesa's users as agents of a model.

    Afterwards ``model.agents`` holds plain actors and migrants, ``model.agents_by_type[Migrant]`` the migrants, and
    ``model.agent_types`` includes ``Migrant``. Plain agents register as ever.

    Args:
        model: A ``mesa.Model`` after its own ``__init__``.
        population: The table.

    Returns:
        The live set of migrants.

    Raises:
        RuntimeError: If this version of Mesa keeps its agents elsewhere, or the model shows a population already.
    """
    if not (hasattr(model, "_all_agents") and hasattr(model, "_agents_by_type")):
        raise RuntimeError(f"Mesa {mesa.__version__} keeps its agents elsewhere; ladsim needs mesa>=3.3.1,<4")
    if isinstance(model._all_agents, Everybody):
        raise RuntimeError("this model shows a population already")
    let_models_go()
    migrants = MigrantSet(model, population)
    model._all_agents = Everybody(migrants, registered=model._all_agents)
    model._agents_by_type[Migrant] = migrants
    model.remove_all_agents = partial(_remove_everybody, model)
    return migrants


class _Counters(weakref.WeakKeyDictionary):  # type: ignore[type-arg]
    """The next id of plain agents by model, without keeping the model alive."""

    def __getitem__(self, model: Any) -> Any:
        """Return the counter of a model, a new one where it has none."""
        if model not in self:
            self[model] = count(1)
        return super().__getitem__(model)


def let_models_go() -> None:
    """Free models that nothing refers to: Mesa before 3.4.2 keeps every model with a plain agent forever."""
    ids = getattr(mesa.Agent, "_ids", None)
    if ids is not None and not isinstance(ids, weakref.WeakKeyDictionary):
        counters = _Counters()
        for model, counter in list(ids.items()):
            counters[model] = counter
        mesa.Agent._ids = counters


def release(model: Any) -> None:
    """Forget the ids of a finished model's plain agents; none may be made in it afterwards."""
    ids = getattr(mesa.Agent, "_ids", None)
    if ids is not None:
        ids.pop(model, None)


def _remove_everybody(model: Any) -> None:
    model.agents_by_type[Migrant].do("remove")
    type(model).remove_all_agents(model)
