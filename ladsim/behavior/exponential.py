"""Exponential and logarithm without branches, so that loops over many classes become vector instructions.

The library's functions are called for one number at a time. Both functions here are within some units in the last
place of them (tests/behavior/test_exponential.py), and give the same bits on every machine.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

LOG2E = 1.0 / math.log(2.0)
LOG2_HIGH = 0.693147180369123816490  # the first 33 bits of log 2, times any exponent without rounding
LOG2_LOW = 1.90821492927058770002e-10
SMALLEST = -700.0
BIAS = 1023
MANTISSA = np.int64((1 << 52) - 1)
ONE = np.int64(BIAS << 52)
ROOT_OF_TWO = math.sqrt(2.0)


@intrinsic  # type: ignore[untyped-decorator]
def float_of_bits(typingctx: Any, bits: Any) -> Any:
    """Return the float64 that has the bits of an int64."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def bits_of_float(typingctx: Any, number: Any) -> Any:
    """Return the bits of a float64 as an int64."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return types.int64(types.float64), code


@njit(cache=True, error_model="numpy", inline="always")
def exp_of_negative(x):  # type: ignore[no-untyped-def]
    """Return e to the power of x, for x from minus infinity to 0; below SMALLEST as at SMALLEST, which is 1e-304.

    x = k log 2 + r with |r| at most half of log 2; e to the power of r is its series to the 13th power.
    """
    x = max(x, SMALLEST)
    k = np.floor(x * LOG2E + 0.5)
    r = (x - k * LOG2_HIGH) - k * LOG2_LOW
    r2 = r * r
    r4 = r2 * r2
    first = (1.0 + r) + r2 * (0.5 + r * (1.0 / 6.0))
    second = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5040.0))
    low = first + r4 * second
    middle = (1.0 / 40320.0 + r * (1.0 / 362880.0)) + r2 * (1.0 / 3628800.0 + r * (1.0 / 39916800.0))
    s = low + (r4 * r4) * (middle + r4 * (1.0 / 479001600.0 + r * (1.0 / 6227020800.0)))
    return s * float_of_bits((np.int64(k) + BIAS) << 52)


@njit(cache=True, error_model="numpy", inline="always")
def log_from_one(x):  # type: ignore[no-untyped-def]
    """Return the natural logarithm of a finite x of at least 1.

    x = 2^k m with m between the root of a half and the root of 2; log m = 2 artanh((m - 1) / (m + 1)) by its series.
    """
    bits = bits_of_float(x)
    m = float_of_bits((bits & MANTISSA) | ONE)
    k = np.float64((bits >> 52) - BIAS)
    large = m > ROOT_OF_TWO
    m = 0.5 * m if large else m
    k = k + 1.0 if large else k
    t = (m - 1.0) / (m + 1.0)
    z = t * t
    z2 = z * z
    z4 = z2 * z2
    low = (1.0 / 3.0 + z * (1.0 / 5.0)) + z2 * (1.0 / 7.0 + z * (1.0 / 9.0))
    middle = (1.0 / 11.0 + z * (1.0 / 13.0)) + z2 * (1.0 / 15.0 + z * (1.0 / 17.0))
    s = low + z4 * (middle + z4 * (1.0 / 19.0 + z * (1.0 / 21.0)))
    return k * LOG2_HIGH + (k * LOG2_LOW + (2.0 * t + 2.0 * t * (z * s)))
