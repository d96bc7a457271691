"""The version of ladsim."""

__version__ = "0.1.0"
