"""Text from users, shown literally: on a terminal, in markup, and on a stream of any code page.

Titles, questions, names and values come from files that anybody may have written. None of it may act: no escape
sequence that sets a terminal's title, no markup, no mathematics. What cannot be shown as it is, is shown by its code.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
import zlib

_KEPT = "\n\t"
_REPLACED = {
    "±": "+/-",
    "−": "-",
    "–": "-",
    "—": "-",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "…": "...",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "×": "x",
    "•": "*",
    "·": "*",
    "─": "-",
    "━": "-",
    "│": "|",
}
LONGEST_LINE = 400
"""Characters of a title or a name that are shown; a longer one is cut."""


def plain(text: object) -> str:
    r"""Return text whose control characters are written as codes; line breaks and tabs stay.

    Control and formatting characters (Unicode categories Cc and Cf, among them ESC and those that turn the direction
    of writing), lone surrogates and line separators become ``\x1b`` and the like.
    """
    made = str(text)
    if made.isascii() and made.isprintable():
        return made
    return "".join(c if c in _KEPT or _shows(c) else _code(c) for c in made)


def _shows(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co")


def _code(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def one_line(text: object, longest: int = LONGEST_LINE) -> str:
    """Return text as one line of limited length, without control characters."""
    made = " ".join(plain(str(text)[: 4 * longest]).split())
    return made if len(made) <= longest else made[: longest - 3] + "..."


def markup(text: object) -> str:
    """Return text for a rich console or table that is shown letter by letter, with no markup taken from it.

    Before what could be a tag, rich halves backslashes; before any other bracket it drops one; rich's own escape knows
    the first alone.
    """
    made = _TAG_OR_BRACKET.sub(_escaped, plain(text))
    ending = len(made) - len(made.rstrip("\\"))
    return made + ending * "\\"


_TAG_OR_BRACKET = re.compile(r"(\\*)(\[[a-zA-Z/@#][^\[]*?\]|\[)", re.DOTALL)


def _escaped(found: re.Match[str]) -> str:
    backslashes, bracket = found.groups()
    return ((2 if len(bracket) > 1 else 1) * backslashes) + "\\" + bracket


def _narrow(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    made = []
    for character in error.object[error.start : error.end]:
        ascii_only = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode("ascii")
        made.append(_REPLACED.get(character) or ascii_only or "?")
    return "".join(made), error.end


NARROW = "ladsim-narrow"
"""An error handler for streams of a narrow code page: letters lose their accents, signs become their nearest ones."""
codecs.register_error(NARROW, _narrow)


def file_name(text: object, longest: int = 100) -> str:
    """Return text as the name of a file or folder: no separators, no control characters, no leading dot, not too long.

    What is cut off is told apart by a checksum, so that two long names do not become one.
    """
    made = "".join("_" if c in '/\\:*?"<>|' or not _shows(c) else c for c in str(text)).strip()
    made = "_" + made[1:] if made.startswith((".", "-")) else made
    data = made.encode("utf-8")
    if len(data) > longest:
        made = f"{data[: longest - 9].decode('utf-8', 'ignore')}-{zlib.crc32(str(text).encode('utf-8', 'replace')):08x}"
    return made or "_"
