"""Kinds of journey and party kinds of those who form the wish, as shares by nationality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ladsim.behavior.tables import Floats
from ladsim.core.schema import N_PARTY, Party

PARTIES = tuple(p.name.lower() for p in Party)


def evader_shares(wishes: Mapping[str, Any], nationalities: Sequence[str]) -> Floats:
    """Return the share of evaders by nationality and party (N x P); nobody evades where nothing is said."""
    given = wishes.get("evaders", {})
    default = given.get("default", {})
    found = np.zeros((len(nationalities), N_PARTY))
    for n, code in enumerate(nationalities):
        own = {**default, **given.get(code, {})}
        found[n] = [float(own.get(party, 0.0)) for party in PARTIES]
    return found


def party_shares(wishes: Mapping[str, Any], nationalities: Sequence[str], otherwise: Floats) -> Floats:
    """Return the party kinds of those who form the wish (N x P); as in ``otherwise`` where nothing is said."""
    given = wishes.get("parties", {})
    found = np.array(otherwise, dtype=np.float64)
    for n, code in enumerate(nationalities):
        if code in given:
            own = np.array([float(given[code][party]) for party in PARTIES])
            found[n] = own / own.sum()
    return found
