"""Random numbers with an address: counter-based Philox4x32-10.

Every draw is a pure function of (seed, decision; person, day, block). It holds no state, so a draw does not depend on
the order of the work, on chunks, on processes, or on who else exists: two scenarios differ only where a policy made
them differ.

Source: Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC11; constants and
known answers as in Random123 (kat_vectors). A double takes 53 bits from two of the four words.

The functions marked "kernel" may be called inside other Numba functions. Their twins ending in ``_py`` are plain Python
and give the same bits.
"""

from __future__ import annotations

import math
from enum import IntEnum, unique

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@unique
class Decision(IntEnum):
    """The second word of the key: what is decided. Numbers are fixed and never used again for something else."""

    N_ARRIVALS = 1
    PARTY = 2
    MEANS_CLASS = 3
    MEANS = 4
    TIES = 5
    LAG = 6
    RISK_AVERSION = 7
    URGENCY = 8
    REGULAR_STATUS = 9
    FIRST_DAY = 10
    DEPART = 11
    ROUTE = 12
    TRAVEL_DAYS = 13
    PASSAGE = 14
    CROSSING = 15
    DISPOSITION = 16
    EXPULSION = 17
    CUSTODY_DAYS = 18
    PATHWAY_RANK = 19
    PATHWAY_APPROVAL = 20
    BOARDING = 21
    REMOVAL_RANK = 22
    SCREENING = 23
    APPOINTMENT_RANK = 24
    FADE = 25
    REGULARIZATION_RANK = 26
    ASYLUM = 27
    AFTER_REMOVAL = 28
    EARN = 29
    WALK_IN = 30
    INTERDICTION_OUTCOME = 31
    RECOGNITION = 32
    PANEL = 33
    PATHWAY_CHOICE = 34
    PRESENCE = 35
    KIND = 36
    EXIT = 37
    PATIENCE = 38
    PORT_OFFICE = 39
    LAWFUL_ONLY = 40
    LONGEST_FIRST = 41
    TASTE = 42
    TASTE_FOR_WAYS = 43


_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_LOW_32 = np.uint64(0xFFFFFFFF)
_SHIFT_5 = np.uint64(5)
_SHIFT_6 = np.uint64(6)
_SHIFT_32 = np.uint64(32)
_TWO_26 = 67108864.0
_TWO_MINUS_53 = 1.0 / 9007199254740992.0
_TWO_PI = 2.0 * math.pi
_ROUNDS = 10


