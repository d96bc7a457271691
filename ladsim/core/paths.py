"""Where the packaged configuration, scenarios and data lie, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from ladsim.core.errors import UserError

PACKAGE = Path(__file__).resolve().parents[1]


def _folder(inside: str, beside: str) -> Path:
    for folder in (PACKAGE / inside, PACKAGE.parent / beside):
        if folder.is_dir():
            return folder
    raise UserError(
        f"ladsim's folder {beside!r} is missing",
        file=PACKAGE / inside,
        expected=f"{inside}/ inside the installed package, or {beside}/ at the top of a checkout",
    )


def conf_dir() -> Path:
    """Return the Hydra configuration folder (``ladsim/_conf`` in a wheel, ``conf`` in a checkout)."""
    return _folder("_conf", "conf")


def instruments_dir() -> Path:
    """Return the folder with one YAML file an instrument."""
    return conf_dir() / "instrument"


def scenarios_dir() -> Path:
    """Return the folder with one YAML file a scenario (``ladsim/_scenarios`` or ``scenarios``)."""
    return _folder("_scenarios", "scenarios")


def data_dir() -> Path:
    """Return the folder with the packaged data tables."""
    return PACKAGE / "data"
