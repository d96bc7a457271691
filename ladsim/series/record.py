"""What the score and the fit look at in the record by name: conf/record.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from ladsim.core.paths import conf_dir
from ladsim.core.plain_yaml import read_mapping


@dataclass(frozen=True)
class Named:
    """Names of places, nationalities and series of the packaged world; see the file.

    Attributes:
        crossing: series of those who cross the jungle.
        crossing_stretch: stretch on which they do, and its family of ways.
        border_stretch: stretch at the destination's border.
        stops: series of people stopped on the way.
        asylum_country: ISO3 of the country in which people settle on the way.
        guided: nationalities whose fee for a guided departure is known.
        spread_of: nationalities whose monthly changes are compared.
        waiting: nationality that waited for appointments in the spring of 2023.
        families: families of ways whose first familiarity is kept with a fit.
        deaths: (stretch, place of the record, what it is called) of each comparison of deaths.
        series: the series of the fit: name, measure, places, weight, total_weight.
        charts: the charts of the live page: title, measure and, where they have them, where, record and note.
    """

    crossing: str
    crossing_stretch: str
    border_stretch: str
    stops: str
    asylum_country: str
    guided: tuple[str, ...]
    spread_of: tuple[str, ...]
    waiting: str
    families: tuple[str, ...]
    deaths: tuple[tuple[str, str, str], ...]
    series: tuple[dict[str, Any], ...]
    charts: tuple[dict[str, Any], ...]


@cache
def named() -> Named:
    """Return the names of conf/record.yaml.

    Raises:
        UserError: the file is broken or lacks a key.
    """
    keys = tuple(Named.__dataclass_fields__)
    told = read_mapping(conf_dir() / "record.yaml", "names of the record", keys)
    lists = {key: tuple(told[key]) for key in keys if isinstance(told[key], list)}
    deaths = tuple((str(a), str(b), str(c)) for a, b, c in told["deaths"])
    return Named(**{**{key: told[key] for key in keys}, **lists, "deaths": deaths})
