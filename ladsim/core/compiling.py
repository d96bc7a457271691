"""How kernels are compiled."""

from __future__ import annotations

from numba import njit

kernel = njit(cache=True, _nrt=False, forceinline=True)
"""Compile a function that allocates no memory, without reference counting.

Kernels take tuples of some hundred arrays; counting references to each of them at every call took two thirds of the
time (3.2 against 1.1 microseconds a decision); a kernel that allocates is refused by Numba at compile time. Kernels are
inlined into the loops that call them, which halves what is left.
"""