@njit(cache=True, forceinline=True)
def philox(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """Kernel. Return the four 32-bit words (as uint64) of Philox4x32-10 for a counter and a key of uint64 words."""
    for _ in range(_ROUNDS):
        p0 = _MULTIPLIER_0 * c0
        p1 = _MULTIPLIER_1 * c2
        c0 = (p1 >> _SHIFT_32) ^ c1 ^ k0
        c2 = (p0 >> _SHIFT_32) ^ c3 ^ k1
        c1 = p1 & _LOW_32
        c3 = p0 & _LOW_32
        k0 = (k0 + _WEYL_0) & _LOW_32
        k1 = (k1 + _WEYL_1) & _LOW_32
    return c0, c1, c2, c3


@njit(cache=True, forceinline=True)
def words(seed, decision, person, day, block=0):  # type: ignore[no-untyped-def]
    """Kernel. Return the four words at an address; integers of any sign and width are taken modulo their field."""
    identity = np.uint64(person)
    return philox(
        identity & _LOW_32,
        identity >> _SHIFT_32,
        np.uint64(day) & _LOW_32,
        np.uint64(block) & _LOW_32,
        np.uint64(seed) & _LOW_32,
        np.uint64(decision) & _LOW_32,
    )


@njit(cache=True, forceinline=True)
def _unit(high, low):  # type: ignore[no-untyped-def]
    return (np.float64(high >> _SHIFT_5) * _TWO_26 + np.float64(low >> _SHIFT_6)) * _TWO_MINUS_53


@njit(cache=True, forceinline=True)
def uniform(seed, decision, person, day, block=0):  # type: ignore[no-untyped-def]
    """Kernel. Return a double in [0, 1) with 53 bits."""
    w0, w1, _w2, _w3 = words(seed, decision, person, day, block)
    return _unit(w0, w1)


@njit(cache=True, forceinline=True)
def uniform2(seed, decision, person, day, block=0):  # type: ignore[no-untyped-def]
    """Kernel. Return two independent doubles in [0, 1); the first is that of :func:`uniform`."""
    w0, w1, w2, w3 = words(seed, decision, person, day, block)
    return _unit(w0, w1), _unit(w2, w3)


@njit(cache=True, forceinline=True)
def normal(seed, decision, person, day, block=0):  # type: ignore[no-untyped-def]
    """Kernel. Return a standard normal double (Box and Muller 1958, cosine branch)."""
    first, second = uniform2(seed, decision, person, day, block)
    return math.sqrt(-2.0 * math.log(1.0 - first)) * math.cos(_TWO_PI * second)


@njit(cache=True, forceinline=True)
def exponential(seed, decision, person, day, block=0):  # type: ignore[no-untyped-def]
    """Kernel. Return an exponential double of mean 1, by inversion of :func:`uniform`."""
    return -math.log(1.0 - uniform(seed, decision, person, day, block))


@njit(cache=True)
def _fill_uniform(seed, decision, persons, days, block, out):  # type: ignore[no-untyped-def]
    if days.size == 1:
        day = days[0]
        for i in range(persons.size):
            out[i] = uniform(seed, decision, persons[i], day, block)
    else:
        for i in range(persons.size):
            out[i] = uniform(seed, decision, persons[i], days[i], block)


@njit(cache=True)
def _fill_normal(seed, decision, persons, days, block, out):  # type: ignore[no-untyped-def]
    one_day = days.size == 1
    for i in range(persons.size):
        out[i] = normal(seed, decision, persons[i], days[0] if one_day else days[i], block)


@njit(cache=True)
def _fill_exponential(seed, decision, persons, days, block, out):  # type: ignore[no-untyped-def]
    one_day = days.size == 1
    for i in range(persons.size):
        out[i] = exponential(seed, decision, persons[i], days[0] if one_day else days[i], block)


def _address(persons: Integers, day: int | Integers) -> tuple[Integers, Integers, Floats]:
    identities = np.ascontiguousarray(persons, dtype=np.int64)
    days = np.ascontiguousarray(np.atleast_1d(day), dtype=np.int64)
    if identities.ndim != 1 or days.ndim != 1 or (days.size not in (1, identities.size)):
        raise ValueError(
            f"persons must be one-dimensional and day a number or as long as persons; "
            f"found shapes {identities.shape} and {days.shape}"
        )
    return identities, days, np.empty(identities.size, dtype=np.float64)


def uniforms(seed: int, decision: int, persons: Integers, day: int | Integers, block: int = 0) -> Floats:
    """Return one double in [0, 1) a person.

    Args:
        seed: Seed of the replicate, 32 bits.
        decision: A :class:`Decision`.
        persons: Person ids, shape (n,).
        day: Day index, one for all or shape (n,).
        block: Number of the draw where a decision needs several at one address.

    Returns:
        Doubles, shape (n,).
    """
    identities, days, out = _address(persons, day)
    _fill_uniform(int(seed), int(decision), identities, days, int(block), out)
    return out


def normals(seed: int, decision: int, persons: Integers, day: int | Integers, block: int = 0) -> Floats:
    """Return one standard normal double a person; arguments as in :func:`uniforms`."""
    identities, days, out = _address(persons, day)
    _fill_normal(int(seed), int(decision), identities, days, int(block), out)
    return out


def exponentials(seed: int, decision: int, persons: Integers, day: int | Integers, block: int = 0) -> Floats:
    """Return one exponential double of mean 1 a person; arguments as in :func:`uniforms`."""
    identities, days, out = _address(persons, day)
    _fill_exponential(int(seed), int(decision), identities, days, int(block), out)
    return out


def lottery(seed: int, decision: int, persons: Integers, day: int) -> NDArray[np.intp]:
    """Return positions of ``persons`` in the order of a keyed draw, first drawn first.

    The order of any two persons does not depend on who else takes part, nor on the order in which they are given.
    """
    return np.lexsort((persons, uniforms(seed, decision, persons, day)))


def philox_py(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the four 32-bit words of Philox4x32-10; the plain twin of :func:`philox`."""
    low = 0xFFFFFFFF
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(_ROUNDS):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & low, (p0 >> 32) ^ c3 ^ k1, p0 & low
        k0, k1 = (k0 + 0x9E3779B9) & low, (k1 + 0xBB67AE85) & low
    return c0, c1, c2, c3


def uniform2_py(seed: int, decision: int, person: int, day: int, block: int = 0) -> tuple[float, float]:
    """Return two doubles in [0, 1); the plain twin of :func:`uniform2`."""
    low = 0xFFFFFFFF
    seed, decision, person, day, block = int(seed), int(decision), int(person), int(day), int(block)
    counter = (person & low, (person >> 32) & low, day & low, block & low)
    w0, w1, w2, w3 = philox_py(counter, (seed & low, decision & low))
    return (
        (float(w0 >> 5) * _TWO_26 + float(w1 >> 6)) * _TWO_MINUS_53,
        (float(w2 >> 5) * _TWO_26 + float(w3 >> 6)) * _TWO_MINUS_53,
    )


def uniform_py(seed: int, decision: int, person: int, day: int, block: int = 0) -> float:
    """Return a double in [0, 1); the plain twin of :func:`uniform`."""
    return uniform2_py(seed, decision, person, day, block)[0]


def normal_py(seed: int, decision: int, person: int, day: int, block: int = 0) -> float:
    """Return a standard normal double; the plain twin of :func:`normal`."""
    first, second = uniform2_py(seed, decision, person, day, block)
    return math.sqrt(-2.0 * math.log(1.0 - first)) * math.cos(_TWO_PI * second)


def exponential_py(seed: int, decision: int, person: int, day: int, block: int = 0) -> float:
    """Return an exponential double of mean 1; the plain twin of :func:`exponential`."""
    return -math.log(1.0 - uniform_py(seed, decision, person, day, block))


def replicate_seed(root: int, replicate: int) -> int:
    """Return the 32-bit seed of a replicate.

    A Feistel network over the two halves of the replicate's number, with Philox keyed by the root as its round
    function (Luby and Rackoff 1988): a permutation, so that two replicates of one root never share a seed.

    Args:
        root: Seed of the whole ensemble, 0 <= root < 2**64.
        replicate: Number of the replicate, 0 <= replicate < 2**32.

    Returns:
        A seed, 0 <= seed < 2**32; the same for every scenario.

    Raises:
        ValueError: If an argument is out of range.
    """
    root, replicate = int(root), int(replicate)
    if not 0 <= root < 1 << 64:
        raise ValueError(f"root seed must be from 0 to 2**64 - 1, found {root}")
    if not 0 <= replicate < 1 << 32:
        raise ValueError(f"replicate must be from 0 to 2**32 - 1, found {replicate}")
    left, right = replicate >> 16, replicate & 0xFFFF
    for turn in range(_ROUNDS):
        word = philox_py((right, turn, 0, 0), (root & 0xFFFFFFFF, root >> 32))[0]
        left, right = right, left ^ (word >> 16)
    return left << 16 | right
