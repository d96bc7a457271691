"""Arithmetic of facts: what the numbers of instruments are derived from, calculated from text and collected tables."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from ladsim import data

RAW = Path(__file__).resolve().parent.parent / "data-raw"
EACH = "NATIONALITY"
"""Stands in an arithmetic for the code of each nationality; those whom a table lacks are among the others."""
OTHERS = "OTH"


class InWordsError(Exception):
    """An arithmetic in words."""


@cache
def table(name: str) -> pd.DataFrame:
    """Return a collected table (data-raw/NAME.csv.gz) or a packaged one, all text but the values."""
    file = RAW / f"{name}.csv.gz"
    return pd.read_csv(file, dtype=str, keep_default_na=False) if file.is_file() else data.table(name).astype(str)


def rows(name: str, **keys: Any) -> pd.DataFrame:
    """Return the rows of a table in which each key has the value, or lies from one to the other (``a..b``).

    A nationality that the table does not tell apart is among the others.
    """
    found = table(name)
    if "nationality" in keys and keys["nationality"] not in set(found["nationality"]):
        keys["nationality"] = OTHERS
    for key, value in keys.items():
        if ".." in str(value):
            first, last = str(value).split("..")
            found = found[(found[key] >= first) & (found[key] <= last)]
        else:
            found = found[found[key] == str(value)]
    if not len(found):
        raise ValueError(f"no row of {name} has {keys}")
    return found


def total(name: str, column: str, **keys: Any) -> float:
    """Return the sum of a column over the rows that have the keys."""
    return float(rows(name, **keys)[column].astype(float).sum())


def peak(name: str, column: str, **keys: Any) -> float:
    """Return the highest month of a column over its days."""
    found = rows(name, **keys)
    monthly = found[column].astype(float).groupby(found["month"]).sum()
    return max(value / pd.Period(str(month)).days_in_month for month, value in monthly.items())


FUNCTIONS: dict[str, Callable[..., float]] = {"total": total, "peak": peak, "log": math.log}
NAMES = {"month": 365.25 / 12.0, "year": 365.25}
OPERATORS: dict[type, Callable[[Any, Any], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def calculate(text: str, nationality: str = "") -> float:
    """Return what an arithmetic gives.

    Args:
        text: the arithmetic.
        nationality: what NATIONALITY stands for in it.

    Raises:
        InWordsError: It is told in words.
        ValueError: It cannot be calculated.
    """
    try:
        return float(_value(ast.parse(text, mode="eval").body, nationality))
    except SyntaxError:
        raise InWordsError(text) from None
    except (KeyError, ZeroDivisionError) as error:
        raise ValueError(f"cannot be calculated: {error}") from None


def _value(node: ast.expr, nationality: str) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](_value(node.left, nationality), _value(node.right, nationality))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, nationality)
    if isinstance(node, ast.Name) and node.id == EACH and nationality:
        return nationality
    if isinstance(node, ast.Name) and node.id in NAMES:
        return NAMES[node.id]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
        given = [_value(one, nationality) for one in node.args]
        keys = {str(k.arg): _value(k.value, nationality) for k in node.keywords}
        return FUNCTIONS[node.func.id](*given, **keys)
    raise InWordsError(ast.unparse(node))


def rounds_to(exact: float, stated: float) -> bool:
    """Return whether a number rounds to the stated one, which is as exact as its last digit that is not zero."""
    text = f"{stated:.10g}"
    if "." in text:
        unit = 10.0 ** -len(text.split(".")[1])
    else:
        unit = 10.0 ** (len(text) - len(text.rstrip("0"))) if stated else 1.0
    return abs(exact - stated) <= unit / 2 * (1 + 1e-9)


def numbers_of(value: Any) -> list[float]:
    """Return the numbers of a term's value."""
    return [float(v) for v in value.values()] if isinstance(value, Mapping) else [float(value)]
