"""Packages that only some tasks need, installed as extras: ``pip install 'ladsim[studies]'``."""

from __future__ import annotations

from importlib.util import find_spec

from ladsim.core.errors import UserError


def needed(package: str, extra: str) -> None:
    """Raise a UserError that says what to install where a package is missing.

    Args:
        package: the name by which it is imported.
        extra: the extra of ladsim that brings it.
    """
    if find_spec(package) is None:
        raise UserError(f"this task needs the package {package}", expected=f"pip install 'ladsim[{extra}]'")
