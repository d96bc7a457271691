"""The Mesa face of the columns; nothing else in ladsim touches what Mesa keeps private (3.3.1 to before 4)."""

from ladsim.actors.face.adapter import PanelCollector, install, release
from ladsim.actors.face.everybody import Everybody
from ladsim.actors.face.keyed import KeyedGroupBy, KeyedSet
from ladsim.actors.face.migrants import MigrantSet

__all__ = ["Everybody", "KeyedGroupBy", "KeyedSet", "MigrantSet", "PanelCollector", "install", "release"]
