"""What the parts of the model see of the whole: model and environment as those who are handed them need them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Protocol

import numpy as np

from ladsim.actors.country import Country
from ladsim.behavior.beliefs import Beliefs
from ladsim.behavior.parameters import Parameters
from ladsim.behavior.tables import Events, Floats, Graph, Paths, People, Today
from ladsim.policy.rules import Rules
from ladsim.population import Population
from ladsim.world.world import World


class Around(Protocol):
    """Rules, beliefs and counts of today, as queues read them; sim.environment.Environment is one."""

    @property
    def world(self) -> World:
        """The world."""

    @property
    def rules(self) -> Rules:
        """What holds today."""

    @property
    def today(self) -> Today:
        """The same as kernels read it."""

    @property
    def paths(self) -> Paths:
        """Lawful pathways today."""

    @property
    def pathway_ids(self) -> list[str]:
        """Their ids."""

    @property
    def n_pathways(self) -> int:
        """How many they are."""

    @property
    def beliefs(self) -> Beliefs:
        """What people believe."""

    @property
    def graph(self) -> Graph:
        """The route graph as arrays."""

    @property
    def grows(self) -> np.ndarray:
        """W, ways whose seats follow demand."""

    @property
    def removal_share(self) -> Floats:
        """I x N, smoothed share of those who arrive at a place who are removed."""


class Running(Protocol):
    """A model in the middle of a day, as queues act on it; sim.model.LadModel is one."""

    @property
    def world(self) -> World:
        """The world."""

    @property
    def environment(self) -> Around:
        """Rules, beliefs and values of today."""

    @property
    def population(self) -> Population:
        """The migrants as columns."""

    @property
    def countries(self) -> Mapping[str, Country]:
        """Country agents by ISO3."""

    @property
    def parameters(self) -> Parameters:
        """Behavior parameters."""

    @property
    def events(self) -> Events:
        """Counters."""

    @property
    def day(self) -> int:
        """Index of today."""

    @property
    def date(self) -> date:
        """The date of today."""

    def _people(self) -> People: ...
