"""Names of places as their people write them; the tables of the route have them without accents."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from ladsim.core.paths import conf_dir
from ladsim.core.strict_yaml import read_yaml


def plain(name: str) -> str:
    """Return a name without its accents."""
    return "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))


@cache
def written() -> dict[str, str]:
    """Return the names of conf/spelling.yaml by what they are without accents; none where there is no such file."""
    file = conf_dir() / "spelling.yaml"
    names = read_yaml(file)[0]["names"] if file.is_file() else []
    return {plain(name): name for name in names}


@cache
def _known() -> re.Pattern[str]:
    return re.compile(r"\b(" + "|".join(sorted(map(re.escape, written()), key=len, reverse=True)) + r")\b")


def spelled(name: str) -> str:
    """Return a place's name with its accents; names that are not known stay as they are."""
    return _known().sub(lambda found: written()[found[0]], name) if written() else name
