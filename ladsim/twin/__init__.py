"""The rules for people once more, in plain Python on plain Mesa agents: what the kernels are checked and measured by.

Nothing here is fast, and nothing here is compiled. Every migrant is an ordinary ``mesa.Agent`` with attributes and a
step of its own; lines for limited places are lists of agents. What is not about single people (the timeline, the
environment with its beliefs and values, countries, smuggling networks, the stream of wishes) is that of the model.
On the same seed both give the same monthly table and the same people.
"""

from ladsim.twin.migrant import ReferenceMigrant
from ladsim.twin.model import ReferenceModel

__all__ = ["ReferenceMigrant", "ReferenceModel"]
