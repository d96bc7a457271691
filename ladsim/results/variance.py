"""How much of the variance over replicates is chance, how much the fitted sets, how much the assumed terms.

A replicate has its own seed, one of the fitted sets, and its own values of the assumed terms. Some are run again with
other values of these and everything else alike: half of the mean squared change is the variance by assumed terms.
Replicates that have the same set differ by chance and terms: their variance less that by terms is chance. What is left
of the whole is the sets. These are the estimators of a nested analysis of variance (Searle, Casella and McCulloch 1992,
Variance Components), cut at zero and divided by their sum. They rest on few replicates. With eight, a part that is
nothing comes out as a fifth on average (tests show it): read them as most, some, or little.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KINDS = ("chance", "sets", "terms")
"""The three kinds of uncertainty, in the order of every table."""
WORDS = {"chance": "chance", "sets": "fitted sets", "terms": "assumed terms"}
TERMS, CHANCE = "terms", "chance"
"""Kinds of replicates that are run again: with other assumed terms, and with another seed."""
FEWEST = 2


def repeats(sets: Sequence[int]) -> int:
    """Return how many replicates have a set that an earlier one has."""
    return len(sets) - len(set(sets))


def shares(values: Floats, sets: Sequence[int], terms: Floats | None, chance: Floats | None = None) -> Floats:
    """Return the shares of chance, fitted sets and assumed terms in the variance, over the last axis; they add up to 1.

    Args:
        values: ..., replicates.
        sets: the fitted set of each replicate.
        terms: ..., the first few replicates again with other assumed terms; None where none were drawn.
        chance: ..., the first few again with another seed, where no set has two replicates.

    Returns:
        ..., 3: NaN with fewer than two replicates, where nothing varies, or where several sets have one replicate each.
    """
    n = values.shape[-1]
    nothing = np.full((*values.shape[:-1], len(KINDS)), np.nan)
    if n < FEWEST:
        return nothing
    whole = values.var(axis=-1, ddof=1)
    by_terms = np.zeros_like(whole) if terms is None else _half_square(values, terms).mean(axis=-1)
    groups = [np.flatnonzero(np.asarray(sets) == one) for one in dict.fromkeys(sets)]
    squares = sum((values[..., g].var(axis=-1) * len(g) for g in groups), np.zeros_like(whole))
    degrees = n - len(groups)
    if chance is not None:
        again = _half_square(values, chance) + by_terms[..., None]
        squares, degrees = squares + again.sum(axis=-1), degrees + again.shape[-1]
    if not degrees:
        return nothing
    inside = squares / degrees
    found = np.stack([inside - by_terms, whole - np.maximum(inside, by_terms), by_terms], axis=-1).clip(min=0.0)
    if len(groups) == 1:
        found[..., 1] = 0.0
    total = found.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        shared: Floats = np.where(total > 0, found / total, np.nan)
    return shared


def _half_square(values: Floats, again: Floats) -> Floats:
    half: Floats = (values[..., : again.shape[-1]] - again) ** 2 / 2
    return half
