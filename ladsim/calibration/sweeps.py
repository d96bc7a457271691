"""Moves that each nationality makes alone, tried for all nationalities at once.

How many of a nationality come depends mostly on its own unknowns, and little on those of the others. So one run in
which every nationality makes the same move tells for each whether it suits, and each keeps the move that suits it best.
Far from a fit this is a much faster guide than slopes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ladsim.calibration.targets import Target
from ladsim.calibration.unknowns import Unknowns

Floats = NDArray[np.float64]

SIZES = {"home_value": 0.8, "wish_level": 0.35, "lawful_prospect": 1.0, "familiarity": 1.0}
"""Size of a move on the scale of the prior (utility, log, utility, log odds), for a sweep of step 1."""

ELASTICITY = {"home_value": 0.8, "familiarity": 0.35, "wish_level": 0.2}
"""A move of several at once: staying is worth more, more know the ways and more form the wish, so that about as many
leave, of whom more would stay if the journey were worth less."""

LEAST_GAIN = 0.5
"""Loss that a move must save to be made."""

MOST_MOVES = 4
SHARE_OF_OTHERS = 0.6
"""How much is made of the moves beside the best one, which were tried without it."""

LARGEST_GROUP = 3
"""Targets of more nationalities than this belong to none of them."""


def own_moves(unknowns: Unknowns, step: float) -> dict[str, Floats]:
    """Return the moves of a sweep by name (kind or elasticity, + or -): changes of the vector, in prior spreads."""
    chosen: dict[str, list[int]] = {}
    for i, unknown in enumerate(unknowns.unknowns):
        if unknown.kind not in SIZES:
            continue
        names = [unknown.name if unknown.kind == "familiarity" else unknown.kind]
        if unknown.kind == "wish_level":
            names.append(f"wish_level {unknown.name}")
        for name in names:
            chosen.setdefault(name, []).append(i)
    elastic = np.array([step * ELASTICITY.get(u.kind, 0.0) / u.spread for u in unknowns.unknowns])
    moves = {"elasticity +": elastic, "elasticity -": -elastic}
    for name, columns in chosen.items():
        move = np.zeros(len(unknowns))
        for i in columns:
            move[i] = step * SIZES[unknowns.unknowns[i].kind] / unknowns.unknowns[i].spread
        moves[f"{name} +"], moves[f"{name} -"] = move, -move
    return moves


def targets_of(targets: Sequence[Target], n: int) -> list[int]:
    """Return the targets that a nationality answers for: its own, and those of a few nationalities with it."""
    return [k for k, target in enumerate(targets) if n in target.members and len(target.members) <= LARGEST_GROUP]


def best_of_each(
    unknowns: Unknowns,
    targets: Sequence[Target],
    center: Floats,
    moves: Mapping[str, Floats],
    here: Floats,
    losses: Floats,
) -> tuple[Floats, dict[str, list[str]]]:
    """Return the vector in which each nationality has made the moves that suit it, and which these are.

    Args:
        unknowns: what the vectors stand for.
        targets: what counts are compared with.
        center: the vector from which all moves start (U).
        moves: changes of the vector by name.
        here: loss of each target at the center.
        losses: loss of each target after each move, moves x targets.
    """
    names = list(moves)
    made, told = center.copy(), dict[str, list[str]]()
    priors = np.array([_priors(unknowns, center + moves[name]) for name in names]) - _priors(unknowns, center)
    for n, code in enumerate(unknowns.nationalities):
        own = [i for i, unknown in enumerate(unknowns.unknowns) if unknown.nationality == code]
        mine = targets_of(targets, n)
        gains = here[mine].sum() - losses[:, mine].sum(axis=1) - priors[:, own].sum(axis=1)
        taken = np.zeros(len(unknowns), dtype=np.bool_)
        for k in np.argsort(-gains):
            move = moves[names[k]]
            chosen = told.get(code, [])
            if gains[k] < LEAST_GAIN or len(chosen) == MOST_MOVES:
                break
            if (taken[own] & (move[own] != 0.0)).any():
                continue
            taken |= move != 0.0
            made[own] += move[own] * (SHARE_OF_OTHERS if chosen else 1.0)
            told[code] = [*chosen, names[k]]
    return unknowns.clip(made), told


def _priors(unknowns: Unknowns, vector: Floats) -> Floats:
    return np.asarray(0.5 * unknowns.clip(vector) ** 2)
