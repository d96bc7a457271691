r"""Letters that figures can draw: those of the house's type, of other installed fonts, and codes for all others.

Titles and names come from users, in any script. A letter that no font at hand has is drawn as its code, ``\u5899``, so
that nothing is lost and nothing is warned about.
"""

from __future__ import annotations

from functools import cache

from matplotlib import font_manager
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

FAMILY = "DejaVu Sans"
"""The type of every figure; matplotlib brings it."""
OTHERS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "PingFang SC", "Hiragino Sans", "Microsoft YaHei", "SimHei",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Malgun Gothic", "Noto Sans Devanagari", "Noto Sans Bengali",
    "Noto Sans Thai", "Noto Sans Ethiopic", "Noto Emoji", "Segoe UI Symbol", "Segoe UI Emoji", "Symbola",
    "Arial Unicode MS",
)  # fmt: skip
"""Fonts with letters that the house's type lacks, taken where they are installed, in this order."""


def drawable(text: str) -> str:
    """Return text with the letters that no font at hand has written as codes."""
    if text.isascii():
        return text
    return "".join(c if c.isspace() or _family_of(c) else _code(c) for c in text)


def families_for(text: str) -> list[str]:
    """Return the families that draw a text: the house's, and where it lacks a letter those that have it."""
    if text.isascii():
        return [FAMILY]
    return list(dict.fromkeys([FAMILY, *(found for c in text if (found := _family_of(c)))]))


def make_drawable(text: Text) -> None:
    """Change a text of a figure so that it can be drawn; one of the house's own letters stays as it is."""
    written = text.get_text()
    if written.isascii():
        return
    shown = drawable(written)
    if shown != written:
        text.set_text(shown)
    families = families_for(shown)
    if len(families) > 1:
        text.set_fontfamily(families)


def _code(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


@cache
def _family_of(letter: str) -> str:
    """Return the first family that has a letter, in the regular and the bold face; blank if none has."""
    return next((family for family in _installed() if ord(letter) in _letters(family)), "")


@cache
def _installed() -> tuple[str, ...]:
    known = {font.name for font in font_manager.fontManager.ttflist}
    return (FAMILY, *(family for family in OTHERS if family in known))


@cache
def _letters(family: str) -> frozenset[int]:
    faces = (FontProperties(family=family, weight=weight) for weight in ("normal", "bold"))
    maps = (FT2Font(str(font_manager.findfont(face))).get_charmap() for face in faces)
    return frozenset.intersection(*(frozenset(found) for found in maps))
